import Foundation
import Subprocess
import Testing

/// Runs the built `blechctl` as a person does, with a home and a state directory of its own.
struct Blechctl {
  struct Run {
    var exitCode: Int32
    var output: String
    var errors: String
  }

  /// Where the test runner and the programs were built.
  static let products = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
  static var program: String { products.appending(path: "blechctl").path }
  static var worker: String { products.appending(path: "blechd-worker").path }

  let home: URL

  func environment(_ changes: [String: String] = [:]) -> Environment {
    var values: [Environment.Key: String?] = [
      "HOME": home.path, "XDG_STATE_HOME": nil, "STATE_DIRECTORY": nil,
    ]
    for (name, value) in changes { values[.init(stringLiteral: name)] = value }
    return .inherit.updating(values)
  }

  func run(_ arguments: [String], environment changes: [String: String] = [:]) async throws -> Run {
    try await Self.run([Self.program] + arguments, environment: environment(changes))
  }

  /// A program by its path, or by its name in `$PATH`.
  static func executable(_ name: String) -> Executable {
    name.contains("/") ? .path(.init(name)) : .name(name)
  }

  /// Any command, waited for.
  static func run(_ command: [String], environment: Environment = .inherit) async throws -> Run {
    let result = try await Subprocess.run(
      executable(command[0]), arguments: Arguments(Array(command.dropFirst())), environment: environment,
      output: .string(limit: 16 << 20), error: .string(limit: 1 << 20))
    let code: Int32
    switch result.terminationStatus {
    case .exited(let status): code = status
    case .signaled(let signal): code = -signal
    }
    return Run(exitCode: code, output: result.standardOutput, errors: result.standardError)
  }
}
