import Foundation
import Store
import Synchronization
import Vocabulary

/// Writes to a store until its disk is full, makes room, and says what came of it, in lines `what: value`.
///
///     store-on-full-disk DIRECTORY
///
/// DIRECTORY is on a small disk, with a file `filler` beside the store.
@main
struct StoreOnFullDisk {
  static func main() async throws {
    let directory = CommandLine.arguments[1]
    let problems = Mutex<[Failure?]>([])
    let store: Store
    do throws(Failure) { store = try Store.open(in: directory).store } catch {
      print("open: \(error.code.rawValue) \(error)")
      exit(error.code.rawValue)
    }
    let writer = StoreWriter(
      store, snapshot: { [] }, onProblem: { problem in problems.withLock { $0.append(problem) } })
    var count = 0
    while problems.withLock({ $0.isEmpty }), count < 100_000 {
      for _ in 0..<100 {
        writer.add([session(count)])
        count += 1
      }
      _ = await writer.flush(atMost: .seconds(5))
    }
    if let problem = problems.withLock({ $0.first ?? nil }) {
      print("problem: \(problem.code.rawValue) \(problem)")
    }
    for _ in 0..<100 {
      writer.add([session(count)])
      count += 1
    }
    print("full: \(await writer.flush(atMost: .seconds(1)))")
    try FileManager.default.removeItem(atPath: "\(directory)/filler")
    print("written: \(await writer.flush(atMost: .seconds(120)))")
    print("over: \(problems.withLock { $0.count == 2 && $0.last == .some(nil) })")
    print("added: \(count)")
    print("found: \(try await store.load().sessions.count)")
    await store.close()
    let (reopened, notice) = try Store.open(in: directory)
    print("found again: \(try await reopened.load().sessions.count), notice: \(notice ?? "none")")
  }

  private static func session(_ number: Int) -> StoreChange {
    let path = "/\(number)" + String(repeating: "x", count: 400)
    return .session(SessionRecord(path: path, phase: .queued, arrivedAt: 0))
  }
}
