import FoundationEssentials
import Glibc
import HDF5File
import SystemPackage
import Testing

@Suite struct TransactionTests {
  private func create(_ path: String) throws {
    let file = try H5File.creating(at: path)
    try file.root.createArray("spikes", [1, 2, 3] as [Double], shape: [3])
    try file.close()
  }

  private func change<Result>(
    _ path: String, growth: Int = 1 << 16, _ body: (H5Group) throws -> Result
  ) throws -> Result {
    let descriptor = try FileDescriptor.open(FilePath(path), .readWrite)
    defer { try? descriptor.close() }
    return try H5Transaction.locking(descriptor, path: path) { try $0.change(growth: growth, body) }
  }

  @Test func `A change adds, replaces and removes, and leaves the rest`() throws {
    try withScratchFile { path in
      try create(path)
      try change(path) { root in
        let output = try root.groupCreatingIfNeeded("rnn_output")
        try output.createGroup("old").setAttribute("n", .integer(1))
      }
      try change(path) { root in
        let output = try root.groupCreatingIfNeeded("rnn_output")
        try output.remove("old")
        try output.createArray("rates", [0.5] as [Double], shape: [1])
      }
      let root = try open(path).root
      #expect(try root.group("rnn_output")!.childNames() == ["rates"])
      #expect(try root.dataset("spikes")!.readAll(as: Double.self) == [1, 2, 3])
    }
  }

  @Test func `A file that another program holds is left alone`() throws {
    try withScratchFile { path in
      try create(path)
      let other = try FileDescriptor.open(FilePath(path), .readOnly)
      defer { try? other.close() }
      flock(other.rawValue, LOCK_SH)
      let before = try Data(contentsOf: URL(filePath: path))
      let error = #expect(throws: H5Error.self) { try change(path) { _ in } }
      #expect(error?.code == .busy)
      #expect(try Data(contentsOf: URL(filePath: path)) == before)
      flock(other.rawValue, LOCK_UN)
      try change(path) { _ = try $0.createGroup("free") }
    }
  }

  @Test func `A file in whose place another has come is left alone`() throws {
    try withScratchFile { path in
      try create(path)
      let descriptor = try FileDescriptor.open(FilePath(path), .readWrite)
      defer { try? descriptor.close() }
      try FileManager.default.moveItem(atPath: path, toPath: path + ".bak")
      for replaced in [false, true] {
        if replaced { try FileManager.default.copyItem(atPath: path + ".bak", toPath: path) }
        let error = #expect(throws: H5Error.self) {
          try H5Transaction.locking(descriptor, path: path) { _ in }
        }
        #expect(error?.code == .busy)
      }
    }
  }

  @Test func `Where the disk has no room, nothing is touched`() throws {
    try withScratchFile { path in
      try create(path)
      let before = try Data(contentsOf: URL(filePath: path))
      let error = #expect(throws: H5Error.self) {
        try change(path, growth: 1 << 50) { _ = try $0.createGroup("never") }
      }
      #expect(error?.code == .full || error?.code == .system(errno: EFBIG))
      #expect(try Data(contentsOf: URL(filePath: path)) == before)
    }
  }

  @Test func `Space set aside and not used is given back`() throws {
    try withScratchFile { path in
      try create(path)
      try change(path, growth: 64 << 20) { _ = try $0.createGroup("small") }
      var state = stat()
      stat(path, &state)
      #expect(state.st_blocks * 512 < 1 << 20)
    }
  }
}
