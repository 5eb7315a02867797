import Glibc
import Observe

extension ProcessFigures {
  /// Of this process; nil where the system does not say.
  static func now() -> ProcessFigures? {
    guard let stat = firstLine(of: "/proc/self/stat"), let openFiles = entries(of: "/proc/self/fd") else { return nil }
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
    // The folder that was just read was open for that.
    return ProcessFigures(
      stat: stat, ticksPerSecond: sysconf(Int32(_SC_CLK_TCK)), pageBytes: sysconf(Int32(_SC_PAGESIZE)), openFiles: openFiles - 1,
      openFilesMax: Int(clamping: limit.rlim_cur))
  }

  private static let lineBytesMax = 4_096

  private static func firstLine(of path: String) -> String? {
    guard let file = fopen(path, "re") else { return nil }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: lineBytesMax)
    guard fgets(&line, Int32(line.count), file) != nil else { return nil }
    return String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func entries(of path: String) -> Int? {
    guard let folder = opendir(path) else { return nil }
    defer { closedir(folder) }
    var count = 0
    while readdir(folder) != nil { count += 1 }
    // Without "." and "..".
    return count - 2
  }
}
