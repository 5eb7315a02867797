import Foundation
import Support
import Testing

@Suite(.timeLimit(.minutes(10)))
struct StoppingTests {
  private static func rules(_ url: String, _ more: String = "") -> String {
    RelayTests.rules(#"name: shop, markers: ["@shop"], url: "\#(url)"\#(more)"#)
  }

  @Test func `SIGTERM waits for what is in flight, stores its result and exits 0, and nothing is sent twice`() async throws {
    let app = try await RecordingApp.start { copy, _ in copy.id == "dlr_1_delivered" ? .held : .status(200) }
    try await RelayProcess.with(rules: Self.rules(app.url)) { relay in
      try await relay.start()
      #expect(try await relay.post(SentReport(id: 1, text: "@shop").bytes).status == 200)
      _ = try await app.copies(atLeast: 1)
      relay.program.signal(SIGTERM)
      _ = try await relay.program.line("stopping")
      // The door closes right after the line; what still comes in is refused, and so this ends.
      while (try? await relay.post([])) != nil {}
      app.release()
      #expect(try await relay.program.exit() == .code(0))

      try await relay.start()
      let status = try await relay.status()
      #expect(status["shop"].delivered == 1)
      #expect(status.pending == 0)
      // What came before it would have been sent before it.
      #expect(try await relay.post(SentReport(id: 2, text: "@shop").bytes).status == 200)
      try await app.taken("dlr_2_delivered")
      #expect(app.log.read(\.asked) == ["dlr_1_delivered": 1, "dlr_2_delivered": 1])
    }
  }

  @Test func `SIGTERM with nothing to do ends at once`() async throws {
    let app = try await RecordingApp.start()
    try await RelayProcess.with(rules: Self.rules(app.url)) { relay in
      try await relay.start()
      #expect(try await relay.post(SentReport(id: 1, text: "@shop").bytes).status == 200)
      _ = try await relay.status { $0["shop"].delivered == 1 }
      let took = try await timeToStop(relay)
      #expect(took < .seconds(5), "the bound for what hangs is 10 s, and nothing hangs")
    }
  }

  @Test func `SIGTERM while an app hangs exits 0 within the bound, and the copy is sent again after a start`() async throws {
    let app = try await RecordingApp.start { _, earlier in earlier == 0 ? .held : .status(200) }
    try await RelayProcess.with(rules: Self.rules(app.url, ", timeout: 60s")) { relay in
      try await relay.start()
      #expect(try await relay.post(SentReport(id: 1, text: "@shop").bytes).status == 200)
      _ = try await app.copies(atLeast: 1)
      let took = try await timeToStop(relay)
      #expect(took < .seconds(20), "10 s for what is in flight, and some for a busy machine")
      try await relay.start()
      try await app.taken("dlr_1_delivered")
      #expect(try await relay.status { $0.pending == 0 }["shop"].delivered == 1)
    }
  }

  @Test func `SIGTERM ends in spite of a slow provider and of an open status page`() async throws {
    let app = try await RecordingApp.start()
    try await RelayProcess.with(rules: Self.rules(app.url)) { relay in
      try await relay.start()
      let (publicDoor, statusDoor) = (relay.publicDoor.split(separator: ":"), relay.statusDoor.split(separator: ":"))
      try await RawConnection.with(host: "127.0.0.1", port: Int(publicDoor[1])!) { provider in
        try await provider.send(
          "POST /api/iletimerkezi/webhook?token=\(RelayProcess.token) HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        try await RawConnection.with(host: "127.0.0.1", port: Int(statusDoor[1])!) { browser in
          try await browser.send("GET /status HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
          _ = try await browser.read(until: "</html>")
          let took = try await timeToStop(relay)
          #expect(took < .seconds(15))
        }
      }
    }
  }

  @Test func `SIGTERM ends the stream of a status page that is live, and does not wait for it`() async throws {
    let app = try await RecordingApp.start()
    try await RelayProcess.with(rules: Self.rules(app.url)) { relay in
      try await relay.start()
      let statusDoor = relay.statusDoor.split(separator: ":")
      try await RawConnection.with(host: "127.0.0.1", port: Int(statusDoor[1])!) { browser in
        try await browser.send("GET /status/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        _ = try await browser.read(until: "event: sections")
        let took = try await timeToStop(relay)
        #expect(took < .seconds(10), "the stream has no end of its own")
        let rest = String(decoding: try await browser.readToEnd(), as: UTF8.self)
        #expect(rest.hasSuffix("0\r\n\r\n"), "it was ended, not cut")
      }
    }
  }

  @Test func `SIGINT stops like SIGTERM`() async throws {
    let app = try await RecordingApp.start()
    try await RelayProcess.with(rules: Self.rules(app.url)) { relay in
      try await relay.start()
      relay.program.signal(SIGINT)
      #expect(try await relay.program.exit() == .code(0))
    }
  }

  private func timeToStop(_ relay: RelayProcess) async throws -> Duration {
    try await ContinuousClock().measure {
      let exit = try await relay.stop()
      #expect(exit == .code(0))
    }
  }
}
