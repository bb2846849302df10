import CLinux
import FileAccess
import Glibc
import SystemPackage

/// A Unix stream socket that never blocks, closed with its last reference.
final class Socket: Sendable {
  let descriptor: Int32

  enum Received: Equatable {
    case bytes([UInt8])
    /// The other side sends no more.
    case end
    case nothingYet
    case failed(Errno)
  }

  enum Sent: Equatable {
    case bytes(Int)
    case noRoomYet
    case failed(Errno)
  }

  init(taking descriptor: Int32) { self.descriptor = descriptor }

  convenience init() throws(Errno) {
    let descriptor = clinux_unix_socket()
    guard descriptor >= 0 else { throw Errno(rawValue: errno) }
    self.init(taking: descriptor)
  }

  deinit { _ = close(descriptor) }

  func connect(to address: UnixAddress) throws(Errno) {
    let result = retried { unsafe address.withPointer { unsafe Glibc.connect(descriptor, $0, $1) } }
    guard result == 0 else { throw Errno(rawValue: errno) }
  }

  func receive(atMost count: Int) -> Received {
    var (got, failure) = (0, Errno(rawValue: 0))
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialised in
      got = retried { unsafe recv(descriptor, buffer.baseAddress, count, Int32(MSG_DONTWAIT)) }
      failure = Errno(rawValue: errno)
      initialised = max(got, 0)
    }
    switch got {
    case 0: return .end
    case 1...: return .bytes(bytes)
    case _ where failure == .resourceTemporarilyUnavailable: return .nothingYet
    default: return .failed(failure)
    }
  }

  /// Writes what there is room for. A peer that is gone is an error, not a signal.
  func send(_ bytes: ArraySlice<UInt8>) -> Sent {
    let flags = Int32(MSG_DONTWAIT | MSG_NOSIGNAL)
    let put = unsafe bytes.withUnsafeBytes { buffer in
      retried { unsafe Glibc.send(descriptor, buffer.baseAddress, buffer.count, flags) }
    }
    if put >= 0 { return .bytes(put) }
    return errno == EAGAIN ? .noRoomYet : .failed(Errno(rawValue: errno))
  }
}
