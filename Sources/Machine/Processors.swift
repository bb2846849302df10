import CLinux

/// The processors that this process may run on.
public enum Processors {
  /// Their numbers, in rising order: those that are left of the machine's by an affinity or a cpuset.
  public static var allowed: [Int] {
    var mask = [UInt8](repeating: 0, count: mostProcessors / 8)
    let count = unsafe clinux_processors(&mask, mask.count)
    guard count > 0 else { return [0] }
    return (0..<count * 8).filter { mask[$0 / 8] & 1 << ($0 % 8) != 0 }
  }

  /// How many there are.
  public static var count: Int { allowed.count }

  /// More than a kernel can be built for.
  private static let mostProcessors = 1 << 16
}
