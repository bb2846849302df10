import ArgumentParser
import FoundationEssentials
import Terminal
import Vocabulary

/// The user's face of blechd.
@main
struct Blechctl: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "blechctl",
    abstract: "Infer single-trial firing rates of sessions sorted with blech_clust.",
    version: Software.name,
    subcommands: [
      InferCommand.self, WhyCommand.self, RecoverCommand.self, ConfigCommand.self, DemoCommand.self,
      BenchCommand.self, DoctorCommand.self, DoctorPartCommand.self,
    ],
    groupedSubcommands: [
      CommandGroup(
        name: "Daemon",
        subcommands: [
          ProcessCommand.self, FirstCommand.self, RetryCommand.self, RetrainCommand.self, CancelCommand.self,
          PauseCommand.self, ResumeCommand.self, ReloadCommand.self,
        ])
    ])

  static func main() async {
    var command: any ParsableCommand
    do {
      command = try parseAsRoot(UpstreamSpelling.normalised(Array(CommandLine.arguments.dropFirst())))
    } catch {
      exit(withError: error)
    }
    do {
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch let failure as Failure {
      StandardError.write("blechctl: \(failure)\n")
      exit(withError: ArgumentParser.ExitCode(failure.code.rawValue))
    } catch {
      exit(withError: error)
    }
  }
}
