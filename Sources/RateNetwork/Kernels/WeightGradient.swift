private typealias Vector = SIMD16<Float>

/// Running dot products of one row with four others.
private struct FourDots {
  var a = Vector()
  var b = Vector()
  var c = Vector()
  var d = Vector()

  @inline(__always) init() {}

  @inline(__always) mutating func add(_ one: Vector, _ w: Vector, _ x: Vector, _ y: Vector, _ z: Vector) {
    a = a.adding(one, times: w)
    b = b.adding(one, times: x)
    c = c.adding(one, times: y)
    d = d.adding(one, times: z)
  }

  /// Adds the sums to the `valid` first of four consecutive numbers.
  @inline(__always) func add(to target: UnsafeMutablePointer<Float>, valid: Int) {
    target[0] += a.total
    if valid > 1 { target[1] += b.total }
    if valid > 2 { target[2] += c.total }
    if valid > 3 { target[3] += d.total }
  }
}

/// gradient[row, depth] += sum over `columns` of gradients[row] * values[depth].
/// - Parameters:
///   - columns: a multiple of 16.
///   - gradient: row-major (rows, depths).
func addWeightGradient(
  _ gradients: Panel, rows: Int, _ values: Panel, depths: Int, columns: Int,
  to gradient: UnsafeMutablePointer<Float>
) {
  for row in stride(from: 0, to: rows, by: 4) {
    for depth in stride(from: 0, to: depths, by: 4) {
      var r0 = FourDots()
      var r1 = FourDots()
      var r2 = FourDots()
      var r3 = FourDots()
      var g = UnsafePointer(gradients.address(row: row, column: 0))
      var v = UnsafePointer(values.address(row: depth, column: 0))
      let gStride = gradients.stride
      let vStride = values.stride
      for _ in 0..<(columns / 16) {
        let v0 = Vector(loading: v)
        let v1 = Vector(loading: v + vStride)
        let v2 = Vector(loading: v + 2 &* vStride)
        let v3 = Vector(loading: v + 3 &* vStride)
        r0.add(Vector(loading: g), v0, v1, v2, v3)
        r1.add(Vector(loading: g + gStride), v0, v1, v2, v3)
        r2.add(Vector(loading: g + 2 &* gStride), v0, v1, v2, v3)
        r3.add(Vector(loading: g + 3 &* gStride), v0, v1, v2, v3)
        g += 16
        v += 16
      }
      let target = gradient + (row * depths + depth)
      let valid = depths - depth
      r0.add(to: target, valid: valid)
      if row + 1 < rows { r1.add(to: target + depths, valid: valid) }
      if row + 2 < rows { r2.add(to: target + 2 * depths, valid: valid) }
      if row + 3 < rows { r3.add(to: target + 3 * depths, valid: valid) }
    }
  }
}

/// gradient[row] += sum over `columns` (a multiple of 16) of gradients[row].
func addBiasGradient(
  _ gradients: Panel, rows: Int, columns: Int, to gradient: UnsafeMutablePointer<Float>
) {
  for row in 0..<rows {
    var sum = Vector()
    var address = UnsafePointer(gradients.address(row: row, column: 0))
    for _ in 0..<(columns / 16) {
      sum = sum + Vector(loading: address)
      address += 16
    }
    gradient[row] += sum.total
  }
}

/// Sum of the squares of `rows` x `columns` (a multiple of 16).
func sumOfSquares(_ panel: Panel, rows: Int, columns: Int) -> Double {
  var result = 0.0
  for row in 0..<rows {
    var sum = Vector()
    var address = UnsafePointer(panel.address(row: row, column: 0))
    for _ in 0..<(columns / 16) {
      let value = Vector(loading: address)
      sum = sum.adding(value, times: value)
      address += 16
    }
    result += Double(sum.total)
  }
  return result
}
