import FileAccess
import SystemPackage
import Vocabulary
import Watching

/// Takes what the watch reports, has settled sessions inspected, and says which have work.
public actor Intake {
  /// What happens, for a log and a queue.
  public enum Event: Sendable {
    case decided(FilePath, SessionStanding)
    /// Something that a status shows has changed.
    case progress
    case enqueue(FilePath, SessionWork)
    case withdraw(FilePath)
    /// The root of what was handed over has another priority now.
    case prioritise(FilePath, Int)
    /// What is asked for the session is this from now on: nil, it is over. To be remembered, and given to the next intake.
    case requested(FilePath, SessionRequest?)
  }

  /// What became of a request.
  public enum Answer: Equatable, Sendable {
    /// It counts at the next inspection: at once, or as soon as the session has settled. The session stood there; where it
    /// is `sameAs` another path, that one has the request.
    case accepted(SessionStanding)
    /// No session is known there.
    case unknown
    /// No session is known there, and not everything has been seen yet.
    case notYet
  }

  /// What became of a request for the backlog.
  public enum BacklogAnswer: Equatable, Sendable {
    /// These sessions are taken, and so are those that are found to be of the backlog of so many that are still being
    /// looked at; nil: not even everything has been seen yet.
    case taken([FilePath], stillLookedAt: Int?)
    /// Nothing can be asked of this intake, or not so much at once.
    case notYet
  }

  /// One session, for a status.
  public struct Session: Sendable {
    public let path: FilePath
    public let root: Int
    public let standing: SessionStanding
    /// What a person has asked for it and is not over.
    public let request: SessionRequest?
  }

  /// Reads one session, in bounded time; ends early when its task is cancelled.
  ///
  /// The stamps are those that the watch saw settle; nil: it is to be read whatever is remembered of it.
  public typealias Inspect = @Sendable (SessionSource, [FileName: Stamp]?) async -> InspectionOutcome

  private var book: SessionBook
  private let inspect: Inspect
  private let recheck: @Sendable (FilePath) -> Void
  private let onEvent: @Sendable (Event) -> Void
  /// By round.
  private var inspections: [Int: (assignment: SessionBook.Assignment, task: Task<Void, Never>)] = [:]
  private var retry: Task<Void, Never>?
  private var isStopped = false

  /// At most so many sessions of one file system are read at once, as reading is the disk's work and not the processor's,
  /// and so many of all together. A server that is gone holds up its own sessions.
  private static let (mostOfOneDevice, mostInspections) = (2, 8)
  /// One that has none under way may begin one even then: so many file systems do not hang at once.
  private static let mostAtAll = 32
  /// How long an inspection that was told to end is waited for.
  private static let longestStop = Duration.seconds(3)

  /// - Parameters:
  ///   - roots: in the order of the watcher's.
  ///   - template: how sessions are read; its directory is left out of account.
  ///   - memory: what is queued already, by path: what an earlier intake had.
  ///   - requests: what was asked for and is not over, by path; it counts when the session is first seen.
  ///   - backlogRequests: of an earlier intake, where it had not looked at everything.
  ///   - recheck: asks the watch to let a directory settle once more.
  ///   - onEvent: is called on the actor, in order; it must not take long.
  public init(
    roots: [IntakeRoot], template: SessionSource, memory: [FilePath: QueuedWork] = [:],
    requests: [FilePath: SessionRequest] = [:], backlogRequests: [BacklogRequest] = [],
    inspect: @escaping Inspect, recheck: @escaping @Sendable (FilePath) -> Void,
    onEvent: @escaping @Sendable (Event) -> Void
  ) {
    book = SessionBook(
      roots: roots, template: template, memory: memory, requests: requests, backlogRequests: backlogRequests)
    self.inspect = inspect
    self.recheck = recheck
    self.onEvent = onEvent
  }

  public func take(_ reports: [RootReport]) {
    guard !isStopped else { return }
    for report in reports { perform(book.take(report)) }
    goOn()
  }

  /// What a person asks for one session.
  public func ask(_ request: SessionRequest, of path: FilePath) -> Answer {
    guard !isStopped else { return .notYet }
    let (standing, effects) = book.ask(request, of: path)
    perform(effects)
    goOn()
    return standing.map { .accepted($0) } ?? (book.isEverythingSeen ? .unknown : .notYet)
  }

  /// Asks `process` for every session of the backlog that lies at or below a directory where one is given.
  public func askBacklog(below directory: FilePath? = nil) -> BacklogAnswer {
    guard !isStopped else { return .notYet }
    let (answer, effects) = book.askBacklog(below: directory)
    perform(effects)
    goOn()
    return answer
  }

  /// What the queue had of the session is gone, as where its data had changed: the session is read, and what needs work is
  /// handed over, even if it is the same as before.
  ///
  /// - Parameter isDone: all that it was given is written.
  public func reconsider(_ path: FilePath, isDone: Bool = false) {
    perform(book.reconsider(path, isDone: isDone))
    guard !isStopped else { return }
    goOn()
  }

  /// Every session directory that is known, in no order.
  public var sessions: [Session] {
    book.records.map(Session.init)
  }

  /// What is queued, by path.
  public var queued: [FilePath: QueuedWork] { book.queued }

  /// What was asked for and is not over, by path.
  public var requests: [FilePath: SessionRequest] { book.requests }

  /// The same of the backlog.
  public var backlogRequests: [BacklogRequest] { book.backlogRequests }

  /// Where one session stands, if it is known.
  public func session(at path: FilePath) -> Session? {
    book.records[path].map { Session(path, $0) }
  }

  /// The path that the queue knows a session by, of which this may be another one (a bind mount).
  public func first(of path: FilePath) -> FilePath { book.first(of: path) ?? path }

  /// Everything has been seen: what an earlier intake had queued and is not there any more is taken back.
  public func withdrawUnseen() { perform(book.withdrawUnseen()) }

  /// Ends the inspections that are under way, as far as they let themselves be ended, and takes nothing more.
  public func stop() async {
    isStopped = true
    retry?.cancel()
    for inspection in inspections.values { inspection.task.cancel() }
    let deadline = Moment.now + Self.longestStop
    while !inspections.isEmpty, .now < deadline, !Task.isCancelled {
      try? await Task.sleep(for: .milliseconds(10))
    }
  }

  private func perform(_ effects: [SessionBook.Effect]) {
    for effect in effects {
      switch effect {
      case .decided(let path, let standing): onEvent(.decided(path, standing))
      case .enqueue(let path, let work): onEvent(.enqueue(path, work))
      case .withdraw(let path): onEvent(.withdraw(path))
      case .prioritise(let path, let priority): onEvent(.prioritise(path, priority))
      case .recheck(let path): recheck(path)
      case .requested(let path, let request): onEvent(.requested(path, request))
      }
    }
  }

  private func goOn() {
    // What changed or went is not worth being read any further.
    for (round, inspection) in inspections where book.records[inspection.assignment.path]?.round != round {
      inspection.task.cancel()
    }
    while let next = nextAssignment() {
      let inspect = inspect
      let task = Task {
        let outcome = await inspect(next.source, next.isAnew ? nil : next.stamps)
        ended(next, outcome)
      }
      inspections[next.round] = (next, task)
    }
    scheduleRetry()
  }

  private func nextAssignment() -> SessionBook.Assignment? {
    guard !isStopped else { return nil }
    let used = inspections.values.reduce(into: [:]) { $0[$1.assignment.device, default: 0] += 1 }
    let limit =
      inspections.count < Self.mostInspections
      ? Self.mostOfOneDevice : inspections.count < Self.mostAtAll ? 1 : 0
    while let next = book.nextInspection(where: { used[$0, default: 0] < limit }) {
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
    inspections[assignment.round] = nil
    guard !isStopped else { return }
    perform(book.take(outcome, of: assignment, at: .now))
    onEvent(.progress)
    goOn()
  }

  private func scheduleRetry() {
    retry?.cancel()
    retry = book.nextRetry.map { due in
      Task {
        try? await Task.sleep(until: due, clock: .suspending)
        guard !Task.isCancelled else { return }
        perform(book.retry(at: .now))
        goOn()
      }
    }
  }
}

extension Intake.Session {
  fileprivate init(_ path: FilePath, _ record: SessionBook.Record) {
    self.init(
      path: path, root: record.view.root, standing: record.standing, request: record.request)
  }
}

extension FilePath {
  fileprivate var isText: Bool {
    FilePath(string) == self
  }
}
