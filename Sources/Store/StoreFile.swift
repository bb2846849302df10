import FileAccess
import GRDB
import Vocabulary

/// The database as a file of the state directory. Everything here blocks.
struct StoreFile {
  static let name = "blechd.sqlite"
  /// What SQLite keeps beside a database, by what it appends to the database's name.
  static let companions = ["-wal", "-shm"]

  let directory: String

  var path: String { directory.hasSuffix("/") ? directory + Self.name : "\(directory)/\(Self.name)" }

  /// Opens the database. One that cannot be used is set aside and a new one begun.
  ///
  /// - Parameter isDamaged: it was found to be, whatever is found now.
  /// - Returns: and what a person should know, if one was set aside.
  func open(isDamaged: Bool = false) throws(StoreProblem) -> (database: DatabaseQueue, notice: String?) {
    do {
      let place = try OpenDirectory(creatingAt: directory, mode: 0o755)
      var reason = "it was found to be damaged"
      if !isDamaged {
        do {
          return (try openAsItIs(place), nil)
        } catch StoreProblem.unavailable(let failure) {
          throw StoreProblem.unavailable(failure)
        } catch let problem as StoreProblem {
          reason = problem.failure.what
        }
      }
      let aside = try place.setAsideStore()
      let database = try openAsItIs(place)
      return (database, aside.map { Self.notice(path, reason: reason, aside: $0) })
    } catch {
      throw StoreProblem(error, at: path)
    }
  }

  private static func notice(_ path: String, reason: String, aside: String) -> String {
    "\(path) could not be used (\(reason)); it is kept as \(aside), and a new one was begun: "
      + "no result is lost, but the history and what was paused are"
  }

  private func openAsItIs(_ place: OpenDirectory) throws -> DatabaseQueue {
    for name in [Self.name] + Self.companions.map({ Self.name + $0 })
    where try place.isRegularFile(name) == false {
      throw StoreProblem.damaged(StoreProblem.damage("\(name) is no regular file", at: path))
    }
    try place.makePrivateFile(Self.name)
    try place.mayWrite(Self.name)
    try place.mayWrite(".")
    do {
      let database = try DatabaseQueue(path: path, configuration: Self.configuration)
      do {
        try database.inDatabase(check)
        try StoreSchema.migrator.migrate(database)
        try database.read(StoreSchema.check)
        return database
      } catch {
        try? database.close()
        throw error
      }
    } catch {
      throw StoreProblem(error, at: path)
    }
  }

  /// Reads the whole file: 100,000 attempts are 40 MB, some 60 ms where they are in memory, else as long as the disk takes.
  /// Nothing less finds what a failing disk has done before something is built on it.
  private func check(_ database: Database) throws {
    let found = try String.fetchOne(database, sql: "PRAGMA quick_check(1)") ?? "nothing could be checked"
    guard found == "ok" else { throw StoreProblem.damaged(StoreProblem.damage(found, at: path)) }
    guard try !StoreSchema.migrator.hasBeenSuperseded(database) else {
      throw StoreProblem.damaged(StoreProblem.damage("a newer blechd has changed it", at: path))
    }
  }

  private static var configuration: Configuration {
    var configuration = Configuration()
    configuration.label = "Store"
    configuration.journalMode = .wal
    configuration.foreignKeysEnabled = true
    configuration.busyMode = .timeout(5)
    configuration.prepareDatabase { database in
      // A log that one large change has grown does not stay large.
      try database.execute(sql: "PRAGMA journal_size_limit = 16777216")
    }
    return configuration
  }
}

extension OpenDirectory {
  private static let asidePrefix = StoreFile.name + ".damaged-"
  /// Databases that were set aside and are kept.
  private static let keptAside = 3

  /// Moves the database out of the way; where it is now, or nil if there was none.
  func setAsideStore() throws(FileError) -> String? {
    let numbers = try entries().compactMap { name in
      name.hasPrefix(Self.asidePrefix) ? Int(name.dropFirst(Self.asidePrefix.count)) : nil
    }
    let number = (numbers.max() ?? 0) + 1
    let aside = Self.asidePrefix + "\(number)"
    // The log first: beside a new database, an old log would be taken for its own.
    for suffix in StoreFile.companions + [""] where try isRegularFile(StoreFile.name + suffix) != nil {
      try rename(StoreFile.name + suffix, to: aside + suffix)
    }
    for old in numbers where old <= number - Self.keptAside {
      for suffix in StoreFile.companions + [""] { removeAside(Self.asidePrefix + "\(old)" + suffix) }
    }
    return try isRegularFile(aside) == nil ? nil : path(of: aside)
  }

  /// Only room is lost where it stays.
  private func removeAside(_ name: String) {
    do { try remove(name) } catch { try? removeSubdirectory(name) }
  }
}
