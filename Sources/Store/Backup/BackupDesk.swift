import Foundation
import Model
import Synchronization

/// Where backups of a store that is open are asked for: one at a time, each with a thread of its own.
final class BackupDesk: Sendable {
  private struct State {
    var last: BackupRun?
    var count: Int64 = 0
    var isClosed = false
  }

  /// Beside the store, where the relay may write. Nobody else calls a file so, and one that a crash has left is deleted at the next start.
  private static let suffix = ".backup-in-progress"

  private let path: String
  private let inbox: Inbox
  private let clock: Clock
  private let observer: Observer
  private let kept: Duration
  private let state = Mutex(State())
  private let threads = DispatchGroup()

  /// - Precondition: the store's lock is held.
  init(storePath: String, inbox: Inbox, clock: @escaping Clock, kept: Duration, observer: @escaping Observer) {
    path = Self.path(of: storePath)
    (self.inbox, self.clock, self.observer, self.kept) = (inbox, clock, observer, kept)
    BackupFile.remove(path)
  }

  static func path(of storePath: String) -> String { storePath + suffix }

  /// - Parameter bytes: of the store.
  func start(_ bytes: Int) throws(BackupError) -> Backup {
    try DiskRoom.check(for: bytes, in: folder(of: path))
    let result = state.withLock { state in
      Result { () throws(BackupError) in
        guard !state.isClosed else { throw .closed }
        if let last = state.last?.shown, last.stage.isUnderWay { throw .underWay(id: last.id) }
        var backup = Backup(id: state.count + 1, startedAt: clock())
        backup.totalBytes = bytes
        let run = try BackupRun(backup, at: path, kept: kept)
        (state.last, state.count) = (run, backup.id)
        start(run)
        return backup
      }
    }
    return try result.get()
  }

  private func start(_ run: BackupRun) {
    let (threads, inbox, clock, observer) = (threads, inbox, clock, observer)
    threads.enter()
    let thread = Thread {
      run.run(inbox, observer: observer, clock: clock)
      threads.leave()
    }
    thread.name = "backup"
    thread.start()
  }

  func last(asking: Bool) -> Backup? { state.withLock { $0.last }.map { asking ? $0.asked() : $0.shown } }

  func run(_ id: Int64) -> BackupRun? { state.withLock { $0.last }.flatMap { $0.shown.id == id ? $0 : nil } }

  /// Ends what is under way, and returns when nothing of it is left. The writer has ended.
  func close() {
    let last = state.withLock { state in
      state.isClosed = true
      return state.last
    }
    last?.end()
    wait()
  }

  /// Until nothing is under way.
  func wait() { threads.wait() }
}

extension Backup.Stage {
  package var isUnderWay: Bool { [.copying, .checking, .ready].contains(self) }
}

enum BackupFile {
  /// With what SQLite may have put beside it.
  static func remove(_ path: String) {
    for suffix in ["", "-journal", "-wal", "-shm"] { unlink(path + suffix) }
  }
}

enum DiskRoom {
  /// - Throws: `.noRoom` unless so much can be written and enough is left.
  static func check(for bytes: Int, in folder: String) throws(BackupError) {
    // One that does not say how much it has shows at the first write.
    guard let free = free(in: folder), free < bytes + Limits.backupLeavesBytes else { return }
    throw .noRoom(needed: bytes + Limits.backupLeavesBytes, free: free, folder: folder)
  }

  /// What only root may use is not free for the relay.
  static func free(in folder: String) -> Int? {
    var information = statvfs()
    guard statvfs(folder, &information) == 0 else { return nil }
    let (bytes, isTooMuch) = UInt64(information.f_bavail).multipliedReportingOverflow(by: UInt64(information.f_frsize))
    return isTooMuch ? .max : Int(clamping: bytes)
  }
}
