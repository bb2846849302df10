import Crypto
import Parameters
import Vocabulary

/// What determines a job's result, in 64 hexadecimal digits: jobs with equal fingerprints have equal results,
/// so a result that carries its job's fingerprint need not be computed again.
///
/// SHA-256 over these, one after another without padding. Integers are 64-bit two's complement, little-endian;
/// decimals are IEEE 754 doubles, little-endian; counts are 32-bit, little-endian.
///
/// 1. the ASCII bytes `blechd-fingerprint-1`
/// 2. trials, units, bins
/// 3. the bin of the stimulus
/// 4. the taste: its index, or -1 for all
/// 5. number of pooled tastes, trials of each in their order
/// 6. each unit's row in `/unit_descriptor`
/// 7. time_lims: start, end
/// 8. bin_size, forecast_time, train_steps, hidden_size
/// 9. train_test_split (decimal)
/// 10. use_pca (0 or 1), patience
/// 11. model: number of UTF-8 bytes, then the bytes
/// 12. dropout, learning_rate (decimals)
/// 13. seed
/// 14. counts, (trials, units, bins) in row-major order
///
/// Left out on purpose: the region's spelling and the software's version, which change no result, and
/// `separate_tastes` and `separate_regions`, which act through items 2 to 6 and 14.
public struct Fingerprint: Hashable, Sendable, CustomStringConvertible {
  /// 64 lower-case hexadecimal digits.
  public let hex: String

  public var description: String { hex }

  public static let formatTag = "blechd-fingerprint-1"

  /// - Parameters:
  ///   - counts: (trials, units, bins) of the job's window, pooled tastes one after another.
  ///   - trialsPerTaste: (tastes), in the order in which they were pooled.
  ///   - unitRows: (units), rows of `/unit_descriptor`.
  public init(
    counts: SpikeCounts, trialsPerTaste: [Int], taste: TasteIdentity, unitRows: [Int], stimulusBin: Int,
    parameters: InferenceParameters
  ) {
    var bytes = CanonicalBytes()
    bytes.append(text: Self.formatTag)
    bytes.append([counts.trials, counts.units, counts.bins, stimulusBin])
    bytes.append(word: UInt64(bitPattern: taste.number))
    bytes.append([trialsPerTaste.count] + trialsPerTaste + unitRows)
    bytes.append([parameters.timeLims.start, parameters.timeLims.end])
    bytes.append([
      parameters.binSize, parameters.forecastTime, parameters.trainSteps, parameters.hiddenSize,
    ])
    bytes.append(parameters.trainTestSplit)
    bytes.append([parameters.usePCA ? 1 : 0, parameters.patience])
    bytes.append([parameters.model.rawValue.utf8.count])
    bytes.append(text: parameters.model.rawValue)
    bytes.append(parameters.dropout)
    bytes.append(parameters.learningRate)
    bytes.append(word: parameters.seed)
    var hash = SHA256()
    hash.update(data: bytes.bytes)
    for trial in 0..<counts.trials { hash.update(data: CanonicalBytes(trial, of: counts).bytes) }
    hex = hash.finalize().hexadecimal
  }
}

/// Numbers in a form that does not depend on the machine.
private struct CanonicalBytes {
  private(set) var bytes: [UInt8] = []

  init() {}

  /// The counts of one trial. A whole recording's at once would take its memory a second time.
  init(_ trial: Int, of counts: SpikeCounts) {
    bytes.reserveCapacity(4 * counts.units * counts.bins)
    for unit in 0..<counts.units {
      for count in counts.train(trial: trial, unit: unit) { append(littleEndian: count) }
    }
  }

  mutating func append(text: String) { bytes += text.utf8 }
  mutating func append(word: UInt64) { append(littleEndian: word) }
  mutating func append(_ value: Double) { append(littleEndian: value.bitPattern) }
  mutating func append(_ values: [Int]) { for value in values { append(littleEndian: Int64(value)) } }

  private mutating func append(littleEndian value: some FixedWidthInteger) {
    for byte in 0..<(value.bitWidth / 8) { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * byte))) }
  }
}
