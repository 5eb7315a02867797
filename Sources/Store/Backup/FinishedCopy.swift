import Crypto
import Foundation
import GRDB
import Model

/// A copy of which all pages are there: made one plain file, brought to the disk, and read through.
enum FinishedCopy {
  /// - Parameter descriptor: of the same file.
  static func contents(
    of path: String, open descriptor: Int32, asOf: Instant, mayGoOn: @escaping () -> Bool
  ) throws(BackupError) -> BackupContents {
    try makePlain(path)
    guard fsync(descriptor) == 0 else { throw .cannotWrite(folder: folder(of: path), words: systemWords()) }
    let examined: StoreExamination
    do {
      examined = try StoreExamination.examine(path, mayGoOn: mayGoOn)
    } catch {
      guard mayGoOn() else { throw .closed }
      if case .damaged(_, let words) = error { throw .damaged(words: words) }
      throw .failed(words: "\(error)")
    }
    let (bytes, sha256) = try digest(of: descriptor)
    return BackupContents(
      asOf: asOf, bytes: bytes, sha256: sha256, reports: examined.reports, waiting: examined.waiting, dead: examined.dead,
      schema: examined.schema)
  }

  /// The header came from a store in WAL mode, of which SQLite makes two files more wherever one is opened, also to be read; where it may not
  /// write it then cannot open it (sqlite.org/wal.html, "Read-Only Databases"). The relay sets its mode again when it opens a store.
  private static func makePlain(_ path: String) throws(BackupError) {
    do {
      let database = try DatabaseQueue(path: path)
      defer { try? database.close() }
      let mode = try database.writeWithoutTransaction { try String.fetchOne($0, sql: "PRAGMA journal_mode = DELETE") }
      guard mode == "delete" else { throw BackupError.failed(words: "the copy stays in the mode \(mode ?? "unknown")") }
    } catch let error as BackupError {
      throw error
    } catch {
      throw .failed(words: SQLiteFailure(error).words)
    }
  }

  private static func digest(of descriptor: Int32) throws(BackupError) -> (bytes: Int, sha256: String) {
    var (hash, offset) = (SHA256(), 0)
    var buffer = [UInt8](repeating: 0, count: 1024 * 1024)
    while true {
      let count = pread(descriptor, &buffer, buffer.count, off_t(offset))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .failed(words: systemWords()) }
      if count == 0 { break }
      buffer.withUnsafeBytes { hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
      offset += count
    }
    return (offset, hexadecimal(hash.finalize()))
  }
}

/// `0a1b...`
package func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
  bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
}

/// Of the last call of the system.
func systemWords() -> String { String(cString: strerror(errno)) }

/// That a file is in, or is to be in.
func folder(of path: String) -> String {
  let folder = (path as NSString).deletingLastPathComponent
  return folder.isEmpty ? "." : folder
}
