/// What blechd calls itself where it signs something.
public enum Software {
  public static let title = "blechd"
  public static let version = "0.1.0"
  public static let name = "\(title) \(version)"
}
