import Vocabulary

/// blech_clust's `execution_log.json`: when each script was last attempted and completed.
///
/// Times are local, without a zone, as "YYYY-MM-DD HH:MM:SS", so that their text order is their order in time.
struct ExecutionLog: Equatable {
  /// Latest time by script name, whatever folder the script was started from.
  var attempted: [String: String]
  var completed: [String: String]

  /// One line of the log.
  struct Entry: Equatable, CustomStringConvertible {
    enum Event: String { case attempted, completed }

    var script: String
    var event: Event
    var time: String

    var description: String { "\(script) \(event) \(time)" }
  }

  /// Whether the log says that a session's spikes are ready, and the entries that say it.
  enum Verdict: Equatable {
    case sorted(Entry)
    /// The last attempt at putting the spikes together, if there was one.
    case notSorted(Entry?)
    /// A script that changes the spikes ran after they were last put together.
    case beingResorted(by: Entry, after: Entry)
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
    let attempt = last(Self.makesArrays, .attempted)
    guard let done = last(Self.makesArrays, .completed) else { return .notSorted(attempt) }
    if let attempt, attempt.time > done.time { return .beingResorted(by: attempt, after: done) }
    for script in Self.changesUnits {
      let events = [last(script, .attempted), last(script, .completed)].compactMap(\.self)
      if let latest = events.max(by: { $0.time < $1.time }), latest.time > done.time {
        return .beingResorted(by: latest, after: done)
      }
    }
    return .sorted(done)
  }

  /// Scripts that were attempted after they were last completed, or never were; the latest attempt first.
  var unfinished: [UnfinishedScript] {
    attempted.filter { script, time in completed[script].map { time > $0 } ?? true }
      .sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { UnfinishedScript(script: $0.key, attempted: $0.value) }
  }

  private func last(_ script: String, _ event: Entry.Event) -> Entry? {
    let times = event == .attempted ? attempted : completed
    return times[script].map { Entry(script: script, event: event, time: $0) }
  }
}
