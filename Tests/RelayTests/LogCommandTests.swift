import Foundation
import Testing

/// `dlr-relay log`, on the real relay.
@Suite(.timeLimit(.minutes(2)))
struct LogCommandTests {
  private static let file = rules("name: all, otherwise: true, url: \"http://127.0.0.1:1/\"")

  @Test func `the level of a relay that runs is changed for a while, and is the usual one again by itself`() async throws {
    try await RelayProcess.with(rules: Self.file) { relay in
      try await relay.start(logLevel: "info")
      #expect(try await relay.command("log").output == "the level is info, as it was started\n")
      #expect(!relay.written.contains(#""level":"debug""#))
      let changed = try await relay.command("log", "debug", "--for", "1s")
      #expect(changed.exit == .code(0))
      #expect(changed.output.hasPrefix("the level is debug until 20") && changed.output.hasSuffix(", then info again\n"))
      _ = try await relay.program.line("an operator made a change", #""by":"this machine""#, #""what":"log level""#)
      _ = try await relay.program.line(#""level":"debug""#, "answered an operator")
      // Nothing else happens.
      _ = try await relay.program.line("the log level is the usual one again", #""log_level":"info""#)
      #expect(try await relay.command("log", "--json").json()["level"] as? String == "info")
      #expect(
        try await relay.command("log", "warning").output.contains("until the relay is started again; back at once: dlr-relay log info"))
    }
  }

  @Test func `what cannot be is said in one line`() async throws {
    try await RelayProcess.with(rules: Self.file) { relay in
      let stopped = try await relay.command("log", "debug")
      #expect(stopped.exit == .code(1))
      #expect(stopped.errors.count == 1 && stopped.errors[0].contains("no relay listens on"))
      try await relay.start(logLevel: "info")
      let long = try await relay.command("log", "debug", "--for", "2d")
      #expect(long.exit == .code(2))
      #expect(long.errors.first == "Error: --for is from 1s to 24h, such as 90s, 15m or 2h")
      #expect(try await relay.command("log", "--for", "1m").exit == .code(2))
    }
  }
}
