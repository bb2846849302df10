/// What one directory of a disk holds, in memory and for good: what is not synchronised, a power cut may take.
package struct DiskState: Sendable {
  struct File: Sendable {
    var inode: UInt64
    /// As every process sees them.
    var bytes: [UInt8]
    /// As they are on the disk for certain.
    var durable: [UInt8]
    /// What has happened since, in its order.
    var pending: [Pending] = []
    var modified: Int64 = 0
    var links: UInt64 = 1
    var owner: UInt32 = 0
    var group: UInt32 = 0
    var mode: UInt32 = 0o644

    /// What was forgotten is not written: the disk then differs from what processes see.
    mutating func writePending() {
      for change in pending {
        switch change {
        case .length(let length):
          durable =
            Array(durable.prefix(length)) + [UInt8](repeating: 0, count: max(length - durable.count, 0))
        case .bytes(let bytes, let offset):
          durable.replaceSubrange(offset..<(offset + bytes.count), with: bytes)
        }
      }
      pending = []
    }

    mutating func forgetUnwrittenBytes() {
      pending.removeAll { if case .bytes = $0 { true } else { false } }
    }
  }

  enum Pending: Sendable {
    case bytes([UInt8], at: Int)
    case length(Int)
  }

  var files: [UInt64: File] = [:]
  /// Names as every process sees them, and as they are on the disk for certain.
  var names: [String: UInt64] = [:]
  var durableNames: [String: UInt64] = [:]
  /// In their order; nil removes the name.
  var pendingNames: [(name: String, inode: UInt64?)] = []

  /// A disk writes so many bytes whole or not at all.
  static let sector = 512

  /// A directory in which everything is on the disk.
  package init(_ contents: [String: [UInt8]]) {
    for (index, name) in contents.keys.sorted().enumerated() {
      let inode = UInt64(index + 10)
      files[inode] = File(inode: inode, bytes: contents[name]!, durable: contents[name]!)
      names[name] = inode
    }
    durableNames = names
  }

  /// A directory in which one file was written a moment ago: what it held before may be all that is on the disk.
  package init(_ name: String, _ bytes: [UInt8], writtenOver durable: [UInt8]) {
    self.init([name: durable])
    let inode = names[name]!
    files[inode]!.bytes = bytes
    files[inode]!.pending = [.length(bytes.count), .bytes(bytes, at: 0)]
  }

  /// The file's bytes as every process sees them, or nil where there is none.
  package subscript(name: String) -> [UInt8]? { names[name].map { files[$0]!.bytes } }

  /// Bytes that tell two states apart, as processes see them.
  package var visible: [[UInt8]] { names.keys.sorted().flatMap { [Array($0.utf8), self[$0]!] } }

  // MARK: A power cut

  /// What is left when the power goes: what was synchronised, and of the rest any sector, length and name with the
  /// probability `survival`. What a longer file has where nothing arrived is zeros or `garbage`.
  package func afterPowerCut(
    survival: Double, garbage: UInt8, using generator: inout some RandomNumberGenerator
  ) -> DiskState {
    var survivors = DiskState([:])
    survivors.durableNames = durableNames
    for (name, inode) in pendingNames where generator.chance(survival) {
      survivors.durableNames[name] = inode
    }
    survivors.names = survivors.durableNames
    for inode in Set(survivors.names.values) {
      var file = files[inode]!
      file.bytes = file.afterPowerCut(survival: survival, garbage: garbage, using: &generator)
      file.durable = file.bytes
      file.pending = []
      survivors.files[inode] = file
    }
    return survivors
  }
}

extension DiskState.File {
  fileprivate func afterPowerCut(
    survival: Double, garbage: UInt8, using generator: inout some RandomNumberGenerator
  ) -> [UInt8] {
    var (result, length) = (durable, durable.count)
    for change in pending {
      switch change {
      case .length(let new): if generator.chance(survival) { length = new }
      case .bytes(let bytes, let offset):
        var start = offset
        while start < offset + bytes.count {
          let end = min((start / DiskState.sector + 1) * DiskState.sector, offset + bytes.count)
          if generator.chance(survival) {
            if result.count < end { result += [UInt8](repeating: garbage, count: end - result.count) }
            result.replaceSubrange(start..<end, with: bytes[(start - offset)..<(end - offset)])
          }
          start = end
        }
      }
    }
    if result.count < length { result += [UInt8](repeating: garbage, count: length - result.count) }
    return Array(result.prefix(length))
  }
}

extension RandomNumberGenerator {
  fileprivate mutating func chance(_ probability: Double) -> Bool {
    Double(next() >> 11) * 0x1p-53 < probability
  }
}
