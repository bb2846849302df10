import ArgumentParser
import Control

// What is done to a daemon that runs. Each command asks, and shows what the daemon says.

struct RetryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retry",
    abstract: "Have the daemon try a session again, now.",
    discussion: """
      The daemon tries again by itself what may pass, such as a full disk, later and later; what cannot pass, such as \
      damaged data, it leaves until its data or parameters change. When you have put right what was wrong, this spares \
      you the wait. blechctl why says what that is. \(SteeringOptions.whoMay)
      """)

  @OptionGroup var sessions: SessionArguments
  @OptionGroup var options: SteeringOptions

  func run() async throws { try await options.steer(sessions.directories) { .retry(directory: $0) } }
}

struct RetrainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retrain",
    abstract: "Have the daemon infer all of a session anew.",
    discussion: """
      Every taste is trained again, up to date or not, and its result replaces the one that is there, even one that \
      another program wrote. The old results stay in the .h5 until the new ones take their place. \
      \(SteeringOptions.whoMay)
      """)

  @OptionGroup var sessions: SessionArguments
  @OptionGroup var options: SteeringOptions

  func run() async throws { try await options.steer(sessions.directories) { .retrain(directory: $0) } }
}

struct CancelCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel",
    abstract: "Have the daemon give a session up.",
    discussion: """
      What is queued for it is not begun, and what runs is ended; its .h5 stays as it is. The daemon leaves the session \
      alone from then on, until its data or parameters change or somebody asks for it: blechctl retry does. \
      \(SteeringOptions.whoMay)
      """)

  @OptionGroup var sessions: SessionArguments
  @OptionGroup var options: SteeringOptions

  func run() async throws { try await options.steer(sessions.directories) { .cancel(directory: $0) } }
}

struct FirstCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "first",
    abstract: "Put a session before all others that wait.",
    discussion: """
      Sessions are worked on in the order in which they came. This one is begun next; what runs already is not \
      interrupted. \(SteeringOptions.whoMay)
      """)

  @OptionGroup var sessions: SessionArguments
  @OptionGroup var options: SteeringOptions

  func run() async throws { try await options.steer(sessions.directories) { .first(directory: $0) } }
}

struct ProcessCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "process",
    abstract: "Have the daemon take up sessions of earlier days.",
    discussion: """
      Sessions that were sorted before the daemon first watched their folder are its backlog, which it leaves alone \
      unless its configuration says otherwise. Name a session, or a folder with many, and the daemon takes what is of \
      the backlog there; --backlog stands for all of it. \(SteeringOptions.whoMay)
      """)

  @Argument(help: ArgumentHelp("Directories of sessions, or folders above them.", valueName: "dir"))
  var directories: [String] = []
  @Flag(help: "All sessions of the backlog, in every folder that is watched.")
  var backlog = false
  @OptionGroup var options: SteeringOptions

  func validate() throws {
    if directories.isEmpty != backlog {
      throw ValidationError("Name at least one directory, or use --backlog; not both.")
    }
  }

  func run() async throws {
    if backlog {
      try await options.steer(.processBacklog)
    } else {
      try await options.steer(directories) { .process(directory: $0) }
    }
  }
}

struct PauseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pause",
    abstract: "Have the daemon begin no more work.",
    discussion: """
      For when you need the machine to yourself. What runs already goes on to its end; new sessions are still noticed, \
      and wait. It stays so, even if the daemon or the machine is started anew, until blechctl resume. \
      \(SteeringOptions.whoMay)
      """)

  @OptionGroup var options: SteeringOptions

  func run() async throws { try await options.steer(.pause) }
}

struct ResumeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume",
    abstract: "Have the daemon go on after a pause.",
    discussion: "Ends what blechctl pause began. \(SteeringOptions.whoMay)")

  @OptionGroup var options: SteeringOptions

  func run() async throws { try await options.steer(.resume) }
}

struct ReloadCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reload",
    abstract: "Have the daemon read its configuration anew.",
    discussion: """
      A change of the configuration counts from here on; nothing else needs to be started anew. If something is wrong \
      with the file, the daemon keeps the configuration that it has, and this command fails and says what is wrong. \
      blechctl config check finds that out beforehand. \(SteeringOptions.whoMay)
      """)

  @OptionGroup var options: SteeringOptions

  func run() async throws { try await options.steer(.reload) }
}
