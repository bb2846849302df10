import Glibc
import RateNetwork

extension SeededGenerator {
  /// The next number of the standard normal distribution (Box and Muller, 1958).
  mutating func normal() -> Double {
    let radius = (-2 * log(1 - Double(uniform()))).squareRoot()
    return radius * cos(2 * .pi * Double(uniform()))
  }
}

func exp(_ x: Double) -> Double { Glibc.exp(x) }
func exp2(_ x: Double) -> Double { Glibc.exp2(x) }
func sine(turns: Double) -> Double { Glibc.sin(2 * .pi * turns) }
