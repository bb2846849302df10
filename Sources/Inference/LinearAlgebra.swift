// The inner loops of the eigenproblem and the projections. They take pointers, whose elements are not checked
// one by one, so that they vectorise; callers check the extents once.

/// Sum of products. Four partial sums, always in the same order: the same bits on every machine.
@inline(__always)
func dot(_ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, count: Int) -> Double {
  var (sum0, sum1, sum2, sum3) = (0.0, 0.0, 0.0, 0.0)
  var index = 0
  while index + 4 <= count {
    sum0 += x[index] * y[index]
    sum1 += x[index + 1] * y[index + 1]
    sum2 += x[index + 2] * y[index + 2]
    sum3 += x[index + 3] * y[index + 3]
    index += 4
  }
  var sum = (sum0 + sum1) + (sum2 + sum3)
  while index < count {
    sum += x[index] * y[index]
    index += 1
  }
  return sum
}

/// y += factor x.
@inline(__always)
func add(
  _ factor: Double, times x: UnsafePointer<Double>, to y: UnsafeMutablePointer<Double>, count: Int
) {
  for index in 0..<count { y[index] += factor * x[index] }
}
