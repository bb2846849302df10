import Glibc
import SystemPackage

/// The name of one entry of a directory: any bytes but `/` and NUL, as Linux has it.
public struct FileName: Hashable, Comparable, Sendable, ExpressibleByStringLiteral {
  public let bytes: [UInt8]

  public init(bytes: [UInt8]) { self.bytes = bytes }

  public init(_ text: String) { bytes = Array(text.utf8) }

  public init(stringLiteral text: String) { self.init(text) }

  public static func < (left: FileName, right: FileName) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }

  /// The name as text, or nil where it is no UTF-8.
  public var text: String? { String(validating: bytes, as: UTF8.self) }

  /// Hidden by convention.
  public var isHidden: Bool { bytes.first == UInt8(ascii: ".") }

  public func hasSuffix(_ suffix: StaticString) -> Bool {
    suffix.withUTF8Buffer { unsafe bytes.count > $0.count && bytes.suffix($0.count).elementsEqual($0) }
  }
}

extension FilePath {
  /// The path of what `names` lead to from here.
  func appending(_ names: some Sequence<FileName>) -> FilePath {
    var bytes = unsafe withPlatformString { unsafe Array(UnsafeBufferPointer(start: $0, count: length)) }
    for name in names {
      if bytes.last != CChar(bitPattern: UInt8(ascii: "/")) {
        bytes.append(CChar(bitPattern: UInt8(ascii: "/")))
      }
      bytes += name.bytes.map { CChar(bitPattern: $0) }
    }
    bytes.append(0)
    return FilePath(platformString: bytes)
  }

  /// The names that lead from `ancestor` to here, or nil where this path does not lie at or below it.
  func names(below ancestor: FilePath) -> [FileName]? {
    guard starts(with: ancestor) else { return nil }
    return components.dropFirst(ancestor.components.count).map { component in
      unsafe component.withPlatformString { start in
        unsafe FileName(
          bytes: UnsafeBufferPointer(start: start, count: strlen(start)).map { UInt8(bitPattern: $0) })
      }
    }
  }
}
