import Foundation
import Support
import Testing

/// The relay behind Caddy and nginx, with the files of deploy/.
@Suite(.enabled(if: WebServers.areThere, Comment(rawValue: WebServers.absence)), .timeLimit(.minutes(5)))
struct FrontTests {
  private static let received = #"{"received": true}"#
  private static let notReceived = #"{"received": false}"#
  private static let tooLarge = #"{"error":"body too large"}"#

  private static func report(_ id: Int, _ text: String = "@shop") -> [UInt8] {
    Array(#"{"report":{"id":\#(id),"packet_id":104525848,"status":"delivered","to":"+905321234567","body":"\#(text)"}}"#.utf8)
  }

  /// A relay on a port that it keeps over restarts, with one app.
  private func withRelay(
    receive: String = "", _ body: (RelayProcess, _ port: Int, RecordingApp) async throws -> Void
  ) async throws {
    let (place, app) = (try ReservedPort(isLent: true), try await RecordingApp.start())
    let file = rules(#"name: shop, markers: ["@shop"], url: "\#(app.url)""#, receive: receive)
      .replacing(#"receive: { listen: "127.0.0.1:0""#, with: #"receive: { listen: "127.0.0.1:\#(place.port)""#)
    try await RelayProcess.with(rules: file) { relay in
      try await relay.start()
      try await body(relay, place.port, app)
    }
  }

  @Test(arguments: Front.Kind.there)
  func `a report goes through byte for byte, over TLS that a client can trust`(_ kind: Front.Kind) async throws {
    try await withRelay { _, port, app in
      try await Front.with(kind, before: port) { front in
        let body = Self.report(1, #"@shop Şifreniz 47\u0131 \/ 😀"#)
        for version in ["1.2", "1.3"] {
          let answer = try await front.post(
            body, as: "application/json; charset=utf-8", options: ["--tlsv\(version)", "--tls-max", version])
          #expect(answer.status == 200 && answer.body == Self.received, "\(answer)")
          #expect(answer.header("content-type") == "application/json")
        }
        let copy = try await app.copies(atLeast: 1)[0]
        #expect(copy.body == body)
        #expect(copy["content-type"] == "application/json; charset=utf-8")
        #expect(copy.id == "dlr_1_delivered")

        let old = try await front.fetch(Front.target, options: ["--tlsv1.0", "--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0"])
        #expect(old.status == 0 && old.exit == .code(35), "\(old)")
        // Signed by nobody that is known, and not for this name.
        #expect(try await front.fetch(Front.target, authority: "/etc/ssl/certs/ca-certificates.crt").exit == .code(60))
        let other = try await front.fetch(Front.target, host: "other.example.com")
        #expect(other.status == 0 && [.code(35), .code(60)].contains(other.exit), "\(other)")
        #expect(app.copies.count == 1)
      }
    }
  }

  @Test(arguments: Front.Kind.there)
  func `nothing but the webhook reaches the relay, and what it refuses is refused in its words`(_ kind: Front.Kind) async throws {
    try await withRelay { relay, port, _ in
      try await Front.with(kind, before: port) { front in
        for target in ["/", "/status", "/metrics", "/livez", "/api/v1/reports", "\(Front.path)/x", "/x\(Front.target)"] {
          #expect(try await front.fetch("\(target)?token=\(RelayProcess.token)").status == 404, "\(target)")
        }
        #expect(try await relay.status().received.rejected.values.allSatisfy { $0 == 0 })

        let ready = try await front.fetch(Front.target)
        // By which the doctor knows that this is the way to the relay.
        #expect(ready.body == #"{"ready": true}"# && ready.header("relay-instance") != nil, "\(ready)")
        let refused = try await front.post(Self.report(1), to: "\(Front.path)?token=wrong")
        #expect(refused.status == 401 && refused.body == #"{"error":"unauthorized"}"#, "\(refused)")
        let status = try await relay.status { $0.received.rejected["token_wrong"] == 1 }
        #expect(status.received.rejected.values.reduce(0, +) == 1)

        // A GET in its place would be answered 200, and the report would be lost.
        let plain = try await http(
          "POST", "http://127.0.0.1:\(front.httpPort)\(Front.target)", headers: [("Host", Front.host)], body: Self.report(1))
        #expect(plain.status == 308)
        #expect(plain["location"]?.hasPrefix("https://\(Front.host)") == true)
      }
    }
  }

  @Test(arguments: Front.Kind.there)
  func `what the relay takes goes through, and what is too large for it is answered 413`(_ kind: Front.Kind) async throws {
    try await withRelay { relay, port, app in
      try await Front.with(kind, before: port) { front in
        let chunked = ["-H", "transfer-encoding: chunked", "--http1.1"]
        let large = Self.report(1, "@shop " + String(repeating: "ş", count: 30 * 1024))
        #expect(try await front.post(large).body == Self.received)
        #expect(try await app.copies(atLeast: 1)[0].body == large)
        #expect(try await front.post(Self.report(2, "@shop " + String(repeating: "s", count: 60 * 1024)), options: chunked).status == 200)
        for bytes in [64 * 1024 + 1, 900 * 1024] {
          for options in [[], chunked] {
            let before = try await relay.status().received.rejected["body_too_large", default: 0]
            let answer = try await front.post([UInt8](repeating: 120, count: bytes), options: options)
            #expect(answer.status == 413 && answer.body == Self.tooLarge, "\(bytes) \(options) \(answer)")
            _ = try await relay.status { $0.received.rejected["body_too_large"] == before + 1 }
          }
        }
        // Refused by the front before it was sent.
        let huge = try await front.post(
          [UInt8](repeating: 120, count: 3 * 1024 * 1024), options: ["--http1.1", "-H", "expect: 100-continue"])
        #expect(huge.status == 413 && huge.body == Self.tooLarge, "\(huge)")
        let head = try await front.post(Self.report(3), options: ["--http1.1", "-H", "x: " + String(repeating: "x", count: 20 * 1024)])
        #expect([400, 431].contains(head.status), "\(head)")
      }
    }
  }

  @Test(arguments: Front.Kind.there)
  func `no report is refused while a relay restarts on a socket that outlives it`(_ kind: Front.Kind) async throws {
    let (socket, app) = (try PassedSocket(), try await RecordingApp.start())
    try await RelayProcess.with(rules: rules(#"name: shop, markers: ["@shop"], url: "\#(app.url)""#)) { relay in
      try await relay.start(socket: socket.descriptor)
      try await Front.with(kind, before: socket.port) { front in
        async let answers = withThrowingTaskGroup(of: [Int].self) { group in
          for sender in 1...4 {
            group.addTask {
              var answers: [Int] = []
              for id in 1...40 { answers.append(try await front.post(Self.report(sender * 1_000 + id)).status) }
              return answers
            }
          }
          return try await group.reduce([], +)
        }
        for round in 1...4 {
          // Some were taken by each of them.
          _ = try await app.copies(atLeast: round * 20)
          #expect(try await relay.stop() == .code(0))
          try await relay.start(socket: socket.descriptor)
        }
        #expect(try await answers == [Int](repeating: 200, count: 160))
        _ = try await relay.status { $0["shop"].delivered >= 160 }
      }
    }
  }

  @Test(arguments: Front.Kind.there.filter { $0 != .nginx })
  func `a relay that is started again costs no report behind Caddy, which waits for it`(_ kind: Front.Kind) async throws {
    try await withRelay { relay, port, app in
      try await Front.with(kind, before: port, isTalkative: true) { front in
        #expect(try await front.post(Self.report(1)).status == 200)
        #expect(try await relay.stop() == .code(0))
        async let answer = front.post(Self.report(2))
        _ = try await front.program.line("connection refused")
        try await relay.start()
        #expect(try await answer.body == Self.received)
        #expect(try await app.copies(atLeast: 2)[1].body == Self.report(2))
      }
    }
  }

  @Test func `while the relay is away nginx says at once what the relay would say, and goes on when it is back`() async throws {
    try await withRelay { relay, port, _ in
      try await Front.with(.nginx, before: port) { front in
        #expect(try await front.post(Self.report(1)).status == 200)
        #expect(try await relay.stop() == .code(0))
        let away = try await front.post(Self.report(2))
        #expect(away.status == 503 && away.body == Self.notReceived && away.header("retry-after") == "5", "\(away)")
        try await relay.start()
        #expect(try await front.post(Self.report(2)).body == Self.received)
      }
    }
  }
}
