import Model

extension SQLiteJournal: BackupOperations {
  package func startBackup() throws(BackupError) -> Backup { try backups.start(standing().bytes) }
  package func backup(asking: Bool) -> Backup? { backups.last(asking: asking) }

  package func endBackup(id: Int64) -> Backup? {
    guard let run = backups.run(id) else { return nil }
    run.end()
    return run.shown
  }

  package func openBackup(id: Int64) -> Int32? { backups.run(id)?.opened() }
}
