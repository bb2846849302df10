import Crypto
import FileAccess
import Vocabulary

/// Results between their inference and their commit: one directory for each fingerprint, with a digest that
/// tells a whole result from a damaged one.
public struct Spool {
  private let directory: OpenDirectory

  private static let resultName = "result.safetensors"
  private static let digestName = "sha256"
  /// Largest result that is kept: far above a job of 1,000 trials x 1,000 units.
  private static let longestResult = 4 << 30

  /// Most results that are kept at once; the oldest go first.
  private let mostEntries: Int

  /// - Parameter path: the spool directory, created if there is none, for this user alone.
  public init(at path: String, mostEntries: Int = 1000) throws(FileError) {
    self.mostEntries = mostEntries
    directory = try OpenDirectory(creatingAt: path, mode: 0o700)
  }

  /// The result under `fingerprint`, or nil if there is none or it is damaged.
  public func result(_ fingerprint: String) throws(FileError) -> [UInt8]? {
    guard let entry = try directory.subdirectory(fingerprint),
      try entry.stamp(of: Self.digestName) != nil, try entry.stamp(of: Self.resultName) != nil
    else { return nil }
    let expected = try entry.read(Self.digestName, limit: 128)
    let bytes = try entry.read(Self.resultName, limit: Self.longestResult)
    return Self.digest(of: bytes) == expected ? bytes : nil
  }

  /// Keeps a result. The digest is written last: without it the result does not count.
  public func store(_ bytes: [UInt8], as fingerprint: String) throws(FileError) {
    try makeRoom(for: fingerprint)
    let entry = try directory.makeSubdirectory(fingerprint)
    try entry.remove(Self.digestName)
    try entry.write(Self.resultName, bytes)
    try entry.write(Self.digestName, Self.digest(of: bytes))
  }

  public func remove(_ fingerprint: String) throws(FileError) {
    guard let entry = try directory.subdirectory(fingerprint) else { return }
    for name in try entry.entries() { try entry.remove(name) }
    try directory.removeSubdirectory(fingerprint)
  }

  /// Removes what nobody waits for: results of data that have changed, of sessions that are gone. What is young may be of a
  /// session that was moved and is not found yet.
  ///
  /// - Parameter time: what was stored before it is old, in ns since 1970.
  public func removeOthers(than needed: Set<String>, olderThan time: Int64) throws(FileError) {
    for name in try directory.entries() where Self.isFingerprint(name) && !needed.contains(name) {
      guard let stamp = try directory.stamp(of: name), stamp.modified < time else { continue }
      try remove(name)
    }
  }

  private func makeRoom(for fingerprint: String) throws(FileError) {
    let names = try directory.entries().filter { Self.isFingerprint($0) && $0 != fingerprint }
    guard names.count >= mostEntries else { return }
    var aged: [(name: String, modified: Int64)] = []
    for name in names { aged.append((name, try directory.stamp(of: name)?.modified ?? 0)) }
    aged.sort { ($0.modified, $0.name) < ($1.modified, $1.name) }
    for entry in aged.prefix(names.count - mostEntries + 1) { try remove(entry.name) }
  }

  /// What else lies in the directory is not ours to remove.
  private static func isFingerprint(_ name: String) -> Bool {
    name.utf8.count == 64 && name.allSatisfy { $0.isASCII && $0.isHexDigit }
  }

  private static func digest(of bytes: [UInt8]) -> [UInt8] {
    Array(SHA256.hash(data: bytes).hexadecimal.utf8)
  }
}
