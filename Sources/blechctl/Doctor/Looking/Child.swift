import FoundationEssentials
import Subprocess
import Threads
import Vocabulary

/// Runs one part of `doctor` in a process of its own.
struct Child: Sendable {
  struct Findings: Sendable {
    var lines: [DoctorLine] = []
    var size = DoctorPart.Size()
  }

  let examiner: Examiner

  private enum Word: Sendable {
    case said(DoctorPart.Message)
    case failed(String)
  }

  /// How long one that was asked to end may take.
  private static let gracePeriod = Duration.seconds(5)
  private static let longestLine = 1 << 20
  private static let longestLog = 64 << 10

  func examine(_ part: DoctorPart) async -> Findings {
    let (words, word) = AsyncStream<Word>.makeStream()
    let process = Task {
      let failure = await run(part) { word.yield(.said($0)) }
      if let failure { word.yield(.failed(failure)) }
      word.finish()
    }
    let timer = Task {
      try? await Task.sleep(for: DoctorPart.longest)
      word.finish()
    }
    defer { timer.cancel() }
    var findings = Findings()
    for await word in words {
      switch word {
      case .said(.line(let line)): findings.lines.append(line)
      case .said(.size(let size)): findings.size = findings.size + size
      // It may hang in a call that never comes back: nobody waits for its end.
      case .said(.end): return findings
      case .failed(let reason):
        findings.lines.append(cannotRun(part, reason))
        return findings
      }
    }
    process.cancel()
    if Task.isCancelled {
      // It takes away what it has made.
      await Task { _ = await abandoning(after: Self.gracePeriod * 2) { await process.value } }.value
    } else {
      findings.lines.append(PlaceCheck.hangs(part.subject, while: "it was examined"))
    }
    return findings
  }

  private func cannotRun(_ part: DoctorPart, _ reason: String) -> DoctorLine {
    DoctorLine(
      .user, examiner.account.name, "blechctl could not be run to look at \(part.subject): \(reason)",
      .problem(.internalError, mend: ["please report this"]))
  }

  /// Nil where it went well.
  private func run(
    _ part: DoctorPart, _ tell: @Sendable (DoctorPart.Message) -> Void
  ) async -> String? {
    guard let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"),
      let request = try? JSONEncoder().encode(DoctorPart.Request(part: part, account: account))
    else { return "it does not find itself in /proc" }
    do {
      let result = try await Subprocess.run(
        .path(.init(program)), arguments: [DoctorPartCommand.name], workingDirectory: "/",
        platformOptions: options, input: .string(String(decoding: request, as: UTF8.self) + "\n"),
        output: .sequence, error: .string(limit: Self.longestLog)
      ) { execution in
        for try await line in execution.standardOutput.strings(
          bufferingPolicy: .maxLineLength(Self.longestLine))
        {
          tell(try JSONDecoder().decode(DoctorPart.Message.self, from: Data(line.utf8)))
        }
      }
      if case .exited(0) = result.terminationStatus { return nil }
      return "it ended early (\(result.terminationStatus)) \(result.standardError.prefix(500))"
    } catch {
      return "\(error)"
    }
  }

  private var account: Account? { if case .other(let account) = examiner { account } else { nil } }

  private var options: PlatformOptions {
    var options = PlatformOptions()
    // Away from the terminal's Ctrl-C, which is ours to handle.
    options.processGroupID = 0
    options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: Self.gracePeriod)]
    return options
  }
}
