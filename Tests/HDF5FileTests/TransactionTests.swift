import FoundationEssentials
import Glibc
import HDF5File
import SystemPackage
import TestSupport
import Testing

@Suite struct TransactionTests {
  private func create(_ path: String) throws {
    let file = try H5File.creating(at: path)
    try file.root.createArray("spikes", [1, 2, 3] as [Double], shape: [3])
    try file.close()
  }

  @Test func `A change adds, replaces and removes, and leaves the rest`() throws {
    try withScratchFile { path in
      try create(path)
      try changeH5(at: path) { root in
        let output = try root.groupCreatingIfNeeded("rnn_output")
        try output.createGroup("old").setAttribute("n", .integer(1))
      }
      try changeH5(at: path) { root in
        let output = try root.groupCreatingIfNeeded("rnn_output")
        try output.remove("old")
        try output.createArray("rates", [0.5] as [Double], shape: [1])
      }
      let root = try open(path).root
      #expect(try root.group("rnn_output")!.childNames() == ["rates"])
      #expect(try root.dataset("spikes")!.readAll(as: Double.self) == [1, 2, 3])
    }
  }
}
