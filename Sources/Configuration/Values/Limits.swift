extension Configuration {
  /// What the workers may take of the machine.
  public struct Limits: Equatable, Sendable {
    /// How many jobs run side by side.
    public enum Jobs: Equatable, Sendable {
      /// As many as the machine has cores.
      case auto
      case count(Int)
    }
    public enum IOClass: String, CaseIterable, Sendable {
      case idle
      case bestEffort = "best-effort"
    }
    /// The machine's pressure (PSI, "some" over 10 s, in percent) above which no job is begun; nil: whatever
    /// it is.
    public struct Pressure: Equatable, Sendable {
      public var cpuPercent: Int?
      public var memoryPercent: Int? = 20
      public var ioPercent: Int?

      public init() {}
    }

    public var jobs = Jobs.auto
    /// Of one core.
    public var cpuPerJobPercent = 100
    /// In MiB.
    public var memoryPerJobMB = 1024
    /// Of the machine's memory, for all jobs together.
    public var memoryTotalPercent = 50
    public var wallTimePerJob = Duration.minutes(120)
    /// 0 (as everybody) to 19 (last of all).
    public var nice = 10
    public var ioClass = IOClass.idle
    /// Below this, in MiB, nothing is begun.
    public var freeDiskMinimumMB = 1024
    public var pressure = Pressure()
    /// When jobs may begin; nil: at any time.
    public var hours: HoursOfDay?

    public init() {}
  }
}

/// A part of each day in local time, which may pass midnight. In the configuration: `19:00-07:00`.
public struct HoursOfDay: Equatable, CustomStringConvertible, Sendable {
  /// Minutes after midnight, 0...1439: [start, end), and never equal.
  public let startMinute: Int
  public let endMinute: Int

  /// Nil unless `text` is `HH:MM-HH:MM` with two different times, 00:00 to 23:59.
  public init?(_ text: String) {
    let times = text.split(separator: "-", omittingEmptySubsequences: false).map { Self.minute(of: $0) }
    guard times.count == 2, let start = times[0], let end = times[1], start != end else { return nil }
    startMinute = start
    endMinute = end
  }

  /// - Parameter minute: after midnight, 0...1439.
  public func contains(minute: Int) -> Bool {
    startMinute < endMinute
      ? (startMinute..<endMinute).contains(minute) : minute >= startMinute || minute < endMinute
  }

  public var description: String { "\(Self.text(startMinute))-\(Self.text(endMinute))" }

  private static func minute(of text: Substring) -> Int? {
    let characters = Array(text.utf8)
    guard characters.count == 5, characters[2] == UInt8(ascii: ":"),
      let hour = Int(asciiDigits: characters[..<2]), let minute = Int(asciiDigits: characters[3...]),
      hour < 24, minute < 60
    else { return nil }
    return 60 * hour + minute
  }

  private static func text(_ minute: Int) -> String {
    func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(twoDigits(minute / 60)):\(twoDigits(minute % 60))"
  }
}

extension Int {
  /// A number of a few digits and nothing else: `Int("+1")` is one, too.
  init?(asciiDigits digits: some Collection<UInt8>) {
    guard !digits.isEmpty, digits.count <= 9 else { return nil }
    self = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      self = 10 * self + Int(digit - UInt8(ascii: "0"))
    }
  }
}
