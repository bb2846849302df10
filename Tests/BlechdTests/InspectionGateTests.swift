import Synchronization
import Testing

@testable import blechd

@Suite struct InspectionGateTests {
  @Test func `A gate lets in so many at a time, and everybody in the end`() async {
    let gate = InspectionGate(places: 2)
    let inside = Inside()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<50 {
        group.addTask {
          await gate.run(atMost: .seconds(600)) {
            await inside.enter()
            for _ in 0..<20 { await Task.yield() }
            await inside.leave()
          }
        }
      }
    }
    #expect(await inside.most == 2)
    #expect(await inside.total == 50)
  }

  @Test func `What hangs keeps its place until it has ended, however long ago it was given up`() async {
    let gate = InspectionGate(places: 1)
    let (end, ending) = AsyncStream<Void>.makeStream()
    let given: Void? = await gate.run(atMost: .milliseconds(20)) {
      // Cancellation does nothing to it.
      await Task.detached { for await _ in end {} }.value
    }
    #expect(given == nil)
    let began = Mutex(false)
    let next: Void? = await gate.run(atMost: .milliseconds(200)) { began.withLock { $0 = true } }
    #expect(next == nil && !began.withLock { $0 })
    ending.finish()
    let last = await gate.run(atMost: .seconds(600)) { 7 }
    #expect(last == 7)
  }

  private actor Inside {
    private var now = 0
    private(set) var most = 0
    private(set) var total = 0

    func enter() {
      now += 1
      most = max(most, now)
    }

    func leave() {
      now -= 1
      total += 1
    }
  }

  @Test func `What hangs in one folder keeps nobody waiting in another`() async {
    let gates = InspectionGates(places: 1)
    let (hang, end) = AsyncStream<Void>.makeStream()
    let held: Int? = await gates.gate(of: "/a").run(atMost: .milliseconds(50)) {
      // Whoever is cancelled would stop waiting; what hangs does not.
      await Task { for await _ in hang {} }.value
      return 1
    }
    #expect(held == nil)
    let same: Int? = await gates.gate(of: "/a").run(atMost: .milliseconds(50)) { 2 }
    #expect(same == nil)
    let other: Int? = await gates.gate(of: "/b").run(atMost: .seconds(100)) { 3 }
    #expect(other == 3)
    end.finish()
    let again: Int? = await gates.gate(of: "/a").run(atMost: .seconds(100)) { 4 }
    #expect(again == 4)
  }
}
