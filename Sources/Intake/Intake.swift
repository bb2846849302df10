import FileAccess
import SystemPackage
import Vocabulary
import Watching

/// Takes what the watch reports, has settled sessions inspected, and says which have work.
public actor Intake {
  /// What happens, for a log and a queue.
  public enum Event: Sendable {
    case decided(FilePath, SessionStanding)
    case enqueue(FilePath, SessionWork)
    case withdraw(FilePath)
  }

  /// One session, for a status.
  public struct Session: Sendable {
    public let path: FilePath
    public let root: Int
    public let standing: SessionStanding
  }

  private var book: SessionBook
  private let inspect: @Sendable (SessionSource) async -> InspectionOutcome
  private let recheck: @Sendable (FilePath) -> Void
  private let onEvent: @Sendable (Event) -> Void
  private var underWay = 0
  private var inspections: [FilePath: Task<Void, Never>] = [:]
  private var retry: Task<Void, Never>?
  private var isStopped = false

  /// At most so many sessions are read at once: reading is the disk's work, not the processor's.
  private static let mostInspections = 2

  /// - Parameters:
  ///   - roots: in the order of the watcher's.
  ///   - template: how sessions are read; its directory is left out of account.
  ///   - inspect: reads one session, in bounded time; ends early when its task is cancelled.
  ///   - recheck: asks the watch to let a directory settle once more.
  ///   - onEvent: is called on the actor, in order; it must not take long.
  public init(
    roots: [IntakeRoot], template: SessionSource,
    inspect: @escaping @Sendable (SessionSource) async -> InspectionOutcome,
    recheck: @escaping @Sendable (FilePath) -> Void, onEvent: @escaping @Sendable (Event) -> Void
  ) {
    book = SessionBook(roots: roots, template: template)
    self.inspect = inspect
    self.recheck = recheck
    self.onEvent = onEvent
  }

  public func take(_ reports: [RootReport]) {
    guard !isStopped else { return }
    for report in reports {
      perform(book.take(report))
      // What changed or went is not worth being read any further.
      if book.records[report.report.path]?.standing != .inspecting {
        inspections[report.report.path]?.cancel()
      }
    }
    goOn()
  }

  /// Every session directory that is known, sorted by path.
  public var sessions: [Session] {
    book.records.map { Session(path: $0.key, root: $0.value.root, standing: $0.value.standing) }
      .sorted { $0.path.string < $1.path.string }
  }

  /// Where one session stands, if it is known.
  public func session(at path: FilePath) -> Session? {
    book.records[path].map { Session(path: path, root: $0.root, standing: $0.standing) }
  }

  /// Ends the inspections that are under way and takes nothing more.
  public func stop() async {
    isStopped = true
    retry?.cancel()
    for inspection in inspections.values { inspection.cancel() }
    for inspection in inspections.values { await inspection.value }
  }

  private func perform(_ effects: [SessionBook.Effect]) {
    for effect in effects {
      switch effect {
      case .decided(let path, let standing): onEvent(.decided(path, standing))
      case .enqueue(let path, let work): onEvent(.enqueue(path, work))
      case .withdraw(let path): onEvent(.withdraw(path))
      case .recheck(let path): recheck(path)
      }
    }
  }

  private func goOn() {
    while underWay < Self.mostInspections, let next = nextAssignment() {
      underWay += 1
      let inspect = inspect
      inspections[next.path] = Task {
        let outcome = await inspect(next.source)
        ended(next, outcome)
      }
    }
    scheduleRetry()
  }

  private func nextAssignment() -> SessionBook.Assignment? {
    guard !isStopped else { return nil }
    while let next = book.nextInspection() {
      // A worker's request is text.
      if next.path.isText { return next }
      perform(book.take(.failed(Self.noText(next.path)), of: next, at: .now))
    }
    return nil
  }

  private static func noText(_ path: FilePath) -> Failure {
    Failure(.badData, path.shown, "has a name that is no UTF-8", remedy: "rename the directory")
  }

  private func ended(_ assignment: SessionBook.Assignment, _ outcome: InspectionOutcome) {
    underWay -= 1
    inspections[assignment.path] = nil
    guard !isStopped else { return }
    perform(book.take(outcome, of: assignment, at: .now))
    goOn()
  }

  private func scheduleRetry() {
    retry?.cancel()
    retry = book.nextRetry.map { due in
      Task {
        try? await Task.sleep(until: due, clock: .continuous)
        guard !Task.isCancelled else { return }
        perform(book.retry(at: .now))
        goOn()
      }
    }
  }
}

extension FilePath {
  fileprivate var isText: Bool {
    FilePath(string) == self
  }
}
