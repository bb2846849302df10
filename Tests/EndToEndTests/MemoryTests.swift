import Foundation
import Testing

@Suite struct MemoryTests {
  /// Peak memory of all processes that a command runs, in MB: what the kernel counted for the children of a
  /// shell that waits for them.
  private func peakMemory(of command: [String], _ session: Blechctl) async throws -> Double {
    let script = """
      import resource, subprocess, sys
      subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
      print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
      """
    let run = try await Blechctl.run(["python3", "-c", script] + command, environment: session.environment())
    #expect(run.exitCode == 0, "\(run.errors)")
    return (Double(run.output.split(separator: "\n").last ?? "") ?? .infinity) / 1024
  }

  @Test(.enabled("needs python3") { try await Blechctl.run(["python3", "--version"]).exitCode == 0 })
  func `Memory stays small and does not grow with the file`() async throws {
    try await withSession { session in
      let blechctl = session.blechctl
      var peaks: [Double] = []
      for trials in ["8", "32"] {
        let path = session.folder.appending(path: "trials_\(trials)").path
        let demo = try await blechctl.run([
          "demo", path, "--tastes", "2", "--trials", trials, "--units", "40",
        ])
        #expect(demo.exitCode == 0, "\(demo.errors)")
        peaks.append(
          try await peakMemory(
            of: [Blechctl.program, "infer", path, "--train-steps", "30", "--jobs", "1"], blechctl))
      }
      // 40 units x 7000 ms x 8 bytes: the larger file holds 108 MB more than the smaller.
      #expect(peaks[1] < 200)
      #expect(peaks[1] - peaks[0] < 40, "\(peaks)")
    }
  }
}
