/// For how much of the last 10 s some process had to wait for a resource, in percent (PSI, "some avg10"); nil where the
/// kernel does not tell.
public struct Pressure: Equatable, Sendable {
  public var cpuPercent: Double?
  public var memoryPercent: Double?
  public var ioPercent: Double?

  public init(cpuPercent: Double? = nil, memoryPercent: Double? = nil, ioPercent: Double? = nil) {
    self.cpuPercent = cpuPercent
    self.memoryPercent = memoryPercent
    self.ioPercent = ioPercent
  }

  public static func now() -> Pressure { now(below: "") }

  static func now(below root: String) -> Pressure {
    func percent(_ resource: String) -> Double? {
      KernelFile.read("\(root)/proc/pressure/\(resource)").flatMap(some10(in:))
    }
    return Pressure(
      cpuPercent: percent("cpu"), memoryPercent: percent("memory"), ioPercent: percent("io"))
  }

  /// From `some avg10=0.12 avg60=0.05 avg300=0.01 total=123`, the first of two lines.
  private static func some10(in text: String) -> Double? {
    let words = text.split(separator: "\n").first { $0.hasPrefix("some ") }?.split(separator: " ")
    let value = words?.first { $0.hasPrefix("avg10=") }?.dropFirst("avg10=".count)
    return value.flatMap { Double($0) }
  }
}
