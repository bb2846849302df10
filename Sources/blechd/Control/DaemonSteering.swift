import Configuration
import FileAccess
import Intake
import Reporting
import Scheduling
import SystemPackage
import Vocabulary

extension Steering {
  /// Of a daemon that does the work.
  init(_ watch: WatchService, _ scheduler: Scheduler, configuration: String) {
    self.init(
      retry: { (path) throws(Failure) in try await Self.retry(path, watch, scheduler) },
      retrain: { (path) throws(Failure) in
        let path = try await Self.ask(.retrain, of: path, watch)
        return SteeringAnswer(
          .retrain, sessions: [path.shown], message: "every job of \(path.shown) is inferred anew")
      },
      cancel: { (path) throws(Failure) in
        let path = await watch.watch.intake.first(of: path)
        try await scheduler.cancel(path.string)
        return SteeringAnswer(
          .cancel, sessions: [path.shown],
          message:
            "\(path.shown) is cancelled, until its data or parameters change, or blechctl retry asks for it")
      },
      first: { (path) throws(Failure) in
        let path = await watch.watch.intake.first(of: path)
        guard await scheduler.putFirst(path.string) else { throw Self.noWork(path) }
        return SteeringAnswer(
          .first, sessions: [path.shown], message: "\(path.shown) comes before all others that wait")
      },
      pause: { () throws(Failure) in
        await scheduler.setPaused(true)
        return SteeringAnswer(
          .pause,
          message: "paused: no job begins and nothing is written, until blechctl resume; what runs goes on")
      },
      resume: { () throws(Failure) in
        await scheduler.setPaused(false)
        return SteeringAnswer(.resume, message: "the work goes on")
      },
      process: { (path) throws(Failure) in try await Self.process(path, watch) },
      processBacklog: { () throws(Failure) in
        try Self.processed(.processBacklog, await watch.watch.intake.askBacklog(), of: "the watched folders")
      },
      reload: Self.reload(watch, configuration))
  }

  static func reload(_ watch: WatchService, _ configuration: String) -> ToDaemon {
    { () throws(Failure) in
      try await watch.reload()
      return SteeringAnswer(.reload, message: "the configuration was read anew from \(configuration)")
    }
  }

  /// What has failed or waits in the queue is taken up there; where there is nothing of the session, it is looked at again.
  private static func retry(
    _ named: FilePath, _ watch: WatchService, _ scheduler: Scheduler
  ) async throws(Failure) -> SteeringAnswer {
    var path = await watch.watch.intake.first(of: named)
    if await scheduler.retry(path.string) {
      return SteeringAnswer(
        .retry, sessions: [path.shown],
        message: "what has failed or waits of \(path.shown) is tried again now")
    }
    path = try await ask(.retry, of: path, watch)
    return SteeringAnswer(.retry, sessions: [path.shown], message: "\(path.shown) is looked at again now")
  }

  private static func process(_ path: FilePath, _ watch: WatchService) async throws(Failure) -> SteeringAnswer
  {
    let intake = watch.watch.intake
    if await intake.session(at: path) != nil {
      let path = try await ask(.process, of: path, watch)
      return SteeringAnswer(
        .process, sessions: [path.shown], message: "\(path.shown) is taken, whenever it was sorted")
    }
    guard watch.watch.watcher.root(of: path) != nil else { throw unknown(path, watch) }
    return try processed(.process, await intake.askBacklog(below: path), of: path.shown)
  }

  static func processed(
    _ verb: SteeringAnswer.Verb, _ answer: Intake.BacklogAnswer, of place: String
  ) throws(Failure) -> SteeringAnswer {
    guard case .taken(let paths, let rest) = answer else { throw notYet(place) }
    let others =
      switch rest {
      case 0: ""
      case let count?:
        "; of \(sessions(count)) that \(count == 1 ? "is" : "are") still being looked at, those of the backlog follow"
      case nil: "; not everything has been looked at yet, and what is found to be of the backlog follows"
      }
    let taken =
      paths.isEmpty
      ? "there is no backlog in \(place)\(rest == 0 ? "" : " yet")"
      : "\(sessions(paths.count)) of the backlog of \(place) \(paths.count == 1 ? "is" : "are") taken"
    return SteeringAnswer(verb, sessions: paths.map(\.shown), message: taken + others)
  }

  private static func sessions(_ count: Int) -> String { "\(count) \(count == 1 ? "session" : "sessions")" }

  /// - Returns: the path that the session is known by.
  private static func ask(
    _ request: SessionRequest, of path: FilePath, _ watch: WatchService
  ) async throws(Failure) -> FilePath {
    switch await watch.watch.intake.ask(request, of: path) {
    case .accepted(.sameAs(let first)): return first
    case .accepted: return path
    case .unknown: throw unknown(path, watch)
    case .notYet: throw notYet(path.shown)
    }
  }

  private static func notYet(_ place: String) -> Failure {
    Failure(
      .temporary, place, "cannot be asked for while the daemon has just begun to look at its folders",
      remedy: "ask again in a moment")
  }

  private static func unknown(_ path: FilePath, _ watch: WatchService) -> Failure {
    let roots = watch.watch.configuration.watch.map(\.path).joined(separator: ", ")
    return Failure(
      .noInput, path.shown, "is no session that the daemon knows (it watches \(roots))",
      remedy: "see blechctl why, or use blechctl infer")
  }

  private static func noWork(_ path: FilePath) -> Failure {
    Failure(.noInput, path.shown, "has no work that waits", remedy: "see blechctl why")
  }
}
