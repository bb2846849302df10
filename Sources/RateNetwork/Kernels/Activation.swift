/// e^(rate x) as two factors, the second a power of two; |rate x| <= 87. Their product is within 3e-7 (1 + |rate x|)
/// of it relatively; NaN stays NaN.
///
/// rate x = (n + f) ln 2 with |f| <= 1/2, then the polynomial of degree 5 for 2^f whose largest relative error
/// is least (9e-8).
@inline(__always)
private func exponential<L: Lanes>(_ x: L, rate: Float) -> (factor: L, power: L) {
  let scale = L(spreading: rate * 1.442_695_04)
  // Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits: a conversion to integers would not
  // be a vector instruction.
  let shift = L(spreading: L.integerShift)
  let shifted = shift.adding(x, times: scale)
  let f = (shift - shifted).adding(x, times: scale)
  var p = L(spreading: 1.326_472_7e-3)
  p = L(spreading: 9.671_513e-3).adding(p, times: f)
  p = L(spreading: 5.550_733_6e-2).adding(p, times: f)
  p = L(spreading: 2.402_224_2e-1).adding(p, times: f)
  p = L(spreading: 6.931_47e-1).adding(p, times: f)
  p = L(spreading: 1).adding(p, times: f)
  // A product rather than a sum of the bits: it keeps NaN.
  return (p, shifted.powerOfTwoFromShifted())
}

/// 1 / (1 + e^-x), within 2e-7 of it; NaN stays NaN.
@inline(__always)
func sigmoid<L: Lanes>(_ x: L) -> L {
  let one = L(spreading: 1)
  let e = exponential(x.clamped(to: 87), rate: -1)
  return one / one.adding(e.factor, times: e.power)
}

/// tanh x = (e^2x - 1) / (e^2x + 1), within 2e-7 of it; NaN stays NaN. Beyond ±9.1 the float next to it is ±1.
@inline(__always)
func hyperbolicTangent<L: Lanes>(_ x: L) -> L {
  let one = L(spreading: 1)
  let e = exponential(x.clamped(to: 10), rate: 2)
  return (L(spreading: -1)).adding(e.factor, times: e.power) / one.adding(e.factor, times: e.power)
}
