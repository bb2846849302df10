import FoundationEssentials
import Glibc
import InstructionSets
import SessionFolder
import Vocabulary
import WorkerProtocol

/// One short-lived process for one task: reads a request from stdin, works, and says how it went on stdout.
@main
struct Worker {
  static func main() {
    // A parent that is gone is noticed at stdin; a write to it must not kill us in the middle of a commit.
    signal(SIGPIPE, SIG_IGN)
    let output = MessageOutput()
    do throws(Failure) {
      try checkProcessor()
      let request = try readRequest()
      try request.limits.apply()
      ParentWatch.start()
      let outcome = try perform(request, output)
      output.send(.use(ResourceUse.ofThisProcess))
      guard output.send(.result(outcome)) else {
        throw Failure(
          .badData, "blechd-worker", "found more than a message holds (\(WorkerMessage.longestLine) bytes)",
          remedy: "check the names of tastes and digital inputs in the .h5 and the .info")
      }
      exit(ExitCode.success.rawValue)
    } catch {
      output.send(.use(ResourceUse.ofThisProcess))
      output.send(.error(error))
      exit(error.code.rawValue)
    }
  }

  private static func perform(
    _ request: WorkerRequest, _ output: MessageOutput
  ) throws(Failure) -> WorkerMessage.Outcome {
    switch request.task {
    case .inspect(let task): try inspect(task)
    case .infer(let task): .inferred(try infer(task, output))
    case .commit(let task): .commit(try commit(task))
    case .recover(let task): .recovered(try recover(task))
    case .demo(let task): try demo(task)
    case .bench(let task): .benched(try bench(task))
    case .probe(let task): .probed(try probe(task))
    case .notify(let task): try notify(task)
    }
  }

  /// Before any kernel runs: without this, a processor that lacks an instruction ends the worker without a
  /// word.
  private static func checkProcessor() throws(Failure) {
    let missing = KernelBuild.missing(on: .ofThisMachine)
    guard missing.isEmpty else {
      throw Failure(
        .internalError, "blechd-worker",
        "was built for processors with \(missing.joined(separator: ", ")) (\(KernelBuild.target)), which this one lacks",
        remedy:
          "use a build for a lower instruction set ($BLECHD_ISA or $BLECHD_WORKER names one), or build it here"
      )
    }
  }

  /// One line of JSON. What follows it on stdin is nothing, until the parent closes it.
  private static func readRequest() throws(Failure) -> WorkerRequest {
    guard let line = readLine(strippingNewline: true) else {
      throw Failure(
        .usage, "blechd-worker", "got no request on stdin",
        remedy: "it is run by blechd and blechctl, not by hand")
    }
    do {
      let request = try JSONDecoder().decode(WorkerRequest.self, from: Data(line.utf8))
      guard request.version == WorkerRequest.version else {
        throw Failure(
          .usage, "blechd-worker",
          "speaks version \(WorkerRequest.version) of the protocol, not \(request.version)",
          remedy: "install blechd, blechctl and blechd-worker of one version")
      }
      return request
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure(.usage, "blechd-worker", "does not understand the request: \(error)", remedy: "")
    }
  }
}
