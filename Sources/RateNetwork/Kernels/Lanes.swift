/// Consecutive floats that one instruction works on.
///
/// Kernels are generic over the width, so that a row's last eight columns run through the same code as its
/// blocks of sixteen. The requirements are met by the concrete vector types' own operators: the standard
/// library's generic SIMD operators would go element by element.
protocol Lanes {
  static var count: Int { get }
  init(spreading value: Float)
  init(loading address: UnsafePointer<Float>)
  func store(to address: UnsafeMutablePointer<Float>)
  static func + (left: Self, right: Self) -> Self
  static func - (left: Self, right: Self) -> Self
  static func * (left: Self, right: Self) -> Self
  static func / (left: Self, right: Self) -> Self
  /// self + left * right; in one rounding where the processor can.
  func adding(_ left: Self, times right: Self) -> Self
  /// Each lane within ±limit; NaN stays NaN.
  func clamped(to limit: Float) -> Self
  /// 2^n, where self is n + `integerShift`.
  func powerOfTwoFromShifted() -> Self
  /// Sum of all lanes, by halves.
  var total: Float { get }
}

extension Lanes {
  /// 1.5 * 2^23 + 127: a sum with it is rounded to an integer, whose low bits are those of the mantissa; the bias
  /// of an exponent is in them already.
  static var integerShift: Float { 12_583_039 }
}

extension SIMD16<Float>: Lanes {
  static var count: Int { 16 }

  @inline(__always) init(spreading value: Float) { self.init(repeating: value) }

  @inline(__always) init(loading address: UnsafePointer<Float>) {
    self = UnsafeRawPointer(address).loadUnaligned(as: Self.self)
  }

  @inline(__always) func store(to address: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(address).storeBytes(of: self, as: Self.self)
  }

  @inline(__always) func adding(_ left: Self, times right: Self) -> Self {
    // Without the instruction `addingProduct` is a call into the C library for every lane.
    Registers.fuseMultiplyAdd ? addingProduct(left, right) : self + left * right
  }

  @inline(__always) func clamped(to limit: Float) -> Self {
    let upper = Self(repeating: limit)
    let lower = Self(repeating: -limit)
    let below = replacing(with: upper, where: self .> upper)
    return below.replacing(with: lower, where: below .< lower)
  }

  @inline(__always) func powerOfTwoFromShifted() -> Self {
    let bits = unsafeBitCast(self, to: SIMD16<Int32>.self)
    return unsafeBitCast(bits &<< 23, to: Self.self)
  }

  @inline(__always) var total: Float {
    let eight = lowHalf + highHalf
    let four = eight.lowHalf + eight.highHalf
    let two = four.lowHalf + four.highHalf
    return two.x + two.y
  }
}

extension SIMD8<Float>: Lanes {
  static var count: Int { 8 }

  @inline(__always) init(spreading value: Float) { self.init(repeating: value) }

  @inline(__always) init(loading address: UnsafePointer<Float>) {
    self = UnsafeRawPointer(address).loadUnaligned(as: Self.self)
  }

  @inline(__always) func store(to address: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(address).storeBytes(of: self, as: Self.self)
  }

  @inline(__always) func adding(_ left: Self, times right: Self) -> Self {
    Registers.fuseMultiplyAdd ? addingProduct(left, right) : self + left * right
  }

  @inline(__always) func clamped(to limit: Float) -> Self {
    let upper = Self(repeating: limit)
    let lower = Self(repeating: -limit)
    let below = replacing(with: upper, where: self .> upper)
    return below.replacing(with: lower, where: below .< lower)
  }

  @inline(__always) func powerOfTwoFromShifted() -> Self {
    let bits = unsafeBitCast(self, to: SIMD8<Int32>.self)
    return unsafeBitCast(bits &<< 23, to: Self.self)
  }

  @inline(__always) var total: Float {
    let four = lowHalf + highHalf
    let two = four.lowHalf + four.highHalf
    return two.x + two.y
  }
}

/// Two vectors side by side, for kernels that keep more sums than one register holds.
struct Pair<Low: Lanes, High: Lanes>: Lanes {
  var low: Low
  var high: High

  static var count: Int { Low.count + High.count }

  @inline(__always) init(_ low: Low, _ high: High) {
    self.low = low
    self.high = high
  }

  @inline(__always) init(spreading value: Float) {
    self.init(Low(spreading: value), High(spreading: value))
  }

  @inline(__always) init(loading address: UnsafePointer<Float>) {
    self.init(Low(loading: address), High(loading: address + Low.count))
  }

  @inline(__always) func store(to address: UnsafeMutablePointer<Float>) {
    low.store(to: address)
    high.store(to: address + Low.count)
  }

  @inline(__always) static func + (left: Self, right: Self) -> Self {
    Self(left.low + right.low, left.high + right.high)
  }

  @inline(__always) static func - (left: Self, right: Self) -> Self {
    Self(left.low - right.low, left.high - right.high)
  }

  @inline(__always) static func * (left: Self, right: Self) -> Self {
    Self(left.low * right.low, left.high * right.high)
  }

  @inline(__always) static func / (left: Self, right: Self) -> Self {
    Self(left.low / right.low, left.high / right.high)
  }

  @inline(__always) func adding(_ left: Self, times right: Self) -> Self {
    Self(low.adding(left.low, times: right.low), high.adding(left.high, times: right.high))
  }

  @inline(__always) func clamped(to limit: Float) -> Self {
    Self(low.clamped(to: limit), high.clamped(to: limit))
  }

  @inline(__always) func powerOfTwoFromShifted() -> Self {
    Self(low.powerOfTwoFromShifted(), high.powerOfTwoFromShifted())
  }

  @inline(__always) var total: Float { low.total + high.total }
}
