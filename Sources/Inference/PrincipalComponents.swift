/// The directions in which z-scored units vary most, as scikit-learn's `PCA(n_components=0.95)`, which
/// blech_clust's `utils/infer_rnn_rates.py` uses.
public struct PrincipalComponents: Equatable, Sendable {
  /// What is taken off the z-scores before they are projected. Shape (units).
  public let mean: [Double]
  /// One direction of length 1 per row, most variance first; the sign of each makes its entry of largest
  /// magnitude positive. Shape (components, units).
  public let directions: [Double]

  public var units: Int { mean.count }
  /// Components that are kept: 1...units.
  public var count: Int { directions.count / mean.count }

  /// The share of the variance that the components must exceed together.
  public static let explainedShare = 0.95

  /// Restores components.
  /// - Parameters:
  ///   - mean: (units), at least one.
  ///   - directions: (components, units), at least one.
  public init(mean: [Double], directions: [Double]) {
    precondition(
      !mean.isEmpty && !directions.isEmpty && directions.count.isMultiple(of: mean.count),
      "each direction needs an entry for each unit")
    self.mean = mean
    self.directions = directions
  }

  /// The fewest components of `zScores` whose explained variance together exceeds `explainedShare`, and each
  /// one's share of the variance, shape (components). Needs two samples and one unit at least.
  public static func fitted(
    to zScores: Features
  ) -> (components: PrincipalComponents, explainedVarianceRatio: [Double]) {
    precondition(zScores.samples >= 2 && zScores.count >= 1, "a variance needs two samples")
    let units = zScores.count
    let mean = columnMeans(of: zScores)
    let eigen = SymmetricEigen(covariance(of: zScores, around: mean), size: units)
    // With fewer samples than units the smallest values are zero up to rounding, of either sign.
    let variances = eigen.values.map { max($0, 0) }
    let total = variances.reduce(0, +)
    let ratios = total > 0 ? variances.map { $0 / total } : variances
    let count = componentCount(explaining: ratios)
    return (
      PrincipalComponents(mean: mean, directions: Array(eigen.vectors[..<(count * units)])),
      Array(ratios[..<count])
    )
  }

  /// The fewest of `ratios`, largest first, whose sum is above `explainedShare`: a sum of exactly that is not
  /// enough. One where there is no variance at all.
  package static func componentCount(explaining ratios: [Double]) -> Int {
    var cumulative = 0.0
    for (index, ratio) in ratios.enumerated() {
      cumulative += ratio
      if cumulative > explainedShare { return index + 1 }
    }
    return cumulative > 0 ? ratios.count : 1
  }

  /// Projects z-scores (bins, trials, units) onto the components: (bins, trials, components).
  func scores(of zScores: Features) -> Features {
    precondition(zScores.count == units, "the components belong to other units")
    var centred = [Double](repeating: 0, count: units)
    var scores: [Double] = []
    scores.reserveCapacity(zScores.samples * count)
    zScores.values.withUnsafeBufferPointer { values in
      directions.withUnsafeBufferPointer { directions in
        centred.withUnsafeMutableBufferPointer { centred in
          for sample in 0..<zScores.samples {
            for unit in 0..<units { centred[unit] = values[sample * units + unit] - mean[unit] }
            for component in 0..<count {
              let direction = directions.baseAddress! + component * units
              scores.append(dot(direction, centred.baseAddress!, count: units))
            }
          }
        }
      }
    }
    return Features(bins: zScores.bins, trials: zScores.trials, count: count, values: scores)
  }

  /// The z-scores (units) that belong to one sample's scores (components).
  func zScores(of scores: ArraySlice<Double>) -> [Double] {
    precondition(scores.count == count, "each component needs a score")
    var restored = mean
    restored.withUnsafeMutableBufferPointer { restored in
      directions.withUnsafeBufferPointer { directions in
        for (component, score) in scores.enumerated() {
          add(
            score, times: directions.baseAddress! + component * units, to: restored.baseAddress!,
            count: units)
        }
      }
    }
    return restored
  }

  private static func columnMeans(of features: Features) -> [Double] {
    var sums = [Double](repeating: 0, count: features.count)
    for sample in 0..<features.samples {
      for column in 0..<features.count { sums[column] += features.values[sample * features.count + column] }
    }
    return sums.map { $0 / Double(features.samples) }
  }

  /// Sample covariance (divisor samples - 1) of the columns. Shape (columns, columns).
  ///
  /// Rows are centred a few at a time, so there is never a second copy of all samples.
  private static func covariance(of features: Features, around mean: [Double]) -> [Double] {
    let columns = features.count
    var sums = [Double](repeating: 0, count: columns * columns)
    var block = [Double](repeating: 0, count: rowsAtOnce * columns)
    sums.withUnsafeMutableBufferPointer { sums in
      block.withUnsafeMutableBufferPointer { block in
        for start in stride(from: 0, to: features.samples, by: rowsAtOnce) {
          for row in 0..<rowsAtOnce {
            let sample = start + row
            for column in 0..<columns {
              block[row * columns + column] =
                sample < features.samples
                ? features.values[sample * columns + column] - mean[column] : 0
            }
          }
          addProducts(of: block.baseAddress!, columns: columns, to: sums.baseAddress!)
        }
      }
    }
    let divisor = Double(features.samples - 1)
    for row in 0..<columns {
      for column in row..<columns {
        sums[row * columns + column] /= divisor
        sums[column * columns + row] = sums[row * columns + column]
      }
    }
    return sums
  }

  private static let rowsAtOnce = 4

  /// Adds the products of all pairs of columns of four rows to the upper triangle of `sums`.
  private static func addProducts(
    of block: UnsafePointer<Double>, columns: Int, to sums: UnsafeMutablePointer<Double>
  ) {
    let (row0, row1, row2, row3) =
      (block, block + columns, block + 2 * columns, block + 3 * columns)
    for left in 0..<columns {
      let target = sums + left * columns
      let (x0, x1, x2, x3) = (row0[left], row1[left], row2[left], row3[left])
      for right in left..<columns {
        target[right] += (x0 * row0[right] + x1 * row1[right]) + (x2 * row2[right] + x3 * row3[right])
      }
    }
  }
}
