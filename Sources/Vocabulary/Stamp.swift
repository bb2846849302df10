/// What `stat` tells of one file: it moves whenever the file's content may have changed.
public struct Stamp: Codable, Hashable, Sendable {
  public var device: UInt64
  public var inode: UInt64
  /// In bytes.
  public var size: Int64
  /// Last change of the content, in ns since 1970.
  public var modified: Int64
  /// Last change of content or ownership, in ns since 1970.
  public var changed: Int64

  public init(device: UInt64, inode: UInt64, size: Int64, modified: Int64, changed: Int64) {
    self.device = device
    self.inode = inode
    self.size = size
    self.modified = modified
    self.changed = changed
  }
}

/// Stamps of the files that decide about a session, by file name. A file that is not there has none.
public typealias SessionStamps = [String: Stamp]
