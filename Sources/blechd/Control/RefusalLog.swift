import Logging

/// Which refusals have a line of their own in the log: anyone may ask, and again and again. The others are counted.
actor RefusalLog {
  /// By user, how many were refused since the last line about that user; nil stands for users beyond `mostUsers`.
  private var counts: [UInt32?: Int] = [:]
  private let interval: Duration
  private let log: Logger

  /// Users who are told apart at a time.
  private static let mostUsers = 16

  /// - Parameter interval: in which there is one line about each user.
  init(log: Logger, interval: Duration = .seconds(1)) {
    self.log = log
    self.interval = interval
  }

  /// A request of the user was refused.
  ///
  /// - Returns: whether it is to have a line.
  func note(_ user: UInt32) -> Bool {
    let key = counts[user] != nil || counts.count < Self.mostUsers ? user : nil
    if let count = counts[key] {
      counts[key] = count + 1
      return false
    }
    begin(key)
    return true
  }

  private func begin(_ key: UInt32?) {
    counts[key] = 0
    Task {
      try? await Task.sleep(for: interval)
      end(key)
    }
  }

  private func end(_ key: UInt32?) {
    guard let count = counts.removeValue(forKey: key), count > 0 else { return }
    log.notice("\(key.map { "of user \($0)" } ?? "of other users"), \(count) more requests were refused")
    begin(key)
  }
}
