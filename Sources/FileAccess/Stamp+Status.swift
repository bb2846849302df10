import Glibc
import Vocabulary

extension Stamp {
  /// What `stat` said.
  public init(_ state: stat) {
    func nanoseconds(_ time: timespec) -> Int64 { Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec) }
    self.init(
      device: UInt64(state.st_dev), inode: UInt64(state.st_ino), size: Int64(state.st_size),
      modified: nanoseconds(state.st_mtim), changed: nanoseconds(state.st_ctim))
  }
}
