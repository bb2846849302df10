/// blech_clust's `execution_log.json`: when each script was last attempted and completed.
///
/// Times are local, without a zone, as "YYYY-MM-DD HH:MM:SS", so that their text order is their order in time.
struct ExecutionLog: Equatable {
  /// Latest time by script name, whatever folder the script was started from.
  var attempted: [String: String]
  var completed: [String: String]

  /// Whether the log says that a session's spikes are ready.
  enum Verdict: Equatable {
    case sorted
    case notSorted
    /// A script that changes the spikes ran after they were last put together.
    case beingResorted(by: String)
  }

  private static let makesArrays = "blech_make_arrays.py"
  private static let changesUnits = ["blech_process.py", "blech_post_process.py"]

  init(_ json: JSONValue) {
    attempted = Self.latest(json["attempted"])
    completed = Self.latest(json["completed"])
  }

  private static func latest(_ json: JSONValue?) -> [String: String] {
    guard case .object(let entries) = json else { return [:] }
    var latest: [String: String] = [:]
    for (path, value) in entries {
      guard let time = value.text, isTime(time) else { continue }
      let script = String(path.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last ?? "")
      latest[script] = max(latest[script] ?? "", time)
    }
    return latest
  }

  private static func isTime(_ text: String) -> Bool {
    let shape = text.map { $0.isASCII && $0.isNumber ? "0" : $0 }
    return String(shape) == "0000-00-00 00:00:00"
  }

  var verdict: Verdict {
    guard let done = completed[Self.makesArrays] else { return .notSorted }
    if let attempt = attempted[Self.makesArrays], attempt > done {
      return .beingResorted(by: Self.makesArrays)
    }
    for script in Self.changesUnits {
      let last = max(attempted[script] ?? "", completed[script] ?? "")
      if last > done { return .beingResorted(by: script) }
    }
    return .sorted
  }
}
