import Vocabulary

/// Who works on a session, as its lease says.
struct LeaseHolder: Codable, Equatable, Sendable {
  var version = 1
  /// The machine's name, and its number (man 5 machine-id), which may be empty.
  var host: String
  var machine: String
  /// Another one after each start of the machine.
  var boot: String
  /// A container's processes have numbers of their own.
  var processes: UInt64
  var pid: Int32
  /// When the process began, in ticks since the machine's start: another process may have got its number since.
  var started: UInt64
  /// What works there: "blechd", "blechctl infer".
  var program: String
  /// ISO 8601.
  var acquired: String
  /// Tells this lease from every other.
  var nonce: String
}

/// Whether a lease still counts.
enum LeaseVerdict: Equatable, Sendable {
  case live
  case stale
  /// Its holder cannot be asked: it counts as long as it is refreshed.
  case byAge
}

extension LeaseHolder {
  /// What one process can tell of another one's lease.
  ///
  /// - Parameters:
  ///   - own: a lease of the process that wants to know.
  ///   - startOf: when the process of a number began; nil where none has it.
  func verdict(seenBy own: LeaseHolder, startOf: (Int32) -> UInt64?) -> LeaseVerdict {
    // Two machines may have one name.
    guard host == own.host, machine == own.machine else { return .byAge }
    guard boot == own.boot else { return machine.isEmpty ? .byAge : .stale }
    guard processes == own.processes else { return .byAge }
    return startOf(pid) == started ? .live : .stale
  }

  /// Who holds it, for a person.
  var description: String { "\(program), process \(pid) on \(host), since \(acquired)" }
}
