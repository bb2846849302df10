import Vocabulary

/// What the server bears from its clients. Whatever a client can make grow or wait has its bound here.
struct ControlLimits: Sendable {
  /// Clients at once. One whose request is still with the handler counts, even if it has gone away, so that
  /// this bounds the handlers too.
  var clients = 64
  /// Of them, those of one user other than the daemon's: nobody shuts the others out alone.
  var clientsPerUser = 16
  /// How many new clients are taken before those that are there get their turn.
  var acceptsPerTurn = 16
  /// Longest line of a request, in bytes.
  var requestBytes = ControlRequest.longestLine
  /// Longest document of an answer, in bytes.
  var answerBytes = ControlResponse.longestDocument
  /// Of answers that one user other than the daemon's has not read yet, in bytes: one of the longest.
  var unreadBytesPerUser = ControlResponse.longestLine
  /// Of all answers that have not been read yet, in bytes.
  var unreadBytes = 4 * ControlResponse.longestLine
  /// From the connection, or the answer before, to the end of a request.
  var requestTime = Duration.seconds(10)
  /// How long the handler may take. Then it is cancelled.
  var handlingTime = Duration.seconds(60)
  /// From an answer's first byte to its last.
  var readingTime = Duration.seconds(10)
  /// How long nobody is let in after the system refused a descriptor: it would refuse the next one as well.
  var acceptPause = Duration.seconds(1)

  /// Why a client is turned away, or nil.
  ///
  /// - Parameter others: the users of the clients that are there.
  func refusal(of user: UInt32, beside others: [UInt32], daemon: UInt32) -> Failure? {
    let ofUser = others.count { $0 == user }
    let isTooMany = others.count >= clients || (user != daemon && ofUser >= clientsPerUser)
    guard isTooMany else { return nil }
    let whose = others.count >= clients ? "\(others.count) clients" : "\(ofUser) clients of this user"
    return Failure(
      .temporary, "blechd", "has \(whose) at its control socket, as many as it takes",
      remedy: "try again, and end those that wait for nothing")
  }

  /// Why an answer is not kept for a client, or nil.
  ///
  /// - Parameter unread: what waits for the clients that are there, with their users.
  func refusal(
    ofAnswer bytes: Int, for user: UInt32, beside unread: [(user: UInt32, bytes: Int)], daemon: UInt32
  ) -> Failure? {
    let all = unread.reduce(bytes) { $0 + $1.bytes }
    let ofUser = unread.reduce(bytes) { $0 + ($1.user == user ? $1.bytes : 0) }
    guard all > unreadBytes || (user != daemon && ofUser > unreadBytesPerUser) else { return nil }
    return Failure(
      .temporary, "blechd", "holds as many answers that nobody has read as it may", remedy: "try again")
  }
}
