import FileAccess
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Leases

/// Many who want the same lease at the same moment.
@Suite struct LeaseRaceTests {
  private static let comers = 8

  /// Runs `body` on so many threads, which begin together.
  private func together(_ body: @escaping @Sendable (Int) -> Void) {
    let ready = Atomic(0)
    let done = DispatchGroup()
    for comer in 0..<Self.comers {
      done.enter()
      Thread {
        ready.add(1, ordering: .acquiringAndReleasing)
        while ready.load(ordering: .acquiring) < Self.comers { sched_yield() }
        body(comer)
        done.leave()
      }.start()
    }
    done.wait()
  }

  private func file(_ scratch: Scratch) throws -> LeaseFile {
    LeaseFile(directory: try OpenDirectory(at: scratch.path), staleAfter: LeaseTimes().staleAfter)
  }

  @Test func `Of many who come at once exactly one gets the lease, whatever lay there`() throws {
    var numbers = SeededNumbers(seed: 20)
    try withScratch { scratch in
      let file = try file(scratch)
      for round in 0..<400 {
        let planted = (Planted.allCases as [Planted?] + [nil, nil]).randomElement(using: &numbers)!
        try planted?.plant(in: scratch)
        let delays = (0..<Self.comers).map { _ in UInt32.random(in: 0...200, using: &numbers) }
        let winners = Mutex<[LeaseRecord]>([])
        together { comer in
          let record = LeaseRecord(program: "comer \(comer)")
          usleep(delays[comer])
          do {
            // As a starting daemon does.
            if comer.isMultiple(of: 2) { try file.removeOfEndedProcess() }
            if try file.take(record) == .taken { winners.withLock { $0.append(record) } }
          } catch {
            Issue.record(error)
          }
        }
        let records = winners.withLock { $0 }
        #expect(records.count == 1, "round \(round), \(planted.map { "\($0)" } ?? "nothing") lay there")
        guard let record = records.first else { continue }
        #expect(LeaseContent(try scratch.bytes(LeaseFile.name)) == .record(record))
        try file.release(record)
        #expect(try scratch.names == [])
      }
    }
  }

  @Test func `While leases are taken, refreshed and given back, nobody is where another is`() throws {
    try withScratch { scratch in
      let file = try file(scratch)
      let (inside, entries) = (Counter(), Counter())
      let (intrusions, losses) = (Counter(), Counter())
      together { comer in
        var numbers = SeededNumbers(seed: UInt64(comer))
        for _ in 0..<200 {
          let record = LeaseRecord(program: "comer \(comer)")
          guard (try? file.take(record)) == .taken else { continue }
          entries.add(1)
          if inside.add(1) > 1 {
            intrusions.add(1)
          }
          usleep(UInt32.random(in: 0...300, using: &numbers))
          if (try? file.refresh(record)) != .ours { losses.add(1) }
          inside.add(-1)
          // Half of them die instead: the next takes over what lies there.
          if Bool.random(using: &numbers) {
            try? file.release(record)
          } else {
            var dead = record
            dead.process.pid = .max
            _ = try? scratch.write(LeaseFile.name, dead.bytes)
          }
        }
      }
      #expect(intrusions.value == 0)
      #expect(losses.value == 0)
      #expect(entries.value > Self.comers)
    }
  }
}

private final class Counter: Sendable {
  private let count = Atomic(0)
  var value: Int { count.load(ordering: .acquiring) }
  @discardableResult
  func add(_ change: Int) -> Int { count.add(change, ordering: .acquiringAndReleasing).newValue }
}
