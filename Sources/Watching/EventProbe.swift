import Glibc
import SystemPackage

/// Sees whether the kernel tells of what happens in one directory, by making a file there. It blocks the thread that it
/// runs on.
public struct EventProbe: Sendable {
  public enum Outcome: Equatable, Sendable {
    /// The kernel told of the file, so long after it was begun to be made.
    case told(after: Duration)
    case silent
  }

  /// The kernel, or the directory, did not let it be tried.
  public struct Refusal: Error, Equatable, Sendable {
    public enum Step: Equatable, Sendable {
      /// The directory could not be found.
      case finding
      /// No inotify instance for this user.
      case instance
      /// No watch of the directory.
      case watch
      case makingAFile
    }

    public let step: Step
    public let error: Errno
  }

  private let directory: FilePath

  /// - Parameter directory: symbolic links are followed: a person named it.
  public init(in directory: FilePath) { self.directory = directory }

  /// Makes a hidden file, removes it at once, and waits for the kernel to tell of it.
  public func run(patience: Duration = .seconds(5)) throws(Refusal) -> Outcome {
    try run(patience: patience, makingFile: Self.makeFile)
  }

  func run(
    patience: Duration, makingFile makeFile: (FilePath) throws(Errno) -> Void
  ) throws(Refusal) -> Outcome {
    let calls = try attempt(.instance) { () throws(Errno) in try LinuxCalls() }
    defer { calls.closeEvents() }
    let path = try attempt(.finding) { () throws(Errno) in try calls.resolve(directory) }
    try attempt(.instance) { () throws(Errno) in try calls.openEvents() }
    let watch = try attempt(.watch) { () throws(Errno) in
      try calls.list(path, watching: true, mostEntries: 0, skipped: [], stampsOf: { _ in false }).watch!.get()
    }
    let name = FileName(".blechd-doctor-\(UInt64.random(in: .min ... .max))")
    let start = Moment.now
    try attempt(.makingAFile) { () throws(Errno) in try makeFile(path.appending([name])) }
    while true {
      let events = try attempt(.watch) { () throws(Errno) in try calls.readEvents() }
      if events.contains(.entry(watch, name, isDirectory: false)) { return .told(after: .now - start) }
      guard .now - start < patience else { return .silent }
      calls.wait(until: start + patience)
    }
  }

  /// The file is gone before anything is waited for: what the kernel has to tell waits in its queue.
  private static func makeFile(_ path: FilePath) throws(Errno) {
    let descriptor = unsafe path.withPlatformString {
      unsafe open($0, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    }
    guard descriptor >= 0 else { throw Errno(rawValue: errno) }
    close(descriptor)
    guard unsafe path.withPlatformString({ unsafe unlink($0) }) == 0 else { throw Errno(rawValue: errno) }
  }

  private func attempt<Result>(
    _ step: Refusal.Step, _ call: () throws(Errno) -> Result
  ) throws(Refusal) -> Result {
    do throws(Errno) {
      return try repeated(call)
    } catch {
      throw Refusal(step: step, error: error)
    }
  }
}
