// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours: a warning is an error, and unsafe code is marked where it touches C.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]
let strictMemory: [SwiftSetting] = strict + [.strictMemorySafety()]

/// The arithmetic is optimised in debug builds too: unoptimised SIMD code is a hundred times slower and
/// would make the tests unusable. `BLECHD_MARCH` names the instruction set to build for; without it a
/// source build uses the machine's own.
let instructionSet = Context.environment["BLECHD_MARCH"] ?? "native"
#if arch(arm64)
  let instructionSetFlag = "-mcpu=\(instructionSet)"
#else
  let instructionSetFlag = "-march=\(instructionSet)"
#endif
let kernel: [SwiftSetting] =
  strict + [.unsafeFlags(["-O", "-wmo", "-num-threads", "2", "-Xcc", instructionSetFlag])]

/// Eigenvectors of 300 units take minutes unoptimised, and so do the tests of a hundred thousand interrupted
/// commits. No instruction set: no SIMD type is named there.
/// (With -wmo, SwiftPM's debug builds expect one object for each file, which -num-threads gives.)
let optimised: [SwiftSetting] = strict + [.unsafeFlags(["-O", "-wmo", "-num-threads", "2"])]

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")

let package = Package(
  name: "blechd",
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
    .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2"),
  ],
  targets: [
    // What every room shares.
    .target(name: "Parameters", swiftSettings: strict),
    .target(name: "Vocabulary", dependencies: ["Parameters"], swiftSettings: strict),
    .target(name: "WorkerProtocol", dependencies: ["Parameters", "Vocabulary"], swiftSettings: strict),
    .target(name: "SafeTensors", swiftSettings: strict),
    .target(name: "FileSystems", swiftSettings: strict),
    // Threads for calls that block.
    .target(name: "Threads", dependencies: ["CLinux", "FileAccess", system], swiftSettings: strictMemory),
    .target(
      name: "FileAccess", dependencies: ["CLinux", "Vocabulary", system], swiftSettings: strictMemory),

    // From spikes to rates.
    .target(name: "RateNetwork", dependencies: ["CKernelBuild"], swiftSettings: kernel),
    .target(
      name: "Inference", dependencies: ["Parameters", "RateNetwork", "Vocabulary", crypto],
      swiftSettings: optimised),

    .target(
      name: "CKernelBuild",
      cSettings: [.unsafeFlags([instructionSetFlag]), .define("KERNEL_MARCH", to: "\"\(instructionSet)\"")]),
    .target(
      name: "InstructionSets", dependencies: ["CKernelBuild"], swiftSettings: strictMemory),

    // A session's files.
    .systemLibrary(name: "CLinux"),
    .systemLibrary(name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"])]),
    .target(
      name: "HDF5File", dependencies: ["CHDF5", "CLinux", "FileSystems", crypto, system],
      swiftSettings: optimised + [.strictMemorySafety()]),
    .target(
      name: "SessionFolder",
      dependencies: [
        "FileAccess", "HDF5File", "Inference", "Parameters", "RateNetwork", "SafeTensors", "Vocabulary",
        crypto,
        system,
      ], swiftSettings: strict),
    .target(
      name: "DemoSession", dependencies: ["FileAccess", "HDF5File", "RateNetwork", "Vocabulary"],
      swiftSettings: optimised),
    .target(name: "Spool", dependencies: ["FileAccess", "Vocabulary", crypto], swiftSettings: strict),

    // What happens on the disk.
    .target(
      name: "Watching",
      dependencies: ["CLinux", "FileAccess", "FileSystems", "Threads", "Vocabulary", system],
      swiftSettings: strictMemory),

    .target(
      name: "Intake",
      dependencies: [
        "Configuration", "FileAccess", "Vocabulary", "Watching", "WorkerProtocol", crypto, system,
      ],
      swiftSettings: strictMemory),

    // What the machine's owner sets.
    .target(
      name: "Configuration",
      dependencies: [
        "FileAccess", "Parameters", "Vocabulary", system, .product(name: "Yams", package: "Yams"),
      ], swiftSettings: strict),

    // Processes.
    .target(
      name: "Machine", dependencies: ["CLinux", "FileAccess", "Vocabulary", system],
      swiftSettings: strictMemory
    ),
    .target(
      name: "Jobs",
      dependencies: [
        "Configuration", "FileAccess", "InstructionSets", "Leases", "Machine", "Parameters", "Threads",
        "Vocabulary", "WorkerProtocol",
        .product(name: "Subprocess", package: "swift-subprocess"),
      ], swiftSettings: strict),

    // What is to be done, when, and what was done.
    .target(
      name: "Leases", dependencies: ["CLinux", "FileAccess", "Threads", "Vocabulary", system],
      swiftSettings: strictMemory),
    .target(
      name: "Store",
      dependencies: [
        "Configuration", "FileAccess", "Threads", "Vocabulary", system,
        .product(name: "GRDB", package: "GRDB.swift"),
      ], swiftSettings: strict),
    .target(
      name: "Scheduling",
      dependencies: [
        "Configuration", "Jobs", "Leases", "Machine", "Parameters", "Store", "Vocabulary", "WorkerProtocol",
        system,
      ], swiftSettings: strict),

    .target(
      name: "Control", dependencies: ["CLinux", "FileAccess", "Threads", "Vocabulary", system],
      swiftSettings: strictMemory),
    .target(
      name: "Reporting",
      dependencies: [
        "FileAccess", "Terminal", "Vocabulary", .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .target(name: "Terminal", dependencies: ["Vocabulary"], swiftSettings: strict),
    .executableTarget(
      name: "blechd",
      dependencies: [
        "Configuration", "Control", "FileAccess", "Intake", "Jobs", "Leases", "Machine", "Reporting",
        "Scheduling", "Spool", "Store", "Threads", "Vocabulary", "Watching", "WorkerProtocol", system,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ], swiftSettings: strict),
    .executableTarget(
      name: "blechctl",
      dependencies: [
        "Configuration", "Control", "FileAccess", "FileSystems", "InstructionSets", "Intake", "Jobs",
        "Leases", "Machine", "Parameters", "Reporting", "Terminal", "Threads", "Vocabulary", "Watching",
        "WorkerProtocol", system,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ], swiftSettings: strict),
    .executableTarget(
      name: "blechd-worker",
      dependencies: [
        "CLinux", "DemoSession", "FileAccess", "HDF5File", "Inference", "InstructionSets", "Machine",
        "Parameters", "RateNetwork", "SessionFolder", "Spool", "Vocabulary", "WorkerProtocol",
      ], swiftSettings: strict),

    // Run by hand; see docs/performance.md.
    .executableTarget(
      name: "scheduler-steps",
      dependencies: [
        "Configuration", "Jobs", "Parameters", "Scheduling", "Store", "Vocabulary", "WorkerProtocol",
      ], path: "Benchmarks/SchedulerSteps", swiftSettings: strict),

    .target(
      name: "TestSupport", dependencies: ["FileAccess", "HDF5File", "Machine"], path: "Tests/TestSupport",
      swiftSettings: strict),
    // Disks that fail and processes that are stopped, for the tests of the safe commit.
    .target(
      name: "SafetyHarness", dependencies: ["HDF5File", system], path: "Tests/SafetyHarness",
      swiftSettings: optimised),
    .executableTarget(
      name: "stopped-commit", dependencies: ["FileAccess", "SafetyHarness"], path: "Tests/StoppedCommit",
      swiftSettings: strict),
    // Fills a small disk with a store, and makes room again.
    .executableTarget(
      name: "store-on-full-disk", dependencies: ["Store", "Vocabulary"], path: "Tests/StoreOnFullDisk",
      swiftSettings: strict),
    .testTarget(name: "ReportingTests", dependencies: ["Reporting", "TestSupport"], swiftSettings: strict),
    .testTarget(name: "ThreadsTests", dependencies: ["Threads"], swiftSettings: strict),
    .testTarget(name: "FileSystemsTests", dependencies: ["FileSystems"], swiftSettings: strict),
    .testTarget(
      name: "IntakeTests",
      dependencies: ["FileAccess", "Intake", "Parameters", "TestSupport", "Vocabulary", "Watching", system],
      swiftSettings: strict),
    .testTarget(
      name: "WatchingTests",
      dependencies: [
        "FileAccess", "TestSupport", "Vocabulary", "Watching", system,
        .product(name: "Subprocess", package: "swift-subprocess"),
      ], swiftSettings: strict),
    .testTarget(name: "SafeTensorsTests", dependencies: ["SafeTensors"], swiftSettings: strict),
    .testTarget(name: "ParametersTests", dependencies: ["Parameters"], swiftSettings: strict),
    .testTarget(
      name: "WorkerProtocolTests", dependencies: ["Parameters", "Vocabulary", "WorkerProtocol"],
      swiftSettings: strict),
    .testTarget(
      name: "FileAccessTests", dependencies: ["FileAccess", "TestSupport", "Vocabulary", system],
      swiftSettings: strict),
    .testTarget(
      name: "ConfigurationTests",
      dependencies: [
        "Configuration", "Parameters", "TestSupport", "Vocabulary",
        .product(name: "Yams", package: "Yams"),
      ], swiftSettings: strict),
    .testTarget(
      name: "RateNetworkTests", dependencies: ["RateNetwork", "SafeTensors"], exclude: ["Golden"],
      swiftSettings: strict),
    .testTarget(name: "InstructionSetsTests", dependencies: ["InstructionSets"], swiftSettings: strict),
    .testTarget(
      name: "InferenceTests",
      dependencies: [
        "Inference", "Parameters", "RateNetwork", "SafeTensors", "TestSupport", "Vocabulary",
      ],
      exclude: ["Golden"], swiftSettings: strict),
    .testTarget(
      name: "HDF5FileTests",
      dependencies: ["FileAccess", "HDF5File", "SafetyHarness", "TestSupport", crypto, system],
      resources: [.copy("Fixtures")],
      swiftSettings: strict),
    .testTarget(
      name: "SessionFolderTests",
      dependencies: [
        "FileAccess", "HDF5File", "Inference", "Parameters", "RateNetwork", "SafeTensors", "SessionFolder",
        "TestSupport", "Vocabulary", system,
      ], swiftSettings: strict),
    .testTarget(name: "SpoolTests", dependencies: ["Spool", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "JobsTests",
      dependencies: [
        "Configuration", "Jobs", "Machine", "Parameters", "TestSupport", "Vocabulary", "WorkerProtocol",
      ], swiftSettings: strict),
    .testTarget(
      name: "ControlTests", dependencies: ["Control", "TestSupport", "Vocabulary"], swiftSettings: strict),
    .testTarget(
      name: "MachineTests",
      dependencies: ["CLinux", "FileAccess", "Machine", "TestSupport", "Vocabulary", system],
      swiftSettings: strict),
    .testTarget(
      name: "LeasesTests", dependencies: ["FileAccess", "Leases", "TestSupport", "Vocabulary", system],
      swiftSettings: strict),
    .testTarget(
      name: "StoreTests",
      dependencies: [
        "Configuration", "FileAccess", "Parameters", "Store", "TestSupport", "Vocabulary",
        "store-on-full-disk", .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "Subprocess", package: "swift-subprocess"),
      ], swiftSettings: strict),
    .testTarget(
      name: "SchedulingTests",
      dependencies: [
        "Configuration", "Jobs", "Leases", "Machine", "Parameters", "Scheduling", "Store", "TestSupport",
        "Vocabulary", "WorkerProtocol",
      ], swiftSettings: strict),
    .testTarget(name: "TerminalTests", dependencies: ["Terminal"], swiftSettings: strict),
    .testTarget(
      name: "BlechctlTests",
      dependencies: [
        "Configuration", "Control", "blechctl", "InstructionSets", "Intake", "Jobs", "Machine", "Parameters",
        "Reporting",
        "TestSupport", "Vocabulary", "Watching", "WorkerProtocol", system,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: strict),
    .testTarget(
      name: "BlechdTests",
      dependencies: [
        "Configuration", "Control", "Intake", "Jobs", "Machine", "Parameters", "Reporting", "Scheduling",
        "TestSupport", "Vocabulary", "Watching", "WorkerProtocol", "blechd", system,
        .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: strict),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "Configuration", "Control", "HDF5File", "Jobs", "Leases", "Machine", "Parameters", "Reporting",
        "SafetyHarness", "Store", "TestSupport", "Vocabulary", "WorkerProtocol", "blechctl", "blechd",
        "blechd-worker", "stopped-commit", system,
        .product(name: "Subprocess", package: "swift-subprocess"),
      ], swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
