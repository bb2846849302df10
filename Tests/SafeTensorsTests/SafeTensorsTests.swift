import SafeTensors
import Testing

@Suite struct SafeTensorsTests {
  private static let sample = SafeTensorsFile(
    tensors: [
      "b.weight": Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3]),
      "a": Tensor([0.5] as [Double], shape: [1]),
      "empty": Tensor([] as [Int64], shape: [0, 4]),
    ], metadata: ["fingerprint": "äöü \"quoted\""])

  @Test func `What is written is read back, with its metadata`() throws {
    let read = try SafeTensorsFile(decoding: Self.sample.encoded())
    #expect(read.tensors == Self.sample.tensors)
    #expect(read.metadata == Self.sample.metadata)
    #expect(try read.floats("b.weight") == [1, 2, 3, 4, 5, 6])
  }

  @Test func `Equal contents give equal bytes, and the data is aligned to eight`() throws {
    let bytes = try Self.sample.encoded()
    #expect(try Self.sample.encoded() == bytes)
    #expect(bytes[0] % 8 == 0)
  }

  @Test func `Every truncation is refused, none crashes`() throws {
    let bytes = try Self.sample.encoded()
    for length in 0..<bytes.count {
      #expect(throws: SafeTensorsError.self) { try SafeTensorsFile(decoding: Array(bytes[..<length])) }
    }
  }

  @Test(arguments: [
    #"{"x":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#,
    #"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#,
    #"{"x":{"dtype":"F32","shape":[9223372036854775807,2],"data_offsets":[0,4]}}"#,
    #"{"x":{"dtype":"Q8","shape":[1],"data_offsets":[0,4]}}"#,
    #"{"x":{"dtype":"F32","shape":[1],"data_offsets":[4]}}"#,
    "[]", "",
  ]) func `A header that does not add up is refused`(header: String) {
    let bytes = [UInt8(header.utf8.count), 0, 0, 0, 0, 0, 0, 0] + Array(header.utf8) + [0, 0, 0, 0]
    #expect(throws: SafeTensorsError.self) { try SafeTensorsFile(decoding: bytes) }
  }

  @Test func `A tensor of another type or name is refused by name`() {
    #expect(throws: SafeTensorsError.missing("c")) { try Self.sample.floats("c") }
    #expect(throws: SafeTensorsError.wrongType("a", expected: "F32", found: "F64")) {
      try Self.sample.floats("a")
    }
  }
}
