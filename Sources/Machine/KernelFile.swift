import FileAccess
import Glibc
import SystemPackage

/// Files that the kernel makes up as they are read: they have no size, and reading or writing them waits for nothing.
enum KernelFile {
  /// More than any of them holds, in bytes.
  private static let mostBytes = 16 << 20

  /// The whole of one, or nil where there is none or it is not for this process.
  static func read(_ path: String) -> String? {
    let file = retried { unsafe open(path, O_RDONLY | O_CLOEXEC) }
    guard file >= 0 else { return nil }
    defer { _ = close(file) }
    var (text, block) = ([UInt8](), [UInt8](repeating: 0, count: 4096))
    while text.count < mostBytes {
      let count = retried { unsafe Glibc.read(file, &block, block.count) }
      guard count >= 0 else { return nil }
      if count == 0 { break }
      text += block.prefix(count)
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// In one call, as the kernel wants it.
  static func write(_ text: String, to path: String, flags: Int32 = 0) throws(Errno) {
    let file = retried { unsafe open(path, O_WRONLY | O_CLOEXEC | flags, 0o644) }
    guard file >= 0 else { throw Errno(rawValue: errno) }
    defer { _ = close(file) }
    let bytes = Array(text.utf8)
    guard retried({ unsafe Glibc.write(file, bytes, bytes.count) }) == bytes.count else {
      throw Errno(rawValue: errno)
    }
  }

  /// A file that holds one number; nil where it holds a word, such as `max`.
  static func number(_ path: String) -> Int? {
    read(path).flatMap { Int($0.trimmingLineEnd) }
  }

  /// The numbers of a file with a name and a number on each line.
  static func numbers(_ path: String) -> [Substring: Int] {
    let pairs = (read(path) ?? "").split(separator: "\n").compactMap { line -> (Substring, Int)? in
      let words = line.split(separator: " ")
      guard words.count == 2, let number = Int(words[1]) else { return nil }
      return (words[0], number)
    }
    return Dictionary(pairs) { $1 }
  }
}

extension String {
  fileprivate var trimmingLineEnd: Substring { last == "\n" ? dropLast() : self[...] }
}
