import Glibc

/// A file to which lines are added one by one. Each line is one write(2): it survives the end of this process at any moment,
/// though not of the machine.
final class RecordFile {
  private let descriptor: CInt
  private let path: String

  /// Makes the file, or empties it: a record is of one run.
  init(path: String) throws(TrafficError) {
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .record(path: path, reason: String(cString: strerror(errno))) }
    self.path = path
  }

  deinit { close(descriptor) }

  /// - Throws: when the line is not in the file whole. What is compared with an incomplete record proves nothing, so the run ends.
  func add(_ line: String) throws(TrafficError) {
    let bytes = Array((line + "\n").utf8)
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress! + written, bytes.count - written) }
      if count < 0 {
        if errno == EINTR { continue }
        throw .record(path: path, reason: String(cString: strerror(errno)))
      }
      written += count
    }
  }
}
