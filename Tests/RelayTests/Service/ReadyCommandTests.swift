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

  @Test func `a relay that refused a changed rule file is ready all the same, asked at its address`() async throws {
    try await RelayProcess.with(rules: Self.file) { relay in
      try await relay.start()
      let door = relay.statusDoor
      try relay.write(rules: Self.file + "rotues: []\n")
      let asked = try await relay.command("ready", "--status", door)
      #expect((asked.exit, asked.output, asked.errors) == (.code(0), "ready\n", []))
      for wrong in ["9090", "127.0.0.1:", ":9090", "::1:9090", "127.0.0.1:0"] {
        #expect(try await relay.command("ready", "--status", wrong).exit == .code(2), "\(wrong)")
      }
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
