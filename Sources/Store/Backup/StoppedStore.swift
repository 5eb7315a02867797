import Foundation
import GRDBSQLite
import Model

/// The store of a relay that does not run, held so that none starts meanwhile.
package final class StoppedStore {
  package let path: String
  private let lock: StoreLock

  /// - Throws: `.missing`, or `.inUse` if a relay runs on it.
  package init(_ path: String) throws(StoreError) {
    guard FileManager.default.fileExists(atPath: path) else { throw .missing(path: path) }
    self.path = path
    lock = try StoreLock(storePath: path)
  }

  /// Lets it go.
  package func release() { lock.release() }

  /// Copies it with what is still in its WAL, and reads the copy through. The store itself is only read: one of an older version stays one.
  /// - Parameters:
  ///   - target: an empty file, and a descriptor of it.
  ///   - mayGoOn: asked now and then, with the bytes that are copied and all there are.
  package func copy(
    to target: String, open descriptor: Int32, clock: Clock, mayGoOn: @escaping (_ copied: Int, _ total: Int) -> Bool
  ) throws(BackupError) -> BackupContents {
    do {
      _ = try StoreExamination.examine(path, depth: .none)
      let total = try copyPages(to: target, mayGoOn)
      return try FinishedCopy.contents(of: target, open: descriptor, asOf: clock(), mayGoOn: { mayGoOn(total, total) })
    } catch let error as BackupError {
      throw error
    } catch let error as SQLiteFailure {
      throw .failed(words: error.words)
    } catch {
      throw .failed(words: "\(error)")
    }
  }

  private static let stepPages = 4_096

  /// - Returns: how many bytes it is.
  private func copyPages(to target: String, _ mayGoOn: (Int, Int) -> Bool) throws -> Int {
    var source: OpaquePointer?
    defer { sqlite3_close(source) }
    guard sqlite3_open_v2(path, &source, SQLITE_OPEN_READONLY, nil) == SQLITE_OK, let source else { throw SQLiteFailure(source) }
    let copy = try StoreCopy(of: source, at: target)
    let result = Result {
      while try !copy.step(pages: Self.stepPages) {
        guard mayGoOn(copy.pages - copy.pagesLeft, copy.pages) else { throw BackupError.closed }
      }
    }
    try copy.close()
    try result.get()
    return copy.pages
  }
}

extension SQLiteJournal {
  /// Where the file of a backup is while the relay keeps it. For its own user, and root.
  package static func backupInProgress(ofStore path: String) -> String { BackupDesk.path(of: path) }
}

/// Every file that a store has, or may come to have, beside it.
package func filesOfStore(_ path: String) -> [String] {
  [path] + ["-wal", "-shm", "-journal", ".lock", ".reserve"].map { path + $0 } + [BackupDesk.path(of: path)]
}
