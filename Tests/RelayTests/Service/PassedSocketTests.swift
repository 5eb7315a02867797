import Foundation
import Support
import Testing

@Suite(.timeLimit(.minutes(10)))
struct PassedSocketTests {
  @Test func `reports that come while the relay restarts wait in the socket that was passed to it, and are answered`() async throws {
    let app = try await RecordingApp.start()
    let socket = try PassedSocket()
    try await RelayProcess.with(rules: rules(#"name: shop, markers: ["@shop"], url: "\#(app.url)""#)) { relay in
      try await relay.start(socket: socket.descriptor)
      #expect(relay.publicDoor == "127.0.0.1:\(socket.port)")
      // The rule file says port 0.
      #expect(try await relay.program.line("set receive.listen to its address", #""level":"warning""#).contains(relay.publicDoor))
      let webhook = relay.webhook
      #expect(try await relay.post(SentReport(id: 1, text: "@shop").bytes).status == 200)
      #expect(try await relay.stop() == .code(0))

      let waiting = try (2...20).map { try socket.post(SentReport(id: $0, text: "@shop").bytes, to: webhook) }
      try await relay.start(socket: socket.descriptor)
      for connection in waiting { #expect(try await connection.answer().hasPrefix("HTTP/1.1 200 ")) }
      for id in 1...20 { try await app.taken("dlr_\(id)_delivered") }
    }
  }

  @Test func `reports that come while it stops are answered, or wait for the next one, and none is refused`() async throws {
    let app = try await RecordingApp.start()
    let socket = try PassedSocket()
    try await RelayProcess.with(rules: rules(#"name: shop, markers: ["@shop"], url: "\#(app.url)""#)) { relay in
      try await relay.start(socket: socket.descriptor)
      let webhook = relay.webhook
      var sent: [PassedSocket.Connection] = []
      for round in 0..<5 {
        for id in 1...60 {
          if id == 30 { relay.program.signal(SIGTERM) }
          sent.append(try socket.post(SentReport(id: Int64(round * 100 + id), text: "@shop").bytes, to: webhook))
        }
        #expect(try await relay.program.exit() == .code(0))
        try await relay.start(socket: socket.descriptor)
      }
      for connection in sent { #expect(try await connection.answer().hasPrefix("HTTP/1.1 200 ")) }
    }
  }

  @Test func `what is passed and is no listening socket, or is not there, is one line that says what to do`() async throws {
    let file = rules(#"name: shop, markers: ["@shop"], url: "http://127.0.0.1:9/""#)
    try await RelayProcess.with(rules: file) { relay in
      let idle = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      defer { close(idle) }
      let wrong = try relay.launch(socket: idle)
      #expect(try await wrong.exit() == .code(1))
      #expect(wrong.errorLines.count == 1)
      #expect(wrong.errorText.contains("what was passed to the relay by $LISTEN_FDS is no listening TCP socket; use ListenStream="))
      // $LISTEN_FDS of somebody who passes none.
      let none = try Program.start(
        ["-c", #"LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" serve"#, Program.relay], of: "/bin/sh",
        environment: ["WEBHOOK_TOKEN": RelayProcess.token],
        in: relay.folder)
      #expect(try await none.exit() == .code(1))
      #expect(none.errorLines == wrong.errorLines)
    }
  }
}
