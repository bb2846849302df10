// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours: a warning is an error, and unsafe code is marked where it touches C.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]
let strictMemory: [SwiftSetting] = strict + [.strictMemorySafety()]

/// The arithmetic is optimised in debug builds too: unoptimised SIMD code is a hundred times slower and
/// would make the tests unusable. `BLECHD_MARCH` names the instruction set to build for; without it a
/// source build uses the machine's own.
let instructionSet = Context.environment["BLECHD_MARCH"] ?? "native"
/// Instruction sets without a fused multiply-add are told so, as Swift's own spelling of it would be a call.
let kernel: [SwiftSetting] =
  strict + [.unsafeFlags(["-O", "-wmo", "-num-threads", "2", "-Xcc", "-march=\(instructionSet)"])]
  + (["x86-64", "x86-64-v2"].contains(instructionSet) ? [.define("NO_FUSED_MULTIPLY_ADD")] : [])

let package = Package(
  name: "blechd",
  targets: [
    .target(name: "Parameters", swiftSettings: strict),
    .target(name: "SafeTensors", swiftSettings: strict),
    .target(name: "RateNetwork", swiftSettings: kernel),
    .testTarget(name: "SafeTensorsTests", dependencies: ["SafeTensors"], swiftSettings: strict),
    .testTarget(
      name: "RateNetworkTests", dependencies: ["RateNetwork", "SafeTensors"], exclude: ["Golden"],
      swiftSettings: strict),
    .testTarget(name: "ParametersTests", dependencies: ["Parameters"], swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
