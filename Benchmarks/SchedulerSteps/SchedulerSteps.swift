import Configuration
import Jobs
import Parameters
import Scheduling
import Store
import Vocabulary
import WorkerProtocol

/// Times the scheduler's steps with a long queue: handing over a session, and the end of a job with the beginning of the
/// next.
///
///     swift run -c release scheduler-steps [JOBS]
@main
struct SchedulerSteps {
  static func main() {
    let jobs = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 10_000
    var steps = SchedulerSteps(jobs: jobs)
    steps.run()
  }

  private static let tastes = 4
  private let sessions: Int
  private var book: JobBook
  private var running: [Start] = []
  private let clock = ContinuousClock()

  private init(jobs: Int) {
    sessions = jobs / Self.tastes
    let settings = WorkSettings(.default, spool: "/spool", cores: 2, machineMemoryBytes: 16 << 30)
    book = JobBook(StoredState(), rules: settings.rules, executor: "local")
  }

  private mutating func run() {
    var handing: [Duration] = []
    for number in 0..<sessions {
      handing.append(clock.measure { perform(book.enqueue(Self.work(number), at: now)) })
    }
    var ending: [Duration] = []
    while let start = running.first {
      running.removeFirst()
      ending.append(clock.measure { perform(book.end(start.attempt, Self.end(of: start), at: now)) })
    }
    print("\(sessions * Self.tastes) jobs of \(sessions) sessions")
    Self.tell("a session handed over", handing)
    Self.tell("a worker's end, and the next one's beginning", ending)
  }

  private static func tell(_ what: String, _ durations: [Duration]) {
    let sorted = durations.sorted()
    func microseconds(_ share: Double) -> Int {
      Int(sorted[min(Int(Double(sorted.count) * share), sorted.count - 1)] / .microseconds(1))
    }
    print(
      "\(what): median \(microseconds(0.5)) µs, 99 % \(microseconds(0.99)) µs, longest \(microseconds(1)) µs")
  }

  private var now: Now { Now(moment: .now, wall: 1_800_000_000) }

  private mutating func perform(_ effects: [BookEffect]) {
    for effect in effects {
      switch effect {
      case .prepare(let directory): perform(book.prepared(directory, nil, at: now))
      case .start(let start): running.append(start)
      default: break
      }
    }
    let (more, _) = book.begin(Readings(), at: now)
    if !more.isEmpty { perform(more) }
  }

  private static func end(of start: Start) -> ExecutionEnd {
    switch start.task {
    case .infer:
      let summary = JobSummary(
        origin: .trained, units: 40, trials: 30, steps: 1, bestStep: 0, trainingLoss: 1, validationLoss: 1,
        bitsPerSpike: nil, psthBitsPerSpike: nil, seconds: 1, warnings: [])
      return ExecutionEnd(result: .success(.inferred(summary)), reason: .finished)
    case .commit:
      let summary = CommitSummary(h5: "s.h5", bytes: 1, ms: 1, exposedMs: 1)
      return ExecutionEnd(result: .success(.commit(.committed(summary))), reason: .finished)
    }
  }

  private static func work(_ number: Int) -> Work {
    let jobs = (0..<tastes).map { taste in
      PlannedJob(
        identity: JobIdentity(region: "all", taste: .index(taste)), digIns: ["dig_in_\(taste)"],
        tasteName: "water", unitRows: Array(0..<40), trialsPerTaste: [30], laserTrials: 0,
        fingerprint: "\(number) \(taste)", existing: .none)
    }
    let inspection = Inspection(
      name: "s", h5: "s.h5", stamps: [:], parameters: .default, stimulus: 2000, jobs: jobs, notices: [])
    return Work(
      source: SessionSource(directory: "/data/lab/\(number)"), inspection: inspection, jobs: jobs)
  }
}
