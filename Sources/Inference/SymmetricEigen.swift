import Glibc

/// Eigenvalues and eigenvectors of a real symmetric matrix, in double precision.
///
/// Householder reduction to tridiagonal form, then QL iterations with implicit shifts: EISPACK's `tred2` and
/// `tql2` (Bowdler, Martin, Reinsch and Wilkinson, Handbook for Automatic Computation II, 1971), with
/// eigenvectors held as rows so that the inner loops run along memory.
package struct SymmetricEigen: Sendable {
  /// From largest to smallest. Shape (size).
  package let values: [Double]
  /// Row i belongs to value i and has length 1; its entry of largest magnitude (the first of equals) is
  /// positive. Rows are orthogonal. Shape (size, size).
  package let vectors: [Double]

  /// - Parameter matrix: (size, size), symmetric and finite; only its last row and lower triangle are read.
  package init(_ matrix: [Double], size: Int) {
    precondition(size >= 1 && matrix.count == size * size, "the matrix must be square")
    precondition(matrix.allSatisfy { $0.isFinite }, "the matrix must be finite")
    var diagonal = [Double](repeating: 0, count: size)
    var beside = [Double](repeating: 0, count: size)
    var rows = matrix
    rows.withUnsafeMutableBufferPointer { rows in
      diagonal.withUnsafeMutableBufferPointer { diagonal in
        beside.withUnsafeMutableBufferPointer { beside in
          let work = EigenWork(
            size: size, rows: rows.baseAddress!, diagonal: diagonal.baseAddress!,
            beside: beside.baseAddress!)
          work.tridiagonalise()
          work.accumulate()
          work.iterate()
        }
      }
    }
    // Equal values keep the order in which they were found, so that equal matrices give equal results.
    let order = (0..<size).sorted { (diagonal[$0], $1) > (diagonal[$1], $0) }
    values = order.map { diagonal[$0] }
    vectors = order.flatMap { Self.oriented(rows[($0 * size)..<(($0 + 1) * size)]) }
  }

  /// The sign of an eigenvector is free; fixing it makes results comparable between runs and builds.
  private static func oriented(_ vector: ArraySlice<Double>) -> [Double] {
    var largest = 0.0
    for entry in vector where abs(entry) > abs(largest) { largest = entry }
    return largest < 0 ? vector.map { -$0 } : Array(vector)
  }
}

/// The three stages on shared memory: `rows` (size, size) holds the matrix, then the transposed
/// transformation; `diagonal` and `beside` (size) hold the tridiagonal matrix. Element (row, column) of the
/// Handbook's arrays is `rows[column * size + row]`.
private struct EigenWork {
  let size: Int
  let rows: UnsafeMutablePointer<Double>
  let diagonal: UnsafeMutablePointer<Double>
  let beside: UnsafeMutablePointer<Double>

  private func row(_ index: Int) -> UnsafeMutablePointer<Double> { rows + index * size }

  /// Householder reflections from the last row up; each leaves its vector in `rows` for `accumulate`.
  func tridiagonalise() {
    for column in 0..<size { diagonal[column] = row(column)[size - 1] }
    for last in stride(from: size - 1, to: 0, by: -1) {
      var scale = 0.0
      for k in 0..<last { scale += abs(diagonal[k]) }
      let norm = scale == 0 ? skip(last) : reflect(last, scale: scale)
      diagonal[last] = norm
    }
  }

  /// Row `last` is zero left of the diagonal already.
  private func skip(_ last: Int) -> Double {
    beside[last] = diagonal[last - 1]
    for j in 0..<last {
      diagonal[j] = row(j)[last - 1]
      row(j)[last] = 0
      row(last)[j] = 0
    }
    return 0
  }

  /// One reflection; returns half the squared norm of its vector.
  private func reflect(_ last: Int, scale: Double) -> Double {
    var norm = 0.0
    for k in 0..<last {
      diagonal[k] /= scale
      norm += diagonal[k] * diagonal[k]
    }
    let before = diagonal[last - 1]
    let root = before > 0 ? -norm.squareRoot() : norm.squareRoot()
    beside[last] = scale * root
    norm -= before * root
    diagonal[last - 1] = before - root
    for j in 0..<last { beside[j] = 0 }
    for j in 0..<last {
      let f = diagonal[j]
      row(last)[j] = f
      let rest = last - j - 1
      let below = row(j) + j + 1
      let g = beside[j] + row(j)[j] * f + dot(below, diagonal + j + 1, count: rest)
      add(f, times: below, to: beside + j + 1, count: rest)
      beside[j] = g
    }
    var product = 0.0
    for j in 0..<last {
      beside[j] /= norm
      product += beside[j] * diagonal[j]
    }
    add(-product / (norm + norm), times: diagonal, to: beside, count: last)
    for j in 0..<last {
      let (f, g) = (diagonal[j], beside[j])
      let target = row(j)
      for k in j..<last { target[k] -= f * beside[k] + g * diagonal[k] }
      diagonal[j] = target[last - 1]
      target[last] = 0
    }
    return norm
  }

  /// Multiplies the reflections into one orthogonal matrix.
  func accumulate() {
    for i in 0..<(size - 1) {
      row(i)[size - 1] = row(i)[i]
      row(i)[i] = 1
      let norm = diagonal[i + 1]
      let vector = row(i + 1)
      if norm != 0 {
        for k in 0...i { diagonal[k] = vector[k] / norm }
        for j in 0...i {
          let g = dot(vector, row(j), count: i + 1)
          add(-g, times: diagonal, to: row(j), count: i + 1)
        }
      }
      for k in 0...i { vector[k] = 0 }
    }
    for j in 0..<size {
      diagonal[j] = row(j)[size - 1]
      row(j)[size - 1] = 0
    }
    row(size - 1)[size - 1] = 1
    beside[0] = 0
  }

  /// QL iterations: one eigenvalue after another, each until its neighbour in `beside` is negligible.
  func iterate() {
    for i in 1..<max(size, 1) { beside[i - 1] = beside[i] }
    beside[size - 1] = 0
    var shift = 0.0
    var magnitude = 0.0
    for first in 0..<size {
      magnitude = max(magnitude, abs(diagonal[first]) + abs(beside[first]))
      let negligible = Double.ulpOfOne * magnitude
      var last = blockEnd(from: first, negligible)
      var sweeps = 0
      while last > first {
        // Three sweeps are usual; finite matrices converge long before this bound.
        precondition(sweeps < Self.mostSweeps, "the eigenvalues of a finite matrix must converge")
        sweeps += 1
        shift += sweep(from: first, to: last)
        // Looked for again each time: within the block no neighbour may vanish, or a sweep divides by zero.
        last = blockEnd(from: first, negligible)
      }
      diagonal[first] += shift
      beside[first] = 0
    }
  }

  private static let mostSweeps = 1000

  /// Last row that `first` is still coupled to.
  private func blockEnd(from first: Int, _ negligible: Double) -> Int {
    var last = first
    while last < size - 1, abs(beside[last]) > negligible { last += 1 }
    return last
  }

  /// One QL sweep over the block `first...last`; returns the shift it took off the diagonal.
  private func sweep(from first: Int, to last: Int) -> Double {
    let before = diagonal[first]
    var p = (diagonal[first + 1] - before) / (2 * beside[first])
    let r = p < 0 ? -hypot(p, 1) : hypot(p, 1)
    diagonal[first] = beside[first] / (p + r)
    diagonal[first + 1] = beside[first] * (p + r)
    let next = diagonal[first + 1]
    let shift = before - diagonal[first]
    for i in (first + 2)..<max(size, first + 2) { diagonal[i] -= shift }
    p = diagonal[last]
    var (c, c2, c3) = (1.0, 1.0, 1.0)
    var (s, s2) = (0.0, 0.0)
    let besideNext = beside[first + 1]
    for i in stride(from: last - 1, through: first, by: -1) {
      (c3, c2, s2) = (c2, c, s)
      let g = c * beside[i]
      let h = c * p
      let r = hypot(p, beside[i])
      beside[i + 1] = s * r
      s = beside[i] / r
      c = p / r
      p = c * diagonal[i] - s * g
      diagonal[i + 1] = h + s * (c * g + s * diagonal[i])
      rotate(row(i), row(i + 1), c, s)
    }
    p = -s * s2 * c3 * besideNext * beside[first] / next
    beside[first] = s * p
    diagonal[first] = c * p
    return shift
  }

  @inline(__always)
  private func rotate(
    _ x: UnsafeMutablePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ c: Double, _ s: Double
  ) {
    for k in 0..<size {
      let h = y[k]
      y[k] = s * x[k] + c * h
      x[k] = c * x[k] - s * h
    }
  }
}
