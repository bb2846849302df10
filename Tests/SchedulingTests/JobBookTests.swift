import Configuration
import Jobs
import Store
import Testing
import Vocabulary

@testable import Scheduling

/// The usual way of a session, and what can come in between.
struct JobBookTests {
  @Test func `a session's jobs run, its results are written once, and then it is done`() {
    var world = BookWorld(jobs: 2)
    world.enqueue(work("/a", tastes: 0..<3))
    #expect(world.runningJobs == ["/a 0", "/a 1"])
    #expect(world.leased == ["/a"])
    world.endFirst()
    world.endFirst()
    #expect(world.runningJobs == ["/a 2"])
    #expect(world.stored.sessions.map(\.phase) == [.working])
    world.endFirst()
    #expect(world.runningJobs == ["/a commit"])
    #expect(world.stored.sessions.map(\.phase) == [.committing])
    world.endFirst()
    #expect(world.state("/a") == nil)
    #expect(world.leased.isEmpty)
    #expect(world.ended("/a") == [.done])
    #expect(world.reconsidered == ["/a"])
    #expect(world.stored.sessions.isEmpty)
    #expect(world.stored.openAttempts.isEmpty)
    #expect(world.started.count == 4)
  }

  @Test func `sessions are taken by priority, then by arrival, one after the other`() {
    var world = BookWorld(jobs: 1)
    world.perform(world.book.setPaused(true))
    world.enqueue(work("/a"))
    world.enqueue(work("/b", priority: 1))
    world.enqueue(work("/c"))
    #expect(world.hold == .paused)
    world.perform(world.book.setPaused(false))
    world.endAll()
    let order = world.started.map(\.source.directory)
    #expect(order == ["/b", "/b", "/b", "/a", "/a", "/a", "/c", "/c", "/c"])
  }

  @Test func `what a person puts first comes first, the latest wish before the earlier`() {
    var world = BookWorld(jobs: 1)
    for name in ["/a", "/b", "/c", "/d"] { world.enqueue(work(name, tastes: 0..<1)) }
    _ = world.book.putFirst("/c", at: world.now)
    world.advance(.seconds(2))
    _ = world.book.putFirst("/d", at: world.now)
    world.endAll()
    #expect(
      world.started.map(\.source.directory).filter { $0 != "/a" } == ["/d", "/d", "/c", "/c", "/b", "/b"])
  }

  @Test func `a taste that has failed does not hold back the others, and is not tried again`() {
    var world = BookWorld(jobs: 1)
    world.enqueue(work("/a"))
    world.endFirst(BookWorld.failure(.badData))
    world.endFirst()
    #expect(world.runningJobs == ["/a commit"])
    world.endFirst()
    #expect(world.ended("/a") == [.partlyDone])
    #expect(world.states("/a") == ["failed"])
    #expect(world.leased.isEmpty)
    // Our own commit has the session inspected again: the taste still has no result.
    world.enqueue(work("/a", tastes: 0..<1, version: 2))
    #expect(world.states("/a") == ["failed"])
    #expect(world.running.isEmpty)
    #expect(world.ended("/a") == [.partlyDone])
  }

  @Test func `a session all of whose jobs failed ends as failed, and other data make it new`() {
    var world = BookWorld(jobs: 2)
    world.enqueue(work("/a"))
    world.endFirst(BookWorld.failure(.badData))
    world.endFirst(BookWorld.failure(.badData))
    #expect(world.ended("/a") == [.failed])
    #expect(world.stored.sessions.map(\.phase) == [.failed])
    #expect(world.leased.isEmpty)
    world.enqueue(work("/a", fingerprint: "g", version: 2))
    #expect(world.runningJobs == ["/a 0", "/a 1"])
  }

  @Test func `a session that changes while its job runs has its worker stopped and begins anew`() {
    var world = BookWorld(jobs: 1)
    world.enqueue(work("/a", tastes: 0..<1))
    let first = world.running[0].attempt
    world.enqueue(work("/a", tastes: 0..<1, fingerprint: "g", version: 2))
    #expect(world.stopped == [first])
    // It still takes its place until it has ended.
    #expect(world.running.count == 1)
    world.end(first, BookWorld.failure(.interrupted, .cancelled))
    #expect(world.runningJobs == ["/a 0"])
    #expect(world.running[0].inspection.jobs[0].fingerprint == "g0")
  }

  @Test func `other parameters let what runs finish, and queue what they concern`() {
    var world = BookWorld(jobs: 1)
    world.enqueue(work("/a", tastes: 0..<1))
    world.enqueue(work("/a", tastes: 0..<1, fingerprint: "g"))
    #expect(world.stopped.isEmpty)
    world.endFirst()
    #expect(world.runningJobs == ["/a 0"])
    world.endFirst()
    world.endFirst()
    #expect(world.ended("/a") == [.done])
    #expect(world.started.count == 3)
  }

  @Test func `the same work handed over again changes nothing`() {
    var world = BookWorld(jobs: 1)
    world.enqueue(work("/a"))
    world.endFirst()
    world.enqueue(work("/a", version: 2))
    #expect(world.stopped.isEmpty)
    world.endAll()
    #expect(world.started.count == 3)
    #expect(world.ended("/a") == [.done])
  }

  @Test func `a session that goes away has its workers stopped and is forgotten`() {
    var world = BookWorld(jobs: 2)
    world.enqueue(work("/a"))
    let attempts = world.running.map(\.attempt)
    world.withdraw("/a")
    #expect(world.stopped == attempts)
    #expect(world.leased.isEmpty)
    #expect(world.stored.sessions.isEmpty)
    for attempt in attempts { world.end(attempt, BookWorld.failure(.interrupted, .cancelled)) }
    #expect(world.state("/a") == nil)
    #expect(world.ended("/a").isEmpty)
  }

  @Test func `what is being written is finished, whatever becomes of the session`() {
    var world = BookWorld(jobs: 2)
    world.enqueue(work("/a"))
    world.endFirst()
    world.endFirst()
    world.withdraw("/a")
    #expect(world.stopped.isEmpty)
    #expect(world.leased == ["/a"])
    world.endFirst()
    #expect(world.leased.isEmpty)
    #expect(world.state("/a") == nil)
  }

  @Test func `results of data that have changed are thrown away, and no attempt counts`() {
    var world = BookWorld(jobs: 2)
    world.enqueue(work("/a"))
    world.endFirst()
    world.endFirst()
    world.endFirst(ExecutionEnd(result: .success(.commit(.outdated("moved"))), reason: .finished))
    #expect(world.state("/a") == nil)
    #expect(world.leased.isEmpty)
    #expect(world.reconsidered == ["/a"])
    #expect(world.stored.jobs.isEmpty)
    world.enqueue(work("/a", fingerprint: "g", version: 2))
    world.endAll()
    #expect(world.ended("/a") == [.done])
  }

  @Test func `results that are gone from the spool are inferred again, the others are not`() {
    var world = BookWorld(jobs: 2)
    world.enqueue(work("/a"))
    world.endFirst()
    world.endFirst()
    let gone = JobIdentity(region: "all", taste: .index(1))
    world.endFirst(ExecutionEnd(result: .success(.commit(.missing([gone]))), reason: .finished))
    #expect(world.runningJobs == ["/a 1"])
    world.endAll()
    #expect(world.ended("/a") == [.done])
  }

  @Test func `copies of a session share their results, which stay until the last is written`() {
    var world = BookWorld(jobs: 1)
    world.enqueue(work("/a", tastes: 0..<1))
    world.enqueue(work("/b", tastes: 0..<1))
    world.endAll()
    let kept = world.started.compactMap { start in
      if case .commit(_, let shared) = start.task { shared.count } else { nil }
    }
    #expect(kept == [1, 0])
  }

  @Test func `a commit that cannot be made is tried again for as long as that lasts`() {
    var world = BookWorld(jobs: 2)
    world.enqueue(work("/a"))
    world.endFirst()
    world.endFirst()
    for _ in 0..<30 {
      #expect(world.runningJobs == ["/a commit"])
      world.endFirst(BookWorld.failure(.temporary))
      #expect(world.running.isEmpty)
      world.advance(.seconds(3600))
    }
    world.endFirst()
    #expect(world.ended("/a") == [.done])
    let delays = world.events.count { if case .delayed = $0 { true } else { false } }
    #expect(delays == 1)
  }

  @Test func `a commit that would fail again is given up, and a person can have it tried`() {
    var world = BookWorld(jobs: 2)
    world.enqueue(work("/a"))
    world.endFirst()
    world.endFirst()
    world.endFirst(BookWorld.failure(.internalError))
    #expect(world.ended("/a") == [.failed])
    #expect(world.leased.isEmpty)
    let effects = world.book.retry("/a", at: world.now)
    world.perform(effects ?? [])
    #expect(world.runningJobs == ["/a commit"])
  }

  @Test func `a commit waits for a script of the pipeline, and looks again every minute`() {
    var world = BookWorld(jobs: 2)
    world.enqueue(work("/a"))
    world.endFirst()
    world.endFirst()
    let script = UnfinishedScript(script: "blech_x.py", attempted: "2026-05-01 12:00:00")
    let waiting = ExecutionEnd(
      result: .success(.commit(.waiting(script, until: world.now.wall + 7200))), reason: .finished)
    world.endFirst(waiting)
    #expect(world.running.isEmpty)
    world.advance(.seconds(59))
    #expect(world.running.isEmpty)
    world.advance(.seconds(1))
    #expect(world.runningJobs == ["/a commit"])
  }

  @Test func `what jobs are found to take is learnt once, and counts for those that wait as well`() {
    var world = BookWorld(jobs: 1)
    for number in 0..<8 { world.enqueue(work("/\(number)", tastes: 0..<1)) }
    for _ in 0..<6 {
      let start = world.running[0]
      var end = BookWorld.success(of: start)
      end.use.peakMemoryBytes = world.book.attempts[start.attempt]!.estimateBytes * 13 / 10
      world.end(start.attempt, end)
      world.endFirst()
    }
    #expect(abs(world.book.correction.factor - 1.3) < 0.001)
  }

  @Test func `those that run and those that wait take what such jobs were found to take`() {
    // Room for two such jobs as they are expected, and a half; they take twice as much.
    let job = work("/a").jobs[0]
    let estimate = MemoryEstimate.bytes(for: job, work("/a").inspection.parameters)
    var configuration = Configuration.default
    configuration.limits.jobs = .count(4)
    configuration.limits.memoryTotalPercent = 100
    let total = estimate / 2 * 5 / 100 * 100
    var world = BookWorld()
    world.perform(
      world.book.apply(BookWorld.rules(configuration, machineMemoryBytes: total), at: world.now))
    world.enqueue(work("/first", tastes: 0..<1))
    var end = BookWorld.success(of: world.running[0])
    end.use.peakMemoryBytes = estimate * 2
    world.end(world.running[0].attempt, end)
    world.endFirst()
    world.enqueue(work("/a", tastes: 0..<3))
    #expect(world.runningJobs == ["/a 0"])
    #expect(world.hold == .memory(neededBytes: estimate * 2, freeBytes: total - estimate * 2))
  }

  @Test func `a commit that hangs holds up others for a while only`() {
    var world = BookWorld(jobs: 4)
    for name in ["/a", "/b", "/c"] { world.enqueue(work(name, tastes: 0..<1)) }
    for _ in 0..<3 { world.endFirst() }
    #expect(world.runningJobs == ["/a commit", "/b commit"])
    let due = world.book.nextDue(after: world.now)
    #expect(due == world.now.moment + .seconds(120))
    world.advance(.seconds(120))
    #expect(world.runningJobs == ["/a commit", "/b commit", "/c commit"])
  }

  @Test func `where too many results cannot be written no other session is begun, until some are`() {
    var world = BookWorld(jobs: 1000) { $0.limits.memoryTotalPercent = 100 }
    let most = JobBook.mostUnwritten
    world.enqueue(work("/a", tastes: 0..<most, fingerprint: "a"))
    for _ in 0..<most { world.endFirst() }
    world.endFirst(BookWorld.failure(.temporary))
    world.enqueue(work("/b"))
    #expect(world.running.isEmpty && world.hold == .unwritten(most))
    world.advance(.seconds(3600))
    world.endFirst()
    #expect(world.runningJobs == ["/b 0", "/b 1"])
    #expect(world.hold == nil)
  }

  @Test func `a worker that cannot even be killed holds up others for its time only`() {
    var world = BookWorld(jobs: 1) { $0.limits.wallTimePerJob = .seconds(600) }
    for name in ["/a", "/b"] { world.enqueue(work(name, tastes: 0..<1)) }
    #expect(world.runningJobs == ["/a 0"])
    world.advance(.seconds(659))
    #expect(world.runningJobs == ["/a 0"])
    #expect(world.book.nextDue(after: world.now) == world.now.moment + .seconds(1))
    world.advance(.seconds(1))
    #expect(world.runningJobs == ["/a 0", "/b 0"])
  }
}
