import Foundation

/// A file's path that nobody else uses; the file is removed with the value.
final class TemporaryFile: Sendable {
  let path = FileManager.default.temporaryDirectory.appendingPathComponent("traffic-\(UUID().uuidString)").path

  deinit { unlink(path) }

  var lines: [String] {
    get throws { try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init) }
  }
}
