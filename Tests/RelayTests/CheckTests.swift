import Foundation
import Testing

/// What programs read of a rule file.
@Suite(.timeLimit(.minutes(10)))
struct CheckTests {
  private struct Verdict: Decodable {
    struct Entry: Decodable, Equatable {
      var file: String
      var line: Int
      var column: Int
      var severity: String
      var message: String
      var hint: String?
      var route: String?
    }

    var file: String
    var fingerprint: String
    var valid: Bool
    var routes: [String]?
    var diagnostics: [Entry]
  }

  private func check(_ rules: String) async throws -> (exit: Program.Exit, verdict: Verdict) {
    let folder = FileManager.default.temporaryDirectory.appending(path: "check-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data(rules.utf8).write(to: folder.appending(path: "routes.yaml"))
    let environment = ["T": "q7Zt0vKx93LmWc5R"]
    let program = try Program.start(["check", "--json"], environment: environment, in: folder.path)
    let exit = try await program.exit()
    return (exit, try JSONDecoder().decode(Verdict.self, from: Data(program.output.utf8)))
  }

  @Test func `every diagnostic is there with its place, its hint and its route`() async throws {
    let (exit, verdict) = try await check(
      """
      receive: { tokens: ["${T}"], listen: "8080" }
      routes:
        - { name: shop, marker: [x1], otherwise: true, url: "http://shop.example.com/" }

      """)
    #expect(exit == .code(1))
    #expect(!verdict.valid && verdict.routes == nil && verdict.file == "routes.yaml")
    #expect(verdict.fingerprint.contains(/^[0-9a-f]{12}$/))
    #expect(
      verdict.diagnostics == [
        Verdict.Entry(
          file: "routes.yaml", line: 1, column: 38, severity: "error", message: "listen \"8080\" has no host",
          hint: "write 0.0.0.0:8080, or 127.0.0.1:8080 for this machine only"),
        Verdict.Entry(
          file: "routes.yaml", line: 3, column: 19, severity: "error", message: "unknown key \"marker\" in route \"shop\"",
          hint: "did you mean \"markers\"?", route: "shop"),
        Verdict.Entry(
          file: "routes.yaml", line: 3, column: 55, severity: "warning",
          message: "the url is http:// to a public host: phone numbers and texts travel unencrypted", hint: "use https://", route: "shop"),
      ])
  }

  @Test func `a good file is valid, and another file has another fingerprint`() async throws {
    let good = "receive: { tokens: [\"${T}\"] }\nroutes: [{ name: a, otherwise: true, url: \"http://a/\" }]\n"
    let (exit, verdict) = try await check(good)
    #expect(exit == .code(0))
    #expect(verdict.valid && verdict.routes == ["a"] && verdict.diagnostics == [])
    #expect(try await check(good + "# another\n").verdict.fingerprint != verdict.fingerprint)
    #expect(try await check(good).verdict.fingerprint == verdict.fingerprint)
  }

  @Test func `the schema is JSON and knows every block`() async throws {
    let program = try Program.start(["schema"])
    #expect(try await program.exit() == .code(0))
    let schema = try #require(try JSONSerialization.jsonObject(with: Data(program.output.utf8)) as? [String: Any])
    #expect(schema["$schema"] as? String == "http://json-schema.org/draft-07/schema#")
    let blocks = try #require(schema["properties"] as? [String: Any])
    #expect(Set(blocks.keys) == ["receive", "status", "store", "defaults", "routes", "unmatched", "alerts"])
  }
}
