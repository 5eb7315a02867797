import Foundation
import Testing

/// What the operator pastes into the provider's panel.
@Suite(.timeLimit(.minutes(10)))
struct PanelTests {
  private func panel(_ arguments: String..., publicURL: String? = "https://sms.example.com") async throws -> Ran {
    let folder = FileManager.default.temporaryDirectory.appending(path: "panel-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let rules = """
      receive:
        path: /dlr
      \(publicURL.map { "  public_url: \($0)" } ?? "")
        tokens:
          - { label: "2026-11", value: "a token+of old, q7Zt0vKx9" }
          - { label: "2026-12", value: "Lm3WcRt5q7Zt0vKx93" }
      routes: [{ name: a, otherwise: true, url: "http://127.0.0.1:9/" }]
      """
    try Data(rules.utf8).write(to: folder.appending(path: "routes.yaml"))
    let program = try Program.start(["panel"] + arguments, in: folder.path)
    return Ran(exit: try await program.exit(), output: program.output, errors: program.errorLines)
  }

  @Test func `the URL is whole, with the token that was asked for, as a URL has it`() async throws {
    let first = try await panel()
    #expect(first.exit == .code(0))
    #expect(first.output.contains("\n  https://sms.example.com/dlr?token=a%20token%2Bof%20old%2C%20q7Zt0vKx9\n"))
    let next = try await panel("--token", "2026-12")
    #expect(next.output.contains("\n  https://sms.example.com/dlr?token=Lm3WcRt5q7Zt0vKx93\n"))
    #expect(!next.output.contains("q7Zt0vKx9\n"))
  }

  @Test func `a label that no token has is an error that names those there are, and shows none of them`() async throws {
    let wrong = try await panel("--token", "2027-01")
    #expect(wrong.exit == .code(1))
    #expect(wrong.output.isEmpty)
    #expect(wrong.errors == ["routes.yaml has no token called 2027-01; there are: 2026-11, 2026-12"])
  }

  @Test func `without a public address it says what is missing`() async throws {
    let panel = try await panel(publicURL: nil)
    #expect(panel.exit == .code(0))
    #expect(panel.output.contains("there is no public address yet"))
    #expect(panel.output.contains("/dlr?token=a%20token"))
  }
}
