import Configuration
import Jobs
import Testing
import Vocabulary

@testable import Scheduling

/// Whether and when what failed is tried again, and what may begin.
struct PolicyTests {
  private let policy = RetryPolicy(.init())

  private func verdict(
    _ reason: ExitReason, _ code: ExitCode = .temporary, _ tries: Tries = Tries(), chance: Double = 0
  ) -> RetryPolicy.Verdict {
    policy.verdict(on: reason, Failure(code, "s.h5", "made up", remedy: ""), tries: tries, chance: chance)
  }

  @Test func `delays double from the first to the longest, less up to a fifth by chance`() {
    let delays = (1...9).map { policy.delay(after: $0, chance: 0) / .seconds(1) }
    #expect(delays == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600])
    #expect(policy.delay(after: 1, chance: 0.5) == .seconds(27))
    #expect(policy.delay(after: 1_000_000, chance: 0) == .seconds(3600))
  }

  @Test func `what passes is tried five times`() {
    for attempts in 0..<4 {
      #expect(
        verdict(.failed, .temporary, Tries(attempts: attempts))
          == .again(after: .seconds(30 * (1 << attempts)), Tries(attempts: attempts + 1)))
    }
    #expect(verdict(.failed, .temporary, Tries(attempts: 4)) == .never(Tries(attempts: 5)))
    #expect(verdict(.killed, .temporary) == .again(after: .seconds(30), Tries(attempts: 1)))
    #expect(verdict(.notStarted, .internalError) == .again(after: .seconds(30), Tries(attempts: 1)))
  }

  @Test(arguments: [ExitReason.outOfMemory, .wallTime, .silent, .crashed])
  func `a broken bound and a crash are tried once more`(_ reason: ExitReason) {
    #expect(verdict(reason) == .again(after: .seconds(30), Tries(attempts: 1, breaches: 1)))
    #expect(
      verdict(reason, .temporary, Tries(attempts: 1, breaches: 1)) == .never(Tries(attempts: 2, breaches: 2)))
    #expect(
      verdict(reason, .temporary, Tries(attempts: 1))
        == .again(after: .seconds(60), Tries(attempts: 2, breaches: 1)))
  }

  @Test(arguments: [ExitCode.badData, .usage, .internalError, .badConfiguration])
  func `what would fail again is not tried again`(_ code: ExitCode) {
    #expect(verdict(.failed, code) == .never(Tries(attempts: 1)))
  }

  @Test(arguments: [ExitReason.lost, .cancelled])
  func `an end that says nothing of the job does not count`(_ reason: ExitReason) {
    #expect(verdict(reason, .interrupted, Tries(attempts: 4)) == .atOnce)
  }

  // MARK: Admission

  private func admission(_ change: (inout Configuration.Limits) -> Void = { _ in }) -> Admission {
    var limits = Configuration.Limits()
    change(&limits)
    return Admission(limits, cores: 4, machineMemoryBytes: 8 << 30)
  }

  @Test func `as many jobs as cores, and half of the memory, by default`() {
    let admission = admission()
    #expect(admission.jobs == 4)
    #expect(admission.memoryBytes <= 4 << 30)
    #expect(admission.hold(Readings(), isPaused: false, running: 3) == nil)
    #expect(admission.hold(Readings(), isPaused: false, running: 4) == .jobs(4))
    #expect(admission.hold(neededBytes: 1 << 30, usedBytes: 2 << 30, running: 2) == nil)
    let free = admission.memoryBytes - 4_000_000_000
    #expect(
      admission.hold(neededBytes: 1 << 30, usedBytes: 4_000_000_000, running: 3)
        == .memory(neededBytes: 1 << 30, freeBytes: free))
    // A machine with little memory still works, one job at a time.
    #expect(admission.hold(neededBytes: 8 << 30, usedBytes: 0, running: 0) == nil)
  }

  @Test func `pressure, hours, the disk and a person hold jobs back`() throws {
    let hours = try #require(HoursOfDay("19:00-07:00"))
    let admission = admission {
      $0.hours = hours
      $0.pressure.cpuPercent = 50
    }
    let night = Readings(freeDiskBytes: 2 << 30, minuteOfDay: 60)
    #expect(admission.hold(night, isPaused: false, running: 0) == nil)
    #expect(admission.hold(night, isPaused: true, running: 0) == .paused)
    var readings = night
    readings.minuteOfDay = 12 * 60
    #expect(admission.hold(readings, isPaused: false, running: 0) == .hours(hours))
    readings = night
    readings.freeDiskBytes = 1 << 29
    #expect(
      admission.hold(readings, isPaused: false, running: 0) == .disk(freeBytes: 1 << 29, minimumMB: 1024))
    readings = night
    readings.memoryPressurePercent = 20
    #expect(admission.hold(readings, isPaused: false, running: 0) == nil)
    readings.memoryPressurePercent = 20.5
    #expect(
      admission.hold(readings, isPaused: false, running: 0) == .pressure(.memory, percent: 20.5, most: 20))
    readings = night
    readings.cpuPressurePercent = 51
    #expect(admission.hold(readings, isPaused: false, running: 0) == .pressure(.cpu, percent: 51, most: 50))
    readings = night
    readings.ioPressurePercent = 99
    #expect(admission.hold(readings, isPaused: false, running: 0) == nil)
  }

  @Test func `jobs that take more memory than expected leave room at once, less only slowly`() {
    var correction = MemoryCorrection()
    correction.learn(estimatedBytes: 100, peakBytes: 200)
    #expect(correction.corrected(100) == 200)
    correction.learn(estimatedBytes: 100, peakBytes: 100)
    #expect(correction.corrected(1000) == 1900)
    correction.learn(estimatedBytes: 1, peakBytes: 1_000_000)
    #expect(correction.corrected(100) == 400)
    for _ in 0..<200 { correction.learn(estimatedBytes: 1000, peakBytes: 1) }
    #expect(correction.corrected(1000) == 500)
    #expect(correction.corrected(.max) > 0)
  }

  @Test func `on a machine under pressure nothing begins until it is over`() {
    var world = BookWorld()
    world.readings.memoryPressurePercent = 80
    world.enqueue(work("/a"))
    #expect(world.started.isEmpty)
    #expect(world.hold == .pressure(.memory, percent: 80, most: 20))
    world.readings.memoryPressurePercent = 5
    world.goOn()
    #expect(world.runningJobs == ["/a 0", "/a 1"])
  }
}
