import Glibc
import Synchronization
import SystemPackage
import Threads

/// Asks the machine for its users and groups.
///
/// A server may keep them, which takes its time or never answers: each question has a thread of its own, and is given up
/// after a while. So few may be under way at once that those which never come back do no harm.
public final class AccountDirectory: Sendable {
  public enum Answer<Value: Equatable & Sendable>: Equatable, Sendable {
    case found(Value)
    /// There is none.
    case absent
    /// Nobody could tell.
    case unknown(why: String)
  }

  /// How the machine is asked; nil: there is none.
  struct Calls: Sendable {
    var groupID: @Sendable (_ name: String) -> Result<UInt32?, Errno>
    var userName: @Sendable (_ id: UInt32) -> Result<String?, Errno>
  }

  private let limit: Duration
  private let calls: Calls
  private let underWay = Mutex(0)

  private static let mostUnderWay = 4

  /// - Parameter limit: for one answer.
  public convenience init(limit: Duration) { self.init(limit: limit, calls: .system) }

  init(limit: Duration, calls: Calls) {
    self.limit = limit
    self.calls = calls
  }

  /// The number of the group of that name.
  public func groupID(named name: String) async -> Answer<UInt32> {
    await ask { [calls] in calls.groupID(name) }
  }

  /// The name of the user with that number.
  public func userName(of id: UInt32) async -> Answer<String> {
    await ask { [calls] in calls.userName(id) }
  }

  private func ask<Value>(
    _ call: @escaping @Sendable () -> Result<Value?, Errno>
  ) async -> Answer<Value> {
    guard takePlace() else { return .unknown(why: "earlier questions have not been answered yet") }
    do throws(Errno) {
      let result = try await onOwnThread(atMost: limit) { [self] in
        defer { givePlaceBack() }
        return call()
      }
      return switch result {
      case .success(let value?): .found(value)
      case .success(nil): .absent
      case .failure(let error): .unknown(why: "\(error)")
      case nil: .unknown(why: "there was no answer within \(limit)")
      }
    } catch {
      givePlaceBack()
      return .unknown(why: "\(error)")
    }
  }

  private func takePlace() -> Bool {
    underWay.withLock { count in
      guard count < Self.mostUnderWay else { return false }
      count += 1
      return true
    }
  }

  private func givePlaceBack() { underWay.withLock { $0 -= 1 } }
}

extension AccountDirectory.Calls {
  static let system = Self(
    groupID: { name in
      unsafe entry(group(), { unsafe getgrnam_r(name, $0, $1, $2, $3) }, { unsafe $0.gr_gid })
    },
    userName: { id in
      unsafe entry(
        passwd(), { unsafe getpwuid_r(id, $0, $1, $2, $3) }, { unsafe String(validatingCString: $0.pw_name) })
    })

  /// For the text of one entry, in bytes: a group's has the names of all its members.
  private static let (usualBytes, mostBytes) = (64 << 10, 16 << 20)

  private static func entry<Entry, Value>(
    _ empty: Entry,
    _ call: (
      UnsafeMutablePointer<Entry>, UnsafeMutablePointer<CChar>, Int,
      UnsafeMutablePointer<UnsafeMutablePointer<Entry>?>
    ) -> CInt,
    _ value: (Entry) -> Value?
  ) -> Result<Value?, Errno> {
    var room = usualBytes
    while true {
      var (entry, found) = unsafe (empty, UnsafeMutablePointer<Entry>?.none)
      var text = [CChar](repeating: 0, count: room)
      switch unsafe call(&entry, &text, room, &found) {
      case 0: return .success(unsafe found == nil ? nil : value(entry))
      case EINTR: continue
      case ERANGE where room < mostBytes: room *= 4
      // What some directories say where there is none (man 3 getgrnam).
      case ENOENT, ESRCH, EBADF, EPERM: return .success(nil)
      case let error: return .failure(Errno(rawValue: error))
      }
    }
  }
}
