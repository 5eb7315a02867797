import Foundation
import Synchronization

/// Holds a store for one process: two writers would each believe that they alone hand deliveries out.
///
/// An flock(2) on a file beside the store, which the system lets go when the process ends, however it ends. The file stays.
package final class StoreLock: Sendable {
  /// nil once released.
  private let descriptor: Mutex<Int32?>

  init(storePath: String) throws(StoreError) {
    let path = storePath + ".lock"
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .unusable(path: storePath, words: String(cString: strerror(errno))) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let owner = Self.read(descriptor)
      close(descriptor)
      throw .inUse(path: storePath, pid: owner)
    }
    self.descriptor = Mutex(descriptor)
    giveToOwner(ofStore: storePath, descriptor)
    // Only for the message that another process shows; the lock itself does not depend on it.
    let pid = "\(getpid())\n"
    _ = ftruncate(descriptor, 0)
    _ = pid.withCString { pwrite(descriptor, $0, strlen($0), 0) }
  }

  deinit { release() }

  /// The process that has a store open; nil if none has, or nobody may know.
  package static func holder(ofStore path: String) -> String? {
    let descriptor = open(path + ".lock", O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    return flock(descriptor, LOCK_SH | LOCK_NB) == 0 ? nil : read(descriptor)
  }

  /// Lets the store go at once, whoever still holds this.
  func release() {
    descriptor.withLock { descriptor in
      if let descriptor {
        // Closing alone would leave it to a child that is just being started, until that has become another program.
        flock(descriptor, LOCK_UN)
        close(descriptor)
      }
      descriptor = nil
    }
  }

  private static func read(_ descriptor: Int32) -> String {
    var bytes = [UInt8](repeating: 0, count: 16)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    let text = String(decoding: bytes.prefix(max(0, count)).filter { (48...57).contains($0) }, as: UTF8.self)
    return text.isEmpty ? "unknown" : text
  }
}
