import Reporting
import SystemPackage
import Vocabulary

/// What can be done to a daemon that runs. Whoever asks may: that has been judged.
///
/// Each returns soon, what it begins being done later, and throws `.noInput` where the daemon knows no such session,
/// `.temporary` where it cannot tell yet.
struct Steering: Sendable {
  typealias ToSession = @Sendable (_ directory: FilePath) async throws(Failure) -> SteeringAnswer
  typealias ToDaemon = @Sendable () async throws(Failure) -> SteeringAnswer

  /// Looks at the session now, and tries again what has failed.
  let retry: ToSession
  /// Infers every job of the session anew.
  let retrain: ToSession
  /// Gives up what is queued or under way for the session.
  let cancel: ToSession
  /// Puts the session before all others that wait.
  let first: ToSession
  /// Begins no more work until `resume`.
  let pause: ToDaemon
  let resume: ToDaemon
  /// Takes the sessions in and below a directory although they are of the backlog.
  let process: ToSession
  /// The same for the whole backlog.
  let processBacklog: ToDaemon
  /// Reads the configuration anew.
  let reload: ToDaemon
}

extension Steering {
  /// Of a daemon that runs no work: there is none to be steered.
  static func withoutWork(_ refusal: Failure, reload: @escaping ToDaemon) -> Steering {
    let refuse: ToDaemon = { () throws(Failure) in throw refusal }
    let refuseSession: ToSession = { _ throws(Failure) in throw refusal }
    return Steering(
      retry: refuseSession, retrain: refuseSession, cancel: refuseSession, first: refuseSession,
      pause: refuse, resume: refuse, process: refuseSession, processBacklog: refuse, reload: reload)
  }
}
