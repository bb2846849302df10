import CKernelBuild
import FoundationEssentials

/// What a processor can do, in the kernel's words.
public struct ProcessorFeatures: Equatable, Sendable {
  public let names: Set<String>

  /// - Parameter cpuInfo: the text of /proc/cpuinfo; its first processor counts.
  public init(cpuInfo: String) {
    let line = cpuInfo.split(separator: "\n").first { line in
      // x86 says flags, Arm says Features.
      let key = line.prefix { $0 != ":" && $0 != "\t" && $0 != " " }
      return key == "flags" || key == "Features"
    }
    let list = line?.split(separator: ":", maxSplits: 1).last ?? ""
    names = Set(list.split { $0 == " " || $0 == "\t" }.map(String.init))
  }

  public static let ofThisMachine = ProcessorFeatures(
    cpuInfo: (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? "")
}

/// What this program's kernels were built for.
public enum KernelBuild {
  /// `native`, or the level that was asked for.
  public static var target: String { unsafe String(cString: ckernelbuild_march) }

  /// Features that the kernels may use.
  public static var features: Set<String> {
    Set(unsafe String(cString: ckernelbuild_features).split(separator: " ").map(String.init))
  }

  /// What `processor` lacks to run the kernels, sorted; empty if it can.
  public static func missing(on processor: ProcessorFeatures) -> [String] {
    // Where the kernel tells nothing there is nothing to compare with.
    processor.names.isEmpty ? [] : features.subtracting(processor.names).sorted()
  }
}
