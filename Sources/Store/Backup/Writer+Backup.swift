import Model

/// The writer's part of a backup: pages, a few between two commits.
extension Writer {
  struct CopyUnderWay {
    let run: BackupRun
    let copy: StoreCopy
    /// Copied since the last sync.
    var pagesUnsynced = 0
  }

  func begin(_ run: BackupRun) {
    guard !isBroken else { return run.stopped(.failed(words: "the store \(Self.notOpened)")) }
    do {
      backup = CopyUnderWay(run: run, copy: try connection.copy(to: run.path))
      nextBackupStepAt = Instant(microseconds: .min)
    } catch {
      run.stopped(.failed(words: error.words))
    }
  }

  /// - Parameter isBusy: true while reports come in, which go first.
  func stepBackup(isBusy: Bool) {
    guard var underWay = backup, nextBackupStepAt <= clock() else { return }
    // What is left of a full disk is for settling, and a store that must be opened anew is closed before.
    guard reserve.isHeld, !isBroken else { return dropBackup(because: .failed(words: "the store has no room, or cannot be written")) }
    do {
      let pages = isBusy ? Limits.backupStepPages / Limits.backupBusyShare : Limits.backupStepPages
      let isWhole = try underWay.copy.step(pages: pages)
      underWay.pagesUnsynced += pages
      let (all, left) = (underWay.copy.pages * connection.pageBytes, underWay.copy.pagesLeft * connection.pageBytes)
      if isWhole {
        backup = nil
        nextBackupStepAt = .distantFuture
        try underWay.copy.close()
        return underWay.run.copied(all, asOf: clock())
      }
      backup = underWay
      underWay.run.copied(all - left, of: all)
      if underWay.pagesUnsynced * connection.pageBytes >= Limits.backupUnsyncedBytes {
        backup?.pagesUnsynced = 0
        nextBackupStepAt = .distantFuture
        underWay.run.wantsSync()
      }
    } catch {
      if backup == nil { return underWay.run.stopped(.failed(words: error.words)) }
      dropBackup(because: .failed(words: error.words))
    }
  }

  /// What was copied is on disk.
  func goOn(with run: BackupRun) {
    if backup?.run === run { nextBackupStepAt = Instant(microseconds: .min) }
  }

  func drop(_ run: BackupRun) {
    if backup?.run === run { dropBackup(because: .closed) }
  }

  /// To be done before the connection is closed.
  func dropBackup(because error: BackupError) {
    guard let underWay = backup else { return }
    backup = nil
    nextBackupStepAt = .distantFuture
    // Half a copy: whatever it says.
    try? underWay.copy.close()
    underWay.run.stopped(error)
  }
}
