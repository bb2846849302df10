import FoundationEssentials
import Glibc
import TestSupport
import Testing
import Vocabulary

@testable import Configuration

@Suite struct DirectoriesTests {
  @Test(
    arguments: [
      (["STATE_DIRECTORY": "/var/lib/blechd", "XDG_STATE_HOME": "/x", "HOME": "/h"], "/var/lib/blechd"),
      (["STATE_DIRECTORY": "/var/lib/blechd:/var/lib/other"], "/var/lib/blechd"),
      (["STATE_DIRECTORY": "", "XDG_STATE_HOME": "/x", "HOME": "/h"], "/x/blechd"),
      (["XDG_STATE_HOME": "relative", "HOME": "/h"], "/h/.local/state/blechd"),
      (["HOME": "/h"], "/h/.local/state/blechd"),
      (["HOME": ""], nil), (["HOME": "relative"], nil), ([:], nil),
    ] as [([String: String], String?)])
  func `The state directory is systemd's, else the user's`(environment: [String: String], path: String?) {
    #expect((try? StateDirectory.find(environment: environment))?.path == path)
  }

  @Test func `Without a home it is said what to set`() {
    let failure = #expect(throws: Failure.self) { try StateDirectory.find(environment: [:]) }
    #expect(failure?.code == .cannotWrite)
    #expect(failure?.remedy.contains("XDG_STATE_HOME") == true)
  }

  @Test(
    arguments: [
      (
        ["RUNTIME_DIRECTORY": "/run/blechd:/run/other", "XDG_RUNTIME_DIR": "/x", "HOME": "/h"], "/run/blechd"
      ),
      (
        ["RUNTIME_DIRECTORY": "", "XDG_RUNTIME_DIR": "/run/user/1000", "HOME": "/h"], "/run/user/1000/blechd"
      ),
      (["XDG_RUNTIME_DIR": "relative", "HOME": "/h"], "/h/.local/state/blechd/run"),
      (["STATE_DIRECTORY": "/var/lib/blechd"], "/var/lib/blechd/run"), ([:], nil),
    ] as [([String: String], String?)])
  func `The runtime directory is systemd's, else the user's, else below the state directory`(
    environment: [String: String], path: String?
  ) {
    #expect((try? RuntimeDirectory.find(environment: environment))?.path == path)
  }

  @Test func `What lies in the runtime directory has fixed names`() {
    let directory = RuntimeDirectory.system
    #expect(directory.status == "/run/blechd/status.json")
    #expect(directory.metrics == "/run/blechd/metrics.prom")
    #expect(directory.controlSocket == "/run/blechd/control.sock")
  }
}

@Suite struct ConfigurationFileTests {
  /// A machine with these files; the one that is found, as a path in it.
  private func find(
    _ files: [String], named: String? = nil, environment: [String] = ["HOME"]
  ) throws -> Result<String, Failure> {
    try withScratch { scratch in
      let directories = [
        "CONFIGURATION_DIRECTORY": "systemd", "XDG_CONFIG_HOME": "xdg", "HOME": "home",
      ]
      for file in files {
        let folder = scratch.path(file.split(separator: "/").dropLast().joined(separator: "/"))
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try scratch.write(file, "")
      }
      let variables = environment.map { ($0, scratch.path(directories[$0]!)) }
      do throws(Failure) {
        let found = try ConfigurationFile.find(
          named: named, environment: Dictionary(uniqueKeysWithValues: variables),
          systemDirectory: scratch.path("etc/blechd"))
        return .success(found.path.replacing(scratch.path + "/", with: ""))
      } catch {
        var failure = error
        failure.what = failure.what.replacing(scratch.path + "/", with: "")
        return .failure(failure)
      }
    }
  }

  private static let all = [
    "systemd/blechd.yaml", "xdg/blechd/blechd.yaml", "home/.config/blechd/blechd.yaml",
    "etc/blechd/blechd.yaml",
  ]

  @Test(
    arguments: [
      (all, ["CONFIGURATION_DIRECTORY", "XDG_CONFIG_HOME", "HOME"], "systemd/blechd.yaml"),
      (all, ["XDG_CONFIG_HOME", "HOME"], "xdg/blechd/blechd.yaml"),
      (all, ["HOME"], "home/.config/blechd/blechd.yaml"), (all, [], "etc/blechd/blechd.yaml"),
      (Array(all.suffix(1)), ["XDG_CONFIG_HOME", "HOME"], "etc/blechd/blechd.yaml"),
    ]) func `The configuration is systemd's, else the user's, else the machine's`(
      files: [String], environment: [String], found: String
    ) throws
  {
    #expect(try find(files, environment: environment).get() == found)
  }

  @Test func `A named file is taken as it is named`() throws {
    #expect(try find(Self.all, named: "mine.yaml").get() == "mine.yaml")
  }

  @Test(
    arguments: [
      (["HOME"], "is not at home/.config/blechd/blechd.yaml, nor at etc/blechd/blechd.yaml"),
      ([], "is not at etc/blechd/blechd.yaml"),
      (["CONFIGURATION_DIRECTORY", "HOME"], "is not at systemd/blechd.yaml"),
    ]) func `Without a configuration it is said where it was looked for`(environment: [String], what: String)
    throws
  {
    let files = environment.contains("CONFIGURATION_DIRECTORY") ? Array(Self.all.dropFirst()) : []
    guard case .failure(let failure) = try find(files, environment: environment) else {
      Issue.record("found one")
      return
    }
    #expect(failure.code == .badConfiguration && failure.what == what)
  }

  @Test(arguments: ["dangling", "round in circles"])
  func `What cannot be followed is not passed over in favour of the machine's`(link: String) throws {
    try withScratch { scratch in
      let (folder, file) = (scratch.path("blechd"), scratch.path("blechd/blechd.yaml"))
      if link == "dangling" {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        try FileManager.default.createSymbolicLink(atPath: file, withDestinationPath: "/nowhere")
      } else {
        try FileManager.default.createSymbolicLink(atPath: folder, withDestinationPath: folder)
      }
      let found = try ConfigurationFile.find(
        named: nil, environment: ["XDG_CONFIG_HOME": scratch.path], systemDirectory: scratch.path)
      #expect(found.path == file)
      let error = #expect(throws: ConfigurationError.self) { try found.load() }
      #expect(error?.lines.first?.contains("link") == true)
    }
  }

  @Test func `The file is read from wherever it is named`() throws {
    try withScratch { scratch in
      let path = try scratch.write("mine.yaml", someRoot)
      #expect(try ConfigurationFile(path: path).load().watch.map(\.path) == ["/data/lab"])
    }
  }

  @Test(arguments: [
    ("absent", "cannot open it: No such file or directory"),
    ("nowhere/blechd.yaml", "cannot open the directory: No such file or directory"),
    ("folder", "cannot open it: it is not a regular file; put the file itself there"),
    ("link", "cannot open it: it is a symbolic link, which is not followed; put the file itself there"),
    ("pipe", "cannot open it: it is not a regular file; put the file itself there"),
    ("large", "cannot read it: it has 1048577 bytes, more than the 1048576 that are read"),
  ]) func `Whatever else lies there is refused at once`(name: String, what: String) throws {
    try withScratch { scratch in
      try FileManager.default.createDirectory(
        atPath: scratch.path("folder"), withIntermediateDirectories: false)
      let file = try scratch.write("file", someRoot)
      try FileManager.default.createSymbolicLink(atPath: scratch.path("link"), withDestinationPath: file)
      #expect(mkfifo(scratch.path("pipe"), 0o600) == 0)
      try scratch.write("large", [UInt8](repeating: UInt8(ascii: "#"), count: (1 << 20) + 1))
      let path = scratch.path(name)
      let error = #expect(throws: ConfigurationError.self) { try ConfigurationFile(path: path).load() }
      #expect(error?.lines == ["\(path): \(what)"])
      #expect(error?.failure.code == .badConfiguration)
    }
  }

  @Test(arguments: ["/", ""]) func `A path that names nothing is refused`(path: String) {
    #expect(throws: ConfigurationError.self) { try ConfigurationFile(path: path).load() }
  }
}
