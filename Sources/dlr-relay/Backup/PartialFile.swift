import Crypto
import Glibc
import Store

/// A file that gets its name only when it is whole and on disk. Until then it is beside that, as NAME.partial, for its owner alone.
final class PartialFile {
  let path: String
  let partialPath: String
  let descriptor: Int32
  private(set) var bytes = 0
  private var hash = SHA256()

  /// - Throws: `Failure` if there is a file of that name, which is never overwritten, or none can be made.
  init(for path: String) throws(Failure) {
    guard !Self.exists(path) else {
      throw Failure("\(path) is there already, and nothing overwrites it; give another name, or move it away")
    }
    self.path = path
    partialPath = path + ".partial"
    // One that somebody else has put there for us to fill would be his.
    descriptor = open(partialPath, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0o600)
    guard descriptor >= 0 else { throw Failure("\(partialPath) cannot be written: \(SystemError(errno)); give another place") }
    var information = stat()
    guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG, information.st_uid == geteuid(),
      information.st_nlink == 1
    else {
      close(descriptor)
      throw Failure("\(partialPath) is somebody else's; remove it, or give another name")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw Failure("another process writes \(partialPath); wait until it is done, or give another name")
    }
    // What one that was killed has left is of no use.
    guard fchmod(descriptor, 0o600) == 0, ftruncate(descriptor, 0) == 0 else {
      let error = SystemError(errno)
      close(descriptor)
      throw Failure("\(partialPath) cannot be written: \(error)")
    }
  }

  deinit { close(descriptor) }

  /// - Returns: false if it cannot be written: `errno` says why.
  func write(_ part: UnsafeRawBufferPointer) -> Bool {
    hash.update(bufferPointer: part)
    var rest = part
    while !rest.isEmpty {
      let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      bytes += count
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
    return true
  }

  /// Of what was written.
  var sha256: String { hexadecimal(hash.finalize()) }

  /// Gives it its name, once it and the name are on disk.
  /// - Throws: `Failure` also if a file of that name has come to be there. Nothing of this one is left then.
  func publish() throws(Failure) {
    do throws(Failure) {
      guard fsync(descriptor) == 0 else { throw Failure("\(partialPath) cannot be brought to the disk: \(SystemError(errno))") }
      try rename()
      try syncFolder(of: path)
    } catch {
      discard()
      throw error
    }
  }

  func discard() { unlink(partialPath) }

  private func rename() throws(Failure) {
    // A link is made only where there is none; a rename would replace. Where there are no links, as on a stick with FAT, it is looked first.
    if link(partialPath, path) == 0 {
      unlink(partialPath)
      return
    }
    let code = errno
    guard code != EEXIST, !Self.exists(path) else { throw Failure("\(path) has come to be there meanwhile, and nothing overwrites it") }
    guard Glibc.rename(partialPath, path) == 0 else { throw Failure("\(path) cannot be made: \(SystemError(errno))") }
  }

  private static func exists(_ path: String) -> Bool {
    var information = stat()
    return lstat(path, &information) == 0
  }
}

/// A name is on disk when its folder is.
func syncFolder(of path: String) throws(Failure) {
  let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
  let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  guard descriptor >= 0 else { throw Failure("\(folder) cannot be opened: \(SystemError(errno))") }
  defer { close(descriptor) }
  // Not every file system can; those have nothing to lose by it.
  guard fsync(descriptor) == 0 || errno == EINVAL else { throw Failure("\(folder) cannot be brought to the disk: \(SystemError(errno))") }
}
