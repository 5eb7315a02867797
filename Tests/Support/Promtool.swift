import Foundation

/// Prometheus' own judge of metrics and rules (Debian, `prometheus`), which Tests/run.sh puts below .build.
package enum Promtool {
  package struct Verdict: Sendable {
    package var isGood: Bool
    /// All that it said.
    package var words: String
  }

  package static let repository = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
  private static let path = repository + "/.build/promtool/usr/bin/promtool"

  package static let isThere = FileManager.default.isExecutableFile(atPath: path)
  package static let absence = "promtool is not there; Tests/run.sh gets it where there is a network"

  /// - Parameter input: what it reads from standard input.
  package static func run(_ arguments: String..., input: String = "") throws -> Verdict {
    let file = FileManager.default.temporaryDirectory.appending(path: "promtool-\(UUID().uuidString)")
    try Data(input.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let (process, output) = (Process(), Pipe())
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: repository)
    process.standardInput = try FileHandle(forReadingFrom: file)
    (process.standardOutput, process.standardError) = (output, output)
    try process.run()
    let words = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Verdict(isGood: process.terminationStatus == 0, words: String(decoding: words, as: UTF8.self))
  }
}
