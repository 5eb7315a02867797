import Foundation
import Support
import Testing

/// Whatever goes wrong, the token of the URL is in nothing that the server before the relay writes.
@Suite(.enabled(if: WebServers.areThere, Comment(rawValue: WebServers.absence)), .timeLimit(.minutes(5)))
struct FrontLogTests {
  private static let body = Array(#"{"report":{"id":1,"status":"delivered","body":"gizli 471193"}}"#.utf8)

  /// So that what takes 45 seconds is over in one.
  private static func changes(_ kind: Front.Kind) -> Front.Changes {
    switch kind {
    case .caddy, .containerCaddy:
      [("lb_try_duration 45s", "lb_try_duration 300ms"), ("response_header_timeout 45s", "response_header_timeout 300ms")]
    case .nginx: [("proxy_read_timeout    45s;", "proxy_read_timeout 300ms;")]
    }
  }

  /// An upstream that does what the header `x-do` says.
  private static func answer(_ request: AppServer.Request) -> AppAnswer {
    switch request["x-do"].first {
    case "hang": .silence
    case "hang up": .disconnect
    case "babble": .raw("babble\r\n\r\n", then: .close)
    case "break off": .raw("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf", then: .close)
    case let status?: .status(Int(status) ?? 500)
    case nil: .status(200)
    }
  }

  @Test(arguments: Front.Kind.there)
  func `the token is in no log, whatever happens`(_ kind: Front.Kind) async throws {
    let upstream = try ReservedPort(isLent: true)
    try await Front.with(kind, before: upstream.port, changes: Self.changes(kind), isTalkative: true) { front in
      var asked = 0
      func ask(_ expected: Int?, _ what: String? = nil, _ target: String = Front.target, _ options: [String] = []) async throws {
        let header = what.map { ["-H", "x-do: \($0)"] } ?? []
        let answer = try await front.post(Self.body, to: target, options: header + options)
        #expect(expected == nil || answer.status == expected, "\(what ?? target): \(answer)")
        if expected == 503 { #expect(answer.body == #"{"received": false}"# && answer.header("retry-after") == "5", "\(answer)") }
        asked += 1
      }
      // Nobody listens.
      try await ask(503)
      try await AppServer.with(port: upstream.port, answering: { Self.answer($0) }) { _ in
        for (what, status) in [("hang", 503), ("hang up", 503), ("401", 401), ("413", 413), ("500", 500)] {
          try await ask(status, what)
        }
        for what in ["break off", "babble"] { try await ask(nil, what) }
        try await ask(200)
        try await ask(200, nil, Front.target.replacing("token", with: "%74oken"))
        // By HTTP/1.1, since a stream of HTTP/2 may end before its body was sent.
        try await ask(404, nil, "/elsewhere?token=\(RelayProcess.token)", ["--http1.1"])
        // As a browser asks after somebody has tried the URL in it.
        try await ask(404, nil, "/favicon.ico", ["--http1.1", "-H", "referer: https://\(Front.host)\(Front.target)"])
        try await ask(nil, nil, Front.target, ["--http1.1", "-H", "x: " + String(repeating: "x", count: 40 * 1024)])
        try await ask(413, nil, Front.target, ["-H", "content-length: 5000000", "--http1.1", "-H", "expect: 100-continue"])
        // Gives up, while the upstream hangs.
        try await ask(0, "hang", Front.target, ["--max-time", "0.1"])
      }
      _ = try await http("POST", "http://127.0.0.1:\(front.httpPort)\(Front.target)", headers: [("Host", Front.host)], body: Self.body)
      _ = try await http("POST", "http://127.0.0.1:\(front.httpsPort)\(Front.target)", headers: [("Host", Front.host)], body: Self.body)
      let written = try await front.stopAndRead()
      let lines = written.flatMap { $0.split(whereSeparator: \.isNewline) }
      #expect(lines.filter { $0.contains(Front.path) }.count >= asked / 2, "\(lines.count)")
      #expect(lines.contains { $0.contains("503") })
      let scan = LeakScan(secrets: [RelayProcess.token], texts: ["gizli 471193"], phones: [])
      let leaks = lines.map(String.init).filter { scan.found(in: $0) != [] }
      #expect(leaks == [], "\(leaks.count) of \(lines.count) lines")
    }
  }
}
