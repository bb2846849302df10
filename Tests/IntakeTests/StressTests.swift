import FileAccess
import FoundationEssentials
import Glibc
import TestSupport
import Testing

@testable import Intake

@Suite struct StressTests {
  /// More rounds, and another seed, for a longer look: seconds, and the seed.
  private static let seconds =
    Double(ProcessInfo.processInfo.environment["BLECHD_STRESS_SECONDS"] ?? "") ?? 60
  private static let seed = UInt64(ProcessInfo.processInfo.environment["BLECHD_STRESS_SEED"] ?? "") ?? 1

  @Test func `After a minute of writing, moving and deleting at random the queue is what the disk holds`()
    async throws
  {
    try await withScratchAsync { scratch in
      let world = try StressWorld(root: scratch.path, settle: .milliseconds(300))
      try await world.run {
        var vandal = Vandal(root: scratch.path, numbers: SeededNumbers(seed: Self.seed))
        let start = ContinuousClock.now
        // On a machine that is busy, for as long as it takes to say anything.
        while ContinuousClock.now < start + .seconds(Self.seconds)
          || vandal.acts < 2000 && ContinuousClock.now < start + .seconds(Self.seconds + 240)
        {
          vandal.act()
          if let path = vandal.asked() { await world.ask(path, &vandal.numbers) }
          try await Task.sleep(for: .milliseconds(Int.random(in: 0...3, using: &vandal.numbers)))
        }
        let ready = world.walk()
        for _ in 0..<2400 {
          if world.unanswered(ready).isEmpty,
            world.journal.content.withLock({ $0.queued }) == world.expected()
          {
            break
          }
          try await Task.sleep(for: .milliseconds(50))
        }
        let expected = world.expected()
        let journal = world.journal.content.withLock { $0 }
        let requests = await world.intake.requests
        let differences = await world.differences(journal.queued, expected)
        #expect(journal.queued == expected, "\(differences)")
        #expect(journal.wrongs.isEmpty)
        let unanswered = await world.unansweredWithStandings(ready)
        #expect(unanswered.isEmpty && journal.asked > 10, "\(unanswered)")
        #expect(Dictionary(uniqueKeysWithValues: requests.map { ($0.string, $1) }) == journal.requests)
        #expect(expected.count > 10 && journal.queuedEver > expected.count)
        print(
          "\(vandal.acts) acts, \(journal.asked) requests, \(journal.queuedEver) times queued, \(expected.count) sessions at the end, none missed, "
            + "none twice")
      }
    }
  }

  @Test func `A thousand sessions that are dropped at once are each queued once`() async throws {
    try await withScratchAsync { scratch in
      let watched = scratch.path("watched")
      try FileManager.default.createDirectory(atPath: watched, withIntermediateDirectories: false)
      let world = try StressWorld(root: watched, settle: .milliseconds(500))
      try await world.run {
        for number in 0..<1000 {
          Vandal.write(
            session: scratch.path("staging/batch/\(number / 100)/s\(number)"), content: "\(number)")
        }
        try FileManager.default.moveItem(atPath: scratch.path("staging/batch"), toPath: watched + "/batch")
        for _ in 0..<2400 where world.journal.content.withLock({ $0.queued.count }) < 1000 {
          try await Task.sleep(for: .milliseconds(50))
        }
        let journal = world.journal.content.withLock { $0 }
        #expect(journal.queued == world.walk())
        #expect(journal.queuedEver == 1000 && journal.wrongs.isEmpty)
      }
    }
  }
}

/// Does to a folder whatever people and programs do, without any sense.
struct Vandal {
  let root: String
  var numbers: SeededNumbers
  private(set) var acts = 0

  init(root: String, numbers: SeededNumbers) {
    self.root = root
    self.numbers = numbers
  }

  static func write(session path: String, content: String) {
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    write("\(path)/s.h5", content)
    write("\(path)/s.info", "info")
    write("\(path)/execution_log.json", "done")
  }

  /// In place, as Python writes.
  private static func write(_ path: String, _ text: String) {
    try? Data(text.utf8).write(to: URL(filePath: path))
  }

  private mutating func pick<Element>(_ elements: [Element]) -> Element? {
    elements.randomElement(using: &numbers)
  }

  /// A directory somewhere below the root.
  private mutating func somewhere() -> String {
    var path = root
    for _ in 0..<Int.random(in: 0...3, using: &numbers) {
      let names = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter {
        $0.hasPrefix("d")
      }.sorted()
      guard let name = pick(names) else { break }
      path += "/" + name
    }
    return path
  }

  private mutating func session() -> String? {
    let place = somewhere()
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []).filter {
      $0.hasPrefix("s")
    }.sorted()
    return pick(names).map { "\(place)/\($0)" }
  }

  /// A session that a person asks for, now and then.
  mutating func asked() -> String? { Int.random(in: 0..<20, using: &numbers) == 0 ? session() : nil }

  mutating func act() {
    acts += 1
    let content = "\(acts)"
    let files = FileManager.default
    switch Int.random(in: 0..<20, using: &numbers) {
    case 0..<3:
      Self.write(session: "\(somewhere())/s\(Int.random(in: 0..<12, using: &numbers))", content: content)
    case 3..<5:
      try? files.createDirectory(
        atPath: "\(somewhere())/d\(Int.random(in: 0..<6, using: &numbers))", withIntermediateDirectories: true
      )
    case 5..<8: if let session = session() { Self.write(session + "/s.h5", content) }
    case 8: if let session = session() { Self.write(session + "/execution_log.json", "not yet") }
    case 9..<11:
      if let session = session() {
        Self.write(session + "/execution_log.json", acts.isMultiple(of: 3) ? "old: done" : "done")
      }
    case 11: if let session = session() { try? files.removeItem(atPath: session + "/s.info") }
    case 12..<14:
      if let session = session() {
        try? files.moveItem(atPath: session, toPath: "\(somewhere())/s\(acts % 17)")
      }
    case 14:
      let tree = somewhere()
      if tree != root { try? files.moveItem(atPath: tree, toPath: "\(somewhere())/d\(acts % 7)") }
    case 15: if let session = session() { try? files.removeItem(atPath: session) }
    case 16:
      let tree = somewhere()
      if tree != root, acts % 4 == 0 { try? files.removeItem(atPath: tree) }
    case 17:
      if let session = session() {
        try? files.copyItem(atPath: session, toPath: "\(somewhere())/s\(acts % 13)")
      }
    case 18:
      // As rsync does: under a hidden name, then renamed.
      if let session = session() {
        Self.write(session + "/.s.h5.Xx", content)
        rename(session + "/.s.h5.Xx", session + "/s.h5")
      }
    default:
      // Two sessions change places.
      if let one = session(), let other = session(), one != other {
        rename(one, root + "/.aside")
        rename(other, one)
        rename(root + "/.aside", other)
        try? files.removeItem(atPath: root + "/.aside")
      }
    }
  }
}
