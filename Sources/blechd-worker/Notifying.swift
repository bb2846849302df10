import CLinux
import Glibc
import SystemPackage
import Vocabulary
import WorkerProtocol

extension Worker {
  /// Runs the command to its end, in this process's group, so that what ends the one ends the other.
  ///
  /// - Throws: `Failure` that names the command where it cannot be started or ends otherwise.
  static func notify(_ task: NotifyTask) throws(Failure) -> WorkerMessage.Outcome {
    ParentWatch.endGroupWithParent()
    let command = Command(arguments: task.arguments)
    let process: pid_t
    do throws(Errno) {
      process = try command.start(reading: Array(task.input.utf8))
    } catch {
      throw command.failure("cannot be started: \(error)", remedy: "correct notify.command")
    }
    switch command.wait(for: process) {
    case .exited(0): return .notified
    case .exited(let status):
      throw command.failure("ended with status \(status)", remedy: "see what it wrote, in the log")
    case .signaled(let signal):
      throw command.failure("was ended by signal \(signal)", remedy: "see what it wrote, in the log")
    }
  }
}

private struct Command {
  let arguments: [String]

  enum End {
    case exited(Int32)
    case signaled(Int32)
  }

  func failure(_ what: String, remedy: String) -> Failure {
    Failure(.temporary, arguments.joined(separator: " "), what, remedy: remedy)
  }

  /// Starts it with `input` as its stdin, and this process's stderr as its stdout and stderr. Nothing else that is open
  /// here is open there: whatever this program opens is closed when another begins.
  func start(reading input: [UInt8]) throws(Errno) -> pid_t {
    guard let program = arguments.first, program.hasPrefix("/") else { throw .noSuchFileOrDirectory }
    // No pipe: whether the command reads it is its own affair.
    let file = FileDescriptor(rawValue: clinux_memory_file())
    guard file.rawValue >= 0 else { throw Errno(rawValue: errno) }
    defer { try? file.close() }
    do {
      _ = try file.writeAll(input)
      try file.seek(offset: 0, from: .start)
    } catch {
      throw error as? Errno ?? .ioError
    }
    var process = pid_t()
    let error = spawn(program, input: file.rawValue, &process)
    guard error == 0 else { throw Errno(rawValue: error) }
    return process
  }

  private func spawn(_ program: String, input: Int32, _ process: inout pid_t) -> Int32 {
    var actions = unsafe posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    unsafe posix_spawn_file_actions_init(&actions)
    unsafe posix_spawnattr_init(&attributes)
    defer {
      unsafe posix_spawn_file_actions_destroy(&actions)
      unsafe posix_spawnattr_destroy(&attributes)
    }
    unsafe posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
    unsafe posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO)
    // What this process ignores would be ignored there too.
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe sigaddset(&signals, SIGPIPE)
    unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
    let words = unsafe arguments.map { unsafe strdup($0) } + [nil]
    defer { for word in unsafe words { unsafe free(word) } }
    return unsafe posix_spawn(&process, program, &actions, &attributes, words, environ)
  }

  func wait(for process: pid_t) -> End {
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
    // man 2 wait, WIFEXITED and the like.
    let signal = status & 0x7f
    return signal == 0 ? .exited((status >> 8) & 0xff) : .signaled(signal)
  }
}
