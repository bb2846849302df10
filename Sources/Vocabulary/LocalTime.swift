import Glibc

/// Times as blech_clust writes them: "YYYY-MM-DD HH:MM:SS" in this machine's zone.
public enum LocalTime {
  /// In seconds since 1970.
  public static var now: Int64 { Int64(time(nil)) }

  /// - Returns: the text, or an empty one where the system knows no such time.
  public static func text(_ secondsSince1970: Int64) -> String {
    var time = time_t(secondsSince1970)
    var parts = tm()
    guard localtime_r(&time, &parts) != nil else { return "" }
    func digits(_ value: Int32, _ count: Int) -> String {
      let text = "\(value)"
      return String(repeating: "0", count: max(0, count - text.count)) + text
    }
    let day = [digits(parts.tm_year + 1900, 4), digits(parts.tm_mon + 1, 2), digits(parts.tm_mday, 2)]
    let clock = [digits(parts.tm_hour, 2), digits(parts.tm_min, 2), digits(parts.tm_sec, 2)]
    return "\(day.joined(separator: "-")) \(clock.joined(separator: ":"))"
  }

  /// Seconds since 1970, or nil where the text is no such time. One that a change of the clocks makes ambiguous is one
  /// of both.
  public static func seconds(_ text: String) -> Int64? {
    let numbers = text.split { !$0.isNumber }.compactMap { Int32($0) }
    guard numbers.count == 6 else { return nil }
    var parts = tm()
    (parts.tm_year, parts.tm_mon, parts.tm_mday) = (numbers[0] - 1900, numbers[1] - 1, numbers[2])
    (parts.tm_hour, parts.tm_min, parts.tm_sec) = (numbers[3], numbers[4], numbers[5])
    parts.tm_isdst = -1
    return Int64(mktime(&parts))
  }

  /// Minutes after midnight.
  public static func minuteOfDay(_ secondsSince1970: Int64) -> Int {
    var time = time_t(secondsSince1970)
    var parts = tm()
    guard localtime_r(&time, &parts) != nil else { return 0 }
    return Int(parts.tm_hour) * 60 + Int(parts.tm_min)
  }
}
