import Foundation

struct SystemError: Error { var errno: Int32 }

/// Limits the size to which a process may let a file grow; nil takes the limit away. By prlimit(1), since Swift sees no prlimit(2).
/// Needs no privilege for one's own children as long as the hard limit stays.
func limitFileSize(of pid: pid_t, to bytes: Int?) async throws {
  let limit = bytes.map(String.init) ?? "unlimited"
  let program = try Program.start(["--pid=\(pid)", "--fsize=\(limit):"], of: prlimit)
  let exit = try await program.exit()
  guard exit == .code(0) else { throw Program.EndedEarly(exit: exit, written: program.errorText) }
}

let prlimit = "/usr/bin/prlimit"

func size(of path: String) throws -> Int {
  guard let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int else { throw SystemError(errno: ENOENT) }
  return size
}

/// User and system time of a process so far, to 10 ms (proc_pid_stat(5), fields 14 and 15).
func processorTime(of pid: pid_t) throws -> Duration {
  let stat = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
  // The second field may hold anything, parentheses included.
  let fields = stat[stat.lastIndex(of: ")")!...].split(separator: " ")
  guard fields.count > 13, let user = Int(fields[12]), let system = Int(fields[13]) else { throw SystemError(errno: EINVAL) }
  return .milliseconds((user + system) * 1_000 / sysconf(Int32(_SC_CLK_TCK)))
}

/// Writes to a file until there is no room left for another byte.
func fill(_ path: String) throws {
  let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
  guard descriptor >= 0 else { throw SystemError(errno: errno) }
  defer { close(descriptor) }
  let block = [UInt8](repeating: 0, count: 64 * 1024)
  while write(descriptor, block, block.count) > 0 {}
  guard errno == ENOSPC else { throw SystemError(errno: errno) }
}

/// A small file system in memory. Needs the right to mount.
struct SmallDisk {
  let path: String

  static let isPermitted: Bool = {
    guard let disk = try? SmallDisk(megabytes: 1) else { return false }
    disk.unmount()
    return true
  }()

  init(megabytes: Int) throws {
    path = NSTemporaryDirectory() + "disk-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    guard mount("tmpfs", path, "tmpfs", 0, "size=\(megabytes)m,mode=0700") == 0 else {
      rmdir(path)
      throw SystemError(errno: errno)
    }
  }

  func unmount() {
    // Detached, so that a process that has not ended yet cannot keep it.
    umount2(path, Int32(MNT_DETACH))
    rmdir(path)
  }
}
