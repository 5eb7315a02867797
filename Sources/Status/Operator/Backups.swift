import Model

/// What the operator's door can have done about copies of the store. See `BackupOperations`.
package struct Backups: Sendable {
  /// Throws `BackupError`.
  package var start: @Sendable () async throws -> Backup
  package var last: @Sendable (_ asking: Bool) -> Backup?
  package var end: @Sendable (Int64) -> Backup?
  package var open: @Sendable (Int64) -> Int32?

  package init(
    start: @escaping @Sendable () async throws -> Backup, last: @escaping @Sendable (Bool) -> Backup?,
    end: @escaping @Sendable (Int64) -> Backup?, open: @escaping @Sendable (Int64) -> Int32?
  ) {
    (self.start, self.last, self.end, self.open) = (start, last, end, open)
  }

  /// Where the store cannot be copied.
  package static let none = Backups(start: { throw BackupError.closed }, last: { _ in nil }, end: { _ in nil }, open: { _ in nil })
}

/// A backup, as people and programs see it.
package struct BackupAnswer: Codable, Sendable, Equatable {
  package var id: Int64
  package var stage: Backup.Stage
  package var startedAt: String
  package var copiedBytes: Int
  /// As far as is known: the store grows meanwhile.
  package var totalBytes: Int
  /// Why it failed.
  @OrNull package var failure: String?
  /// Of the file, once it is ready; null until then.
  @OrNull package var contents: Contents?

  package struct Contents: Codable, Sendable, Equatable {
    /// Every report answered 200 before this is in it.
    package var until: String
    package var bytes: Int
    package var sha256: String
    /// That were ever received, also those that retention deleted.
    package var reports: Int
    /// Copies that are owed, and those that were given up.
    package var waiting: Int
    package var dead: Int

    package init(_ contents: BackupContents) {
      until = contents.asOf.rfc3339
      (bytes, sha256) = (contents.bytes, contents.sha256)
      (reports, waiting, dead) = (contents.reports, contents.waiting, contents.dead)
    }
  }

  init(_ backup: Backup) {
    (id, stage, startedAt) = (backup.id, backup.stage, backup.startedAt.rfc3339)
    (copiedBytes, totalBytes, failure) = (backup.copiedBytes, backup.totalBytes, backup.failure)
    contents = backup.contents.map(Contents.init)
  }
}

package struct BackupList: Codable, Sendable, Equatable {
  /// The last one since the start of the relay, or none.
  package var backups: [BackupAnswer]
}
