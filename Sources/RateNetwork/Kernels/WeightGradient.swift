/// Running dot products of one row with four others.
private struct FourDots<L: Lanes> {
  var a = L(spreading: 0)
  var b = L(spreading: 0)
  var c = L(spreading: 0)
  var d = L(spreading: 0)

  @inline(__always) init() {}

  @inline(__always) mutating func add(_ one: L, times others: (L, L, L, L)) {
    a = a.adding(one, times: others.0)
    b = b.adding(one, times: others.1)
    c = c.adding(one, times: others.2)
    d = d.adding(one, times: others.3)
  }

  /// Adds the sums to the `valid` first of four consecutive numbers.
  @inline(__always) func add(to target: UnsafeMutablePointer<Float>, valid: Int) {
    target[0] += a.total
    if valid > 1 { target[1] += b.total }
    if valid > 2 { target[2] += c.total }
    if valid > 3 { target[3] += d.total }
  }
}

/// Four rows of a panel from some column on.
private struct FourRowsOfPanel {
  let start: UnsafePointer<Float>
  let stride: Int

  init(_ panel: Panel, row: Int) {
    start = UnsafePointer(panel.address(row: row, column: 0))
    stride = panel.stride
  }

  @inline(__always) func load<L: Lanes>(_ column: Int, as _: L.Type = L.self) -> (L, L, L, L) {
    let address = start + column
    return (
      L(loading: address), L(loading: address + stride), L(loading: address + 2 &* stride),
      L(loading: address + 3 &* stride)
    )
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
  for row in stride(from: 0, to: rows, by: Panel.rowBlock) {
    for depth in stride(from: 0, to: depths, by: Panel.rowBlock) {
      let ours = FourRowsOfPanel(gradients, row: row)
      let others = FourRowsOfPanel(values, row: depth)
      let target = gradient + (row * depths + depth)
      let valid = depths - depth
      if Registers.floats == 16 {
        addSixteen(ours, others, columns: columns, to: target, stride: depths, rows: rows - row, valid: valid)
      } else {
        addEight(
          SIMD8<Float>.self, ours, others, columns: columns, to: target, stride: depths, rows: rows - row,
          valid: valid)
      }
    }
  }
}

@inline(__always)
private func addSixteen(
  _ ours: FourRowsOfPanel, _ others: FourRowsOfPanel, columns: Int, to target: UnsafeMutablePointer<Float>,
  stride: Int, rows: Int, valid: Int
) {
  var sums = (
    FourDots<SIMD16<Float>>(), FourDots<SIMD16<Float>>(), FourDots<SIMD16<Float>>(), FourDots<SIMD16<Float>>()
  )
  for column in Swift.stride(from: 0, to: columns, by: 16) {
    let right = others.load(column, as: SIMD16<Float>.self)
    let left = ours.load(column, as: SIMD16<Float>.self)
    sums.0.add(left.0, times: right)
    sums.1.add(left.1, times: right)
    sums.2.add(left.2, times: right)
    sums.3.add(left.3, times: right)
  }
  sums.0.add(to: target, valid: valid)
  if rows > 1 { sums.1.add(to: target + stride, valid: valid) }
  if rows > 2 { sums.2.add(to: target + 2 * stride, valid: valid) }
  if rows > 3 { sums.3.add(to: target + 3 * stride, valid: valid) }
}

@inline(__always)
private func addEight<L: Lanes>(
  _: L.Type,
  _ ours: FourRowsOfPanel, _ others: FourRowsOfPanel, columns: Int, to target: UnsafeMutablePointer<Float>,
  stride: Int, rows: Int, valid: Int
) {
  for row in Swift.stride(from: 0, to: min(4, rows), by: 2) {
    var sums = (FourDots<L>(), FourDots<L>())
    let begin = ours.start + row * ours.stride
    for column in Swift.stride(from: 0, to: columns, by: L.count) {
      let right = others.load(column, as: L.self)
      sums.0.add(L(loading: begin + column), times: right)
      sums.1.add(L(loading: begin + column + ours.stride), times: right)
    }
    let target = target + row * stride
    sums.0.add(to: target, valid: valid)
    if rows > row + 1 { sums.1.add(to: target + stride, valid: valid) }
  }
}

private typealias Vector = SIMD16<Float>

/// gradient[row] += sum over `columns` (a multiple of 16) of gradients[row].
func addBiasGradient(
  _ gradients: Panel, rows: Int, columns: Int, to gradient: UnsafeMutablePointer<Float>
) {
  for row in stride(from: 0, to: rows, by: Panel.rowBlock) {
    let values = FourRowsOfPanel(gradients, row: row)
    var sums = (Vector(), Vector(), Vector(), Vector())
    for column in stride(from: 0, to: columns, by: 16) {
      let four = values.load(column, as: Vector.self)
      sums.0 = sums.0 + four.0
      sums.1 = sums.1 + four.1
      sums.2 = sums.2 + four.2
      sums.3 = sums.3 + four.3
    }
    gradient[row] += sums.0.total
    if row + 1 < rows { gradient[row + 1] += sums.1.total }
    if row + 2 < rows { gradient[row + 2] += sums.2.total }
    if row + 3 < rows { gradient[row + 3] += sums.3.total }
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
