import ArgumentParser
import Configuration
import FoundationEssentials
import Glibc
import SystemPackage
import Terminal
import Threads
import Vocabulary

struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "See whether blechd can work here, and say how to mend what is in its way.",
    discussion: """
      Looks at the configuration, every folder that is to be watched, the kernel's limits, the worker, the \
      daemon and systemd. In each folder it makes a few small hidden files, and takes them away again. As \
      root it tries everything as the daemon's user: the one named with --as, else that of the unit \
      blechd.service, else blechd. Ends with 0 where there is no problem.
      """)

  @Option(
    help: ArgumentHelp("The configuration (default: where blechctl config looks for it).", valueName: "file"))
  var config: String?
  @OptionGroup(title: "Which daemon")
  var daemon: DaemonOptions
  @Option(
    name: .customLong("as"), help: ArgumentHelp("Try everything as this user; for root.", valueName: "user"))
  var user: String?
  @Flag(help: "Print one JSON document.")
  var json = false

  func validate() throws {
    if daemon.user && user != nil { throw ValidationError("Use one of --user and --as.") }
  }

  func run() async throws {
    if !json && isatty(STDERR_FILENO) == 1 {
      StandardError.write("blechctl: looking; a folder with very many directories takes a minute...\n")
    }
    let result: Result<[DoctorLine], Failure> = await untilInterrupted {
      do throws(Failure) {
        let site = try await DoctorSite.find(daemon, config: config, user: user)
        let lines = await Doctor(site: site, daemon: daemon).examine()
        if Task.isCancelled { throw .interruption(of: "doctor") }
        return .success(lines)
      } catch {
        return .failure(error)
      }
    }
    let report = DoctorReport(try result.get())
    print(json ? try report.json() : report.text, terminator: "")
    if report.exitCode != .success { throw ArgumentParser.ExitCode(report.exitCode.rawValue) }
  }
}

/// What `doctor` is to look at.
struct DoctorSite: Sendable {
  let examiner: Examiner
  let systemd: SystemdCheck.Presence
  /// A person's own daemon is meant, not the machine's.
  let isOwn: Bool
  let state: StateDirectory
  let runtime: RuntimeDirectory
  /// The configuration's path, or why there is none.
  let file: Result<ConfigurationFile, Failure>

  /// How long a directory service may take to tell of a user.
  private static let longestLookUp = Duration.seconds(10)

  /// - Parameter user: named with `--as`.
  static func find(
    _ daemon: DaemonOptions, config: String?, user: String?
  ) async throws(Failure) -> DoctorSite {
    let current = Account.current
    let service = try await account("blechd")
    let systemd = await presence(isOwn: daemon.user)
    var unitUser: Account?
    if case .present(let unit) = systemd, let name = unit.user { unitUser = try await account(name) }
    var requested: Account?
    if let user {
      requested = try await account(user)
      guard requested != nil else {
        throw Failure(.usage, "--as \(user)", "there is no such user", remedy: "see getent passwd")
      }
    }
    let examiner = try Examiner.choose(
      current: current, requested: requested, unitUser: unitUser, service: service, isOwn: daemon.user)
    let isOwn = if case .other = examiner { false } else { !daemon.system }
    return DoctorSite(
      examiner: examiner, systemd: systemd, isOwn: isOwn, state: isOwn ? try .find() : .system,
      runtime: try runtime(daemon, isOwn: isOwn), file: file(config, isOwn: isOwn))
  }

  private static func runtime(_ daemon: DaemonOptions, isOwn: Bool) throws(Failure) -> RuntimeDirectory {
    if let path = daemon.runtimeDirectory { return RuntimeDirectory(path: path) }
    return isOwn ? try .find() : .system
  }

  private static func file(_ config: String?, isOwn: Bool) -> Result<ConfigurationFile, Failure> {
    Result { () throws(Failure) in
      try .find(named: config ?? (isOwn ? nil : ConfigurationFile.system.path))
    }
  }

  private static func account(_ name: String) async throws(Failure) -> Account? {
    do throws(Errno) {
      if let answer = try await onOwnThread(atMost: longestLookUp, { Account.find(named: name) }) {
        return answer
      }
    } catch {
      throw Failure(.temporary, name, "cannot be looked up: \(error)", remedy: "try again")
    }
    throw Failure(
      .temporary, name, "cannot be looked up: the machine's list of users does not answer",
      remedy: "see whether getent passwd \(name.shellWord) answers")
  }

  private static func presence(isOwn: Bool) async -> SystemdCheck.Presence {
    guard FileManager.default.fileExists(atPath: "/run/systemd/system") else { return .absent }
    let command =
      ["systemctl"] + (isOwn ? ["--user"] : []) + ["show", SystemdCheck.unit, "--no-pager"]
      + SystemdCheck.Unit.wanted.map { "--property=\($0)" }
    guard let text = await BoundedCommand.output(of: command, atMost: SystemdCheck.patience) else {
      return .silent
    }
    return .present(SystemdCheck.Unit(text))
  }
}
