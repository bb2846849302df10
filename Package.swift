// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours: a warning is an error, and unsafe code is marked where it touches C.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]
let strictMemory: [SwiftSetting] = strict + [.strictMemorySafety()]

/// The arithmetic is optimised in debug builds too: unoptimised SIMD code is a hundred times slower and
/// would make the tests unusable. `BLECHD_MARCH` names the instruction set to build for; without it a
/// source build uses the machine's own.
let instructionSet = Context.environment["BLECHD_MARCH"] ?? "native"
let kernel: [SwiftSetting] =
  strict + [.unsafeFlags(["-O", "-wmo", "-num-threads", "2", "-Xcc", "-march=\(instructionSet)"])]

let package = Package(
  name: "blechd",
  dependencies: [
    .package(url: "https://github.com/apple/swift-system", exact: "1.8.1")
  ],
  targets: [
    .target(name: "Parameters", swiftSettings: strict),
    .target(name: "Vocabulary", dependencies: ["Parameters"], swiftSettings: strict),
    .target(name: "WorkerProtocol", dependencies: ["Parameters", "Vocabulary"], swiftSettings: strict),
    .target(name: "SafeTensors", swiftSettings: strict),
    .target(
      name: "FileAccess",
      dependencies: ["Vocabulary", .product(name: "SystemPackage", package: "swift-system")],
      swiftSettings: strictMemory),
    .target(
      name: "Spool", dependencies: ["FileAccess", .product(name: "Crypto", package: "swift-crypto")],
      swiftSettings: strict),
    .systemLibrary(name: "CLinux"),
    .systemLibrary(name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"])]),
    .target(
      name: "HDF5File",
      dependencies: ["CHDF5", "CLinux", .product(name: "SystemPackage", package: "swift-system")],
      swiftSettings: strictMemory),
    .testTarget(
      name: "HDF5FileTests",
      dependencies: ["HDF5File", .product(name: "SystemPackage", package: "swift-system")],
      resources: [.copy("Fixtures")], swiftSettings: strict),
    .testTarget(name: "SafeTensorsTests", dependencies: ["SafeTensors"], swiftSettings: strict),
    .testTarget(name: "ParametersTests", dependencies: ["Parameters"], swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
