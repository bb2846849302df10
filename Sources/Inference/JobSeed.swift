import Vocabulary

/// The seeds of everything random in one job: the same for the same user's seed, taste and units, and unlike
/// those of any other job.
///
/// With mix(x) = SplitMix64's output function of x + 0x9E3779B97F4A7C15 (Steele, Lea and Flood, 2014):
/// state = mix(user's seed), then state = mix(state ^ word) for each word of: the taste (two's complement of
/// its index, -1 for all), the number of units, each unit's row. A purpose's seed is mix(state ^ purpose).
///
/// A region enters by its units alone: to rename it must not change a result.
public struct JobSeed: Equatable, Sendable {
  /// For drawing the trials that train the network.
  public let split: UInt64
  /// For the network's training, which keeps its initial weights and its dropout apart by itself.
  public let training: UInt64

  /// - Parameters:
  ///   - seed: the parameter `seed`.
  ///   - unitRows: rows of `/unit_descriptor`, in the order of the job's units.
  public init(seed: UInt64, taste: TasteIdentity, unitRows: [Int]) {
    var state = Self.mix(seed)
    let words = [taste.number, Int64(unitRows.count)] + unitRows.map { Int64($0) }
    for word in words { state = Self.mix(state ^ UInt64(bitPattern: word)) }
    split = Self.mix(state ^ Purpose.split.rawValue)
    training = Self.mix(state ^ Purpose.training.rawValue)
  }

  private enum Purpose: UInt64 {
    case split = 1
    case training = 2
  }

  private static func mix(_ input: UInt64) -> UInt64 {
    var word = input &+ 0x9E37_79B9_7F4A_7C15
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }
}
