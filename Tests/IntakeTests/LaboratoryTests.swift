import FoundationEssentials
import Testing
import Vocabulary

@testable import Intake

@Suite struct LaboratoryTests {
  /// More laboratories, for a longer look.
  private static let rounds = Int(ProcessInfo.processInfo.environment["BLECHD_STRESS_ROUNDS"] ?? "") ?? 200

  @Test
  func `Whatever happens in which order, every request is answered in the end, and no work is done twice`() {
    var (asked, finished, retrained) = (0, 0, 0)
    for seed in 1...UInt64(Self.rounds) {
      var laboratory = MadeUpLaboratory(seed: seed)
      for _ in 0..<400 { laboratory.act() }
      laboratory.comeToRest()
      guard isRight(laboratory, seed) else { return }
      asked += laboratory.asked
      finished += laboratory.finished
      retrained += laboratory.retrained
    }
    print("\(asked) requests, \(finished) commits, \(retrained) of them of every job anew")
    #expect(asked > 10 * Self.rounds && finished > 5 * Self.rounds && retrained > Self.rounds)
  }

  /// One that goes wrong is enough.
  private func isRight(_ laboratory: MadeUpLaboratory, _ seed: UInt64) -> Bool {
    var wrongs = laboratory.wrongs
    if !laboratory.entries.isEmpty { wrongs.append("the queue does not come to rest") }
    if laboratory.requests != laboratory.book.requests {
      wrongs.append("other requests are known than were told")
    }
    for (path, session) in laboratory.sessions where session.isReady {
      let record = laboratory.book.records[path]
      if record?.request != nil { wrongs.append("\(path): \(record!.request!) is not answered") }
      if laboratory.owed.contains(path) { wrongs.append("\(path): was not retrained") }
      let isOwn = session.results.contains { ($0 ?? -1) > 0 }
      switch record?.standing {
      case .done: break
      case .backlog where session.isOld && !isOwn: break
      default: wrongs.append("\(path): is \(record?.standing.name ?? "not known")")
      }
    }
    #expect(wrongs.isEmpty, "seed \(seed)")
    return wrongs.isEmpty
  }
}
