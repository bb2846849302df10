import Foundation
import Glibc
import HDF5File
import SystemPackage
import Testing

@Suite struct ReadingTests {
  @Test func `What is written is read back through a fresh open`() throws {
    try withScratchFile { path in
      let written = try H5File.creating(at: path, title: "session")
      let group = try written.root.createGroup("spikes")
      try group.createArray("rates", (0..<24).map { Double($0) / 2 }, shape: [2, 3, 4])
      try group.createArray("latent", [1.5, -2] as [Float], shape: [2])
      try group.createArray("none", [] as [Int64], shape: [0])
      for (name, value) in Self.attributes { try group.setAttribute(name, value) }
      try written.close()

      let file = try open(path)
      let read = try #require(try file.root.group("spikes"))
      #expect(try read.childNames() == ["latent", "none", "rates"])
      let rates = try #require(try read.dataset("rates"))
      #expect(try rates.shape() == [2, 3, 4])
      #expect(try rates.readAll(as: Double.self) == (0..<24).map { Double($0) / 2 })
      #expect(try read.dataset("latent")!.readAll(as: Float.self) == [1.5, -2])
      #expect(try read.dataset("none")!.readAll(as: Int64.self) == [])
      for (name, value) in Self.attributes { #expect(try read.attribute(name) == value) }
      #expect(try read.attribute("absent") == nil)
    }
  }

  private static let attributes: [(String, AttributeValue)] = [
    ("text", .text("hello ä")), ("empty", .text("")), ("integer", .integer(-5)), ("number", .number(0.1)),
    ("integers", .integers([1, 2])), ("no_integers", .integers([])),
  ]

  @Test func `A block of an array is read without the rest`() throws {
    try withScratchFile { path in
      let written = try H5File.creating(at: path)
      try written.root.createArray("a", (0..<24).map { Double($0) }, shape: [2, 3, 4])
      try written.close()
      var block = [Double](repeating: 0, count: 4)
      let array = try #require(try open(path).root.dataset("a"))
      try array.readNumbers(start: [1, 1, 1], count: [1, 2, 2], into: &block)
      #expect(block == [17, 18, 21, 22])
    }
  }

  @Test func `A table's column is read by name`() throws {
    try withScratchFile { path in
      let written = try H5File.creating(at: path)
      try written.root.createTable(
        "units",
        columns: [
          TableColumn("electrode", .integers([3, 1, 2])), TableColumn("snr", .numbers([1, 2, 3])),
          TableColumn("hash", .texts(["a", "bb", "cccc"], width: 3)),
        ])
      try written.close()
      let table = try #require(try open(path).root.dataset("units"))
      #expect(try table.readColumn("electrode") == [3, 1, 2])
      let missing = #expect(throws: H5Error.self) { try table.readColumn("depth") }
      #expect(missing?.code == .missing)
      let mismatch = #expect(throws: H5Error.self) { try table.readColumn("snr") }
      #expect(mismatch?.code == .mismatch)
    }
  }

  @Test func `Reading takes no lock, so that no other program is refused`() throws {
    try withScratchFile { path in
      try H5File.creating(at: path).close()
      let file = try open(path)
      let other = try FileDescriptor.open(FilePath(path), .readOnly)
      defer { try? other.close() }
      #expect(flock(other.rawValue, LOCK_EX | LOCK_NB) == 0)
      try file.close()
    }
  }

  @Test(arguments: ["", "no HDF5 file at all", String(repeating: "x", count: 5000)])
  func `What is no HDF5 file is refused with libhdf5's reason`(content: String) throws {
    try withScratchFile { path in
      try content.write(toFile: path, atomically: false, encoding: .utf8)
      let error = #expect(throws: H5Error.self) { try open(path) }
      #expect(error?.path == path)
      #expect(error?.description.contains("signature") == true)
    }
  }

  @Test func `A truncated file is refused, at every length`() throws {
    try withScratchFile { path in
      let written = try H5File.creating(at: path)
      try written.root.createArray("a", [Double](repeating: 1, count: 100), shape: [100])
      try written.close()
      let bytes = try Data(contentsOf: URL(filePath: path))
      for length in stride(from: 0, to: bytes.count, by: 97) {
        try bytes.prefix(length).write(to: URL(filePath: path))
        #expect(throws: H5Error.self) { try open(path) }
      }
    }
  }
}
