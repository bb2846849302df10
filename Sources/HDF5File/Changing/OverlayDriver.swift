import CHDF5
import SystemPackage

/// The virtual file driver through which libhdf5 reads and writes an overlay.
enum OverlayDriver {
  /// Opens the overlay as an HDF5 file.
  ///
  /// - Parameter access: one of libhdf5's access flags.
  static func open(_ overlay: Overlay, at location: Location, access: UInt32) throws(H5Error) -> H5File {
    let driver = try location.attempt("register the driver") { identifier }
    let list = try H5File.fileAccess(at: location)
    var context = unsafe Unmanaged.passUnretained(overlay).toOpaque()
    try location.attempt("choose the driver") { unsafe H5Pset_driver(list.id, driver, &context) }
    let id = try location.attempt("open it as an HDF5 file") {
      unsafe H5Fopen(location.path, access, list.id)
    }
    return try H5File(id, path: location.path)
  }

  /// Registered once, for as long as the process lives.
  private static let identifier: hid_t = Library.exclusively {
    var driver = unsafe chdf5_driver_class()
    unsafe driver.open = openFile
    unsafe driver.close = closeFile
    // Two openings of one file are two files: libhdf5 must share nothing between them.
    unsafe driver.cmp = { unsafe $0 == $1 ? 0 : $0! < $1! ? -1 : 1 }
    unsafe driver.query = { _, flags in
      unsafe flags?.pointee = chdf5_driver_features
      return 0
    }
    unsafe driver.get_eoa = { file, _ in unsafe ours(file).pointee.end_of_addresses }
    unsafe driver.set_eoa = { file, _, address in
      unsafe ours(file).pointee.end_of_addresses = address
      return 0
    }
    unsafe driver.get_eof = { file, _ in haddr_t(unsafe overlay(of: file).length) }
    unsafe driver.read = { unsafe read($0, at: $3, count: $4, into: $5) }
    unsafe driver.write = { unsafe write($0, at: $3, count: $4, from: $5) }
    unsafe driver.flush = { _, _, _ in 0 }
    unsafe driver.truncate = { file, _, _ in
      let end = unsafe ours(file).pointee.end_of_addresses
      unsafe overlay(of: file).extend(to: Int64(clamping: end))
      return 0
    }
    // The file is locked already, for longer than libhdf5 would.
    unsafe driver.lock = { _, _ in 0 }
    unsafe driver.unlock = { _ in 0 }
    return unsafe H5FDregister(&driver)
  }

  // MARK: Callbacks

  private static let openFile:
    @convention(c) (UnsafePointer<CChar>?, UInt32, hid_t, haddr_t)
      -> UnsafeMutablePointer<H5FD_t>? = { _, _, list, _ in
        guard let info = unsafe H5Pget_driver_info(list) else { return nil }
        let context = unsafe info.load(as: UnsafeMutableRawPointer.self)
        let overlay = unsafe Unmanaged<Overlay>.fromOpaque(context).retain().takeUnretainedValue()
        overlay.openings += 1
        let file = UnsafeMutablePointer<chdf5_driver_file>.allocate(capacity: 1)
        unsafe file.initialize(to: chdf5_driver_file())
        unsafe file.pointee.context = context
        return unsafe UnsafeMutableRawPointer(file).assumingMemoryBound(to: H5FD_t.self)
      }

  private static let closeFile: @convention(c) (UnsafeMutablePointer<H5FD_t>?) -> herr_t = { file in
    let file = unsafe ours(file)
    let overlay = unsafe Unmanaged<Overlay>.fromOpaque(file.pointee.context)
    unsafe overlay.takeUnretainedValue().openings -= 1
    unsafe overlay.release()
    unsafe file.deallocate()
    return 0
  }

  private static func read(
    _ file: UnsafeMutablePointer<H5FD_t>?, at address: haddr_t, count: Int,
    into buffer: UnsafeMutableRawPointer?
  ) -> herr_t {
    guard let offset = checked(address, count),
      let bytes = unsafe overlay(of: file).read(at: offset, count: count)
    else { return -1 }
    unsafe UnsafeMutableRawBufferPointer(start: buffer, count: count).copyBytes(from: bytes)
    return 0
  }

  private static func write(
    _ file: UnsafeMutablePointer<H5FD_t>?, at address: haddr_t, count: Int, from buffer: UnsafeRawPointer?
  ) -> herr_t {
    guard let offset = checked(address, count) else { return -1 }
    unsafe overlay(of: file).write(at: offset, Array(UnsafeRawBufferPointer(start: buffer, count: count)))
    return 0
  }

  /// The address as a file's offset, or nil for one that no file has.
  private static func checked(_ address: haddr_t, _ count: Int) -> Int64? {
    guard let offset = Int64(exactly: address), !offset.addingReportingOverflow(Int64(count)).overflow else {
      return nil
    }
    return offset
  }

  private static func ours(_ file: UnsafePointer<H5FD_t>?) -> UnsafeMutablePointer<chdf5_driver_file> {
    unsafe UnsafeMutableRawPointer(mutating: file!).assumingMemoryBound(to: chdf5_driver_file.self)
  }

  private static func overlay(of file: UnsafePointer<H5FD_t>?) -> Overlay {
    unsafe Unmanaged<Overlay>.fromOpaque(ours(file).pointee.context).takeUnretainedValue()
  }
}
