/// How a file is cut up while it is changed.
enum Pages {
  /// What is kept in memory, written and journaled as one, in bytes.
  static let size = 4096
  /// What a disk writes whole or not at all, in bytes.
  static let sector = 512
  static let sectorsPerPage = size / sector

  /// The page that holds the byte at `offset`.
  static func page(of offset: Int64) -> Int64 { offset / Int64(size) }

  static func offset(of page: Int64) -> Int64 { page * Int64(size) }

  /// How many bytes of `page`, whatever its number, lie below `length`.
  static func bytes(of page: Int64, below length: Int64) -> Int {
    guard page >= 0, page <= Self.page(of: length) else { return 0 }
    return Int(min(length - offset(of: page), Int64(size)))
  }
}
