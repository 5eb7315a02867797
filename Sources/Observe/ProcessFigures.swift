/// What the system counts of this process, by the names that Prometheus' clients give it.
package struct ProcessFigures: Sendable, Equatable {
  /// In user and system mode together.
  package var cpuSeconds: Double
  package var virtualBytes: Int
  package var residentBytes: Int
  package var openFiles: Int
  package var openFilesMax: Int

  /// - Parameters:
  ///   - stat: the line of /proc/PID/stat (proc(5)).
  ///   - ticksPerSecond, pageBytes: what it counts in.
  /// - Returns: nil if the line is no such line.
  package init?(stat: String, ticksPerSecond: Int, pageBytes: Int, openFiles: Int, openFilesMax: Int) {
    // The program's name is in parentheses and may have any character in it; what follows begins with field 3.
    guard let name = stat.lastIndex(of: ")") else { return nil }
    let fields = stat[name...].dropFirst().split(separator: " ").map { Int($0.split(separator: "\n").first ?? $0) }
    func field(_ number: Int) -> Int? { number - 3 < fields.count ? fields[number - 3] : nil }
    guard let user = field(14), let system = field(15), let virtualBytes = field(23), let pages = field(24) else { return nil }
    cpuSeconds = Double(user + system) / Double(ticksPerSecond)
    self.virtualBytes = virtualBytes
    residentBytes = pages * pageBytes
    self.openFiles = openFiles
    self.openFilesMax = openFilesMax
  }
}
