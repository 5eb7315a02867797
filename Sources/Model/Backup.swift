/// A copy of the whole store, made while the relay goes on.
package struct Backup: Sendable, Equatable {
  package enum Stage: String, Sendable, Codable, CaseIterable {
    /// Pages are copied, a few between two commits. What is committed meanwhile is in the copy too.
    case copying
    /// All is copied, and is read through.
    case checking
    /// It can be read, for as long as somebody asks for it.
    case ready
    case failed
    /// Somebody ended it, or nobody asked for it any more. Nothing is left of it.
    case ended
  }

  /// The how manieth since the start of the relay.
  package var id: Int64
  package var stage = Stage.copying
  package var startedAt: Instant
  package var copiedBytes = 0
  /// As far as is known: the store grows meanwhile.
  package var totalBytes = 0
  /// Why it failed, in words that say what to do.
  package var failure: String?
  /// Once it is ready.
  package var contents: BackupContents?

  package init(id: Int64, startedAt: Instant) { (self.id, self.startedAt) = (id, startedAt) }
}

/// What is in a copy of the store, as it was read from the copy.
package struct BackupContents: Sendable, Equatable {
  /// Every report answered 200 before this is in it.
  package var asOf: Instant
  package var bytes: Int
  /// Of the file, in hexadecimal digits.
  package var sha256: String
  /// That were ever received: what retention deleted counts too.
  package var reports: Int
  /// Copies that routes are still owed, and those that were given up.
  package var waiting: Int
  package var dead: Int
  /// The last step of the layout that it has.
  package var schema: String

  package init(asOf: Instant, bytes: Int, sha256: String, reports: Int, waiting: Int, dead: Int, schema: String) {
    (self.asOf, self.bytes, self.sha256) = (asOf, bytes, sha256)
    (self.reports, self.waiting, self.dead, self.schema) = (reports, waiting, dead, schema)
  }
}

/// Why there is no backup. One line each, that says what to do.
package enum BackupError: Error, Sendable, Equatable, CustomStringConvertible {
  /// One at a time: two would read and write the disk twice for the same bytes.
  case underWay(id: Int64)
  case noRoom(needed: Int, free: Int, folder: String)
  case cannotWrite(folder: String, words: String)
  case damaged(words: String)
  case failed(words: String)
  case closed

  package var description: String {
    switch self {
    case .underWay(let id): "backup \(id) is being made; wait until it is done, or end it"
    case .noRoom(let needed, let free, let folder):
      "the copy needs \(sized(needed)) in \(folder), of which \(sized(Limits.backupLeavesBytes)) must stay free, and there are "
        + "\(sized(free)); make room there"
    case .cannotWrite(let folder, let words): "nothing can be written in \(folder): \(words)"
    case .damaged(let words): "the copy is damaged, and so the store may be: \(words); look at it with: dlr-relay doctor"
    case .failed(let words): "it could not be copied: \(words)"
    case .closed: "the relay is stopping"
    }
  }
}

/// A journal that can be copied while it runs.
package protocol BackupOperations: Sendable {
  /// Begins one, and returns at once.
  func startBackup() throws(BackupError) -> Backup

  /// The one under way, or else the last; nil if there was none. Who asks for one that is ready keeps it for `Limits.backupKept` more.
  /// - Parameter asking: false for who only looks, and does not want it.
  func backup(asking: Bool) -> Backup?

  /// Ends it, whatever its stage, and deletes what there is of it. What is not under way is left alone.
  func endBackup(id: Int64) -> Backup?

  /// Opens the file of one that is ready; the caller closes the descriptor. nil if it is not, or not any more.
  func openBackup(id: Int64) -> Int32?
}
