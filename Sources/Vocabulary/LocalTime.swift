import Glibc

/// Times as blech_clust writes them: "YYYY-MM-DD HH:MM:SS" in the zone of the machine, which they do not name.
public enum LocalTime {
  /// - Parameter seconds: since 1970.
  public static func text(_ seconds: Int64) -> String {
    let parts = parts(seconds)
    func digits(_ value: Int32, _ count: Int) -> String {
      let text = "\(value)"
      return String(repeating: "0", count: max(0, count - text.count)) + text
    }
    let day = [digits(parts.tm_year + 1900, 4), digits(parts.tm_mon + 1, 2), digits(parts.tm_mday, 2)]
    let clock = [digits(parts.tm_hour, 2), digits(parts.tm_min, 2), digits(parts.tm_sec, 2)]
    return "\(day.joined(separator: "-")) \(clock.joined(separator: ":"))"
  }

  /// Seconds since 1970, or nil where `text` is no such time.
  public static func seconds(_ text: String) -> Int64? {
    let fields = text.split(whereSeparator: { !$0.isASCII || !$0.isNumber }).map { Int32($0) }
    guard text.utf8.count == 19, fields.count == 6, !fields.contains(nil) else { return nil }
    let numbers = fields.compactMap(\.self)
    var parts = tm()
    parts.tm_year = numbers[0] - 1900
    parts.tm_mon = numbers[1] - 1
    parts.tm_mday = numbers[2]
    parts.tm_hour = numbers[3]
    parts.tm_min = numbers[4]
    parts.tm_sec = numbers[5]
    // Whether summer time is in force the zone knows.
    parts.tm_isdst = -1
    let seconds = mktime(&parts)
    return seconds == -1 ? nil : Int64(seconds)
  }

  /// Minutes after midnight.
  public static func minuteOfDay(_ seconds: Int64) -> Int {
    let parts = parts(seconds)
    return Int(parts.tm_hour) * 60 + Int(parts.tm_min)
  }

  private static func parts(_ seconds: Int64) -> tm {
    var time = time_t(seconds)
    var parts = tm()
    localtime_r(&time, &parts)
    return parts
  }
}
