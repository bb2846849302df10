import Parameters
import Synchronization
import SystemPackage
import Testing
import Vocabulary
import Watching

@testable import Intake

@Suite struct InspectionMemoryTests {
  /// Inspections by directory and key, as a store has them, and how many were made.
  private final class Kept: Sendable {
    let inspections = Mutex<[String: Inspection]>([:])
    let read = Mutex(0)

    var memory: InspectionMemory {
      InspectionMemory { [self] source, _ in
        inspections.withLock { $0[source.directory + InspectionKey(source).hex] }
      } remember: { [self] source, inspection in
        inspections.withLock { $0[source.directory + InspectionKey(source).hex] = inspection }
      }
    }

    /// Has a new intake look at the session, and waits for its decision.
    func look(
      _ source: SessionSource = SessionSource(directory: ""), version: Int64 = 1,
      extra: [FileName: Stamp] = [:],
      outcome: InspectionOutcome? = nil, request: SessionRequest? = nil
    ) async -> (standing: String, read: Int) {
      let (memory, before) = (memory, read.withLock { $0 })
      let intake = Intake(
        roots: [IntakeRoot(backlog: .all)], template: source,
        requests: request.map { ["/data/s1": $0] } ?? [:],
        inspect: { [self] source, settled in
          await memory.outcome(of: source, settled: settled) {
            read.withLock { $0 += 1 }
            return outcome ?? .inspected(MadeUp.inspection(version: version))
          }
        }, recheck: { _ in }, onEvent: { _ in })
      let stamps = MadeUp.stamps(version).merging(extra) { $1 }
      await intake.take([MadeUp.report("/data/s1", .settled(stamps))])
      while true {
        let name = await intake.session(at: "/data/s1")?.standing.name ?? ""
        if name != "waiting", name != "inspecting" { return (name, read.withLock { $0 } - before) }
        await Task.yield()
      }
    }
  }

  @Test func `A second intake over the same files reads nothing`() async {
    let kept = Kept()
    var result = await kept.look()
    #expect(result == ("queued", 1))
    result = await kept.look()
    #expect(result == ("queued", 0))
    // Other stamps.
    result = await kept.look(version: 2)
    #expect(result == ("queued", 1))
    result = await kept.look(version: 2)
    #expect(result == ("queued", 0))
    // A file that was not there then.
    result = await kept.look(version: 2, extra: ["blechrnn_params.json": MadeUp.stamp(1)])
    #expect(result == ("queued", 1))
    // A person who wants it to be looked at.
    result = await kept.look(version: 2, request: .retry)
    #expect(result == ("queued", 1))
    result = await kept.look(version: 2, request: .process)
    #expect(result == ("queued", 0))
  }

  @Test func `Other parameters are another inspection`() async {
    let kept = Kept()
    _ = await kept.look()
    var source = SessionSource(directory: "")
    source.siteParameters.seed = 5
    var result = await kept.look(source)
    #expect(result.read == 1)
    result = await kept.look(source)
    #expect(result.read == 0)
  }

  @Test(arguments: [
    (InspectionOutcome.failed(Failure(.badData, "s1", "is broken", remedy: "")), "bad"),
    (.needsRecovery(["/data/s1"]), "needs recovery"),
    (
      .inspected(MadeUp.inspection(obstacle: Failure(.cannotWrite, "s1", "is on a full disk", remedy: ""))),
      "blocked"
    ),
  ])
  func `What passes is not remembered`(outcome: InspectionOutcome, name: String) async {
    let kept = Kept()
    for _ in 0..<2 {
      let result = await kept.look(outcome: outcome)
      #expect(result == (name, 1))
    }
    #expect(kept.inspections.withLock { $0.isEmpty })
  }

  @Test func `The key is that of everything but the directory`() {
    let plain = SessionSource(directory: "/a")
    let key = InspectionKey(plain)
    #expect(key.hex.count == 64 && key == InspectionKey(SessionSource(directory: "/b")))
    var others = Array(repeating: plain, count: 7)
    others[0].siteParameters.dropout = 0.3
    others[1].overrides.dropout = 0.3
    others[2].ignoresFiles = true
    others[3].requiresExecutionLog = true
    others[4].ignoresExecutionLog = true
    others[5].replacesForeign = true
    others[6].outputDirectory = "/results"
    let keys = others.map { InspectionKey($0) } + [key, InspectionKey(plain, version: "9.9.9")]
    #expect(Set(keys).count == 9)
  }
}
