/// weight[row, depth] += sum over `columns` of gradients[row] * values[depth]; bias[row] += that of
/// gradients[row].
/// - Parameters:
///   - columns: a multiple of 16.
///   - weight: row-major (rows, depths).
func addGradients(
  _ gradients: Panel, rows: Int, _ values: Panel, depths: Int, columns: Int,
  weight: UnsafeMutablePointer<Float>, bias: UnsafeMutablePointer<Float>?
) {
  func add<Sums: DotProducts>(_: Sums.Type) {
    for row in stride(from: 0, to: rows, by: Sums.rows) {
      for depth in stride(from: 0, to: depths, by: Panel.rowBlock) {
        let target = GradientBlock(
          weight: weight + (row * depths + depth), bias: depth == 0 ? bias.map { $0 + row } : nil,
          stride: depths, rows: rows - row, depths: depths - depth)
        let summing = target.bias != nil
        // Two calls, each with its own loop: a choice inside would be made in every turn.
        let sums =
          summing
          ? sum(Sums.self, gradients, row: row, values, depth: depth, columns: columns, summing: true)
          : sum(Sums.self, gradients, row: row, values, depth: depth, columns: columns, summing: false)
        sums.add(to: target)
      }
    }
  }
  // As many sums at once as there are registers for, less what a turn loads.
  if Registers.floats == 16 {
    add(Stacked<Stacked<OneRow<SIMD16<Float>>>>.self)
  } else if Registers.floats == 8 {
    add(Stacked<OneRow<SIMD8<Float>>>.self)
  } else {
    add(OneRow<SIMD8<Float>>.self)
  }
}

@inline(__always)
private func sum<Sums: DotProducts>(
  _: Sums.Type, _ gradients: Panel, row: Int, _ values: Panel, depth: Int, columns: Int, summing: Bool
) -> Sums {
  var sums = Sums()
  for column in stride(from: 0, to: columns, by: Sums.L.count) {
    sums.add(
      gradients.address(row: row, column: column), stride: gradients.stride,
      times: FourVectors(values, row: depth, column: column), summing: summing)
  }
  return sums
}

/// Where a block's sums go: the first of its numbers in a row-major matrix, and in the bias if it is wanted.
private struct GradientBlock {
  let weight: UnsafeMutablePointer<Float>
  let bias: UnsafeMutablePointer<Float>?
  /// From one row to the next.
  let stride: Int
  /// What of the block is not padding.
  let rows: Int
  let depths: Int

  @inline(__always) func advanced(rows skipped: Int) -> GradientBlock {
    GradientBlock(
      weight: weight + skipped &* stride, bias: bias.map { $0 + skipped }, stride: stride,
      rows: rows - skipped, depths: depths)
  }
}

/// Running dot products of one or more rows of gradients with four rows of values.
private protocol DotProducts {
  associatedtype L: Lanes
  static var rows: Int { get }
  init()
  /// - Parameter row: the first row's numbers, the others' following after `stride` each.
  mutating func add(_ row: UnsafePointer<Float>, stride: Int, times values: FourVectors<L>, summing: Bool)
  func add(to target: GradientBlock)
}

private struct OneRow<L: Lanes>: DotProducts {
  var a = L(spreading: 0)
  var b = L(spreading: 0)
  var c = L(spreading: 0)
  var d = L(spreading: 0)
  /// The sum of the row itself, if it is asked for.
  var own = L(spreading: 0)

  static var rows: Int { 1 }
  @inline(__always) init() {}

  @inline(__always)
  mutating func add(_ row: UnsafePointer<Float>, stride: Int, times values: FourVectors<L>, summing: Bool) {
    let gradient = L(loading: row)
    a = a.adding(gradient, times: values.a)
    b = b.adding(gradient, times: values.b)
    c = c.adding(gradient, times: values.c)
    d = d.adding(gradient, times: values.d)
    if summing { own = own + gradient }
  }

  @inline(__always) func add(to target: GradientBlock) {
    guard target.rows > 0 else { return }
    target.weight[0] += a.total
    if target.depths > 1 { target.weight[1] += b.total }
    if target.depths > 2 { target.weight[2] += c.total }
    if target.depths > 3 { target.weight[3] += d.total }
    if let bias = target.bias { bias[0] += own.total }
  }
}

/// Twice as many rows.
private struct Stacked<Half: DotProducts>: DotProducts {
  typealias L = Half.L
  var upper = Half()
  var lower = Half()

  static var rows: Int { 2 * Half.rows }
  @inline(__always) init() {}

  @inline(__always)
  mutating func add(_ row: UnsafePointer<Float>, stride: Int, times values: FourVectors<L>, summing: Bool) {
    upper.add(row, stride: stride, times: values, summing: summing)
    lower.add(row + Half.rows &* stride, stride: stride, times: values, summing: summing)
  }

  @inline(__always) func add(to target: GradientBlock) {
    upper.add(to: target)
    lower.add(to: target.advanced(rows: Half.rows))
  }
}

/// One vector of each of four rows.
private struct FourVectors<L: Lanes> {
  let a: L
  let b: L
  let c: L
  let d: L

  @inline(__always) init(_ panel: Panel, row: Int, column: Int) {
    let address = panel.address(row: row, column: column)
    a = L(loading: address)
    b = L(loading: address + panel.stride)
    c = L(loading: address + 2 &* panel.stride)
    d = L(loading: address + 3 &* panel.stride)
  }
}

/// Sum of the squares of `rows` x `columns` (a multiple of 16).
func sumOfSquares(_ panel: Panel, rows: Int, columns: Int) -> Double {
  var result = 0.0
  for row in 0..<rows {
    var sum = SIMD16<Float>()
    var address = UnsafePointer(panel.address(row: row, column: 0))
    for _ in 0..<(columns / 16) {
      let value = SIMD16<Float>(loading: address)
      sum = sum.adding(value, times: value)
      address += 16
    }
    result += Double(sum.total)
  }
  return result
}
