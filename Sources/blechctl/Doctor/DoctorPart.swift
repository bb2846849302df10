import Vocabulary
import Watching

/// What one child process looks at: as the daemon's user, and where a dead mount makes nobody else wait.
enum DoctorPart: Codable, Equatable, Sendable {
  case root(Root)
  case belongings(Belongings)

  struct Root: Codable, Equatable, Sendable {
    var path: String
    /// As in the configuration.
    var backend: String
    var exclusions: [String]
    /// What a daemon that watches it says of how; its watches are not to be taken a second time.
    var backendInForce: String?
    var minimumFreeMB: Int
    /// The configuration's path, for advice.
    var file: String
    var user: String

    var wantedBackend: WatchRoot.Backend { WatchRoot.Backend(rawValue: backend) ?? .auto }
    /// How its directories are counted: polling takes no watches beside the daemon's.
    var scanBackend: WatchRoot.Backend { backendInForce == nil ? wantedBackend : .polling }
    /// Whether its changes are told by inotify, as far as `scanned` or the daemon knows.
    func usesEvents(scanned: TreeStatus.Backend) -> Bool {
      (backendInForce ?? scanned.rawValue) != TreeStatus.Backend.polling.rawValue
    }
  }

  struct Belongings: Codable, Equatable, Sendable {
    var account: Account
    /// Whose they are, where this is another user, who can try nothing for them.
    var owner: String?
    var stateDirectory: String
    var runtimeDirectory: String
    var configuration: String
    var maker: DirectoriesCheck.Maker
    var minimumFreeMB: Int
  }

  /// What a child is asked: one JSON document on its stdin.
  struct Request: Codable, Equatable, Sendable {
    var part: DoctorPart
    /// Whom it is to become first; nil: it stays who it is.
    var account: Account?
  }

  /// What a child says: one JSON document on each line of its stdout.
  enum Message: Codable, Equatable, Sendable {
    case line(DoctorLine)
    case size(Size)
    /// Nothing comes after it, even if the process cannot end.
    case end
  }

  /// Of what inotify would watch in a root.
  struct Size: Codable, Equatable, Sendable {
    var directories = 0
    /// File systems, each with an inotify instance.
    var trees = 0

    static func + (left: Size, right: Size) -> Size {
      Size(directories: left.directories + right.directories, trees: left.trees + right.trees)
    }
  }

  var subject: String {
    switch self {
    case .root(let root): root.path
    case .belongings(let belongings): belongings.stateDirectory
    }
  }

  /// How long a child may take in all: each of its steps has a limit of its own, shorter together.
  static let longest = Duration.seconds(150)
}
