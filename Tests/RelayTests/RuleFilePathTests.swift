import Foundation
import Testing

@testable import dlr_relay

/// Which rule file a command reads that is not told.
struct RuleFilePathTests {
  @Test func `it is the one here, or else the package's, and where there is none it is the one that could be here`() throws {
    let folder = NSTemporaryDirectory() + "rules-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let (here, packaged) = (folder + "/here.yaml", folder + "/packaged.yaml")
    func chosen() -> String { RuleFilePath(here: here, ofPackage: packaged).path }
    #expect(chosen() == here)
    try Data().write(to: URL(filePath: packaged))
    #expect(chosen() == packaged)
    try Data().write(to: URL(filePath: here))
    #expect(chosen() == here)
    #expect(RuleFilePath(argument: "other.yaml").path == "other.yaml")
  }

  @Test func `the help says the same on every machine`() async throws {
    let help = try Program.start(["check", "--help"])
    #expect(try await help.exit() == .code(0))
    let words = help.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(words.contains("(default: routes.yaml, or else /etc/dlr-relay/routes.yaml)"))
  }
}
