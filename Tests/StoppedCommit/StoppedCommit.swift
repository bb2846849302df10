import FileAccess
import HDF5File
import SafetyHarness

/// Changes a small file, or recovers it, and is killed at one of its system calls.
///
///     stopped-commit DIRECTORY NAME add|replace|overwrite|remove|recover CALL BYTES
///
/// CALL counts from 0, BYTES are those that the call still writes if it is one that writes. Where there are fewer calls, it
/// ends by itself and prints their number, then for each call that writes its number and how many bytes it writes.
@main
struct StoppedCommit {
  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 6, let call = Int(arguments[4]), let bytes = Int(arguments[5]) else {
      fatalError("usage: stopped-commit DIRECTORY NAME OPERATION CALL BYTES")
    }
    let directory = try OpenDirectory(at: arguments[1])
    let place = H5Place(
      directory: directory.descriptor, name: arguments[2], path: directory.path(of: arguments[2]))
    let calls = StoppingCalls(last: call, lastBytes: bytes)
    if let operation = SmallChange(rawValue: arguments[3]) {
      try H5Transaction.locking(place, calls: calls) { _ = try $0.change(operation.apply) }
    } else {
      _ = try H5Recovery.recover(place, calls: calls)
    }
    print(calls.callCount)
    for (number, count) in calls.writes.sorted(by: { $0.key < $1.key }) { print(number, count) }
  }
}
