import ArgumentParser
import Configuration
import Logging
import Reporting
import UnixSignals
import Vocabulary

/// The daemon: watches the lab's folders and decides what is to be done about each session.
@main
struct Blechd: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "blechd",
    abstract: "Watch folders for sessions sorted with blech_clust.",
    discussion: """
      Runs in the foreground until it is told to end (SIGTERM, or Ctrl-C); SIGHUP has it read its configuration \
      anew. What it watches and decides it says on stderr, in status.json in its runtime directory, and to \
      blechctl.
      """,
    version: Software.name)

  @Option(
    help: ArgumentHelp("The configuration (default: where blechctl config looks for it).", valueName: "file"))
  var config: String?
  @Option(
    help: ArgumentHelp(
      "Where it keeps what must outlive it (default: systemd's, else XDG's).", valueName: "dir"))
  var stateDirectory: String?
  @Option(
    help: ArgumentHelp("Where it can be seen and reached (default: systemd's, else XDG's).", valueName: "dir")
  )
  var runtimeDirectory: String?
  @Flag(help: "Show every decision and run nothing.")
  var dryRun = false

  func run() async throws {
    // From here on, as it would end the process: the start may take its time, and whoever sends it then is heard later.
    let reloads = await UnixSignalsSequence(trapping: .sighup)
    let log = Logger(label: "blechd") { _ in StandardErrorLog() }
    do throws(Failure) {
      let file = try ConfigurationFile.find(named: config)
      let state =
        if let stateDirectory { StateDirectory(path: stateDirectory) } else { try StateDirectory.find() }
      let runtime =
        if let runtimeDirectory { RuntimeDirectory(path: runtimeDirectory) } else {
          try RuntimeDirectory.find()
        }
      let configuration = try load(file, log)
      let lock = try InstanceLock(in: state)
      let daemon = Daemon(
        file: file, configuration: configuration, state: state, runtime: runtime, isDryRun: dryRun,
        reloads: reloads, log: log)
      try await daemon.run()
      withExtendedLifetime((lock, reloads)) {}
    } catch {
      log.critical("\(error)")
      throw ArgumentParser.ExitCode(error.code.rawValue)
    }
  }

  private func load(_ file: ConfigurationFile, _ log: Logger) throws(Failure) -> Configuration {
    do throws(ConfigurationError) {
      return try file.load()
    } catch {
      for line in error.lines.dropFirst() { log.critical("\(line)") }
      throw error.failure
    }
  }
}
