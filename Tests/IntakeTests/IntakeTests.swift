import Synchronization
import SystemPackage
import Testing
import Vocabulary
import Watching

@testable import Intake

@Suite struct IntakeTests {
  /// Counts the inspections that run, and lets them end when the test wants it.
  private actor Inspections {
    private var open: [CheckedContinuation<Void, Never>] = []
    private(set) var started: [String] = []
    private(set) var most = 0
    private var running = 0

    func run(_ source: SessionSource) async -> InspectionOutcome {
      started.append(source.directory)
      running += 1
      most = max(most, running)
      await withCheckedContinuation { open.append($0) }
      running -= 1
      return .inspected(MadeUp.inspection())
    }

    func finishOne() -> Bool {
      guard !open.isEmpty else { return false }
      open.removeFirst().resume()
      return true
    }
  }

  @Test func `A hundred sessions are inspected two at a time, and each is queued once`() async {
    let inspections = Inspections()
    let queued = Mutex<[String]>([])
    let intake = Intake(
      roots: [IntakeRoot(backlog: .all)], template: SessionSource(directory: ""),
      inspect: { source, _ in await inspections.run(source) }, recheck: { _ in },
      onEvent: { event in
        if case .enqueue(let path, _) = event { queued.withLock { $0.append(path.string) } }
      })
    await intake.take((0..<100).map { MadeUp.settled(FilePath("/data/s\($0)")) })
    while queued.withLock({ $0.count }) < 100 {
      if await !inspections.finishOne() { await Task.yield() }
    }
    #expect(await inspections.most == 2)
    #expect(queued.withLock { Set($0).count } == 100)
    #expect(await intake.sessions.count { $0.standing.name == "queued" } == 100)
    await intake.stop()
  }

  @Test func `A name that is no UTF-8 is said to be bad, and holds up nobody`() async {
    let decided = Mutex<[String]>([])
    let intake = Intake(
      roots: [IntakeRoot(backlog: .all)], template: SessionSource(directory: ""),
      inspect: { _, _ in .inspected(MadeUp.inspection()) }, recheck: { _ in },
      onEvent: { event in
        if case .decided(let path, let standing) = event {
          decided.withLock { $0.append("\(path.string.hasSuffix("good")) \(standing.name)") }
        }
      })
    let odd = FilePath(platformString: [47, 100, 47, CChar(bitPattern: 0xE9), 0])
    await intake.take([MadeUp.settled(odd), MadeUp.settled("/d/good")])
    while decided.withLock({ !$0.contains("true queued") }) { await Task.yield() }
    #expect(decided.withLock { $0.contains("false bad") })
    await intake.stop()
  }
}
