import Configuration
import Vocabulary

/// What the machine's owner has set, for commands that do without it where there is none.
enum SiteConfiguration {
  /// - Parameter path: of the file that a person named: then it must be there.
  /// - Returns: nil where there is no configuration.
  /// - Throws: `Failure` where it cannot be used: what it sets would silently not count.
  static func find(named path: String?) throws(Failure) -> Configuration? {
    guard path != nil || (try? ConfigurationFile.find()) != nil else { return nil }
    let file = try ConfigurationFile.find(named: path)
    do throws(ConfigurationError) { return try file.load() } catch { throw error.failure }
  }
}
