import InstructionSets
import Testing

@Suite struct InstructionSetsTests {
  private static let v2 = "fpu sse sse2 cx16 lahf_lm popcnt pni sse4_1 sse4_2 ssse3"
  private static let v3 = v2 + " abm avx avx2 bmi1 bmi2 f16c fma movbe xsave"
  private static let v4 = v3 + " avx512f avx512bw avx512cd avx512dq avx512vl"

  private func processor(_ flags: String) -> ProcessorFeatures {
    ProcessorFeatures(cpuInfo: "processor\t: 0\nvendor_id\t: X\nflags\t\t: \(flags)\nbogomips\t: 1\n")
  }

  @Test(arguments: [
    ("fpu sse sse2", []),
    (v2, [InstructionSet.x86v2]),
    (v2 + " avx avx2", [.x86v2]),
    (v3, [.x86v3, .x86v2]),
    (v3 + " avx512f", [.x86v3, .x86v2]),
    (v4, [.x86v4, .x86v3, .x86v2]),
  ]) func `A processor runs the builds for all that it has, best first`(flags: String, sets: [InstructionSet])
  {
    #expect(InstructionSet.supported(by: processor(flags)) == sets)
  }

  @Test func `An Arm processor is told by its features`() {
    let arm = ProcessorFeatures(cpuInfo: "processor\t: 0\nFeatures\t: fp asimd crc32\nCPU part\t: 0xd0c\n")
    #expect(InstructionSet.supported(by: arm) == [.arm64])
  }

  @Test func `Where the kernel tells nothing, nothing is supported and nothing is said to be missing`() {
    #expect(InstructionSet.supported(by: ProcessorFeatures(cpuInfo: "")) == [])
    #expect(KernelBuild.missing(on: ProcessorFeatures(cpuInfo: "")) == [])
  }

  @Test func `This build runs on this machine, and not on one that lacks what it uses`() throws {
    #expect(KernelBuild.missing(on: .ofThisMachine) == [])
    let needed = KernelBuild.features
    #expect(!needed.isEmpty)
    let all = needed.joined(separator: " ")
    #expect(KernelBuild.missing(on: processor(all)) == [])
    let one = try #require(needed.first)
    let without = needed.subtracting([one]).joined(separator: " ")
    #expect(KernelBuild.missing(on: processor("fpu " + without)) == [one])
  }
}
