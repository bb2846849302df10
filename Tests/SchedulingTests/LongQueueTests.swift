import Jobs
import Testing

@testable import Scheduling

/// The queue of a lab that has just switched blechd on.
struct LongQueueTests {
  /// The median time of a worker's end with what follows, while so many sessions wait.
  private func step(sessions: Int) -> Duration {
    var world = BookWorld(jobs: 2)
    for number in 0..<sessions { world.enqueue(work("/\(number)", tastes: 0..<4, fingerprint: "\(number)-")) }
    let clock = ContinuousClock()
    var durations: [Duration] = []
    for _ in 0..<60 { durations.append(clock.measure { world.endFirst() }) }
    return durations.sorted()[durations.count / 2]
  }

  @Test func `a step takes hardly longer with ten thousand jobs than with a hundred`() {
    let (short, long) = (step(sessions: 25), step(sessions: 2500))
    #expect(long < short * 50, "\(long) and \(short)")
  }

  @Test func `ten thousand jobs are all done, each once`() {
    var world = BookWorld(jobs: 8)
    for number in 0..<2500 { world.enqueue(work("/\(number)", tastes: 0..<4, fingerprint: "\(number)-")) }
    world.endAll()
    #expect(world.started.count == 12_500)
    #expect(world.book.entries.isEmpty)
    #expect(world.leased.isEmpty)
  }
}
