import Foundation
import GRDB
import GRDBSQLite
import Model

extension SQLiteFailure {
  /// Of an error that GRDB threw; its message names no stored value.
  init(_ error: any Error) {
    let error = error as? DatabaseError
    self.init(code: error?.extendedResultCode.rawValue ?? 0, words: error?.message ?? "it cannot be read or written")
  }

  var journalError: JournalError { isForWantOfRoom ? .full : .failed(code: Int(code), words: words) }

  /// True where more room on the disk, or under a file-size limit, would have made it succeed.
  var isForWantOfRoom: Bool {
    // SHMSIZE: the WAL index could not grow. WRITE: EFBIG and EDQUOT come as this, but so do a disk that breaks and one that is read-only.
    if code == Self.ioErrorWrite { return ![EIO, EROFS, ENXIO, ENODEV, ESTALE, EACCES, EPERM].contains(systemCode) }
    return code & 0xff == SQLITE_FULL || code == Self.ioErrorShmSize
  }

  /// True where a row is at fault, and neither the disk nor the file: a new connection would fail in the same way.
  var isOfOneRow: Bool { [SQLITE_CONSTRAINT, SQLITE_TOOBIG, SQLITE_MISMATCH].contains(code & 0xff) }

  // Macros that Swift does not import, sqlite.org/rescode.html.
  private static let ioErrorWrite = SQLITE_IOERR | 3 << 8
  private static let ioErrorShmSize = SQLITE_IOERR | 19 << 8
}
