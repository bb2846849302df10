import FileAccess
import FoundationEssentials
import GRDB
import Vocabulary

/// How the database's file is opened, and what becomes of one that cannot be used.
enum Opening {
  static let name = "blechd.sqlite"
  /// SQLite keeps these beside it.
  private static let companions = ["-wal", "-shm", "-journal"]
  /// How many that were set aside are kept.
  private static let mostAside = 3

  /// What is wrong with a file that is there.
  private struct Unusable: Error {
    let why: String
  }

  /// - Returns: the database, and what a person should know of the one that was there.
  /// - Throws: `Failure` where none can be made.
  static func open(in directory: String) throws(Failure) -> (queue: DatabaseQueue, notice: String?) {
    let place: OpenDirectory
    do {
      place = try OpenDirectory(creatingAt: directory, mode: 0o755)
      return (try use(place), nil)
    } catch let error as FileError {
      throw error.failure(remedy: "name a directory that you may write with --state-directory")
    } catch let error as Unusable {
      return try replace(in: directory, error.why)
    } catch let error as DatabaseError where isDamage(error) {
      return try replace(in: directory, "\(error)")
    } catch {
      throw failure(error, in: directory)
    }
  }

  private static func replace(
    in directory: String, _ why: String
  ) throws(Failure) -> (queue: DatabaseQueue, notice: String?) {
    do {
      let place = try OpenDirectory(at: directory)
      let aside = try setAside(in: place)
      let notice =
        "what blechd remembered could not be read (\(why)); it is now \(aside), and begun anew. Nothing is computed "
        + "twice: the results are in the sessions' own files"
      return (try use(place), notice)
    } catch let error as FileError {
      throw error.failure()
    } catch {
      throw failure(error, in: directory)
    }
  }

  private static func use(_ place: OpenDirectory) throws -> DatabaseQueue {
    var configuration = GRDB.Configuration()
    configuration.foreignKeysEnabled = true
    configuration.busyMode = .timeout(5)
    configuration.prepareDatabase { db in
      try db.execute(sql: "PRAGMA journal_mode = WAL")
      // A power cut may lose the last moments; what they held is found again on the disk.
      try db.execute(sql: "PRAGMA synchronous = NORMAL")
      // For 100,000 attempts some MB; what is above that is given back.
      try db.execute(sql: "PRAGMA journal_size_limit = 16777216")
    }
    if let stamp = try place.stamp(of: name), stamp.size > 0 { try checkHeader(place) }
    let path = place.path(of: name)
    // Before SQLite makes it: what it keeps beside it follows its mode.
    if try place.stamp(of: name) == nil {
      _ = FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
    }
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    try queue.write { db in
      let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
      if version > Schema.version { throw Unusable(why: "a later blechd wrote it") }
      let check = try String.fetchOne(db, sql: "PRAGMA quick_check(1)")
      if check != "ok" { throw Unusable(why: check ?? "it cannot be checked") }
    }
    try Schema.migrator.migrate(queue)
    return queue
  }

  /// A pipe, a link or a directory is not opened at all.
  private static func checkHeader(_ place: OpenDirectory) throws {
    do throws(FileError) {
      let file = try place.openFile(name)
      try? file.close()
    } catch {
      switch error.reason {
      case .notRegular, .system(.tooManySymbolicLinkLevels), .system(.isDirectory):
        throw Unusable(why: "\(error)")
      default: throw error
      }
    }
  }

  /// The file is what is wrong, not the disk or the rights.
  static func isDamage(_ error: DatabaseError) -> Bool {
    [.SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_FORMAT].contains(error.resultCode)
      || (error.resultCode == .SQLITE_ERROR && error.message?.contains("no such") == true)
      || (error.resultCode == .SQLITE_ERROR && error.message?.contains("already exists") == true)
  }

  /// - Returns: where it is now.
  private static func setAside(in place: OpenDirectory) throws -> String {
    let prefix = name + ".damaged-"
    let earlier = try place.entries().filter { $0.hasPrefix(prefix) }
      .compactMap { name in Int(name.dropFirst(prefix.count)).map { (number: $0, name: name) } }
      .sorted { $0.number < $1.number }
    for old in earlier.dropLast(mostAside - 1) {
      for suffix in [""] + companions {
        try? FileManager.default.removeItem(atPath: place.path(of: old.name + suffix))
      }
    }
    let aside = prefix + "\((earlier.last?.number ?? 0) + 1)"
    for suffix in [""] + companions where try place.stamp(of: name + suffix) != nil {
      try FileManager.default.moveItem(
        atPath: place.path(of: name + suffix), toPath: place.path(of: aside + suffix))
    }
    return place.path(of: aside)
  }

  static func failure(_ error: any Error, in directory: String) -> Failure {
    guard let error = error as? DatabaseError else {
      return Failure(.cannotWrite, "\(directory)/\(name)", "\(error)", remedy: "check who may write there")
    }
    let (code, what, remedy): (ExitCode, String, String) =
      switch error.resultCode {
      case .SQLITE_FULL: (.cannotWrite, "the disk is full", "free some disk space")
      case .SQLITE_READONLY:
        (.cannotWrite, "it cannot be written", "check who may write there, and the mount")
      case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
        (.notPermitted, "it cannot be opened", "check who may write there")
      case .SQLITE_BUSY, .SQLITE_LOCKED: (.temporary, "another program has it locked", "close it there")
      case .SQLITE_IOERR: (.cannotWrite, "the disk fails: \(error)", "check the disk")
      default: (.internalError, "\(error)", "please report this")
      }
    return Failure(code, "\(directory)/\(name)", what, remedy: remedy)
  }
}
