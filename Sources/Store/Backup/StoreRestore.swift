import Foundation
import GRDB
import Model

/// Why a backup cannot be put in a store's place. One line each, that says what to do. Nothing was changed.
package enum RestoreError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A relay has the store.
  case running(store: String, pid: String)
  /// Or the file that is to be restored.
  case fileInUse(file: String, pid: String)
  case sameFile(file: String)
  /// What was written last into the file is in another one beside it.
  case notWhole(file: String)
  case notAStore(file: String)
  case newer(file: String)
  case older(file: String)
  case damaged(file: String, words: String)
  case unusable(path: String, words: String)
  case noRoom(needed: Int, free: Int, folder: String)

  package var description: String {
    switch self {
    case .running(let store, let pid):
      "a relay (process \(pid)) has the store \(store); stop it first, for example with: systemctl stop dlr-relay.socket dlr-relay.service"
    case .fileInUse(let file, let pid): "\(file) is the store of a relay that runs (process \(pid)); copy it with: dlr-relay backup"
    case .sameFile(let file): "\(file) is the store itself; give a backup of it"
    case .notWhole(let file):
      "\(file) is a store whose last reports are in \(file)-wal, and no backup; make one of it with dlr-relay backup and a rule file with its path"
    case .notAStore(let file): "\(file) is no store of this relay"
    case .newer(let file): "\(file) was written by a newer version; install that one first"
    case .older(let file): "\(file) was written by a version that is too old to be read; start the version that made it"
    case .damaged(let file, let words): "\(file) is damaged: \(words); take another backup"
    case .unusable(let path, let words): "\(path) cannot be used: \(words)"
    case .noRoom(let needed, let free, let folder):
      "\(folder) needs \(sized(needed)) of room, for the backup beside the store that is kept, and has \(sized(free)); make room there"
    }
  }
}

/// A backup on its way into the place of a store that nobody has open, nor can open meanwhile.
package final class StoreRestore {
  /// What is lost, and what comes twice.
  package struct Comparison: Sendable, Equatable {
    /// Of the store that is there now.
    package var present: StoreExamination
    /// That it has and the backup has not; nil: the two do not come from one another.
    package var reportsMissing: Int?
    /// Copies that were delivered since, and are owed in the backup.
    package var copiesAgain: CopyCount
  }

  private static let suffix = ".restore-in-progress"
  private static let copyBytes = 1024 * 1024

  package let file: String
  package let storePath: String
  /// Of the backup.
  package private(set) var contents: StoreExamination
  private let part: String
  private let lock: StoreLock
  private var isPut = false

  /// Copies the file beside the store and reads the copy through, from end to end.
  package init(of file: String, to storePath: String) throws(RestoreError) {
    self.file = file
    self.storePath = storePath
    part = storePath + Self.suffix
    try Self.check(file, is: storePath)
    do {
      lock = try StoreLock(storePath: storePath)
    } catch {
      if case .inUse(let path, let pid) = error { throw .running(store: path, pid: pid) }
      throw .unusable(path: storePath, words: "\(error)")
    }
    // What an attempt that was killed has left.
    BackupFile.remove(part)
    do throws(RestoreError) {
      try Self.copy(file, to: part, beside: storePath)
      contents = try Self.examine(part, namedAs: file)
    } catch {
      BackupFile.remove(part)
      throw error
    }
  }

  deinit {
    if !isPut { BackupFile.remove(part) }
  }

  /// - Returns: nil if there is no store yet.
  /// - Throws: if the one that is there cannot be read.
  package func comparison() throws(StoreError) -> Comparison? {
    guard FileManager.default.fileExists(atPath: storePath) else { return nil }
    let present = try StoreExamination.examine(storePath, depth: .none)
    do {
      var configuration = GRDB.Configuration()
      configuration.readonly = true
      configuration.busyMode = .timeout(1)
      configuration.prepareDatabase { [storePath] db in try db.execute(sql: "ATTACH DATABASE ? AS present", arguments: [storePath]) }
      let database = try DatabaseQueue(path: part, configuration: configuration)
      defer { try? database.close() }
      return try database.read { db in
        let isAnother = try Int.fetchOne(db, sql: Self.anotherSQL) != nil
        let again = try Int.fetchOne(db, sql: Self.againSQL, arguments: [Limits.copiesCountedMax + 1]) ?? 0
        return Comparison(
          present: present, reportsMissing: isAnother ? nil : max(0, present.reports - contents.reports),
          copiesAgain: CopyCount(min(again, Limits.copiesCountedMax), isAtLeast: again > Limits.copiesCountedMax))
      }
    } catch {
      throw StoreConnection.explain(error, path: storePath)
    }
  }

  /// A report's number is given once: the same number for another report is another history.
  private static let anotherSQL = """
    SELECT 1 FROM (SELECT seq, report_id, status FROM main.report ORDER BY seq DESC LIMIT 1000) AS ours
    JOIN present.report AS theirs USING (seq) WHERE theirs.report_id <> ours.report_id OR theirs.status <> ours.status LIMIT 1
    """

  private static let againSQL = """
    SELECT count(*) FROM (
      SELECT 1 FROM (
        SELECT lane, seq FROM main.ready UNION ALL SELECT lane, seq FROM main.retry
        UNION ALL SELECT lane, seq FROM main.held UNION ALL SELECT lane, seq FROM main.replay) AS owed
      JOIN present.done AS done ON done.seq = owed.seq AND done.lane = owed.lane LIMIT ?)
    """

  /// Puts the backup in the store's place, at once and whole: whenever the machine stops, there is the one or the other.
  /// - Returns: what the store that was there is called now; nil if there was none.
  /// - Throws: and the store that was there is at its place or, where it could not be put back, under the name that is told.
  package func put(at now: Instant) throws(RestoreError) -> String? {
    let isAnythingThere = Self.keptSuffixes.contains { FileManager.default.fileExists(atPath: storePath + $0) }
    let aside = isAnythingThere ? try keepAside(at: now) : nil
    // One that is left beside another file than its own would be played into it (sqlite.org/howtocorrupt.html, 1.4).
    for suffix in ["-wal", "-shm", "-journal"] { unlink(storePath + suffix) }
    try sync()
    guard rename(part, storePath) == 0 else { throw .unusable(path: storePath, words: systemWords()) }
    isPut = true
    try sync()
    return aside
  }

  package func release() { lock.release() }

  // MARK: - The store that was there

  private static let keptSuffixes = ["-wal", "-journal", ""]

  private func keepAside(at now: Instant) throws(RestoreError) -> String {
    foldWAL()
    let stamp = now.rfc3339.prefix(19).replacing(":", with: "-")
    var aside = "\(storePath).before-restore-\(stamp)Z"
    while FileManager.default.fileExists(atPath: aside) { aside += "-again" }
    // What could not be folded in goes with it, and first: a store without its WAL has lost its last commits.
    for suffix in Self.keptSuffixes where FileManager.default.fileExists(atPath: storePath + suffix) {
      // Under both names, so that there is a store at its place until the backup takes it.
      guard link(storePath + suffix, aside + suffix) != 0 else { continue }
      // Some file systems have no links.
      guard [EPERM, ENOTSUP, EMLINK, ENOSYS].contains(errno), rename(storePath + suffix, aside + suffix) == 0 else {
        throw .unusable(path: aside + suffix, words: systemWords())
      }
    }
    try sync()
    return aside
  }

  /// The last connection that closes moves the WAL into the file and deletes it. One that is damaged is left as it is.
  private func foldWAL() {
    // Opening would make one, and delete the WAL that does not belong to it.
    guard FileManager.default.fileExists(atPath: storePath), let database = try? DatabaseQueue(path: storePath) else { return }
    try? database.writeWithoutTransaction { db in _ = try Row.fetchAll(db, sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
    try? database.close()
  }

  private func sync() throws(RestoreError) {
    let descriptor = open(folder(of: storePath), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unusable(path: folder(of: storePath), words: systemWords()) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 || errno == EINVAL else { throw .unusable(path: folder(of: storePath), words: systemWords()) }
  }

  // MARK: - The backup

  private static func check(_ file: String, is storePath: String) throws(RestoreError) {
    guard let its = identity(of: file) else { throw .unusable(path: file, words: systemWords()) }
    guard its.isFile else { throw .unusable(path: file, words: "it is no file") }
    if let stores = identity(of: storePath), stores == its { throw .sameFile(file: file) }
    if let pid = StoreLock.holder(ofStore: file) { throw .fileInUse(file: file, pid: pid) }
    if let wal = identity(of: file + "-wal"), wal.bytes > 0 { throw .notWhole(file: file) }
  }

  private struct Identity: Equatable {
    var device: UInt
    var number: UInt
    var bytes: Int
    var isFile: Bool
  }

  private static func identity(of path: String) -> Identity? {
    var information = stat()
    guard stat(path, &information) == 0 else { return nil }
    return Identity(
      device: UInt(information.st_dev), number: UInt(information.st_ino), bytes: Int(information.st_size),
      isFile: information.st_mode & S_IFMT == S_IFREG)
  }

  private static func copy(_ file: String, to part: String, beside storePath: String) throws(RestoreError) {
    let source = open(file, O_RDONLY | O_CLOEXEC)
    guard source >= 0 else { throw .unusable(path: file, words: systemWords()) }
    defer { close(source) }
    let bytes = identity(of: file)?.bytes ?? 0
    if let free = DiskRoom.free(in: folder(of: storePath)), free < bytes + Limits.backupLeavesBytes {
      throw .noRoom(needed: bytes + Limits.backupLeavesBytes, free: free, folder: folder(of: storePath))
    }
    let target = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard target >= 0 else { throw .unusable(path: part, words: systemWords()) }
    defer { close(target) }
    giveToOwner(ofStore: storePath, target)
    var buffer = [UInt8](repeating: 0, count: copyBytes)
    while true {
      let count = read(source, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .unusable(path: file, words: systemWords()) }
      if count == 0 { break }
      var rest = buffer[..<count]
      while !rest.isEmpty {
        let written = rest.withUnsafeBytes { write(target, $0.baseAddress, $0.count) }
        if written < 0, errno == EINTR { continue }
        guard written > 0 else { throw .unusable(path: part, words: systemWords()) }
        rest = rest.dropFirst(written)
      }
    }
    guard fsync(target) == 0 else { throw .unusable(path: part, words: systemWords()) }
  }

  private static func examine(_ part: String, namedAs file: String) throws(RestoreError) -> StoreExamination {
    do {
      // One that is empty is a new store to SQLite.
      guard identity(of: part)?.bytes != 0 else { throw RestoreError.notAStore(file: file) }
      let examined = try StoreExamination.examine(part)
      // Of a file that was cut SQLite reads the missing end of the last page as zeros.
      guard (identity(of: part)?.bytes ?? 0) % 512 == 0 else { throw RestoreError.damaged(file: file, words: "its end is missing") }
      return examined
    } catch let error as RestoreError {
      throw error
    } catch let error as StoreError {
      switch error {
      case .notAStore: throw .notAStore(file: file)
      case .newer: throw .newer(file: file)
      case .older: throw .older(file: file)
      case .damaged(_, let words): throw .damaged(file: file, words: words)
      case .unusable(_, let words): throw .damaged(file: file, words: words)
      case .inUse, .diskFull, .missing: throw .unusable(path: file, words: "\(error)")
      }
    } catch {
      throw .unusable(path: file, words: "\(error)")
    }
  }
}

/// What root makes beside a store belongs to whom the store belongs to, or else the folder: the relay's own user must be able to open it.
func giveToOwner(ofStore path: String, _ descriptor: Int32) {
  guard geteuid() == 0 else { return }
  var information = stat()
  guard stat(path, &information) == 0 || stat(folder(of: path), &information) == 0 else { return }
  _ = fchown(descriptor, information.st_uid, information.st_gid)
}
