/// What becomes of a product's sums while they are still in registers. Row and column count from the start
/// of the panels that the product was given.
protocol Epilogue {
  func callAsFunction<L: Lanes>(_ sum: L, row: Int, column: Int) -> L
}

/// sum + bias
struct AddBias: Epilogue {
  let bias: UnsafeMutablePointer<Float>

  @inline(__always) func callAsFunction<L: Lanes>(_ sum: L, row: Int, column: Int) -> L {
    sum + L(spreading: bias[row])
  }
}

/// sigmoid(sum + bias)
struct SigmoidOfBiased: Epilogue {
  let bias: UnsafeMutablePointer<Float>

  @inline(__always) func callAsFunction<L: Lanes>(_ sum: L, row: Int, column: Int) -> L {
    sigmoid(sum + L(spreading: bias[row]))
  }
}

/// tanh(sum + what the layer below gave to this bin)
struct TanhOfRecurrent: Epilogue {
  let fromBelow: Panel

  @inline(__always) func callAsFunction<L: Lanes>(_ sum: L, row: Int, column: Int) -> L {
    hyperbolicTangent(sum + L(loading: fromBelow.address(row: row, column: column)))
  }
}

/// (sum + bias - label), zero in the columns of the padding
struct DifferenceFromLabel: Epilogue {
  let bias: UnsafeMutablePointer<Float>
  let labels: Panel
  let columnMask: Panel

  @inline(__always) func callAsFunction<L: Lanes>(_ sum: L, row: Int, column: Int) -> L {
    let label = L(loading: labels.address(row: row, column: column))
    return (sum + L(spreading: bias[row]) - label) * L(loading: columnMask.address(row: 0, column: column))
  }
}

/// The gradient past a dropout: sum * mask
struct TimesMask: Epilogue {
  let mask: Panel

  @inline(__always) func callAsFunction<L: Lanes>(_ sum: L, row: Int, column: Int) -> L {
    sum * L(loading: mask.address(row: row, column: column))
  }
}

/// The sum as it is.
struct Unchanged: Epilogue {
  @inline(__always) func callAsFunction<L: Lanes>(_ sum: L, row: Int, column: Int) -> L { sum }
}

/// The gradient past a sigmoid: sum * a (1 - a)
struct PastSigmoid: Epilogue {
  let activation: Panel

  @inline(__always) func callAsFunction<L: Lanes>(_ sum: L, row: Int, column: Int) -> L {
    let a = L(loading: activation.address(row: row, column: column))
    return sum * (a * (L(spreading: 1) - a))
  }
}

/// The gradient past a sigmoid with dropout behind it: sum * mask * a (1 - a)
struct PastMaskedSigmoid: Epilogue {
  let activation: Panel
  let mask: Panel

  @inline(__always) func callAsFunction<L: Lanes>(_ sum: L, row: Int, column: Int) -> L {
    let masked = sum * L(loading: mask.address(row: row, column: column))
    return PastSigmoid(activation: activation)(masked, row: row, column: column)
  }
}

/// The gradient past a recurrent layer's tanh: (sum from the next bin + gradient from above) (1 - state^2)
struct PastRecurrentTanh: Epilogue {
  let fromAbove: Panel
  let states: Panel

  @inline(__always) func callAsFunction<L: Lanes>(_ sum: L, row: Int, column: Int) -> L {
    let state = L(loading: states.address(row: row, column: column))
    let gradient = sum + L(loading: fromAbove.address(row: row, column: column))
    return gradient * (L(spreading: 1) - state * state)
  }
}
