import Foundation
import Testing

@Suite struct ProcessorTests {
  private static let oldProcessor = "processor\t: 0\nflags\t\t: fpu sse sse2\n"

  @Test(canMount) func `A worker says what the processor lacks, rather than dying without a word`()
    async throws
  {
    try await withSession { session in
      let cpuInfo = session.folder.appending(path: "cpuinfo").path
      try Self.oldProcessor.write(toFile: cpuInfo, atomically: false, encoding: .utf8)
      let script = """
        mount --bind "\(cpuInfo)" /proc/cpuinfo
        "\(Blechctl.program)" infer "\(session.directory.path)" --train-steps 30
        """
      let run = try await Blechctl.runMounting(script, session)
      #expect(run.exitCode == 70, "\(run.errors)")
      #expect(run.errors.contains("which this one lacks"), "\(run.errors)")
      #expect(run.errors.contains("$BLECHD_ISA"))
    }
  }
}
