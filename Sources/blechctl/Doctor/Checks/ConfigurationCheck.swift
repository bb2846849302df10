import Configuration
import Vocabulary

/// Which configuration, and whether it can be used.
enum ConfigurationCheck {
  static func lines(_ result: Result<(ConfigurationFile, Configuration), Failure>) -> [DoctorLine] {
    switch result {
    case .failure(let failure): return [DoctorLine(.config, failure.place, failure)]
    case .success(let (file, configuration)):
      let count = configuration.watch.count
      return [DoctorLine(.config, file.path, "in order; it names \(count) folder\(count == 1 ? "" : "s")")]
        + ignoredKeys(configuration)
    }
  }

  private static func ignoredKeys(_ configuration: Configuration) -> [DoctorLine] {
    guard let file = configuration.inferenceFile, !file.ignoredKeys.isEmpty else { return [] }
    return [
      DoctorLine(
        .config, file.path, "blechd knows no \(file.ignoredKeys.joined(separator: ", ")), which it ignores",
        .warning(mend: ["take the lines away, or correct their names, in \(file.path)"]))
    ]
  }

  /// Every mistake.
  static func lines(_ error: ConfigurationError) -> [DoctorLine] {
    error.problems.map { problem in
      let place = problem.line.map { "\(error.file):\($0)" } ?? error.file
      return DoctorLine(
        .config, place, (problem.key.isEmpty ? "" : "\(problem.key): ") + problem.what,
        .problem(error.code, mend: [mend(error.code, error.file)]))
    }
  }

  private static func mend(_ code: ExitCode, _ file: String) -> String {
    code == .notPermitted
      ? "sudo chmod a+r \(file.shellWord)" : "edit \(file), then blechctl config check \(file.shellWord)"
  }
}
