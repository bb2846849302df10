/// e^x for |x| <= 87, within 2e-7 of it relatively; NaN stays NaN.
///
/// x = n ln 2 + r with |r| <= ln 2 / 2, then a polynomial in r (Cephes' expf, S. L. Moshier).
@inline(__always)
func exponential<L: Lanes>(_ x: L) -> L {
  // Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits: a conversion to integers would not
  // be a vector instruction.
  let shift = L(spreading: 12_582_912)
  let shifted = shift.adding(x, times: L(spreading: 1.442_695_04))
  let n = shifted - shift
  // ln 2 in two parts, the first with few enough bits for n times it to be exact.
  let r = x.adding(n, times: L(spreading: -0.693_359_375))
    .adding(n, times: L(spreading: 2.121_944_4e-4))
  var p = L(spreading: 1.987_569_15e-4)
  p = L(spreading: 1.398_199_95e-3).adding(p, times: r)
  p = L(spreading: 8.333_451_9e-3).adding(p, times: r)
  p = L(spreading: 4.166_579_6e-2).adding(p, times: r)
  p = L(spreading: 1.666_666_55e-1).adding(p, times: r)
  p = L(spreading: 5.000_000_1e-1).adding(p, times: r)
  p = (L(spreading: 1) + r).adding(p, times: r * r)
  // A product rather than a sum of the bits: it keeps NaN.
  return p * shifted.powerOfTwoFromShifted()
}

/// 1 / (1 + e^-x), within 2e-7 of it; NaN stays NaN.
@inline(__always)
func sigmoid<L: Lanes>(_ x: L) -> L {
  let one = L(spreading: 1)
  return one / (one + exponential(L(spreading: 0) - x.clamped(to: 87)))
}

/// tanh x = (e^2x - 1) / (e^2x + 1), within 2e-7 of it; NaN stays NaN. Beyond ±9.1 the float next to it is ±1.
@inline(__always)
func hyperbolicTangent<L: Lanes>(_ x: L) -> L {
  let one = L(spreading: 1)
  let clamped = x.clamped(to: 10)
  let e = exponential(clamped + clamped)
  return (e - one) / (e + one)
}
