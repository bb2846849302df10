import Synchronization
import Testing
import Threads

@Suite struct AbandoningTests {
  @Test func `What ends in time is given`() async throws {
    #expect(await abandoning(after: .seconds(600)) { 3 } == 3)
    #expect(try await onOwnThread(atMost: .seconds(600)) { 4 } == 4)
  }

  @Test func `What hangs is cancelled and left behind`() async {
    let wasCancelled = WakeFlag()
    let result = await abandoning(after: .milliseconds(10)) {
      try? await Task.sleep(for: .seconds(3600))
      wasCancelled.set(Task.isCancelled)
      return 1
    }
    #expect(result == nil)
    while wasCancelled.value == nil { await Task.yield() }
    #expect(wasCancelled.value == true)
  }

  @Test func `A thread that blocks is not waited for`() async throws {
    let mustEnd = Atomic(false)
    let result = try await onOwnThread(atMost: .milliseconds(10)) {
      while !mustEnd.load(ordering: .acquiring) {}
      return 1
    }
    #expect(result == nil)
    mustEnd.store(true, ordering: .releasing)
  }

  @Test func `Whoever is cancelled waits no longer`() async {
    let waiting = Task {
      await abandoning(after: .seconds(3600)) { try? await Task.sleep(for: .seconds(3600)) }
    }
    waiting.cancel()
    #expect(await waiting.value == nil)
  }
}

private final class WakeFlag: Sendable {
  private let flag = Mutex<Bool?>(nil)
  func set(_ value: Bool) { flag.withLock { $0 = value } }
  var value: Bool? { flag.withLock { $0 } }
}
