import Control
import FileAccess
import Logging
import Reporting
import SystemPackage
import Vocabulary

/// Answers whoever steers: judges first, and leaves a line in the log of who has had what done.
struct SteeringAnswers: Sendable {
  let steering: Steering
  let steerers: SteererRegister
  let accounts: AccountDirectory
  let refusals: RefusalLog
  /// Whether the daemon ends, and keeps nothing any more of what is asked for.
  let isStopping: @Sendable () -> Bool
  let log: Logger

  /// - Parameter verb: one that steers.
  func answer(_ verb: ControlRequest.Verb, _ peer: Peer) async throws(Failure) -> SteeringAnswer {
    if let refusal = await steerers.current().refusal(of: peer, for: verb) {
      if await refusals.note(peer.uid) {
        note("\(verb.shown), which was not done: \(refusal)", peer, await accounts.userName(of: peer.uid))
      }
      throw refusal
    }
    async let name = accounts.userName(of: peer.uid)
    do throws(Failure) {
      if isStopping() {
        throw Failure(.temporary, "blechd", "is stopping", remedy: "ask again when it runs again")
      }
      let answer = try await carryOut(verb)
      note("\(verb.shown): \(answer.message)", peer, await name)
      return answer
    } catch {
      note("\(verb.shown), which was not done: \(error)", peer, await name)
      throw error
    }
  }

  private func note(_ what: String, _ peer: Peer, _ name: AccountDirectory.Answer<String>) {
    let suffix = if case .found(let name) = name { " (\(name))" } else { "" }
    log.notice("user \(peer.uid)\(suffix) has asked for \(what)")
  }

  private func carryOut(_ verb: ControlRequest.Verb) async throws(Failure) -> SteeringAnswer {
    switch verb {
    case .retry(let directory): try await steering.retry(FilePath(absolute: directory))
    case .retrain(let directory): try await steering.retrain(FilePath(absolute: directory))
    case .cancel(let directory): try await steering.cancel(FilePath(absolute: directory))
    case .first(let directory): try await steering.first(FilePath(absolute: directory))
    case .pause: try await steering.pause()
    case .resume: try await steering.resume()
    case .process(let directory): try await steering.process(FilePath(absolute: directory))
    case .processBacklog: try await steering.processBacklog()
    case .reload: try await steering.reload()
    case .status, .why:
      throw Failure(.internalError, verb.command, "steers nothing", remedy: "please report this")
    }
  }
}

extension ControlRequest.Verb {
  fileprivate var shown: String { directory.map { "\(command) \(FilePath($0).shown)" } ?? command }
}

extension FilePath {
  /// A directory that a client names.
  ///
  /// - Throws: `.usage` where it is no absolute path: the daemon does not know where its client stands.
  init(absolute directory: String) throws(Failure) {
    guard directory.hasPrefix("/"), !directory.unicodeScalars.contains("\0") else {
      throw Failure(.usage, directory, "is no absolute path", remedy: "give the session's directory in full")
    }
    self.init(directory)
  }
}
