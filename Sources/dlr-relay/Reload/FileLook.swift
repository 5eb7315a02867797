import Glibc

/// A regular file as it looks from outside, which tells one state of it from another.
struct FileLook: Sendable, Equatable {
  /// Without symbolic links.
  var path: String
  var device: UInt64
  var inode: UInt64
  var bytes: Int
  /// Nanoseconds since 1970: when it was written last, and when that, its name or its owner changed.
  var writtenAt: Int64
  var changedAt: Int64
}

extension FileLook {
  /// nil if there is none, or none that can be looked at.
  init?(at path: String) {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    var information = stat()
    guard stat(resolved, &information) == 0, information.st_mode & S_IFMT == S_IFREG else { return nil }
    func nanoseconds(_ time: timespec) -> Int64 { Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec) }
    self.init(
      path: String(cString: resolved), device: UInt64(information.st_dev), inode: UInt64(information.st_ino),
      bytes: Int(information.st_size), writtenAt: nanoseconds(information.st_mtim),
      changedAt: nanoseconds(information.st_ctim))
  }
}
