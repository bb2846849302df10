import FileAccess
import Parameters

extension Configuration {
  /// Reads `inference_file` and `inference`, and checks what they add up to.
  mutating func readParameters(_ file: Mapping) {
    inferenceFile = file["inference_file"]?.inferenceFile()
    let section = file.mapping("inference")
    var refused: Set<String> = []
    section.read { inference.read($0, &refused) }
    let own = Self.violations(inference).filter { !refused.contains($0.parameter) }
    for violation in own
    where refused.isDisjoint(with: Self.window) || !Self.window.contains(violation.parameter) {
      let isSet = section.line(of: violation.parameter) != nil
      section.refuse(
        violation.parameter, "is \(violation.value)\(isSet ? "" : ", the default"); \(violation.rule)")
    }
    guard own.isEmpty, refused.isEmpty, let inferenceFile else { return }
    for violation in Self.violations(siteParameters) {
      file.refuse(
        "inference_file",
        "\(inferenceFile.path.shortened), over what inference sets, gives "
          + "\(violation)")
    }
  }

  private static func violations(_ overrides: ParameterOverrides) -> [ParameterError] {
    overrides.applied(to: .default).violations
  }

  /// Their rules build on each other: one that could not be read may be why another seems wrong.
  private static let window: Set = ["time_lims", "bin_size", "forecast_time"]
}

extension ParameterOverrides {
  /// - Parameter refused: gets the names of those that could not be read.
  fileprivate mutating func read(_ mapping: Mapping, _ refused: inout Set<String>) {
    func value<Value>(_ key: InferenceParameters.CodingKeys, _ read: (Setting) -> Value?) -> Value? {
      guard let setting = mapping[key.rawValue], !setting.isNull else { return nil }
      let value = read(setting)
      if value == nil { refused.insert(key.rawValue) }
      return value
    }
    // Only what a number is, is asked here; which are allowed is for the rules that hold everywhere.
    func whole(_ setting: Setting) -> Int? { setting.wholeNumber(in: .min ... .max) }
    func decimal(_ setting: Setting) -> Double? {
      setting.number(in: -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude, "a number")
    }
    timeLims = value(.timeLims) { $0.timeLimits() }
    binSize = value(.binSize, whole)
    forecastTime = value(.forecastTime, whole)
    trainSteps = value(.trainSteps, whole)
    hiddenSize = value(.hiddenSize, whole)
    trainTestSplit = value(.trainTestSplit, decimal)
    usePCA = value(.usePCA) { $0.truth() }
    separateTastes = value(.separateTastes) { $0.truth() }
    separateRegions = value(.separateRegions) { $0.truth() }
    patience = value(.patience, whole)
    model = value(.model) { $0.word(InferenceParameters.Model.self) }
    dropout = value(.dropout, decimal)
    learningRate = value(.learningRate, decimal)
    seed = value(.seed) { $0.wholeNumber(in: 0 ... .max).map { UInt64($0) } }
  }
}

extension Setting {
  fileprivate func timeLimits() -> TimeLimits? {
    let allowed = "two whole numbers of ms in brackets, such as [1500, 4500]"
    guard let items = list(limit: 1000, mustBe: allowed) else { return nil }
    guard items.count == 2 else {
      refuse("is a list of \(items.count); must be \(allowed)")
      return nil
    }
    let numbers = items.compactMap { $0.wholeNumber(in: .min ... .max, unit: "ms") }
    return numbers.count == 2 ? TimeLimits(start: numbers[0], end: numbers[1]) : nil
  }

  fileprivate func inferenceFile() -> Configuration.InferenceFile? {
    if isNull { return nil }
    let allowed = "the absolute path of a blechrnn_params.json"
    guard let path = text(mustBe: allowed, mayBeNull: true) else { return nil }
    guard path.isAbsolutePath else {
      refuse(mustBe: "\(allowed), or null for none")
      return nil
    }
    do throws(FileError) {
      let bytes = try OpenDirectory.read(path, limit: Configuration.sizeLimitBytes)
      do throws(ParameterFileError) {
        let file = try ParameterFile(json: bytes)
        return Configuration.InferenceFile(
          path: path, parameters: file.overrides, ignoredKeys: file.unknownKeys)
      } catch {
        refuse("\(path): cannot be used: \(error)")
      }
    } catch {
      let failure = error.failure()
      refuse("\(path): \(failure.what)\(failure.remedy.isEmpty ? "" : "; \(failure.remedy)")")
    }
    return nil
  }
}
