/// Lets people type the options of blech_clust's `infer_rnn_rates.py` as they are used to.
enum UpstreamSpelling {
  private static let timeLimits = "--time-lims"

  /// `--train_steps` as `--train-steps`, and the two values of `--time-lims LO HI` as one, `LO,HI`, which
  /// cannot swallow a directory that follows.
  static func normalised(_ arguments: [String]) -> [String] {
    var result: [String] = []
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument == "--" { return result + [argument] + rest }
      let option = withDashes(argument)
      result.append(option)
      if option == timeLimits, rest.count >= 2, rest.prefix(2).allSatisfy({ Int($0) != nil }) {
        result.append(rest.prefix(2).joined(separator: ","))
        rest = rest.dropFirst(2)
      }
    }
    return result
  }

  private static func withDashes(_ argument: String) -> String {
    guard argument.hasPrefix("--") else { return argument }
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0].map { $0 == "_" ? "-" : $0 })
    return parts.count == 2 ? "\(name)=\(parts[1])" : name
  }
}
