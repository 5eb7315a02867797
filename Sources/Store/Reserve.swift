import Foundation
import Model

/// Disk space kept aside for the day the disk is full: given up then, so that deliveries can still be settled and old rows
/// deleted, and taken again before the next report is accepted.
struct Reserve {
  private let path: String
  private let storePath: String
  private let bytes: Int
  private(set) var isHeld = false

  init(storePath: String, bytes: Int = Limits.reserveBytes) {
    self.storePath = storePath
    path = storePath + ".reserve"
    self.bytes = bytes
  }

  /// Takes the space. Quick where it is held already.
  ///
  /// Asks for twice as much and keeps half, so that a disk which is full but for the reserve does not look as if there were room
  /// each time the reserve has been given up.
  /// - Throws: `.full` if the disk has not that much room, or what else is in the way of the file; then nothing is kept.
  mutating func take() throws(JournalError) {
    guard !isHeld else { return }
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure(errno) }
    defer { close(descriptor) }
    giveToOwner(ofStore: storePath, descriptor)
    // Unlike ftruncate(2) this allocates, or fails with ENOSPC or, at a file-size limit, EFBIG.
    var code = posix_fallocate(descriptor, 0, off_t(bytes * 2))
    if code == 0, ftruncate(descriptor, off_t(bytes)) != 0 { code = errno }
    isHeld = code == 0
    guard !isHeld else { return }
    unlink(path)
    throw failure(code)
  }

  private func failure(_ code: Int32) -> JournalError {
    if [ENOSPC, EDQUOT, EFBIG].contains(code) { return .full }
    return .failed(code: Int(code), words: "\(path), which keeps some room aside, cannot be made: \(String(cString: strerror(code)))")
  }

  mutating func giveUp() {
    unlink(path)
    isHeld = false
  }
}
