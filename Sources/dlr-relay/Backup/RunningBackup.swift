import Foundation
import Model
import Status
import Store

/// A backup of a relay that runs, as the command has it made and fetches it.
struct RunningBackup: Sendable {
  /// Between two looks at how far it is: from the first to the second, twice as long each time.
  private static let lookEvery: ClosedRange<Swift.Duration> = .milliseconds(20)...(.milliseconds(500))
  private static let path = "/api/v1/backups"

  let relay: RunningRelay
  /// As `realPath` has it.
  let store: String
  let progress: BackupProgress

  /// - Throws: `Failure` in one line; then the relay keeps nothing of it.
  func copy(to target: PartialFile) async throws -> BackupAnswer.Contents {
    let backup: BackupAnswer = try await relay.ask("POST", Self.path, body: [String: String]())
    let result: Result<BackupAnswer.Contents, any Error>
    do { result = .success(try await fetch(backup.id, to: target)) } catch { result = .failure(error) }
    // Room on its disk, at once. If it does not come to this, the relay ends it by itself.
    let _: BackupAnswer? = try? await relay.ask("DELETE", "\(Self.path)/\(backup.id)")
    return try result.get()
  }

  private func fetch(_ id: Int64, to target: PartialFile) async throws -> BackupAnswer.Contents {
    let contents = try await ready(id)
    if relay.hasToken {
      try await relay.download("\(Self.path)/\(id)/file") { [progress] part in
        progress.tell("fetching, \(target.bytes * 100 / max(1, contents.bytes)) %")
        return !progress.isInterrupted && target.write(part)
      }
    } else {
      nonisolated(unsafe) let target = target
      try await offPool { Result { try read(into: target) } }.get()
    }
    guard target.bytes == contents.bytes, target.sha256 == contents.sha256 else {
      throw Failure("the copy did not arrive as it was sent; try again")
    }
    return contents
  }

  private func ready(_ id: Int64) async throws -> BackupAnswer.Contents {
    var wait = Self.lookEvery.lowerBound
    while !progress.isInterrupted {
      let backup: BackupAnswer = try await relay.ask("GET", "\(Self.path)/\(id)")
      switch backup.stage {
      case .copying: progress.tell("copying, \(sized(backup.copiedBytes)) of \(sized(backup.totalBytes))")
      case .checking: progress.tell("reading it through")
      case .ready: if let contents = backup.contents { return contents }
      case .failed: throw Failure(backup.failure ?? "the backup failed; look at the relay's log")
      case .ended: throw Failure("somebody else ended the backup; try again")
      }
      try await Task.sleep(for: wait)
      wait = min(wait * 2, Self.lookEvery.upperBound)
    }
    throw Failure("interrupted")
  }

  /// Where nobody needs a token to ask, who may read is who may open the file.
  private func read(into target: PartialFile) throws(Failure) {
    let path = SQLiteJournal.backupInProgress(ofStore: store)
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw Failure(
        "\(path) cannot be read: \(SystemError(errno)); run this as the relay's user or as root, or set status.token in the rule file")
    }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 1024 * 1024)
    while true {
      let count = Foundation.read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw Failure("\(path) cannot be read: \(SystemError(errno))") }
      if count == 0 { return }
      let isWritten = buffer.withUnsafeBytes { target.write(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
      guard isWritten else { throw Failure("\(target.partialPath) cannot be written: \(SystemError(errno))") }
      guard !progress.isInterrupted else { throw Failure("interrupted") }
    }
  }
}
