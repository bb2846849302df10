/// One tanh layer over time: state(t) = tanh(below(t) + W state(t - 1)), from a state of zero.
///
/// `states` holds below(t), the layer's weighted inputs and both biases, and receives the states.
/// - Parameter lanes: columns of one bin, a multiple of eight.
func runRecurrence(_ weights: PackedMatrix, _ states: Panel, bins: Int, lanes: Int) {
  for bin in 0..<bins {
    let now = states.from(column: bin * lanes)
    // The first bin has no bin before it: a product of no depth reads nothing.
    let before = bin == 0 ? now : states.from(column: (bin - 1) * lanes)
    multiply(
      weights, before, into: now, columns: lanes, depth: bin == 0 ? 0 : weights.depth,
      finish: TanhOfRecurrent(fromBelow: now))
  }
}

/// Back through time: `gradients` holds the loss's gradients by the states as the layer above gives them and
/// receives those by the sums inside the tanh.
/// - Parameter transposed: the recurrent weights, transposed.
func runRecurrenceBackwards(
  _ transposed: PackedMatrix, _ gradients: Panel, states: Panel, bins: Int, lanes: Int
) {
  for bin in stride(from: bins - 1, through: 0, by: -1) {
    let now = gradients.from(column: bin * lanes)
    let isLast = bin == bins - 1
    let next = isLast ? now : gradients.from(column: (bin + 1) * lanes)
    multiply(
      transposed, next, into: now, columns: lanes, depth: isLast ? 0 : transposed.depth,
      finish: PastRecurrentTanh(fromAbove: now, states: states.from(column: bin * lanes)))
  }
}
