import Configuration
import Jobs
import Store
import Testing
import Vocabulary

@testable import Scheduling

/// What people ask for.
struct SteeringTests {
  @Test func `a cancelled session has its workers ended, and nothing of it is written`() throws {
    var world = BookWorld(jobs: 1)
    world.enqueue(work("/a"))
    world.endFirst()
    let attempt = world.running[0].attempt
    world.perform(try world.book.cancel("/a", at: world.now))
    #expect(world.stopped == [attempt])
    world.end(attempt, BookWorld.failure(.interrupted, .cancelled))
    #expect(world.states("/a") == ["cancelled", "cancelled"])
    #expect(world.ended("/a") == [.cancelled])
    #expect(world.running.isEmpty)
    #expect(world.leased.isEmpty)
    #expect(world.stored.sessions.map(\.phase) == [.cancelled])
    // Not even after a restart.
    var next = BookWorld(jobs: 1, stored: world.stored)
    next.enqueue(work("/a"))
    #expect(next.started.isEmpty)
    next.perform(next.book.retry("/a", at: next.now) ?? [])
    #expect(next.runningJobs == ["/a 0"])
  }

  @Test func `what is being written cannot be cancelled`() {
    var world = BookWorld(jobs: 2)
    world.enqueue(work("/a"))
    world.endFirst()
    world.endFirst()
    let now = world.now
    var book = world.book
    #expect(throws: Failure.self) { try book.cancel("/a", at: now) }
    #expect(throws: Failure.self) { try book.cancel("/nowhere", at: now) }
  }

  @Test func `a retry tries at once what waits, and counts from the beginning`() {
    var world = BookWorld(jobs: 1)
    world.enqueue(work("/a", tastes: 0..<1))
    world.endFirst(BookWorld.failure(.temporary))
    #expect(world.states("/a") == ["retrying"])
    world.perform(world.book.retry("/a", at: world.now) ?? [])
    #expect(world.runningJobs == ["/a 0"])
    #expect(world.book.entries["/a"]?.jobs[0].state.tries == Tries())
    #expect(world.book.retry("/nowhere", at: world.now) == nil)
  }

  @Test func `while it is paused nothing begins and nothing is written`() {
    var world = BookWorld(jobs: 2)
    world.enqueue(work("/a"))
    world.perform(world.book.setPaused(true))
    world.endFirst()
    world.endFirst()
    #expect(world.running.isEmpty)
    world.perform(world.book.setPaused(false))
    #expect(world.runningJobs == ["/a commit"])
  }

  @Test func `retraining begins every job anew, those that run included`() {
    var world = BookWorld(jobs: 1)
    world.enqueue(work("/a"))
    let first = world.running[0].attempt
    world.enqueue(work("/a", version: 2, retrains: true))
    #expect(world.stopped == [first])
    world.end(first, BookWorld.failure(.interrupted, .cancelled))
    world.endAll()
    let retrains = world.started.dropFirst().compactMap { start in
      if case .infer(_, let retrains) = start.task { retrains } else { nil }
    }
    #expect(retrains == [true, true])
    #expect(world.ended("/a") == [.done])
  }

  @Test func `a request is remembered until it is over`() {
    var world = BookWorld()
    world.perform(world.book.remember(.process, of: "/a", at: world.now))
    #expect(world.stored.sessions.map(\.request) == [.process])
    world.perform(world.book.remember(nil, of: "/a", at: world.now))
    #expect(world.stored.sessions.isEmpty)
  }

  @Test func `more memory than is allowed is refused with numbers, until it is allowed`() throws {
    var world = BookWorld(jobs: 1) { $0.limits.memoryPerJobMB = 1 }
    world.enqueue(work("/a", tastes: 0..<1))
    #expect(world.started.isEmpty)
    #expect(world.states("/a") == ["failed"])
    guard case .failed(let failed) = world.book.entries["/a"]?.jobs[0].state else {
      throw Failure(.internalError, "", "it is not failed", remedy: "")
    }
    #expect(failed.failure.what.contains("30 trials x 2 units"))
    #expect(failed.failure.what.contains("more than the 1 MB allowed"))
    var configuration = Configuration.default
    configuration.limits.jobs = .count(1)
    world.perform(world.book.apply(BookWorld.rules(configuration), at: world.now))
    #expect(world.runningJobs == ["/a 0"])
  }
}
