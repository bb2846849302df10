import CHDF5
import Glibc

/// libhdf5 as a whole: set up once, and used by one thread at a time.
enum Library {
  /// libhdf5 is not thread-safe everywhere, so every call is made under this lock. It is recursive
  /// because releasing a handle, which closes it, may happen inside another call's section.
  private static let lock = RecursiveLock()

  private static let isReady: Bool = {
    // The exit handler would write to files that a failed operation left open.
    H5dont_atexit()
    // The variable would override what we set on each file: readers must never lock (DESIGN, section 4).
    unsafe setenv("HDF5_USE_FILE_LOCKING", "FALSE", 1)
    H5open()
    // A file must not be able to make us load code.
    H5PLset_loading_state(0)
    return true
  }()

  static func exclusively<Result>(_ body: () -> Result) -> Result {
    lock.locked {
      precondition(isReady)
      // libhdf5 prints nothing: its reasons travel in our errors. Where it is built thread-safe, every thread
      // has an error stack of its own, so once is not enough.
      H5Eset_auto2(chdf5_default, nil, nil)
      return body()
    }
  }

  /// The reason deepest in libhdf5's error stack: closest to the cause.
  static func innermostReason() -> String {
    var reason = "libhdf5 gives no reason"
    unsafe withUnsafeMutablePointer(to: &reason) { found in
      _ = unsafe H5Ewalk2(
        chdf5_default, H5E_WALK_UPWARD,
        { index, entry, found in
          guard index == 0, let entry = unsafe entry, let text = unsafe entry.pointee.desc else { return 0 }
          unsafe found!.assumingMemoryBound(to: String.self).pointee = String(cString: text)
          return 0
        }, found)
    }
    return reason
  }
}

/// A POSIX recursive mutex.
@safe private final class RecursiveLock: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>

  init() {
    unsafe mutex = .allocate(capacity: 1)
    var attributes = pthread_mutexattr_t()
    unsafe pthread_mutexattr_init(&attributes)
    unsafe pthread_mutexattr_settype(&attributes, CInt(PTHREAD_MUTEX_RECURSIVE))
    unsafe pthread_mutex_init(mutex, &attributes)
    unsafe pthread_mutexattr_destroy(&attributes)
  }

  deinit {
    unsafe pthread_mutex_destroy(mutex)
    unsafe mutex.deallocate()
  }

  func locked<Result>(_ body: () -> Result) -> Result {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    return body()
  }
}
