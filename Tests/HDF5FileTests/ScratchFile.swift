import FoundationEssentials
import HDF5File
import SystemPackage

/// Hands over a path in a directory of its own that is removed afterwards.
func withScratchFile(_ body: (String) throws -> Void) throws {
  let directory = FileManager.default.temporaryDirectory.appending(path: "blechd-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: directory) }
  try body(directory.appending(path: "session.h5").path)
}

func open(_ path: String) throws -> H5File {
  let descriptor = try FileDescriptor.open(FilePath(path), .readOnly)
  defer { try? descriptor.close() }
  return try H5File.reading(descriptor, path: path)
}
