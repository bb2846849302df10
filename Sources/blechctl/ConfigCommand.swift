import ArgumentParser
import Configuration
import FoundationEssentials
import Parameters
import Reporting
import Terminal
import Vocabulary

struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config",
    abstract: "Check or show the daemon's configuration.",
    discussion: """
      Without FILE, it is the one that a daemon of yours would take: blechd.yaml in \
      $CONFIGURATION_DIRECTORY, else in $XDG_CONFIG_HOME/blechd or ~/.config/blechd, else in /etc/blechd.
      """,
    subcommands: [ConfigCheckCommand.self, ConfigShowCommand.self])
}

struct ConfigFileArgument: ParsableArguments {
  @Argument(help: ArgumentHelp("The configuration.", valueName: "file"))
  var path: String?

  /// Reads the configuration. What is wrong with it is written, a line each, to stderr, and the program ends.
  func load() throws -> (file: ConfigurationFile, configuration: Configuration) {
    let file = try ConfigurationFile.find(named: path)
    do throws(ConfigurationError) {
      return (file, try file.load())
    } catch {
      StandardError.write(error.lines.map { $0 + "\n" }.joined())
      throw ArgumentParser.ExitCode(error.code.rawValue)
    }
  }
}

struct ConfigCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Say whether the configuration can be used, and what would be watched.",
    discussion: "Ends with 78 and a line for each mistake if it cannot.")

  @OptionGroup var file: ConfigFileArgument

  func run() throws {
    let (file, configuration) = try file.load()
    let summary = ConfigurationSummary(configuration, file: file.path) { path in
      var isDirectory = false
      return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory
    }
    print(summary.lines.map { $0 + "\n" }.joined(), terminator: "")
  }
}

struct ConfigShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Print the configuration in force, defaults filled in.")

  @OptionGroup var file: ConfigFileArgument
  @Flag(help: "Print one JSON document instead of YAML.")
  var json = false

  func run() throws {
    let (file, configuration) = try file.load()
    print(
      json
        ? try JSONDocument.text(ConfigurationDocument(configuration, file: file.path))
        : "# \(file.path.escapingControls), defaults filled in\n\(configuration.yaml)",
      terminator: "")
  }
}

/// What `config show` prints for programs.
struct ConfigurationDocument: Encodable {
  let version = 1
  let file: String
  /// Under the names of the file's own keys.
  let configuration: SettingTree
  /// The parameters of a session that sets none itself.
  let parameters: InferenceParameters

  init(_ configuration: Configuration, file: String) {
    self.file = file
    self.configuration = configuration.tree
    parameters = configuration.siteParameters.applied(to: .default)
  }
}
