import FileAccess
import Glibc
import Intake
import Jobs
import SystemPackage
import Threads
import Vocabulary
import Watching
import WorkerProtocol

/// Looks at one root, step by step; what is found is told at once. A step that hangs is the last one.
struct RootExamination: Sendable {
  let root: DoctorPart.Root
  let tell: @Sendable (DoctorPart.Message) -> Void

  init(_ root: DoctorPart.Root, tell: @escaping @Sendable (DoctorPart.Message) -> Void) {
    self.root = root
    self.tell = tell
  }

  private static let probeBounds = WorkerBounds(wallTime: .seconds(30), memory: 1 << 30)
  /// Longer than the wait for an event.
  private static let eventPatience = Duration.seconds(10)

  private var place: PlaceCheck { PlaceCheck(root: root.path, file: root.file, user: root.user) }

  func run() async {
    let path = root.path
    guard let found = await own(Duration.seconds(10), "it was looked at", { RootPlace.look(at: path) }) else {
      return
    }
    tell(.line(place.line(found)))
    guard case .there(let ground) = found else { return }
    let disk = DiskCheck(path: path, minimumMB: root.minimumFreeMB, file: root.file)
    tell(.line(disk.line(free: ground.free)))
    guard let mayWrite = await tryToWrite(ground), !Task.isCancelled else { return }
    guard let usesEvents = await scan(ground), !Task.isCancelled else { return }
    if mayWrite {
      guard await tryEvents(usesEvents), !Task.isCancelled else { return }
      await tryLocks(ground)
    }
  }

  /// What `body` gives on a thread of its own; where it hangs, that is told.
  private func own<Value: Sendable>(
    _ limit: Duration, _ step: String, _ body: @escaping @Sendable () -> Value
  ) async -> Value? {
    do throws(Errno) {
      if let value = try await onOwnThread(atMost: limit, body) { return value }
      if !Task.isCancelled { tell(.line(PlaceCheck.hangs(root.path, while: step))) }
    } catch {
      tell(
        .line(
          DoctorLine(
            .root, root.path, "could not be looked at: the system gives no thread (\(error))",
            .problem(.temporary, mend: ["end programs that are not needed, or raise ulimit -u"]))))
    }
    return nil
  }

  private func tryToWrite(_ ground: RootPlace.Ground) async -> Bool? {
    let path = root.path
    guard
      let refusal = await own(PlaceCheck.patience, "a file was made in it", { WriteTrial.run(in: path) })
    else { return nil }
    let check = PermissionCheck(
      root: path, user: root.user, ground: ground, hasSetfacl: Program.isInstalled("setfacl"))
    tell(.line(check.line(refusal)))
    return refusal == nil
  }

  /// Whether its changes are told by inotify; nil: nothing more can be tried.
  private func scan(_ ground: RootPlace.Ground) async -> Bool? {
    let hasSetfacl = Program.isInstalled("setfacl")
    let scan: RootScan.Result
    do throws(Errno) {
      scan = try await RootScan(
        WatchRoot(
          path: FilePath(root.path), backend: root.scanBackend,
          exclusions: Exclusions(root.exclusions))
      ).run(atMost: WatchingCheck.patience)
    } catch {
      tell(
        .line(
          DoctorLine(
            .watching, root.path, "could not be looked at: \(error)",
            .problem(.temporary, mend: ["raise the limit of open files: ulimit -n 65536"]))))
      return nil
    }
    let check = WatchingCheck(root: root.path, file: root.file, user: root.user, hasSetfacl: hasSetfacl)
    let lines = check.lines(
      scan.status, inForce: root.backendInForce, wanted: root.wantedBackend, ground: ground)
    for line in lines { tell(.line(line)) }
    let permission = PermissionCheck(
      root: root.path, user: root.user, ground: ground, hasSetfacl: hasSetfacl)
    if let line = permission.line(lockedSessions: scan.lockedSessions, of: scan.sessions) {
      tell(.line(line))
    }
    let usesEvents = root.usesEvents(scanned: scan.status.root.backend)
    if usesEvents {
      let trees = scan.status.trees
      tell(.size(.init(directories: trees.reduce(0) { $0 + $1.directories }, trees: trees.count)))
    }
    return scan.status.root.problems.contains(where: \.isFatal) ? nil : usesEvents
  }

  /// Whether one can go on.
  private func tryEvents(_ usesEvents: Bool) async -> Bool {
    let check = EventCheck(root: root.path, file: root.file)
    guard usesEvents else {
      tell(.line(check.polled))
      return true
    }
    let path = FilePath(root.path)
    let result = await own(Self.eventPatience, "an event was waited for") {
      Result { () throws(EventProbe.Refusal) in try EventProbe(in: path).run() }
    }
    switch result {
    case nil: return false
    case .success(let outcome): tell(.line(check.line(outcome)))
    case .failure(let refusal): tell(.line(check.line(refusal)))
    }
    return true
  }

  private func tryLocks(_ ground: RootPlace.Ground) async {
    do throws(Failure) {
      let result = try await Self.probe(root.path)
      for line in LockingCheck(root: root.path, ground: ground).lines(result) { tell(.line(line)) }
    } catch {
      if error.code != .interrupted { tell(.line(DoctorLine(.locking, root.path, error))) }
    }
  }

  /// What the worker finds out in a folder.
  static func probe(_ directory: String) async throws(Failure) -> ProbeResult {
    let worker = WorkerProcess(try WorkerExecutable.find())
    let task = WorkerRequest.Task.probe(ProbeTask(directory: directory))
    guard case .probed(let result) = try await worker.run(task, bounds: probeBounds) else {
      throw Failure.unexpectedAnswer
    }
    return result
  }
}
