import Crypto

/// The start of a journal: which change of which file it undoes.
///
/// On disk, 512 bytes, integers little-endian: magic, version, page size, old length, new length, device,
/// inode, salt, number of records, zeros, and a SHA-256 of all that. Every version keeps magic, version and
/// checksum where they are.
struct JournalHeader: Equatable {
  /// Of the file before and after the change, in bytes.
  var oldLength: Int64
  var newLength: Int64
  /// A file's device may have another number after a restart, which is just when a journal is needed: it is
  /// written down for people, and not compared.
  var device: UInt64
  var inode: UInt64
  /// Ties the records to this header.
  var salt: UInt64
  var recordCount: Int

  static let size = 512
  static let version: UInt64 = 1
  private static let magic = Array("BLECHDJ\n".utf8)
  private static let checksumStart = size - SHA256.byteCount

  enum Reading: Equatable {
    case valid(JournalHeader)
    /// Whole, and written by another version of blechd.
    case otherVersion(UInt64)
    /// Never written to its end.
    case damaged
  }

  var encoded: [UInt8] {
    var bytes = Self.magic
    for number in [
      Self.version, UInt64(Pages.size), UInt64(oldLength), UInt64(newLength), device, inode, salt,
      UInt64(recordCount),
    ] { bytes.append(number) }
    bytes += [UInt8](repeating: 0, count: Self.checksumStart - bytes.count)
    return bytes + SHA256.hash(data: bytes)
  }

  static func read(_ bytes: [UInt8]) -> Reading {
    guard bytes.count == size, bytes.starts(with: magic),
      bytes[checksumStart...].elementsEqual(SHA256.hash(data: bytes[..<checksumStart]))
    else { return .damaged }
    let numbers = stride(from: magic.count, to: checksumStart, by: 8).map { bytes.number(at: $0) }
    guard numbers[0] == version, numbers[1] == Pages.size else { return .otherVersion(numbers[0]) }
    guard let oldLength = Int64(exactly: numbers[2]), let newLength = Int64(exactly: numbers[3]),
      let recordCount = Int(exactly: numbers[7])
    else { return .damaged }
    return .valid(
      JournalHeader(
        oldLength: oldLength, newLength: newLength, device: numbers[4], inode: numbers[5], salt: numbers[6],
        recordCount: recordCount))
  }
}

/// One page of the file as it was, and how to tell what it was to become.
///
/// On disk: the page's number, its old 4096 bytes, a digest of each new sector, and a digest of the record
/// together with the header's salt. Bytes past the file's old length count as zeros.
struct JournalRecord: Equatable {
  var page: Int64
  var old: [UInt8]
  /// One for each sector of the page.
  var newSectors: [UInt64]

  static let size = 8 + Pages.size + 8 * Pages.sectorsPerPage + digestSize
  private static let digestSize = 16

  /// - Parameters:
  ///   - old: the page's bytes before.
  ///   - new: and after. What lies past `oldLength` is left out: cutting the file off there undoes it.
  init(page: Int64, old: [UInt8], new: [UInt8], oldLength: Int64) {
    self.page = page
    let count = Pages.bytes(of: page, below: oldLength)
    self.old = Self.cut(old, after: count)
    newSectors = Self.sectors(of: Self.cut(new, after: count))
  }

  func encoded(salt: UInt64) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Self.size)
    bytes.append(UInt64(page))
    bytes += old
    for digest in newSectors { bytes.append(digest) }
    return bytes + Self.digest(bytes[...], salt: salt)
  }

  /// The record in `bytes`, or nil where it was never written to its end.
  init?(_ bytes: ArraySlice<UInt8>, header: JournalHeader) {
    let body = bytes.dropLast(Self.digestSize)
    guard bytes.count == Self.size,
      bytes.suffix(Self.digestSize).elementsEqual(Self.digest(body, salt: header.salt)),
      let page = Int64(exactly: Array(body.prefix(8)).number(at: 0)),
      Pages.bytes(of: page, below: header.oldLength) > 0
    else { return nil }
    self.page = page
    old = Array(body.dropFirst(8).prefix(Pages.size))
    let digests = Array(body.dropFirst(8 + Pages.size))
    newSectors = (0..<Pages.sectorsPerPage).map { digests.number(at: 8 * $0) }
  }

  /// Whether the page, as the file has it now, is the old one.
  func isOld(_ current: [UInt8], oldLength: Int64) -> Bool {
    Self.cut(current, after: Pages.bytes(of: page, below: oldLength)) == old
  }

  /// Whether every sector of the page, as the file has it now, is the old one or the new one.
  func accounts(for current: [UInt8], oldLength: Int64) -> Bool {
    let current = Self.cut(current, after: Pages.bytes(of: page, below: oldLength))
    let digests = Self.sectors(of: current)
    return (0..<Pages.sectorsPerPage).allSatisfy { sector in
      let range = (sector * Pages.sector)..<((sector + 1) * Pages.sector)
      return digests[sector] == newSectors[sector] || current[range] == old[range]
    }
  }

  private static func cut(_ page: [UInt8], after count: Int) -> [UInt8] {
    count == page.count ? page : page[..<count] + [UInt8](repeating: 0, count: page.count - count)
  }

  private static func sectors(of page: [UInt8]) -> [UInt64] {
    (0..<Pages.sectorsPerPage).map { sector in
      let digest = SHA256.hash(data: page[(sector * Pages.sector)..<((sector + 1) * Pages.sector)])
      return Array(digest.prefix(8)).number(at: 0)
    }
  }

  private static func digest(_ body: ArraySlice<UInt8>, salt: UInt64) -> [UInt8] {
    var hash = SHA256()
    var prefix: [UInt8] = []
    prefix.append(salt)
    hash.update(data: prefix)
    hash.update(data: body)
    return Array(hash.finalize().prefix(digestSize))
  }
}

extension [UInt8] {
  fileprivate mutating func append(_ number: UInt64) {
    for shift in stride(from: UInt64(0), to: 64, by: 8) { append(UInt8(truncatingIfNeeded: number >> shift)) }
  }

  fileprivate func number(at index: Int) -> UInt64 {
    self[index..<(index + 8)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
