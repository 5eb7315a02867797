import GRDBSQLite

/// A copy of a database in the making, a few pages at a time, from a connection that is open: the backup API of SQLite.
///
/// What the same connection commits meanwhile is written into the copy as well, so that it never begins anew and is, when it is whole, the
/// store as of that moment (sqlite.org/c3ref/backup_finish.html). Belongs to the thread of the source.
///
/// Nothing here waits for a disk: the copy is neither synced nor journaled, and half of one is worth nothing. Whoever wants to
/// keep it syncs it, elsewhere.
final class StoreCopy {
  /// Of the copy, in KiB. A page that is committed again is found there, or in the kernel's cache.
  private static let cacheKiB = 2 * 1024

  private let target: OpaquePointer
  private let backup: OpaquePointer
  private(set) var pages = 0
  private(set) var pagesLeft = 0

  /// - Parameter path: of an empty file that nobody else has open.
  init(of source: OpaquePointer, at path: String) throws(SQLiteFailure) {
    var target: OpaquePointer?
    // Without locks, which POSIX takes away when any other descriptor of the file is closed (sqlite.org/howtocorrupt.html, 2.2), and
    // which nobody needs here.
    guard sqlite3_open_v2(path, &target, SQLITE_OPEN_READWRITE, "unix-none") == SQLITE_OK, let target else {
      defer { sqlite3_close(target) }
      throw SQLiteFailure(target)
    }
    let settings = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -\(Self.cacheKiB)"
    guard sqlite3_exec(target, settings, nil, nil, nil) == SQLITE_OK,
      let backup = sqlite3_backup_init(target, "main", source, "main")
    else {
      defer { sqlite3_close(target) }
      throw SQLiteFailure(target)
    }
    self.target = target
    self.backup = backup
  }

  /// Copies so many pages, or what is left.
  /// - Returns: true once the copy is whole. It is at its place after `close`.
  func step(pages count: Int) throws(SQLiteFailure) -> Bool {
    let code = sqlite3_backup_step(backup, Int32(count))
    (pages, pagesLeft) = (Int(sqlite3_backup_pagecount(backup)), Int(sqlite3_backup_remaining(backup)))
    switch code {
    case SQLITE_DONE: return true
    // Busy: somebody recovers the source at this moment. The next step goes on.
    case SQLITE_OK, SQLITE_BUSY, SQLITE_LOCKED: return false
    default: throw SQLiteFailure(code: code, words: String(cString: sqlite3_errstr(code)))
    }
  }

  /// Ends it, whole or not. Before its source is closed.
  /// - Throws: if what was copied could not be written.
  func close() throws(SQLiteFailure) {
    let ended = sqlite3_backup_finish(backup)
    let failure = ended == SQLITE_OK ? nil : SQLiteFailure(target)
    let closed = sqlite3_close(target)
    precondition(closed == SQLITE_OK, "nothing else is open in the copy: \(closed)")
    if let failure { throw failure }
  }
}
