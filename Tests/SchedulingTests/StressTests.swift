import Configuration
import Jobs
import Store
import TestSupport
import Testing
import Vocabulary

@testable import Scheduling

/// Thousands of things happen in any order; what must always hold is looked at after each.
struct StressTests {
  @Test(arguments: 1...40) func `whatever happens, the book stays in order and everything ends`(
    _ seed: UInt64
  ) {
    var random = SeededNumbers(seed: seed)
    var world = BookWorld(jobs: Int.random(in: 1...4, using: &random), seed: seed)
    var versions: [String: Int64] = [:]
    for _ in 0..<400 {
      happen(&world, &versions, &random)
      check(world)
    }
    finish(&world)
    check(world)
    for (directory, entry) in world.book.entries {
      // Results whose commit has failed for good wait for a person.
      var isGivenUp = false
      if case .ended(_?) = entry.state { isGivenUp = true }
      #expect(
        entry.open == 0 && (entry.inferred == 0 || isGivenUp),
        "\(directory) is left in \(entry.state): \(entry.jobs.map(\.state.name))")
    }
    #expect(world.leased.isEmpty)
    #expect(world.book.attempts.isEmpty)
    #expect(world.stored.openAttempts.isEmpty)
  }

  private let directories = (0..<8).map { "/\($0)" }

  private func happen(
    _ world: inout BookWorld, _ versions: inout [String: Int64], _ random: inout SeededNumbers
  ) {
    let directory = directories.randomElement(using: &random)!
    switch Int.random(in: 0..<28, using: &random) {
    case 0..<6:
      let version = versions[directory, default: 0] + Int64.random(in: 0...1, using: &random)
      versions[directory] = version
      world.enqueue(
        work(
          directory, tastes: 0..<Int.random(in: 1...4, using: &random),
          fingerprint: "f\(version / 2)", version: version,
          retrains: Int.random(in: 0..<10, using: &random) == 0,
          priority: Int.random(in: 0...1, using: &random)))
    case 6: world.withdraw(directory)
    case 7: world.perform(world.book.retry(directory, at: world.now) ?? [])
    case 8: world.perform((try? world.book.cancel(directory, at: world.now)) ?? [])
    case 9: world.perform(world.book.putFirst(directory, at: world.now) ?? [])
    case 10: world.perform(world.book.setPaused(Bool.random(using: &random)))
    case 11: world.slow.formSymmetricDifference([directory])
    case 12: world.leaseFailures[directory] = Failure(.temporary, directory, "held", remedy: "")
    case 13: world.leaseFailures = [:]
    case 14:
      if let first = world.waitingForLease.first { world.answerLease(first, world.leaseFailures[first]) }
    case 15: if world.leased.contains(directory) { world.loseLease(directory) }
    case 16:
      let request = [SessionRequest.process, .retrain, .retry, nil].randomElement(using: &random)!
      world.perform(world.book.remember(request, of: directory, at: world.now))
    case 18: world.perform(world.book.forgetWhatIsDone(directory))
    case 19:
      var configuration = Configuration.default
      configuration.limits.jobs = .count(world.book.rules.admission.jobs)
      configuration.limits.memoryPerJobMB = Bool.random(using: &random) ? 1 : 1024
      world.perform(world.book.apply(BookWorld.rules(configuration), at: world.now))
    case 20: world.advance(.seconds(Int.random(in: 1...4000, using: &random)))
    default: if let start = world.running.randomElement(using: &random) { end(start, &world, &random) }
    }
  }

  private func end(_ start: Start, _ world: inout BookWorld, _ random: inout SeededNumbers) {
    if world.stopped.contains(start.attempt) {
      return world.end(start.attempt, BookWorld.failure(.interrupted, .cancelled))
    }
    let ends: [ExecutionEnd] = [
      BookWorld.failure(.temporary), BookWorld.failure(.badData), BookWorld.failure(.temporary, .outOfMemory),
      BookWorld.failure(.interrupted, .lost), BookWorld.failure(.internalError, .crashed),
    ]
    if Bool.random(using: &random) { return world.end(start.attempt, BookWorld.success(of: start)) }
    if case .commit(let jobs, _) = start.task, Bool.random(using: &random) {
      let script = UnfinishedScript(script: "x.py", attempted: "2026-05-01 12:00:00")
      let answers: [CommitAnswer] = [
        .outdated("moved"), .missing([jobs[0]]), .waiting(script, until: world.now.wall + 100),
      ]
      let answer = answers.randomElement(using: &random)!
      return world.end(
        start.attempt, ExecutionEnd(result: .success(.commit(answer)), reason: .finished))
    }
    world.end(start.attempt, ends.randomElement(using: &random)!)
  }

  private func finish(_ world: inout BookWorld) {
    world.leaseFailures = [:]
    world.slow = []
    world.perform(world.book.setPaused(false))
    for _ in 0..<200 {
      while let waiting = world.waitingForLease.first { world.answerLease(waiting) }
      world.endAll()
      world.advance(.seconds(3600))
    }
  }

  /// What must hold at every moment.
  private func check(_ world: BookWorld) {
    let book = world.book
    let inferences = world.running.filter { if case .infer = $0.task { true } else { false } }
    let hanging = inferences.count {
      book.attempts[$0.attempt].map { $0.overdueAt <= world.now.moment } == true
    }
    #expect(inferences.count - hanging <= book.rules.admission.jobs)
    #expect(Set(world.running.map(\.attempt)) == Set(book.attempts.keys))
    #expect(book.line.elements == book.line.elements.sorted())
    #expect(book.due.elements == book.due.elements.sorted())
    var lined: Set<String> = []
    var dueCount = 0
    for (directory, entry) in book.entries {
      let states = entry.jobs.map(\.state)
      #expect(entry.open == states.count { !$0.isEnded })
      #expect(entry.queued == states.count { $0.name == "queued" })
      #expect(entry.inferred == states.count { $0.name == "inferred" })
      if entry.isToBeLinedUp { lined.insert(directory) }
      #expect(entry.isToBeCommitted == book.commits.contains(directory))
      dueCount += states.count { $0.name == "retrying" }
      switch entry.state {
      case .held, .delayed: dueCount += 1
      case .committing: #expect(!states.contains { $0.name == "running" })
      case .ended: #expect(entry.open == 0)
      case .waiting, .preparing, .working: break
      }
      for case .running(let running) in states {
        #expect(book.attempts[running.attempt]?.directory == directory)
        #expect(entry.state == .working)
      }
    }
    #expect(Set(book.line.elements.map(\.directory)) == lined)
    #expect(book.line.elements.count == lined.count)
    #expect(book.due.elements.count == dueCount)
    #expect(Set(book.commits).count == book.commits.count)
    #expect(book.unwritten == book.entries.values.reduce(0) { $0 + $1.unwritten })
    let jobs = book.entries.values.flatMap(\.jobs).map(\.planned.fingerprint)
    let remembered = book.remembered.values.flatMap(\.jobs.values).map(\.fingerprint)
    #expect(book.neededFingerprints == Set(jobs + remembered))
    // What was taken and not given back is ours.
    #expect(world.leased.isSubset(of: book.ours), "\(world.leased) but \(book.ours)")
    #expect(Set(book.ours) == world.leased)
  }
}
