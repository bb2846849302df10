import Synchronization
import Vocabulary

/// What the intake hands over, until the scheduler takes it: of each session the latest, so that it never holds more
/// than there are sessions.
public final class WorkInbox: Sendable {
  public enum Letter: Equatable, Sendable {
    case enqueue(Work)
    case withdraw(directory: String)
    /// The root of what was handed over has another priority now.
    case prioritise(directory: String, Int)
    /// What a person has asked for, or nil: that is over.
    case requested(directory: String, SessionRequest?)
    /// The session has nothing to be done.
    case nothingToDo(directory: String)
    /// Everything that is watched has been looked at, and these sessions are there.
    case everythingSeen(Set<String>)
  }

  private enum Key: Hashable {
    case work(String)
    case priority(String)
    case request(String)
    case nothingToDo(String)
    case everythingSeen
  }

  private struct Contents {
    var letters: [Key: (number: Int, letter: Letter)] = [:]
    var count = 0
  }

  private let contents = Mutex(Contents())
  /// One element whenever there is something to take.
  public let signals: AsyncStream<Void>
  private let signal: AsyncStream<Void>.Continuation

  public init() {
    (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  public func put(_ letter: Letter) {
    let key = Self.key(of: letter)
    contents.withLock { contents in
      contents.count += 1
      contents.letters[key] = (contents.count, letter)
    }
    signal.yield()
  }

  /// All of them, in the order in which the latest came.
  func takeAll() -> [Letter] {
    let letters = contents.withLock { contents in
      defer { contents.letters = [:] }
      return contents.letters.values
    }
    return letters.sorted { $0.number < $1.number }.map(\.letter)
  }

  public func finish() { signal.finish() }

  private static func key(of letter: Letter) -> Key {
    switch letter {
    case .enqueue(let work): .work(work.directory)
    case .withdraw(let directory): .work(directory)
    case .prioritise(let directory, _): .priority(directory)
    case .requested(let directory, _): .request(directory)
    case .nothingToDo(let directory): .nothingToDo(directory)
    case .everythingSeen: .everythingSeen
    }
  }
}
