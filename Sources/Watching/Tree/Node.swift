import SystemPackage
import Vocabulary

/// One directory of a tree.
struct Node {
  typealias ID = Int

  let parent: ID?
  let name: FileName
  var children: [FileName: ID] = [:]
  /// Nil until it was looked at.
  var identity: FileIdentity?
  /// The inode that the parent's entry names.
  var entryInode: UInt64
  /// Nil where it is polled.
  var watch: WatchDescriptor?
  /// Whether it waits in the queue of those that are looked at next.
  var isReady = false
  /// When it is to be looked at, if it is not ready already.
  var due: Moment?
  /// When it was last looked at, and when it may be again: a large directory that changes all the time must not take all
  /// the time.
  var rested: Moment?
  /// How long after a failed look the next one comes.
  var retry: Duration?
}

/// What is reported of a directory: one that holds relevant files.
struct Reported {
  var isTerminal: Bool
  var files: [FileName: Stamp]
  var settling: Settling
  /// An event has told of a change since it was last looked at.
  var isTouched = false
  /// It was reported as changing for a long time already.
  var keepsChanging = false
}

/// First in, first out.
struct ReadyQueue {
  private var ids: [Node.ID] = []
  private var head = 0

  var isEmpty: Bool { head == ids.count }

  mutating func append(_ id: Node.ID) { ids.append(id) }

  mutating func popFirst() -> Node.ID? {
    guard head < ids.count else { return nil }
    let first = ids[head]
    head += 1
    // Room is given back when most of it is empty.
    if head > 1000, head > ids.count / 2 { (ids, head) = (Array(ids[head...]), 0) }
    return first
  }
}
