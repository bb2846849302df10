import Jobs
import Store
import Testing
import Vocabulary

@testable import Scheduling

/// Others who are at work on the same session.
struct LeaseTests {
  private let held = Failure(
    .temporary, "/a", "is worked on by blechctl infer, process 7 on rig2", remedy: "")

  @Test func `a session that somebody else has is passed over and looked at again`() {
    var world = BookWorld(jobs: 1)
    world.leaseFailures["/a"] = held
    world.enqueue(work("/a"))
    world.enqueue(work("/b", tastes: 0..<1))
    #expect(world.runningJobs == ["/b 0"])
    #expect(world.state("/a") == .held(held, due: world.now.moment + .seconds(60)))
    world.endAll()
    world.leaseFailures = [:]
    world.advance(.seconds(60))
    #expect(world.runningJobs == ["/a 0"])
  }

  @Test func `a lease that takes long holds up the line for a moment only`() {
    var world = BookWorld(jobs: 1)
    world.slow = ["/a"]
    world.enqueue(work("/a"))
    world.enqueue(work("/b", tastes: 0..<1))
    #expect(world.running.isEmpty)
    world.advance(.seconds(1))
    #expect(world.runningJobs == ["/b 0"])
    world.answerLease("/a")
    world.endFirst()
    #expect(world.runningJobs == ["/b commit", "/a 0"])
  }

  @Test func `a session that went away while its lease was taken gives it back`() {
    var world = BookWorld(jobs: 1)
    world.slow = ["/a"]
    world.enqueue(work("/a"))
    world.withdraw("/a")
    world.answerLease("/a")
    #expect(world.leased.isEmpty)
    #expect(world.started.isEmpty)
  }

  @Test func `a session that comes back while its lease is taken does not ask for it twice`() {
    var world = BookWorld(jobs: 1)
    world.slow = ["/a"]
    world.enqueue(work("/a"))
    world.withdraw("/a")
    world.enqueue(work("/a"))
    #expect(world.waitingForLease == ["/a"])
    world.answerLease("/a")
    #expect(world.runningJobs == ["/a 0"])
    #expect(world.leased == ["/a"])
  }

  @Test func `that a session is over is written down after its lease is given back`() {
    var world = BookWorld(jobs: 1)
    world.enqueue(work("/a", tastes: 0..<1))
    world.endFirst()
    let effects = world.book.end(world.running[0].attempt, BookWorld.committed, at: world.now)
    let done = SessionRecord(path: "/a", phase: .done, arrivedAt: world.now.wall)
    #expect(effects.contains(.release(directory: "/a", recording: [.session(done)])))
    #expect(!effects.contains(.store(.session(done))))
    #expect(world.book.released("/a", recording: [.session(done)]) == [.store(.session(done))])
    // It has come back before its lease was given back.
    _ = world.book.enqueue(work("/a"), at: world.now)
    let queued = SessionRecord(path: "/a", phase: .queued, arrivedAt: world.now.wall)
    #expect(world.book.released("/a", recording: [.session(done)]) == [.store(.session(queued))])
  }

  @Test func `a lease that is lost stops the workers, and the jobs wait`() {
    var world = BookWorld(jobs: 2)
    world.enqueue(work("/a"))
    let attempts = world.running.map(\.attempt)
    world.perform(world.book.leaseLost("/a", held, at: world.now))
    #expect(world.stopped == attempts)
    #expect(world.states("/a") == ["queued", "queued"])
    for attempt in attempts { world.end(attempt, BookWorld.failure(.interrupted, .cancelled)) }
    #expect(world.running.isEmpty)
    world.advance(.seconds(60))
    #expect(world.runningJobs == ["/a 0", "/a 1"])
  }

  @Test func `a lease that is lost while results are written is taken again before they are tried again`() {
    var world = BookWorld(jobs: 2)
    world.enqueue(work("/a"))
    for _ in 0..<2 { world.endFirst() }
    #expect(world.runningJobs == ["/a commit"])
    world.loseLease("/a")
    world.endFirst()
    guard case .held = world.state("/a") else {
      Issue.record("\(String(describing: world.state("/a")))")
      return
    }
    #expect(world.leased.isEmpty)
    world.advance(.seconds(60))
    #expect(world.leased == ["/a"] && world.runningJobs == ["/a commit"])
    world.endFirst()
    #expect(world.ended("/a") == [.done])
    #expect(world.started.count == 4)
  }

  @Test func `results that are gone are not inferred anew under a lease that is lost`() {
    var world = BookWorld(jobs: 2)
    world.enqueue(work("/a"))
    for _ in 0..<2 { world.endFirst() }
    let commit = world.running[0].attempt
    // The commit itself does not hear of it.
    world.perform(world.book.leaseLost("/a", held, at: world.now))
    let lost = CommitAnswer.missing([JobIdentity(region: "all", taste: .index(0))])
    world.end(commit, ExecutionEnd(result: .success(.commit(lost)), reason: .finished))
    #expect(world.running.isEmpty && world.leased.isEmpty)
    world.advance(.seconds(60))
    #expect(world.runningJobs == ["/a 0"])
  }

  @Test func `that somebody else has a session is told once`() {
    var world = BookWorld(jobs: 1)
    world.leaseFailures["/a"] = held
    world.enqueue(work("/a"))
    for _ in 0..<5 { world.advance(.seconds(60)) }
    let isHeld = WorkEvent.held(directory: "/a", held)
    #expect(world.events.count { $0 == isHeld } == 1)
    world.leaseFailures = [:]
    world.advance(.seconds(60))
    world.perform(world.book.leaseLost("/a", held, at: world.now))
    #expect(world.events.count { $0 == isHeld } == 2)
  }

  @Test func `what is asked for a session while its lease is given back is not forgotten`() {
    var world = BookWorld(jobs: 1)
    let done = SessionRecord(path: "/a", phase: .done, arrivedAt: 1)
    world.perform(world.book.remember(.process, of: "/a", at: world.now))
    let asked = SessionRecord(path: "/a", phase: .queued, arrivedAt: world.now.wall, request: .process)
    #expect(world.book.released("/a", recording: [.session(done)]) == [.store(.session(asked))])
  }
}
