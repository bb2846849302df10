import Glibc

/// A child that sleeps until a signal ends it.
struct Sleeper {
  let process: pid_t

  init() throws {
    var process = pid_t()
    var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("sleep"), strdup("1000"), nil]
    defer { for argument in arguments { free(argument) } }
    let status = posix_spawn(&process, "/bin/sleep", nil, nil, &arguments, environ)
    guard status == 0 else { throw SpawnError(number: status) }
    self.process = process
  }

  /// What ended it.
  func waitForSignal() -> Int32 {
    var status: Int32 = 0
    waitpid(process, &status, 0)
    return status & 0x7f
  }

  func end() {
    kill(process, SIGKILL)
    _ = waitForSignal()
  }

  private struct SpawnError: Error { let number: Int32 }
}
