import Support
import Testing

@Suite(.timeLimit(.minutes(10)))
struct ReadyCommandTests {
  private static let file = rules(#"name: shop, markers: ["@shop"], url: "http://127.0.0.1:9/""#)

  @Test func `a relay that takes reports is ready, and one that is not there is not`() async throws {
    try await RelayProcess.with(rules: Self.file) { relay in
      let absent = try await relay.command("ready")
      #expect(absent.exit == .code(1))
      #expect(absent.errors.count == 1 && absent.errors[0].hasPrefix("not ready: no relay listens on 127.0.0.1:"), "\(absent.errors)")
      try await relay.start()
      let ready = try await relay.command("ready")
      #expect((ready.exit, ready.output, ready.errors) == (.code(0), "ready\n", []))
    }
  }

  @Test func `another program on its door is not taken for the relay`() async throws {
    let app = try await RecordingApp.start()
    try await RelayProcess.with(rules: Self.file) { relay in
      let other = try await relay.command("ready", door: String(app.url.dropFirst("http://".count).prefix { $0 != "/" }))
      #expect(other.exit == .code(1))
      #expect(other.errors.count == 1 && other.errors[0].contains("status.listen"), "\(other.errors)")
    }
  }
}
