/// Lets people type the options of blech_clust's `infer_rnn_rates.py` as they are used to.
enum UpstreamSpelling {
  private static let timeLimits = "--time-lims"

  /// `--train_steps` as `--train-steps`, and `--time-lims LO HI` as `--time-lims=LO,HI`: one value, which cannot
  /// swallow a directory that follows and, if it is negative, is not taken for an option.
  static func normalised(_ arguments: [String]) -> [String] {
    var result: [String] = []
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument == "--" { return result + [argument] + rest }
      var option = withDashes(argument)
      if option == timeLimits, rest.count >= 2, rest.prefix(2).allSatisfy({ Int($0) != nil }) {
        option += "=" + rest.prefix(2).joined(separator: ",")
        rest = rest.dropFirst(2)
      }
      result.append(option)
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
