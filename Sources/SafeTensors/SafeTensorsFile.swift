import FoundationEssentials

/// A file in the safetensors format (https://github.com/huggingface/safetensors): an 8-byte little-endian
/// header length, a JSON header, then the tensors' bytes in row-major order.
///
/// Holds bytes only; reading and writing files is the caller's.
public struct SafeTensorsFile: Sendable {
  /// Tensors by name.
  public private(set) var tensors: [String: Tensor]
  /// The header's `__metadata__`: text by name.
  public var metadata: [String: String]

  public init(tensors: [String: Tensor] = [:], metadata: [String: String] = [:]) {
    self.tensors = tensors
    self.metadata = metadata
  }

  public subscript(name: String) -> Tensor? {
    get { tensors[name] }
    set { tensors[name] = newValue }
  }

  /// The float32 tensor `name`, in row-major order.
  public func floats(_ name: String) throws(SafeTensorsError) -> [Float] {
    try tensor(name, as: .float32).elements(as: Float.self)
  }

  /// The float64 tensor `name`, in row-major order.
  public func doubles(_ name: String) throws(SafeTensorsError) -> [Double] {
    try tensor(name, as: .float64).elements(as: Double.self)
  }

  /// The int64 tensor `name`, in row-major order.
  public func integers(_ name: String) throws(SafeTensorsError) -> [Int64] {
    try tensor(name, as: .int64).elements(as: Int64.self)
  }

  private func tensor(_ name: String, as type: TensorType) throws(SafeTensorsError) -> Tensor {
    guard let tensor = tensors[name] else { throw SafeTensorsError.missing(name) }
    guard tensor.type == type else {
      throw SafeTensorsError.wrongType(name, expected: type.rawValue, found: tensor.type.rawValue)
    }
    return tensor
  }
}

/// The element types that blechd uses, under the format's names.
public enum TensorType: String, Codable, Sendable {
  case float32 = "F32"
  case float64 = "F64"
  case int64 = "I64"

  /// Bytes of one element.
  public var width: Int {
    switch self {
    case .float32: 4
    case .float64, .int64: 8
    }
  }
}

/// One array: its type, its shape (outermost axis first) and its bytes, little-endian and row-major.
public struct Tensor: Equatable, Sendable {
  public let type: TensorType
  public let shape: [Int]
  let bytes: [UInt8]

  public init(_ values: [Float], shape: [Int]) { self.init(.float32, shape, of: values) }
  public init(_ values: [Double], shape: [Int]) { self.init(.float64, shape, of: values) }
  public init(_ values: [Int64], shape: [Int]) { self.init(.int64, shape, of: values) }

  private init<Element: BitwiseCopyable>(_ type: TensorType, _ shape: [Int], of values: [Element]) {
    precondition(values.count == shape.reduce(1, *), "a tensor's shape must hold all its values")
    self.type = type
    self.shape = shape
    bytes = values.withUnsafeBytes { Array($0) }
  }

  init(type: TensorType, shape: [Int], bytes: [UInt8]) {
    self.type = type
    self.shape = shape
    self.bytes = bytes
  }

  func elements<Element: BitwiseCopyable>(as _: Element.Type) -> [Element] {
    let count = bytes.count / MemoryLayout<Element>.size
    return bytes.withUnsafeBytes { raw in
      (0..<count).map { raw.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Element>.size, as: Element.self) }
    }
  }
}

/// Why bytes are not a safetensors file, or do not hold what is asked of them.
public enum SafeTensorsError: Error, Equatable, CustomStringConvertible, Sendable {
  case truncated(expected: Int, found: Int)
  case badHeader(String)
  case missing(String)
  case wrongType(String, expected: String, found: String)

  public var description: String {
    switch self {
    case .truncated(let expected, let found): "the file ends after \(found) of \(expected) bytes"
    case .badHeader(let reason): "its header cannot be read: \(reason)"
    case .missing(let name): "it holds no tensor \(name)"
    case .wrongType(let name, let expected, let found): "tensor \(name) is \(found), expected \(expected)"
    }
  }
}
