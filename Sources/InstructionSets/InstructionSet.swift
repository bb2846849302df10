/// A processor's instruction set as far as workers are built for it; worst first.
///
/// Source: the x86-64 psABI's micro-architecture levels.
public enum InstructionSet: String, CaseIterable, Sendable {
  case x86v2 = "x86-64-v2"
  case x86v3 = "x86-64-v3"
  case x86v4 = "x86-64-v4"
  case arm64

  /// Features that a processor needs beside those of the level below, as /proc/cpuinfo calls them.
  private var features: Set<String> {
    switch self {
    case .x86v2: ["cx16", "lahf_lm", "popcnt", "pni", "sse4_1", "sse4_2", "ssse3"]
    case .x86v3:
      Self.x86v2.features.union(["abm", "avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe", "xsave"])
    case .x86v4:
      Self.x86v3.features.union(["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"])
    case .arm64: ["asimd"]
    }
  }

  /// Those that a processor with these features runs, best first.
  public static func supported(by processor: ProcessorFeatures) -> [InstructionSet] {
    allCases.filter { $0.features.isSubset(of: processor.names) }.reversed()
  }
}
