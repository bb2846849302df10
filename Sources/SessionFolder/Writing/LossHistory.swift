import RateNetwork

/// How training went, step by step: what upstream keeps in two JSON files.
struct LossHistory: Equatable {
  /// One for each step, dropout on.
  var training: [Float]
  /// By step, counted from 0, dropout off.
  var validation: [ValidationLoss]
}
