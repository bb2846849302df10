import Glibc
import Synchronization
import Testing

@testable import blechd

@Suite(.timeLimit(.minutes(10))) struct MachineReadingsTests {
  /// A disk that has fewer bytes left at each look, and hangs while it is told to.
  private final class Disk: Sendable {
    let looks = Atomic(0)
    let hangs = Atomic(false)

    func look() -> Int? {
      let number = looks.add(1, ordering: .sequentiallyConsistent).newValue
      while hangs.load(ordering: .sequentiallyConsistent) { usleep(10_000) }
      return 1000 - number
    }
  }

  @Test func `While the state disk hangs one thread looks at it, and what was last known counts`()
    async throws
  {
    let disk = Disk()
    let readings = MachineReadings(longestLook: .milliseconds(100)) { disk.look() }
    // The first may take longer than it is waited for.
    while await readings.now().freeDiskBytes == nil {}
    let known = try #require(await readings.now().freeDiskBytes)
    disk.hangs.store(true, ordering: .sequentiallyConsistent)
    let before = disk.looks.load(ordering: .sequentiallyConsistent)
    for _ in 0..<5 {
      let free = try #require(await readings.now().freeDiskBytes)
      #expect(free <= known)
    }
    #expect(disk.looks.load(ordering: .sequentiallyConsistent) <= before + 1)
    disk.hangs.store(false, ordering: .sequentiallyConsistent)
    // Looks that began since.
    while try #require(await readings.now().freeDiskBytes) > 1000 - (before + 2) {
      try await Task.sleep(for: .milliseconds(10))
    }
  }

  @Test func `A disk that hangs from the beginning has an unknown room`() async {
    let disk = Disk()
    disk.hangs.store(true, ordering: .sequentiallyConsistent)
    let readings = MachineReadings(longestLook: .milliseconds(50)) { disk.look() }
    for _ in 0..<3 { #expect(await readings.now().freeDiskBytes == nil) }
    #expect(disk.looks.load(ordering: .sequentiallyConsistent) <= 1)
    disk.hangs.store(false, ordering: .sequentiallyConsistent)
    while await readings.now().freeDiskBytes == nil {}
  }

  @Test func `A room that cannot be told is unknown, whatever it was before`() async {
    let known = Atomic(true)
    let readings = MachineReadings(longestLook: .seconds(120)) {
      known.load(ordering: .sequentiallyConsistent) ? 7 : nil
    }
    #expect(await readings.now().freeDiskBytes == 7)
    known.store(false, ordering: .sequentiallyConsistent)
    #expect(await readings.now().freeDiskBytes == nil)
  }
}
