import Glibc
import Vocabulary

/// A path that a Unix socket can have.
struct UnixAddress: Sendable {
  let path: String

  /// Room for a path in the kernel's address, in bytes, less its terminating zero.
  static let longestPath = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1

  /// - Throws: `.usage` where the path does not fit.
  init(path: String) throws(Failure) {
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw Failure(.usage, path, "is no path for a socket", remedy: "name one with --runtime-directory")
    }
    guard path.utf8.count <= Self.longestPath else {
      throw Failure(
        .usage, path,
        "is \(path.utf8.count) bytes long; the path of a socket can have \(Self.longestPath) at most",
        remedy: "choose a shorter one with --runtime-directory")
    }
    self.path = path
  }

  func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
    return unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}
