import Foundation
import GRDB
import GRDBSQLite
import Model

/// The one connection that writes and checkpoints, with the statements of the data path.
///
/// SQLite before 3.51.3 can corrupt a WAL database when two connections write or checkpoint at once (sqlite.org/wal.html, "The
/// WAL-Reset Bug"), so there is never a second one: readers are opened read-only. GRDB opens, configures and migrates; between
/// two calls of `use` nothing of it runs. Belongs to the writer's thread.
final class StoreConnection {
  /// Of new stores; one that exists keeps its own. A commit writes whole pages, a dozen or two whatever it holds, and most commits
  /// hold a report or two: with pages of 4 KiB one at 500 reports/s wrote 53 KiB, with these 21 KiB.
  static let pageBytes = 1_024
  /// Pages in the WAL after which the writer moves them into the database, between two commits: 2 MiB, half of the disk's reserve
  /// (`Limits.reserveBytes`). On a full disk the database may have to grow by as much before the WAL's room is free again.
  static let checkpointPages: Int32 = 2_048
  private static let cacheKiB = 4 * 1024
  private static let walBytesKept = 32 * 1024 * 1024

  private let database: DatabaseQueue
  private let handle: OpaquePointer
  /// Of this store, whatever new ones have.
  let pageBytes: Int
  private let walPages = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
  let statements: Statements

  init(path: String) throws(StoreError) {
    do {
      try Self.createFile(path)
      database = try DatabaseQueue(path: path, configuration: Self.configuration(path: path))
      guard try !database.read(Schema.migrator.hasBeenSuperseded) else { throw StoreError.newer(path: path) }
      try Schema.migrator.migrate(database)
      (handle, statements, pageBytes) = try database.writeWithoutTransaction { db in
        guard let handle = db.sqliteConnection else { preconditionFailure("an open connection has a handle") }
        return (handle, try Statements(on: handle), try Int.fetchOne(db, sql: "PRAGMA page_size") ?? Self.pageBytes)
      }
    } catch {
      throw Self.explain(error, path: path)
    }
    walPages.initialize(to: 0)
    // Replaces SQLite's own automatic checkpoint, which would run inside a commit that providers are waiting for.
    sqlite3_wal_hook(
      handle,
      { context, _, _, pages in
        context?.assumingMemoryBound(to: Int32.self).pointee = pages
        return SQLITE_OK
      }, walPages)
  }

  /// Runs `body` in one transaction, which is on disk when this returns.
  /// - Throws: after a rollback; nothing was stored.
  func transact(_ body: (Statements) throws(SQLiteFailure) -> Void) throws(SQLiteFailure) {
    try use { statements throws(SQLiteFailure) in
      try statements.begin.run()
      do throws(SQLiteFailure) {
        try body(statements)
        try statements.commit.run()
      } catch {
        // SQLite rolls back by itself after some errors (sqlite.org/lang_transaction.html), and then has nothing to roll back.
        if sqlite3_get_autocommit(handle) == 0 { _ = try? statements.rollback.run() }
        throw error
      }
    }
  }

  func use(_ body: (Statements) throws(SQLiteFailure) -> Void) throws(SQLiteFailure) {
    let result = database.unsafeReentrantWrite { _ in Result { () throws(SQLiteFailure) in try body(statements) } }
    try result.get()
  }

  /// For what is not on the data path.
  func slowly<T>(_ body: (Database) throws -> T) throws -> T { try database.writeWithoutTransaction(body) }

  /// Moves the WAL into the database once it has grown. Not in a transaction.
  /// - Throws: and nothing is lost, since the WAL still has it.
  func checkpointIfGrown() throws(SQLiteFailure) {
    guard walPages.pointee >= Self.checkpointPages else { return }
    errno = 0
    let code = sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_PASSIVE, nil, nil)
    // Busy: a reader needs what is in the WAL, and the rest is moved next time.
    guard code == SQLITE_OK || code == SQLITE_BUSY else { throw SQLiteFailure(handle) }
    // Until the next commit tells anew, there is nothing to move.
    walPages.pointee = 0
  }

  /// Begins a copy of it. To be closed before this is.
  func copy(to path: String) throws(SQLiteFailure) -> StoreCopy { try StoreCopy(of: handle, at: path) }

  func close() {
    sqlite3_wal_hook(handle, nil, nil)
    statements.finalize()
    try? database.close()
    walPages.deallocate()
  }

  private static func configuration(path: String) -> GRDB.Configuration {
    var configuration = GRDB.Configuration()
    configuration.label = "store"
    configuration.foreignKeysEnabled = false
    configuration.prepareDatabase { db in
      guard try isOurs(db) else { throw StoreError.notAStore(path: path) }
      // Here and not by GRDB's journalMode, which goes on to set synchronous = NORMAL: commits would not be on disk.
      // Before anything is written, that is before the WAL mode.
      try db.execute(sql: "PRAGMA page_size = \(pageBytes)")
      guard try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL") == "wal" else {
        throw StoreError.unusable(path: path, words: "its file system does not support the WAL mode of SQLite")
      }
      // FULL: a commit is on disk when it returns, also when the power fails (sqlite.org/pragma.html#pragma_synchronous).
      try db.execute(
        sql: """
          PRAGMA synchronous = FULL;
          PRAGMA cache_size = -\(cacheKiB);
          PRAGMA journal_size_limit = \(walBytesKept);
          PRAGMA temp_store = MEMORY;
          """)
    }
    return configuration
  }

  /// True for a store and for a new file. Asked before anything is changed of it.
  static func isOurs(_ db: Database) throws -> Bool {
    let applied = try Schema.migrator.appliedIdentifiers(db)
    let tables = try String.fetchAll(db, sql: "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'grdb_migrations'")
    return applied.contains(Schema.migrator.migrations[0]) || (applied.isEmpty && tables.isEmpty)
  }

  /// The file holds phone numbers and messages: nobody but the owner reads it. SQLite gives its other files the same mode.
  ///
  /// One that exists is not touched: closing any descriptor of it would give up the locks of a connection that is open, and
  /// a program that looks at the live store would then delete the WAL when it leaves (sqlite.org/howtocorrupt.html, 2.2).
  private static func createFile(_ path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    if descriptor >= 0 {
      Foundation.close(descriptor)
    } else if errno != EEXIST {
      throw StoreError.unusable(path: path, words: String(cString: strerror(errno)))
    }
  }

  static func explain(_ error: any Error, path: String) -> StoreError {
    switch error {
    case let error as StoreError: return error
    case let error as SQLiteFailure: return explain(code: error.code, words: error.words, path: path)
    case let error as DatabaseError:
      return explain(code: error.extendedResultCode.rawValue, words: error.message ?? "\(error.resultCode)", path: path)
    default: return .unusable(path: path, words: "\(error)")
    }
  }

  private static func explain(code: Int32, words: String, path: String) -> StoreError {
    switch code & 0xff {
    case SQLITE_NOTADB: .notAStore(path: path)
    case SQLITE_FULL: .diskFull(path: path)
    // Tables of ours exist without our list of migrations, or the other way round: another program's file.
    case SQLITE_ERROR: .notAStore(path: path)
    default: .unusable(path: path, words: words)
    }
  }
}
