import CHDF5

/// What an array holds, as far as blechd tells types apart. Byte order is libhdf5's to convert.
public enum ElementType: Equatable, Sendable, CustomStringConvertible {
  case integer(bytes: Int)
  case float(bytes: Int)
  /// Named integers; h5py's booleans.
  case enumeration(bytes: Int)
  /// PyTables' booleans.
  case bitfield(bytes: Int)
  case text
  case compound
  case other

  public var description: String {
    switch self {
    case .integer(let bytes): "int\(bytes * 8)"
    case .float(let bytes): "float\(bytes * 8)"
    case .enumeration(let bytes): "enumeration of int\(bytes * 8)"
    case .bitfield(let bytes): "bitfield of \(bytes * 8)"
    case .text: "text"
    case .compound: "table rows"
    case .other: "a type that holds no numbers"
    }
  }

  /// Whether `H5Dataset.readNumbers` can read it.
  public var isNumeric: Bool {
    switch self {
    case .integer, .float, .enumeration: true
    case .bitfield(let bytes): bytes <= 8
    case .text, .compound, .other: false
    }
  }

  init(of type: Handle) {
    let (kind, bytes) = Library.exclusively { (H5Tget_class(type.id), H5Tget_size(type.id)) }
    self =
      switch kind {
      case H5T_INTEGER: .integer(bytes: bytes)
      case H5T_FLOAT: .float(bytes: bytes)
      case H5T_ENUM: .enumeration(bytes: bytes)
      case H5T_BITFIELD: .bitfield(bytes: bytes)
      case H5T_STRING: .text
      case H5T_COMPOUND: .compound
      default: .other
      }
  }
}

/// The element types that blechd writes.
public protocol H5Element: BitwiseCopyable, AdditiveArithmetic, Sendable {
  /// libhdf5's type in memory; a call, as the type exists once the library is open.
  static var memoryType: Int64 { get }
  /// The type in the file: little-endian, as PyTables writes it on every machine of the field.
  static var fileType: Int64 { get }
  static func matches(_ type: ElementType) -> Bool
}

extension Double: H5Element {
  public static var memoryType: Int64 { chdf5_native_double() }
  public static var fileType: Int64 { chdf5_double_le() }
  public static func matches(_ type: ElementType) -> Bool { type == .float(bytes: 8) }
}

extension Float: H5Element {
  public static var memoryType: Int64 { chdf5_native_float() }
  public static var fileType: Int64 { chdf5_float_le() }
  public static func matches(_ type: ElementType) -> Bool { type == .float(bytes: 4) }
}

extension Int64: H5Element {
  public static var memoryType: Int64 { chdf5_native_int64() }
  public static var fileType: Int64 { chdf5_int64_le() }
  public static func matches(_ type: ElementType) -> Bool { type == .integer(bytes: 8) }
}
