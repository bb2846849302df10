import FoundationEssentials
import Jobs
import TestSupport
import Testing
import Vocabulary

@Suite struct LookupTests {
  @Test func `A worker that the environment names is taken`() throws {
    try withScratch { scratch in
      let path = try scratch.script("exit 0")
      #expect(try WorkerExecutable.find(environment: ["BLECHD_WORKER": path]).path == path)
    }
  }

  @Test func `A worker that the environment names and that cannot be run is an error that names it`() throws {
    try withScratch { scratch in
      for path in [scratch.path("absent"), try scratch.write("plain", ""), scratch.path, ""] {
        let failure = #expect(throws: Failure.self) {
          try WorkerExecutable.find(environment: ["BLECHD_WORKER": path])
        }
        #expect(failure?.place == "$BLECHD_WORKER = \(path)")
      }
    }
  }
}

@Suite struct ExitCodeTests {
  @Test(
    arguments: [
      ([], false, .success), ([], true, .success),
      ([.badData], false, .badData), ([.badData], true, .partial),
      ([.badData, .badData], false, .badData), ([.badData, .noInput], false, .partial),
      ([.temporary, .temporary], true, .partial), ([.cannotWrite], false, .cannotWrite),
      ([.interrupted], false, .interrupted), ([.badData, .interrupted], true, .interrupted),
    ] as [([ExitCode], Bool, ExitCode)])
  func `Several outcomes add up to one exit code`(failures: [ExitCode], hasSuccess: Bool, code: ExitCode) {
    let failures = failures.map { Failure($0, "", "", remedy: "") }
    #expect(ExitCode.combining(failures, hasSuccess: hasSuccess) == code)
  }

  @Test func `The numbers are those that scripts rely on`() {
    let codes: [ExitCode] = [
      .success, .partial, .usage, .badData, .noInput, .unavailable, .internalError, .cannotWrite, .temporary,
      .notPermitted, .badConfiguration, .interrupted,
    ]
    #expect(codes.map(\.rawValue) == [0, 1, 64, 65, 66, 69, 70, 73, 75, 77, 78, 130])
  }
}
