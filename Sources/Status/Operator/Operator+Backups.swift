import Hummingbird
import Model

/// Copies of the store.
extension Operator {
  func backups() -> BackupList { BackupList(backups: source.backups.last(false).map { [BackupAnswer($0)] } ?? []) }

  func startBackup() async throws(OperatorError) -> BackupAnswer {
    let backup: Backup
    do {
      backup = try await source.backups.start()
    } catch let error as BackupError {
      if case .underWay = error { throw .conflict("Nothing was done: \(error).") }
      throw .store(error)
    } catch {
      throw .store(error)
    }
    tell("backup", ["backup": String(backup.id)])
    return BackupAnswer(backup)
  }

  /// Whoever asks wants it to be kept.
  func backup(_ id: Int64) throws(OperatorError) -> BackupAnswer {
    // Of another nobody is to believe that somebody waits for it.
    guard source.backups.last(false)?.id == id, let backup = source.backups.last(true) else { throw Self.unknown(backup: id) }
    return BackupAnswer(backup)
  }

  func endBackup(_ id: Int64) throws(OperatorError) -> BackupAnswer {
    guard let backup = source.backups.end(id) else { throw Self.unknown(backup: id) }
    tell("end of backup", ["backup": String(id)])
    return BackupAnswer(backup)
  }

  /// - Returns: the file, and what is in it.
  func openBackup(_ id: Int64) throws(OperatorError) -> (BackupFileReader, BackupAnswer.Contents) {
    let backup = try backup(id)
    guard backup.stage == .ready, let contents = backup.contents, let descriptor = source.backups.open(id) else {
      throw .conflict(
        "Backup \(id) is \(backup.stage.rawValue)\(backup.failure.map { ": \($0)" } ?? ""). Its file is there while it is ready.")
    }
    tell("reading of backup", ["backup": String(id)])
    return (BackupFileReader(descriptor), contents)
  }

  private static func unknown(backup id: Int64) -> OperatorError {
    .unknown("There is no backup \(id), or not any more. POST /api/v1/backups makes one.")
  }
}
