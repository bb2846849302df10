import Jobs
import Store
import Testing
import Vocabulary

@testable import Scheduling

/// From one run of the daemon to the next.
struct RestartTests {
  private func restart(_ world: BookWorld, jobs: Int = 1) -> BookWorld {
    BookWorld(jobs: jobs, stored: world.stored)
  }

  @Test func `what ran is queued again, and what was inferred is not inferred again`() {
    var world = BookWorld(jobs: 1)
    world.enqueue(work("/a", tastes: 0..<3))
    world.endFirst()
    #expect(world.states("/a") == ["inferred", "running", "queued"])
    var next = restart(world)
    next.enqueue(work("/a", tastes: 0..<3))
    #expect(next.states("/a") == ["inferred", "running", "queued"])
    next.endAll()
    #expect(next.started.count == 3)
    #expect(next.ended("/a") == [.done])
    let first = next.started[0].attempt
    #expect(first > (world.started.last?.attempt ?? 0))
  }

  @Test func `a session whose jobs were all inferred is only written`() {
    var world = BookWorld(jobs: 2)
    world.enqueue(work("/a"))
    world.endFirst()
    world.endFirst()
    var next = restart(world)
    next.enqueue(work("/a"))
    #expect(next.runningJobs == ["/a commit"])
  }

  @Test func `what has failed stays failed, and is not told again`() {
    var world = BookWorld(jobs: 1)
    world.enqueue(work("/a", tastes: 0..<1))
    world.endFirst(BookWorld.failure(.badData))
    var next = restart(world)
    next.enqueue(work("/a", tastes: 0..<1))
    #expect(next.started.isEmpty)
    #expect(next.events.isEmpty)
    #expect(next.states("/a") == ["failed"])
    next.perform(next.book.retry("/a", at: next.now) ?? [])
    #expect(next.runningJobs == ["/a 0"])
  }

  @Test func `other data make a new job of what had failed`() {
    var world = BookWorld(jobs: 1)
    world.enqueue(work("/a", tastes: 0..<1))
    world.endFirst(BookWorld.failure(.badData))
    var next = restart(world)
    next.enqueue(work("/a", tastes: 0..<1, fingerprint: "g"))
    #expect(next.runningJobs == ["/a 0"])
  }

  @Test func `a retry keeps its time and its count, whatever the clock was set to`() {
    var world = BookWorld(jobs: 1)
    world.enqueue(work("/a", tastes: 0..<1))
    world.endFirst(BookWorld.failure(.temporary))
    var stored = world.stored
    // The clock stood a year ahead when it was written down.
    if case .retrying(let dueAt, let failure) = stored.jobs[0].state {
      stored.jobs[0].state = .retrying(dueAt: dueAt + 365 * 86_400, failure)
    }
    var next = BookWorld(jobs: 1, stored: stored)
    next.enqueue(work("/a", tastes: 0..<1))
    #expect(next.states("/a") == ["retrying"])
    next.advance(.seconds(3600))
    #expect(next.runningJobs == ["/a 0"])
    #expect(next.book.entries["/a"]?.jobs[0].state.tries == Tries(attempts: 1))
  }

  @Test func `sessions keep their order, and what a person put first`() {
    var world = BookWorld(jobs: 1)
    for name in ["/a", "/b", "/c"] {
      world.enqueue(work(name, tastes: 0..<1))
      world.advance(.seconds(1))
    }
    world.perform(world.book.putFirst("/c", at: world.now) ?? [])
    var next = restart(world)
    next.perform(next.book.setPaused(true))
    for name in ["/b", "/c", "/a"] { next.enqueue(work(name, tastes: 0..<1)) }
    next.perform(next.book.setPaused(false))
    next.endAll()
    #expect(next.started.map(\.source.directory) == ["/c", "/c", "/a", "/a", "/b", "/b"])
  }

  @Test func `a session that is there and not read yet is not forgotten`() {
    var world = BookWorld(jobs: 1)
    world.enqueue(work("/a"))
    world.endFirst()
    var next = restart(world)
    next.perform(next.book.forgetUnseen(but: ["/a"]))
    next.enqueue(work("/a"))
    #expect(next.states("/a") == ["inferred", "running"])
    #expect(next.discarded.isEmpty)
  }

  @Test func `a pause outlives the daemon`() {
    var world = BookWorld(jobs: 1)
    world.perform(world.book.setPaused(true))
    var next = restart(world)
    next.enqueue(work("/a"))
    #expect(next.started.isEmpty)
    #expect(next.hold == .paused)
  }

  @Test func `a session that is not there any more is forgotten`() {
    var world = BookWorld(jobs: 1)
    world.enqueue(work("/a"))
    world.enqueue(work("/b"))
    var next = restart(world)
    next.enqueue(work("/b"))
    next.perform(next.book.forgetUnseen(but: ["/b"]))
    #expect(next.stored.sessions.map(\.path) == ["/b"])
    // The same data are in the other session, too.
    #expect(next.discarded.isEmpty)
  }

  @Test func `results of a session that was written as the daemon died are removed`() {
    var world = BookWorld(jobs: 2)
    world.enqueue(work("/a", fingerprint: "g"))
    world.endFirst()
    world.endFirst()
    var next = restart(world)
    next.perform(next.book.forgetWhatIsDone("/a"))
    #expect(next.discarded == ["g0", "g1"])
  }

  @Test func `retraining that was begun goes on where it was`() {
    var world = BookWorld(jobs: 1)
    world.perform(world.book.remember(.retrain, of: "/a", at: world.now))
    world.enqueue(work("/a", retrains: true))
    world.endFirst()
    world.perform(world.book.remember(nil, of: "/a", at: world.now))
    #expect(world.stored.sessions.map(\.isRetraining) == [true])
    var next = restart(world)
    next.enqueue(work("/a", retrains: true))
    #expect(next.states("/a") == ["inferred", "running"])
    next.endAll()
    #expect(next.started.count == 2)
    #expect(next.stored.sessions.isEmpty)
  }

  @Test func `retraining that was asked for and not begun begins everything anew`() {
    var world = BookWorld(jobs: 1)
    world.enqueue(work("/a", tastes: 0..<3))
    world.endFirst()
    world.endFirst(BookWorld.failure(.badData))
    world.perform(world.book.remember(.retrain, of: "/a", at: world.now))
    var next = restart(world)
    next.enqueue(work("/a", tastes: 0..<3, retrains: true))
    #expect(next.states("/a") == ["running", "queued", "queued"])
  }

  @Test func `a cancelled session is not told of again`() throws {
    var world = BookWorld(jobs: 1)
    world.enqueue(work("/a"))
    world.perform(try world.book.cancel("/a", at: world.now))
    var next = restart(world)
    next.enqueue(work("/a"))
    #expect(next.states("/a") == ["cancelled", "cancelled"])
    #expect(next.events.isEmpty)
  }

  @Test func `results that a copy needs, which is not seen again yet, are kept`() {
    var world = BookWorld(jobs: 1)
    world.enqueue(work("/a"))
    world.enqueue(work("/copy"))
    world.endFirst()
    var next = restart(world)
    next.perform(next.book.forgetWhatIsDone("/a"))
    #expect(next.discarded.isEmpty)
    next.perform(next.book.forgetWhatIsDone("/copy"))
    #expect(next.discarded == ["f0", "f1"])
  }

  @Test func `what runs elsewhere is taken up again by its handle, and what does not is begun anew`() {
    var world = BookWorld(jobs: 2)
    world.enqueue(work("/a"))
    let first = world.running[0].attempt
    world.perform(world.book.take(.handle("job 17"), of: first))
    #expect(world.stored.openAttempts.map(\.handle) == [nil, "job 17"])
    var next = restart(world, jobs: 2)
    next.enqueue(work("/a"))
    #expect(next.started.map(\.handle) == ["job 17", nil])
    #expect(next.started[0].attempt == first && next.started[1].attempt > world.started[1].attempt)
    next.endAll()
    #expect(next.ended("/a") == [.done])
    // Other data are another job.
    var other = restart(world, jobs: 2)
    other.enqueue(work("/a", fingerprint: "g"))
    #expect(other.started.map(\.handle) == [nil, nil])
  }

  @Test func `more results than may wait do not keep the sessions that have them from being written`() {
    var world = BookWorld(jobs: 1000) { $0.limits.memoryTotalPercent = 100 }
    let names = (0...JobBook.mostUnwritten).map { "/\($0)" }
    world.perform(world.book.setPaused(true))
    for name in names { world.enqueue(work(name, tastes: 0..<1, fingerprint: name)) }
    world.perform(world.book.setPaused(false))
    for _ in names.dropLast() { world.endFirst() }
    // All are inferred, and none is written, when the daemon ends.
    var stored = world.stored
    stored.isPaused = true
    for index in stored.jobs.indices { stored.jobs[index].state = .inferred(BookWorld.summary) }
    var next = BookWorld(jobs: 2, stored: stored)
    for name in names { next.enqueue(work(name, tastes: 0..<1, fingerprint: name)) }
    #expect(next.book.unwritten == names.count && next.running.isEmpty)
    next.perform(next.book.setPaused(false))
    next.endAll()
    #expect(next.stored.sessions.isEmpty)
  }
}
