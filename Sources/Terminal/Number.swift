/// Numbers as text, without a locale.
public enum Number {
  /// With exactly so many decimals; `nan` and `inf` as such.
  public static func text(_ value: Double, decimals: Int) -> String {
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    // Above this a double has no such decimals, and before long no Int is large enough.
    guard abs(value) * scale < 9e15 else { return "\(value)" }
    let scaled = Int((abs(value) * scale).rounded())
    let (whole, fraction) = scaled.quotientAndRemainder(dividingBy: Int(scale))
    let sign = value < 0 && scaled > 0 ? "-" : ""
    guard decimals > 0 else { return "\(sign)\(whole)" }
    let digits = "\(fraction)"
    return "\(sign)\(whole).\(String(repeating: "0", count: decimals - digits.count))\(digits)"
  }
}
