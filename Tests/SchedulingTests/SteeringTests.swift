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
    world.enqueue(work("/a", retrains: true))
    #expect(world.stopped == [first])
    world.end(first, BookWorld.failure(.interrupted, .cancelled))
    world.endAll()
    let retrains = world.started.dropFirst().compactMap { start in
      if case .infer(_, let retrains) = start.task { retrains } else { nil }
    }
    #expect(retrains == [true, true])
    #expect(world.ended("/a") == [.done])
  }

  @Test func `retraining that is asked for while results are written is owed afterwards`() {
    var world = BookWorld(jobs: 2)
    world.enqueue(work("/a"))
    for _ in 0..<2 { world.endFirst() }
    world.enqueue(work("/a", retrains: true))
    world.endFirst()
    #expect(world.reconsidered == ["/a"] && world.reconsideredAsDone.isEmpty)
    // Other work that came meanwhile is found anew.
    world.enqueue(work("/b"))
    for _ in 0..<2 { world.endFirst() }
    world.enqueue(work("/b", version: 2))
    world.endFirst()
    #expect(world.reconsideredAsDone == ["/b"])
  }

  @Test func `what was written of a retraining is not inferred anew once more`() {
    var world = BookWorld(jobs: 2)
    world.enqueue(work("/a", retrains: true))
    world.endFirst(BookWorld.failure(.badData))
    world.endFirst()
    #expect(world.stored.sessions.map(\.isRetraining) == [true])
    world.endFirst()
    #expect(world.ended("/a") == [.partlyDone])
    #expect(world.stored.sessions.map(\.isRetraining) == [false])
  }

  @Test func `where nothing waits there is nothing to cancel, or to be put first`() throws {
    var world = BookWorld(jobs: 1)
    world.enqueue(work("/a", tastes: 0..<1))
    world.endFirst(BookWorld.failure(.badData))
    #expect(world.states("/a") == ["failed"])
    var book = world.book
    let now = world.now
    #expect(throws: Failure.self) { try book.cancel("/a", at: now) }
    #expect(book.putFirst("/a", at: now) == nil)
    #expect(book.putFirst("/nowhere", at: now) == nil)
  }

  @Test func `a cancelled session is done as a whole once any of its data have changed`() throws {
    var world = BookWorld(jobs: 1)
    world.enqueue(work("/a"))
    world.perform(try world.book.cancel("/a", at: world.now))
    world.endFirst(BookWorld.failure(.interrupted, .cancelled))
    world.enqueue(work("/a", version: 2))
    #expect(world.states("/a") == ["cancelled", "cancelled"])
    let (old, new) = (work("/a", version: 3), work("/a", fingerprint: "g", version: 3))
    let changed = Work(source: new.source, inspection: new.inspection, jobs: [old.jobs[0], new.jobs[1]])
    world.enqueue(changed)
    #expect(world.states("/a") == ["running", "queued"])
  }

  @Test func `results of a cancelled session are removed, but for those that another one needs`() throws {
    var world = BookWorld(jobs: 1)
    world.enqueue(work("/a", tastes: 0..<3))
    for _ in 0..<2 { world.endFirst() }
    world.enqueue(work("/copy", tastes: 1..<2))
    world.perform(try world.book.cancel("/a", at: world.now))
    #expect(world.discarded == ["f0"])
  }

  @Test func `an end of the daemon is no pause`() {
    var world = BookWorld(jobs: 1)
    world.enqueue(work("/a"))
    let attempt = world.running[0].attempt
    world.perform(world.book.stop())
    #expect(world.stopped == [attempt])
    world.end(attempt, BookWorld.failure(.interrupted, .cancelled))
    #expect(world.running.isEmpty)
    #expect(world.book.snapshot(at: world.now).first == .paused(false))
  }

  @Test func `a request is remembered until it is over`() {
    var world = BookWorld()
    world.perform(world.book.remember(.process, of: "/a", at: world.now))
    #expect(world.stored.sessions.map(\.request) == [.process])
    world.perform(world.book.remember(nil, of: "/a", at: world.now))
    #expect(world.stored.sessions.isEmpty)
    #expect(world.book.remembered.isEmpty)
  }

  @Test func `a request outlives what is queued for it, and the daemon`() {
    var world = BookWorld()
    world.perform(world.book.remember(.process, of: "/a", at: world.now))
    world.enqueue(work("/a"))
    #expect(world.stored.sessions.map(\.request) == [.process])
    var next = BookWorld(stored: world.stored)
    next.enqueue(work("/a"))
    #expect(next.stored.sessions.map(\.request) == [.process])
    next.perform(next.book.remember(nil, of: "/a", at: next.now))
    #expect(next.stored.sessions.map(\.request) == [nil])
  }

  @Test func `a request leaves the place of a session that is remembered as it is`() {
    var world = BookWorld(jobs: 1)
    world.enqueue(work("/a"))
    let record = world.stored.sessions[0]
    var next = BookWorld(stored: world.stored)
    next.advance(.seconds(100))
    next.perform(next.book.remember(.retry, of: "/a", at: next.now))
    next.perform(next.book.remember(nil, of: "/a", at: next.now))
    #expect(next.stored.sessions == [record])
    #expect(next.stored.jobs.count == 2)
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

  @Test func `what was refused beside others that were written is judged anew all the same`() {
    // The second taste has many more units.
    var world = BookWorld(jobs: 1) { $0.limits.memoryPerJobMB = 64 }
    let (small, large) = (work("/a"), work("/a", units: 20_000))
    let mixed = Work(
      source: small.source, inspection: small.inspection, jobs: [small.jobs[0], large.jobs[1]])
    world.enqueue(mixed)
    #expect(world.states("/a") == ["running", "failed"])
    world.endAll()
    #expect(world.ended("/a") == [.partlyDone])
    let rest = Work(source: small.source, inspection: small.inspection, jobs: [large.jobs[1]])
    world.enqueue(rest)
    #expect(world.states("/a") == ["failed"])
    let refusals = world.events.count { if case .failed = $0 { true } else { false } }
    #expect(refusals == 1)
    var configuration = Configuration.default
    configuration.limits.memoryPerJobMB = 100_000
    world.perform(world.book.apply(BookWorld.rules(configuration), at: world.now))
    #expect(world.runningJobs == ["/a 1"])
  }

  @Test func `another priority of a folder counts for what is queued already`() {
    var world = BookWorld(jobs: 1)
    for name in ["/a", "/b", "/c"] { world.enqueue(work(name, tastes: 0..<1)) }
    for name in ["/c", "/nowhere"] { world.book.setPriority(of: name, to: 3) }
    world.endAll()
    let order = world.started.filter { if case .infer = $0.task { true } else { false } }
      .map(\.source.directory)
    #expect(order == ["/a", "/c", "/b"])
  }

  @Test func `limits that change while results are written count for the rest of their session afterwards`() {
    var world = BookWorld(jobs: 1) { $0.limits.memoryPerJobMB = 64 }
    let (small, large) = (work("/a"), work("/a", units: 20_000))
    world.enqueue(
      Work(source: small.source, inspection: small.inspection, jobs: [small.jobs[0], large.jobs[1]]))
    world.endFirst()
    #expect(world.runningJobs == ["/a commit"])
    var configuration = Configuration.default
    configuration.limits.memoryPerJobMB = 100_000
    world.perform(world.book.apply(BookWorld.rules(configuration), at: world.now))
    #expect(world.runningJobs == ["/a commit"])
    world.endFirst()
    #expect(world.runningJobs == ["/a 1"])
  }

  @Test func `results whose commit has failed for good keep nobody waiting, and can be given up`() throws {
    var world = BookWorld(jobs: 1)
    world.enqueue(work("/a", tastes: 0..<1))
    world.endFirst()
    world.endFirst(BookWorld.failure(.badData))
    #expect(world.ended("/a") == [.failed] && world.states("/a") == ["inferred"])
    #expect(world.book.unwritten == 0)
    world.perform(try world.book.cancel("/a", at: world.now))
    #expect(world.states("/a") == ["cancelled"] && world.discarded == ["f0"])
  }
}
