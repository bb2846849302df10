import Glibc
import HDF5File
import SystemPackage

/// Linux's calls, of which the process does not survive one.
package final class StoppingCalls: FileCalls {
  private let calls = SystemCalls()
  /// By its number: the call at which the process is killed.
  private let last: Int
  /// How many bytes that call still writes, if it is one that does.
  private let lastBytes: Int
  private var count = 0
  /// Of every call that writes, its number and how many bytes it was to write.
  package private(set) var writes: [Int: Int] = [:]

  package var callCount: Int { count }

  package init(last: Int, lastBytes: Int) {
    self.last = last
    self.lastBytes = lastBytes
  }

  private func next(_ body: () -> Void = {}) {
    if count == last {
      body()
      kill(getpid(), SIGKILL)
      // The signal is certain; the moment is not.
      while true { pause() }
    }
    count += 1
  }

  package func open(_ name: String, in directory: FileDescriptor, _ purpose: OpeningPurpose) throws(Errno)
    -> FileDescriptor
  {
    next()
    return try calls.open(name, in: directory, purpose)
  }

  package func close(_ file: FileDescriptor) {
    next()
    calls.close(file)
  }

  package func status(of file: FileDescriptor) throws(Errno) -> FileStatus {
    next()
    return try calls.status(of: file)
  }

  package func status(of name: String, in directory: FileDescriptor) throws(Errno) -> FileStatus {
    next()
    return try calls.status(of: name, in: directory)
  }

  package func read(_ file: FileDescriptor, at offset: Int64, count: Int) throws(Errno) -> [UInt8] {
    next()
    return try calls.read(file, at: offset, count: count)
  }

  package func write(_ file: FileDescriptor, at offset: Int64, _ bytes: ArraySlice<UInt8>) throws(Errno)
    -> Int
  {
    writes[count] = bytes.count
    next { _ = try? calls.write(file, at: offset, bytes.prefix(lastBytes)) }
    return try calls.write(file, at: offset, bytes)
  }

  package func truncate(_ file: FileDescriptor, to length: Int64) throws(Errno) {
    next()
    try calls.truncate(file, to: length)
  }

  package func synchronise(_ file: FileDescriptor) throws(Errno) {
    next()
    try calls.synchronise(file)
  }

  package func remove(_ name: String, in directory: FileDescriptor) throws(Errno) {
    next()
    try calls.remove(name, in: directory)
  }

  package func rename(_ name: String, to newName: String, in directory: FileDescriptor) throws(Errno) {
    next()
    try calls.rename(name, to: newName, in: directory)
  }

  package func setOwner(of file: FileDescriptor, like other: FileStatus) {
    next()
    calls.setOwner(of: file, like: other)
  }

  package func lock(_ file: FileDescriptor) throws(Errno) {
    next()
    try calls.lock(file)
  }

  package func unlock(_ file: FileDescriptor) {
    next()
    calls.unlock(file)
  }

  package func takeLease(_ file: FileDescriptor) throws(Errno) {
    next()
    try calls.takeLease(file)
  }

  package func giveLeaseBack(_ file: FileDescriptor) {
    next()
    calls.giveLeaseBack(file)
  }

  package var largestFile: Int64 { calls.largestFile }
  package func sleep(for duration: Duration) { calls.sleep(for: duration) }
  package func randomNumber() -> UInt64 { calls.randomNumber() }
}
