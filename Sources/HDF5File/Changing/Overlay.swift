import SystemPackage

/// A file as libhdf5 is shown it: the disk's bytes, and over them everything that was written since. The disk
/// is read and never written.
final class Overlay {
  private let calls: any FileCalls
  private let file: FileDescriptor
  /// Of the file on the disk, in bytes.
  let oldLength: Int64
  /// With what was written, in bytes.
  private(set) var length: Int64
  private var pages: [Int64: [UInt8]] = [:]
  /// The first thing that went wrong; the overlay is of no use from then on. Writes cannot fail, as libhdf5 does
  /// not survive that, and reads that fail it sometimes passes over.
  private(set) var failure: Failure?
  /// How often libhdf5 has the overlay open: it opens a file twice to look at it first.
  var openings = 0

  enum Failure: Equatable {
    case system(Errno)
    case tooLarge
  }

  /// 4 GiB: a hundred times the results of any session.
  private static let mostPages = 1 << 20

  init(over file: FileDescriptor, length: Int64, calls: any FileCalls) {
    self.calls = calls
    self.file = file
    oldLength = length
    self.length = length
  }

  // MARK: As libhdf5 sees it

  /// Bytes past the end read as zeros.
  ///
  /// - Returns: nil where the disk cannot be read.
  func read(at offset: Int64, count: Int) -> [UInt8]? {
    guard var bytes = noting({ () throws(Errno) in try readDisk(at: offset, count: count) }) else {
      return nil
    }
    if pages.isEmpty { return bytes }
    Self.forEachPage(offset, count) { page, inPage, inBytes in
      if let content = pages[page] { bytes.replaceSubrange(inBytes, with: content[inPage]) }
    }
    return bytes
  }

  func write(at offset: Int64, _ bytes: [UInt8]) {
    Self.forEachPage(offset, bytes.count) { page, inPage, inBytes in
      var content =
        pages.removeValue(forKey: page) ?? (inPage.count == Pages.size ? Self.blank : onDisk(page))
      content.replaceSubrange(inPage, with: bytes[inBytes])
      if pages.count < Self.mostPages { pages[page] = content } else { failure = failure ?? .tooLarge }
    }
    length = max(length, offset + Int64(bytes.count))
  }

  /// The file is never made shorter: bytes past HDF5's own end harm nobody.
  func extend(to newLength: Int64) { length = max(length, newLength) }

  // MARK: As it is committed

  /// Pages that are not what they are on the disk, in their order.
  func changedPages() throws(Errno) -> [Int64] {
    var changed: [Int64] = []
    for page in pages.keys.sorted() {
      if Pages.offset(of: page) >= oldLength {
        changed.append(page)
      } else if try diskPage(page) != pages[page] {
        changed.append(page)
      }
    }
    return changed
  }

  /// A page's 4096 bytes as written; zeros past the end.
  func newPage(_ page: Int64) -> [UInt8] { pages[page] ?? onDisk(page) }

  /// A page's 4096 bytes as the disk has them; zeros past the end.
  func diskPage(_ page: Int64) throws(Errno) -> [UInt8] {
    try readDisk(at: Pages.offset(of: page), count: Pages.size)
  }

  // MARK: -

  private static let blank = [UInt8](repeating: 0, count: Pages.size)

  private func onDisk(_ page: Int64) -> [UInt8] {
    noting { () throws(Errno) in try diskPage(page) } ?? Self.blank
  }

  private func noting(_ read: () throws(Errno) -> [UInt8]) -> [UInt8]? {
    do throws(Errno) {
      return try read()
    } catch {
      failure = failure ?? .system(error)
      return nil
    }
  }

  private func readDisk(at offset: Int64, count: Int) throws(Errno) -> [UInt8] {
    let wanted = Int(min(max(oldLength - offset, 0), Int64(count)))
    let bytes = try calls.readAll(file, at: offset, count: wanted)
    // Somebody has cut the file off meanwhile.
    guard bytes.count == wanted else { throw .ioError }
    return wanted == count ? bytes : bytes + [UInt8](repeating: 0, count: count - wanted)
  }

  /// Cuts a range of the file along its pages: the page, the range in it, the range in the caller's bytes.
  private static func forEachPage(
    _ offset: Int64, _ count: Int,
    _ body: (_ page: Int64, _ inPage: Range<Int>, _ inBytes: Range<Int>) -> Void
  ) {
    var done = 0
    while done < count {
      let position = offset + Int64(done)
      let page = Pages.page(of: position)
      let start = Int(position - Pages.offset(of: page))
      let length = min(Pages.size - start, count - done)
      body(page, start..<(start + length), done..<(done + length))
      done += length
    }
  }
}
