import CLinux
import FileAccess
import Glibc
import Vocabulary
import WorkerProtocol

extension Worker {
  static func notify(_ task: NotifyTask) throws(Failure) -> WorkerMessage.Outcome {
    guard let program = task.arguments.first, program.hasPrefix("/") else {
      throw Failure(
        .badConfiguration, task.arguments.first ?? "notify.command", "is no absolute path",
        remedy: "correct notify.command")
    }
    let input = try memoryFile(task.input)
    defer { close(input) }
    try NotifiedCommand.run(program, task.arguments, input: input)
    return .notified
  }

  /// A file rather than a pipe: what is not read is in nobody's way.
  private static func memoryFile(_ text: String) throws(Failure) -> Int32 {
    let file = clinux_memory_file()
    var rest = Array(text.utf8)[...]
    while file >= 0, !rest.isEmpty {
      let count = retried { rest.withUnsafeBytes { write(file, $0.baseAddress, $0.count) } }
      guard count > 0 else { break }
      rest = rest.dropFirst(count)
    }
    guard file >= 0, rest.isEmpty, lseek(file, 0, SEEK_SET) == 0 else {
      let number = errno
      if file >= 0 { close(file) }
      throw Failure(
        .temporary, "blechd-worker",
        "cannot keep the text for a command: \(String(cString: strerror(number)))",
        remedy: "allow more memory")
    }
    return file
  }
}

/// A command that is run for somebody. It stays in this process's group, so that who ends the group ends it too, and ends
/// with this process where nobody is left to do that.
enum NotifiedCommand {
  static func run(_ program: String, _ arguments: [String], input: Int32) throws(Failure) {
    ParentWatch.endGroupWithParent()
    var process = pid_t()
    var words = arguments.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    // By the main thread, which lives as long as this process.
    let status = clinux_run_until_own_end(program, &words, environ, input, &process)
    guard status == 0 else {
      throw Failure(
        .badConfiguration, program, "cannot be run: \(String(cString: strerror(status)))",
        remedy: "correct notify.command")
    }
    var end: Int32 = 0
    guard retried({ waitpid(process, &end, 0) }) == process else {
      throw Failure(
        .internalError, program, "is lost: error \(errno) of waitpid", remedy: "please report this")
    }
    let signal = end & 0x7f
    guard end == 0 else {
      throw Failure(
        .badConfiguration, program,
        signal == 0 ? "ended with status \(end >> 8 & 0xff)" : "was ended by signal \(signal)",
        remedy: "see what it has written, and correct it or notify.command")
    }
  }
}
