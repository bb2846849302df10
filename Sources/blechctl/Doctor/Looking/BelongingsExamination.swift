import Glibc
import SystemPackage
import Threads
import Vocabulary

/// Looks at the daemon's own folders and its configuration.
struct BelongingsExamination: Sendable {
  let belongings: DoctorPart.Belongings
  let tell: @Sendable (DoctorPart.Message) -> Void

  init(_ belongings: DoctorPart.Belongings, tell: @escaping @Sendable (DoctorPart.Message) -> Void) {
    self.belongings = belongings
    self.tell = tell
  }

  func run() async {
    if belongings.owner == nil { await tryEverything() }
    let state = belongings.stateDirectory
    if let ground = await own(state, { try? RootPlace.Ground(of: Self.existing(state)) }) ?? nil {
      let disk = DiskCheck(
        path: state, minimumMB: belongings.minimumFreeMB, file: belongings.configuration)
      tell(.line(disk.line(free: ground.free)))
    }
  }

  private func tryEverything() async {
    let check = DirectoriesCheck(account: belongings.account, maker: belongings.maker)
    let configuration = belongings.configuration
    if let error = await own(configuration, { Self.readError(configuration) }),
      let line = check.line(configuration: configuration, error)
    {
      tell(.line(line))
    }
    for path in [belongings.stateDirectory, belongings.runtimeDirectory] {
      guard let outcome = await own(path, { Self.tryToWrite(path) }) else { continue }
      tell(.line(check.line(path, outcome)))
    }
  }

  private func own<Value: Sendable>(_ path: String, _ body: @escaping @Sendable () -> Value) async -> Value? {
    if let value = try? await onOwnThread(atMost: PlaceCheck.patience, body) { return value }
    if !Task.isCancelled { tell(.line(PlaceCheck.hangs(path, while: "it was looked at"))) }
    return nil
  }

  /// Whether this user is not let; what else is wrong with the file is told by whoever reads it.
  private static func readError(_ path: String) -> Errno? {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { return errno == EACCES || errno == EPERM ? Errno(rawValue: errno) : nil }
    close(file)
    return nil
  }

  private static func tryToWrite(_ path: String) -> DirectoriesCheck.Outcome {
    var state = stat()
    guard unsafe stat(path, &state) == 0 else {
      // Where one may not even look, it may be there.
      if errno != ENOENT && errno != ENOTDIR { return .refused(Errno(rawValue: errno)) }
      let parent = existing(path)
      return .missing(parent: parent, WriteTrial.run(in: parent)?.error)
    }
    guard state.st_mode & S_IFMT == S_IFDIR else { return .notDirectory }
    return WriteTrial.run(in: path).map { .refused($0.error) } ?? .writable
  }

  /// The path itself, or the nearest folder above it that is there.
  private static func existing(_ path: String) -> String {
    var path = FilePath(path)
    while true {
      var state = stat()
      if unsafe path.withPlatformString({ unsafe stat($0, &state) }) == 0 { return path.string }
      guard path.removeLastComponent() else { return path.string }
    }
  }
}
