import Foundation
import Model
import Synchronization
import Wakeup

/// One backup of a store that is open, from its first page until nobody wants the file any more.
///
/// The writer copies; whatever waits for a disk is done by this one's thread: syncing what was copied, reading it through,
/// and deleting it. They tell each other what is next through `State`, and neither waits for the other.
final class BackupRun: Sendable {
  private struct State {
    var backup: Backup
    /// The writer waits for it.
    var wantsSync = false
    /// The writer has let go of the file: as of when it is whole, or why it is not.
    var end: Result<Instant, BackupError>?
    var asOf = Instant(microseconds: 0)
    /// Nobody wants it any more.
    var isEnded = false
    var askedAt = ContinuousClock.now
  }

  /// How often it is looked whether anybody still wants it.
  private static let lookEvery: Duration = .milliseconds(500)

  let path: String
  private let descriptor: Int32
  private let kept: Duration
  private let state: Mutex<State>
  private let wake = Wakeup()

  /// Makes the file, which must not be there.
  /// - Parameter kept: see `Limits.backupKept`.
  init(_ backup: Backup, at path: String, kept: Duration) throws(BackupError) {
    descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .cannotWrite(folder: folder(of: path), words: String(cString: strerror(errno))) }
    self.path = path
    self.kept = kept
    state = Mutex(State(backup: backup))
  }

  // MARK: - From the writer

  func copied(_ bytes: Int, of total: Int) {
    state.withLock { ($0.backup.copiedBytes, $0.backup.totalBytes) = (bytes, total) }
  }

  func wantsSync() { tell { $0.wantsSync = true } }

  /// It is whole.
  func copied(_ bytes: Int, asOf now: Instant) {
    tell { state in
      (state.backup.copiedBytes, state.backup.totalBytes) = (bytes, bytes)
      state.end = .success(now)
    }
  }

  func stopped(_ error: BackupError) { tell { $0.end = .failure(error) } }

  // MARK: - From whoever wants it

  var shown: Backup { state.withLock { $0.backup } }

  func asked() -> Backup {
    state.withLock { state in
      state.askedAt = .now
      return state.backup
    }
  }

  func end() { tell { $0.isEnded = true } }

  /// - Returns: a descriptor of the caller's own; nil unless it is ready.
  func opened() -> Int32? {
    state.withLock { state in
      guard state.backup.stage == .ready else { return nil }
      state.askedAt = .now
      let copy = dup(descriptor)
      return copy >= 0 ? copy : nil
    }
  }

  private func tell(_ change: (inout State) -> Void) {
    state.withLock { change(&$0) }
    wake.signal()
  }

  // MARK: - Its thread

  /// Returns when the file is deleted.
  /// - Parameter inbox: of the writer.
  func run(_ inbox: Inbox, observer: Observer, clock: Clock) {
    let startedAt = shown.startedAt
    do {
      try copy(inbox)
      let contents = try check()
      observer(.backedUp(contents, took: clock() - startedAt))
      while isWanted { wake.wait(atMost: Self.lookEvery) }
      delete(.ended)
    } catch {
      // Whatever went wrong, the writer lets go of it.
      _ = inbox.put(task: { writer in writer.drop(self) })
      let isEnded = state.withLock { $0.isEnded }
      if !isEnded { observer(.backupFailed(words: error.description)) }
      delete(isEnded ? .ended : .failed, because: error.description)
    }
  }

  /// - Returns: when the writer has copied all of it.
  private func copy(_ inbox: Inbox) throws(BackupError) {
    guard inbox.put(task: { writer in writer.begin(self) }) else { throw .closed }
    var isDropped = false
    while true {
      wake.wait(atMost: Self.lookEvery)
      let (mustSync, end) = state.withLock { state in
        defer { state.wantsSync = false }
        return (state.wantsSync, state.end)
      }
      if let end {
        let asOf = try end.get()
        return state.withLock { $0.asOf = asOf }
      }
      // The writer has the file open, and says when it has not. Without a writer nobody has it open.
      if !isWanted, !isDropped {
        isDropped = true
        guard inbox.put(task: { writer in writer.drop(self) }) else { throw .closed }
      }
      if mustSync {
        try sync()
        try roomCheck()
        guard inbox.put(task: { writer in writer.goOn(with: self) }) else { throw .closed }
      }
    }
  }

  private func sync() throws(BackupError) {
    guard fsync(descriptor) == 0 else { throw .cannotWrite(folder: folder(of: path), words: String(cString: strerror(errno))) }
  }

  /// Others write to the disk too.
  private func roomCheck() throws(BackupError) {
    let backup = shown
    try DiskRoom.check(for: max(0, backup.totalBytes - backup.copiedBytes), in: folder(of: path))
  }

  private func check() throws(BackupError) -> BackupContents {
    let asOf = state.withLock { state in
      state.backup.stage = .checking
      return state.asOf
    }
    let contents = try FinishedCopy.contents(of: path, open: descriptor, asOf: asOf, mayGoOn: { self.isWanted })
    state.withLock { state in
      (state.backup.stage, state.backup.contents) = (.ready, contents)
      state.askedAt = .now
    }
    return contents
  }

  private var isWanted: Bool { state.withLock { !$0.isEnded && ContinuousClock.now - $0.askedAt < kept } }

  private func delete(_ stage: Backup.Stage, because words: String? = nil) {
    BackupFile.remove(path)
    state.withLock { state in
      (state.backup.stage, state.backup.failure) = (stage, stage == .failed ? words : nil)
      close(descriptor)
    }
  }
}
