import Store
import Testing
import Vocabulary
import WorkerProtocol

@testable import Scheduling

/// Every step that a job can take. What is not offered cannot be written.
struct StateTests {
  private let now = Moment.now
  private let failure = Failure(.temporary, "s.h5", "made up", remedy: "")

  private func queued(_ tries: Tries = Tries()) throws -> Queued {
    let state = JobState.restored(.queued, tries, unfinished: nil, due: { _ in now })
    guard case .queued(let queued) = state else { throw failure }
    return queued
  }

  private func running(_ tries: Tries = Tries()) throws -> Running { try queued(tries).begin(7, at: now) }

  @Test func `a new job is queued, and was never tried`() {
    #expect(JobState.new.name == "queued")
    #expect(JobState.new.tries == Tries())
    #expect(!JobState.new.isEnded)
  }

  @Test func `a queued job begins, is refused, or is cancelled`() throws {
    let queued = try queued(Tries(attempts: 2, breaches: 1))
    let running = queued.begin(7, at: now)
    #expect(running.attempt == 7)
    #expect(running.began == now)
    #expect(running.tries == Tries(attempts: 2, breaches: 1))
    #expect(!JobState.running(running).isEnded)
    #expect(queued.refuse(failure).failure == failure)
    #expect(JobState.cancelled(queued.cancel()).isEnded)
  }

  @Test func `a running job is inferred, fails, waits, is lost, or is cancelled`() throws {
    let running = try running(Tries(attempts: 1))
    #expect(running.finish(BookWorld.summary).summary == BookWorld.summary)
    #expect(JobState.inferred(running.finish(BookWorld.summary)).isEnded)
    #expect(running.fail(.atOnce, failure, at: now) == .queued(try queued(Tries(attempts: 1))))
    let again = running.fail(.again(after: .seconds(30), Tries(attempts: 2)), failure, at: now)
    guard case .retrying(let retrying) = again else { throw failure }
    #expect(retrying.due == now + .seconds(30))
    #expect(retrying.failure == failure)
    #expect(!again.isEnded)
    let never = running.fail(.never(Tries(attempts: 5)), failure, at: now)
    guard case .failed(let failed) = never else { throw failure }
    #expect(failed.tries == Tries(attempts: 5))
    #expect(never.isEnded)
    #expect(running.lose() == (try queued(Tries(attempts: 1))))
    #expect(JobState.cancelled(running.cancel()).isEnded)
  }

  @Test func `a job that waits falls due with its count, or is asked for anew without it`() throws {
    let again = try running().fail(.again(after: .seconds(30), Tries(attempts: 3)), failure, at: now)
    guard case .retrying(let retrying) = again else { throw failure }
    #expect(retrying.fallDue().tries == Tries(attempts: 3))
    #expect(retrying.askAgain().tries == Tries())
    #expect(JobState.cancelled(retrying.cancel()).isEnded)
  }

  @Test func `what has ended is only taken up by a wish, or because its result is gone`() throws {
    let never = try running().fail(.never(Tries(attempts: 5, breaches: 2)), failure, at: now)
    guard case .failed(let failed) = never else { throw failure }
    #expect(failed.askAgain().tries == Tries())
    #expect(try queued(Tries(attempts: 3)).cancel().askAgain().tries == Tries())
    #expect(try running(Tries(attempts: 3)).finish(BookWorld.summary).loseResult().tries == Tries())
    #expect(JobState.cancelled(try running().finish(BookWorld.summary).cancel()).isEnded)
  }

  @Test func `every state comes back from the store as it was, and what ran is queued`() throws {
    let wall = Now(moment: now, wall: 1000)
    let retrying = try running().fail(.again(after: .seconds(30), Tries(attempts: 2)), failure, at: now)
    let failed = try running().fail(.never(Tries(attempts: 5)), failure, at: now)
    let states: [JobState] = [
      .new, retrying, failed, .inferred(try running().finish(BookWorld.summary)),
      .cancelled(try queued().cancel()),
    ]
    for state in states {
      let stored = state.stored { wall.wall(at: $0) }
      let again = JobState.restored(
        stored, state.tries, unfinished: nil, due: { wall.moment(at: $0, longest: .seconds(3600)) })
      #expect(again == state)
    }
    let ran = JobState.running(try running(Tries(attempts: 1))).stored { wall.wall(at: $0) }
    #expect(ran == .running)
    #expect(
      JobState.restored(ran, Tries(attempts: 1), unfinished: nil, due: { _ in now })
        == .queued(try queued(Tries(attempts: 1))))
  }
}
