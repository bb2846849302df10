import SystemPackage

/// A journal on the disk, beside its .h5: open for reading until it is closed.
struct JournalFile {
  let calls: any FileCalls
  let place: H5Place
  let descriptor: FileDescriptor
  let status: FileStatus

  /// How many records are read or written at once: about 1 MiB.
  private static let batch = 256

  static func length(ofRecords count: Int) -> Int64 {
    Int64(JournalHeader.size) + Int64(count) * Int64(JournalRecord.size)
  }

  // MARK: Writing

  /// Writes a journal and puts it on the disk, its name included: from then on the change can be undone. Where
  /// that fails, nothing is left of it. The journal stays open, so that it can be read even if somebody removes its name.
  ///
  /// - Parameter record: makes the record of each of the header's pages, by its index.
  static func arm(
    for file: LockedFile, _ header: JournalHeader, record: (_ index: Int) throws(Errno) -> JournalRecord
  ) throws(H5Error) -> JournalFile {
    let (calls, place) = (file.calls, file.place)
    let descriptor = try place.location.perform("create its journal \(place.journalName)") {
      () throws(Errno) in try calls.open(place.journalName, in: place.directory, .creating)
    }
    do throws(Errno) {
      // Whoever may write the file may also recover it.
      calls.setOwner(of: descriptor, like: file.status)
      try write(header, record, to: descriptor, calls)
      try calls.synchronise(descriptor)
      try calls.synchronise(place.directory)
      return JournalFile(
        calls: calls, place: place, descriptor: descriptor,
        status: try retrying { () throws(Errno) in try calls.status(of: descriptor) })
    } catch {
      calls.close(descriptor)
      try? remove(place, calls)
      throw place.location.systemError(error, "write its journal")
    }
  }

  private static func write(
    _ header: JournalHeader, _ record: (_ index: Int) throws(Errno) -> JournalRecord,
    to descriptor: FileDescriptor, _ calls: any FileCalls
  ) throws(Errno) {
    var bytes = header.encoded
    var offset: Int64 = 0
    for index in 0..<header.recordCount {
      bytes += try record(index).encoded(salt: header.salt)
      if (index + 1) % batch == 0 {
        try calls.writeAll(descriptor, at: offset, bytes[...])
        offset += Int64(bytes.count)
        bytes.removeAll(keepingCapacity: true)
      }
    }
    try calls.writeAll(descriptor, at: offset, bytes[...])
  }

  // MARK: Reading

  /// Opens the journal beside an .h5, or gives nil where there is none.
  static func open(_ place: H5Place, _ calls: any FileCalls) throws(H5Error) -> JournalFile? {
    let descriptor: FileDescriptor
    do throws(Errno) {
      descriptor = try retrying { () throws(Errno) in
        try calls.open(place.journalName, in: place.directory, .reading)
      }
    } catch {
      switch error {
      case .noSuchFileOrDirectory: return nil
      case .tooManySymbolicLinkLevels: throw place.location.refusal(.notAFile)
      default: throw place.location.systemError(error, "open its journal \(place.journalName)")
      }
    }
    do throws(H5Error) {
      let status = try place.location.perform("look at its journal") { () throws(Errno) in
        try calls.status(of: descriptor)
      }
      guard status.kind == .regular else { throw place.location.refusal(.notAFile) }
      return JournalFile(calls: calls, place: place, descriptor: descriptor, status: status)
    } catch {
      calls.close(descriptor)
      throw error
    }
  }

  func close() { calls.close(descriptor) }

  func header() throws(H5Error) -> JournalHeader.Reading {
    JournalHeader.read(try read(JournalHeader.size, at: 0))
  }

  /// Hands over every record in its order, up to the first that is not whole.
  ///
  /// - Returns: whether all records that the header counts are there and whole.
  func forEachRecord(
    _ header: JournalHeader, _ body: (JournalRecord) throws(H5Error) -> Void
  ) throws(H5Error) -> Bool {
    var index = 0
    while index < header.recordCount {
      let count = min(Self.batch, header.recordCount - index)
      let bytes = try read(count * JournalRecord.size, at: Self.length(ofRecords: index))
      for start in stride(from: 0, to: count * JournalRecord.size, by: JournalRecord.size) {
        guard let record = JournalRecord(bytes.dropFirst(start).prefix(JournalRecord.size), header: header)
        else {
          return false
        }
        try body(record)
      }
      index += count
    }
    return true
  }

  /// Fewer bytes where the journal ends before.
  private func read(_ count: Int, at offset: Int64) throws(H5Error) -> [UInt8] {
    try place.location.perform("read its journal") { () throws(Errno) in
      try calls.readAll(descriptor, at: offset, count: count)
    }
  }

  // MARK: Removing

  /// Removes the journal for good: its name is gone from the disk, too.
  static func remove(_ place: H5Place, _ calls: any FileCalls) throws(Errno) {
    try removeName(place, calls)
    try calls.synchronise(place.directory)
  }

  /// It is no error if the name is gone already, or a server has done what it was asked and was asked again.
  static func removeName(_ place: H5Place, _ calls: any FileCalls) throws(Errno) {
    do throws(Errno) {
      try retrying { () throws(Errno) in try calls.remove(place.journalName, in: place.directory) }
    } catch {
      if error != .noSuchFileOrDirectory { throw error }
    }
  }
}
