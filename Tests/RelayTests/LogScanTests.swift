import Foundation
import Support
import Testing

/// Every line that the relay writes at its most talkative, through everything that goes wrong.
@Suite(.timeLimit(.minutes(5)))
struct LogScanTests {
  private static let (statusToken, readToken) = ("st-0c9d8e7f6a5b4c3d", "rd-5e1f7a2b9c8d6e40")
  private static let (urlToken, headerToken) = ("url-5d3b1f0e9c7a8b21", "hdr-2b4d6f8a0c1e3f57")
  private static let (orderKey, wrongToken) = ("ok-7f3a0b1c91de55aa", "wr-99aa88bb77cc66dd")
  private static let secret = Data((100..<132).map { UInt8($0) }).base64EncodedString()
  private static let phone = "+905321234567"
  private static let text = "Şifreniz 471193, <kimseye> \"söylemeyin\"/iim.to/x"

  private static let scan = LeakScan(
    secrets: [RelayProcess.token, statusToken, readToken, urlToken, headerToken, orderKey, wrongToken, secret], texts: [text],
    phones: [phone])

  // MARK: - The scan itself

  private static func encoded(_ text: String) -> String { text.utf8.map { "%" + String(Int($0) + 256, radix: 16).dropFirst() }.joined() }

  static let leaks: [String] = [
    statusToken, statusToken.uppercased(), "x\(RelayProcess.token)x", encoded(urlToken), encoded(urlToken).uppercased(),
    Data("anyone:\(statusToken)".utf8).base64EncodedString(), Data(":\(readToken)".utf8).base64EncodedString(),
    Data("ops:\(statusToken)".utf8).base64EncodedString(), Data("admin:\(statusToken)".utf8).base64EncodedString(),
    "Bearer abcdef123", "authorization: Basic QWxhZGRpbjpvcGVu", secret, orderKey, text, String(text.prefix(10)), String(text.suffix(12)),
    #"\u015eifreniz 471193"#, #"\\u015eifreniz 471193"#, #"\u015Eifreniz 471193"#, #"s\u00f6ylemeyin\"\/iim.to\/x"#,
    #"\"s\u00f6ylemeyin\\\"/iim"#,
    encoded(text), text.replacing(" ", with: "+"), "&lt;kimseye&gt; &quot;s", phone, "905321234567", "05321234567", "5321234567",
    "0532 123 45 67", "+90 (532) 123-45-67", "%2B905321234567", encoded(phone), #"\u002b90532123\u0034567"#, "532.123.45.67",
    "/api/v1/reports?to=x", "/hook?a=1", "GET /x&token=",
  ]

  @Test(arguments: leaks) func `the scan finds what it is for`(_ leak: String) {
    #expect(!Self.scan.found(in: #"{"time":"2026-11-23T12:34:56.123456Z","message":"tried","detail":"it said \#(leak) at last"}"#).isEmpty)
  }

  @Test(arguments: [
    #"{"time":"2026-11-23T12:34:56.123456Z","level":"debug","message":"tried","ms":"12.345","route":"shop","detail":"answered 404"}"#,
    #"{"message":"turned a request away","from":"127.0.0.1","reason":"wrong_credentials","request_id":"1abc2d-17"}"#,
    #"{"detail":"cannot reach +90532***4567","path":"/api/v1/reports/{id}"}"#,
  ])
  func `and nothing else`(_ line: String) { #expect(Self.scan.found(in: line) == []) }

  // MARK: - The relay

  private static func route(_ name: String, _ url: String, _ more: String = "") -> String {
    #"name: \#(name), markers: ["iim.to"], url: "\#(url)?token=\#(urlToken)", secret: "whsec_\#(secret)", headers: { authorization: "Bearer \#(headerToken)" }\#(more)"#
  }

  private static func rules(_ app: AppServer, dead: ReservedPort) -> String {
    let file = RelayTests.rules(
      route("echo", app.url("/echo"), #", orders: true, order_key: "\#(orderKey)""#), route("words", app.url("/words")),
      route("gone", app.url("/gone")), route("moved", app.url("/moved")), route("later", app.url("/later")), route("cut", app.url("/cut")),
      route("garbage", app.url("/garbage")), route("slow", app.url("/slow"), ", timeout: 200ms, concurrency: 1"), route("dead", dead.url),
      route("no-tls", "https://127.0.0.1:\(app.port)/hook"), route("no-host", "http://no-such-host.invalid/hook"))
    return file.replacing("status: { ", with: #"status: { token: "\#(statusToken)", read_token: "\#(readToken)", "#)
  }

  /// Fails in every way that an app has, and says in each all that it knows.
  private static func answer(_ request: AppServer.Request) -> AppAnswer {
    let headers = request.headers.map { "\($0.name): \($0.value)" }.joined(separator: "\n")
    let all = Array("\(request.method) \(request.uri)\n\(headers)\n\(phone) \(text)\n".utf8) + request.body
    let words = String(decoding: all.filter { $0 >= 0x20 }, as: UTF8.self)
    switch request.uri.prefix(while: { $0 != "?" }) {
    case "/echo": return .status(422, headers: [("content-type", "text/html"), ("x-token", urlToken)], body: all)
    case "/words": return .raw("HTTP/1.1 500 \(words)\r\ncontent-length: 0\r\n\r\n")
    case "/gone": return .status(410, body: all)
    case "/moved": return .status(302, headers: [("location", "http://127.0.0.1:1/?token=\(urlToken)&to=\(phone)")], body: all)
    case "/later": return .status(429, headers: [("retry-after", "\(phone) \(urlToken)")], body: all)
    case "/cut": return .disconnect
    case "/garbage": return .raw("\(words)\r\n\r\n", then: .close)
    default: return .silence
    }
  }

  @Test func `no line at level trace holds a secret, a message or a number, whatever happens`() async throws {
    let dead = try ReservedPort()
    try await AppServer.with(answering: { Self.answer($0) }) { app in
      let rules = Self.rules(app, dead: dead)
      try await RelayProcess.with(rules: rules) { relay in
        try await relay.start(logLevel: "trace")
        try await receive(relay)
        for name in ["echo", "words", "gone", "moved", "later", "cut", "garbage", "slow", "dead", "no-tls", "no-host"] {
          _ = try await relay.program.line(#""message":"tried""#, #""route":"\#(name)""#)
        }
        try await operate(relay)
        try await reload(relay, rules)
        #expect(try await relay.stop() == .code(0))
        check(relay.program.errorLines)
      }
    }
  }

  private func check(_ lines: [String]) {
    #expect(lines.count > 100)
    for line in lines {
      let object = (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any]
      for member in ["time", "level", "message", "logger"] { #expect(object?[member] is String, "\(member) of \(line)") }
      #expect(Self.scan.found(in: line) == [], "\(line)")
    }
    // It happened, and was told.
    for told in [
      "the app refused a copy", "the app could not be reached", "paused: the app answered 410", "refused a request",
      "kept a body that is no report",
      "turned a request away from the operator's door", "an operator made a change", "an app made a change", "answered an operator",
      "the rule file was not taken", "the rule file is in force", "kept what no route owns", "committed",
    ] {
      #expect(lines.contains { $0.contains(told) }, "\(told)")
    }
    for level in ["debug", "notice", "warning", "error"] { #expect(lines.contains { $0.contains(#""level":"\#(level)""#) }) }
  }

  private func receive(_ relay: RelayProcess) async throws {
    let escaped = String(decoding: try JSONEncoder().encode(Self.text), as: UTF8.self)
    func report(_ id: Int, _ text: String) -> [UInt8] {
      Array(#"{"report":{"id":\#(id),"packet_id":77,"status":"delivered","to":"\#(Self.phone)","body":\#(text)}}"#.utf8)
    }
    for body in [report(1, escaped), report(1, escaped), report(2, #""Gizli bir haber""#), report(3, escaped)] {
      #expect(try await relay.post(body).status == 200)
    }
    // No reports.
    for body in ["to=\(Self.phone)&text=\(Self.text)", #"{"report":{"to":"\#(Self.phone)","body":\#(escaped)}}"#, "[\(escaped)"] {
      #expect(try await relay.post(Array(body.utf8)).status == 200)
    }
    let hook = "http://\(relay.publicDoor)/api/iletimerkezi/webhook"
    for url in [
      hook, "\(hook)?token=\(Self.wrongToken)", "\(hook)?token=", "\(hook)?token=\(Self.wrongToken)&token=\(RelayProcess.token)",
      "\(hook)/\(Self.phone)?token=\(RelayProcess.token)",
    ] {
      #expect(
        try await http("POST", url, headers: [("Authorization", "Bearer \(Self.headerToken)")], body: report(4, escaped)).status >= 400)
    }
    #expect(try await http("PUT", relay.webhook, body: report(5, escaped)).status == 405)
    let door = relay.publicDoor.split(separator: ":")
    for line in ["GARBAGE \(Self.wrongToken)\r\n\r\n", "POST /?token=\(Self.wrongToken) HTTP/9\r\n\r\n"] {
      _ = try await raw(Array(line.utf8), host: String(door[0]), port: Int(door[1])!, halfClose: true)
    }
  }

  private func operate(_ relay: RelayProcess) async throws {
    let door = "http://\(relay.statusDoor)"
    func ask(_ method: String, _ path: String, as token: String? = Self.statusToken, body: String? = nil) async throws -> Int {
      var headers = token.map { [("Authorization", "Bearer \($0)")] } ?? []
      if body != nil { headers.append(("Content-Type", "application/json")) }
      return try await http(method, door + path, headers: headers, body: body.map { Array($0.utf8) }).status
    }
    let number = "%2B905321234567"
    for path in [
      "/status", "/status.json", "/metrics", "/livez", "/readyz", "/api/v1/queue", "/api/v1/jobs", "/api/v1/unmatched",
      "/api/v1/quarantine",
      "/api/v1/reports?to=\(number)", "/api/v1/reports?to=05321234567&since=1h", "/api/v1/reports/1?token=\(Self.wrongToken)",
      "/api/v1/reports/1",
      "/api/v1/reports/\(number)", "/api/v1/reports/\(Self.wrongToken)", "/\(number)", "/api/v1/quarantine/1",
      "/api/v1/quarantine/1?raw=true",
      "/api/v1/quarantine/1?raw=\(Self.wrongToken)", "/api/v1/orders/77", "/api/v1/log", "/deliveries?q=\(number)",
      "/api/v1/routes/\(number)/pause",
    ] {
      for token in [Self.statusToken, Self.readToken] { #expect(try await ask("GET", path, as: token) < 500, "\(path)") }
    }
    let basic = Data("anyone:\(Self.wrongToken)".utf8).base64EncodedString()
    for authorization in ["Bearer \(Self.wrongToken)", "Basic \(basic)", Self.statusToken, "Token \(Self.statusToken)"] {
      #expect(try await http("GET", door + "/status?token=\(Self.wrongToken)", headers: [("Authorization", authorization)]).status == 401)
    }
    #expect(try await ask("GET", "/status", as: nil) == 401)
    #expect(
      try await http("GET", door + "/status", headers: [("Authorization", "Bearer \(Self.statusToken)"), ("X-Request-Id", Self.phone)])
        .status == 200)

    for (method, path, body, token, status) in [
      ("POST", "/api/v1/replays", #"{"all": true}"#, Self.statusToken, 202),
      ("POST", "/api/v1/replays", #"{"report_id": 1, "dry_run": true}"#, Self.statusToken, 200),
      ("POST", "/api/v1/replays", #"{"route": "\#(Self.phone) \#(Self.wrongToken)"}"#, Self.statusToken, 404),
      ("POST", "/api/v1/replays", #"{"\#(Self.wrongToken)": "\#(Self.phone)"}"#, Self.statusToken, 400),
      ("POST", "/api/v1/discards", #"{"route": "slow", "state": "waiting"}"#, Self.readToken, 403),
      ("POST", "/api/v1/discards", #"{"route": "slow", "state": "waiting"}"#, Self.statusToken, 202),
      ("POST", "/api/v1/reroutes", "{}", Self.statusToken, 202), ("POST", "/api/v1/quarantine/retries", "{}", Self.statusToken, 202),
      ("POST", "/api/v1/routes/words/pause", "{}", Self.statusToken, 200),
      ("POST", "/api/v1/routes/words/resume", "{}", Self.statusToken, 200),
      ("PUT", "/api/v1/orders/77", #"{"route": "echo"}"#, Self.statusToken, 200), ("PUT", "/api/v1/orders/78", "{}", Self.orderKey, 200),
      ("PUT", "/api/v1/orders/79", "{}", Self.wrongToken, 401),
      ("POST", "/api/v1/orders", #"{"packet_ids": [80, 81]}"#, Self.orderKey, 200),
      ("PUT", "/api/v1/log", #"{"level": "\#(Self.phone)"}"#, Self.statusToken, 400),
    ] {
      #expect(try await ask(method, path, as: token, body: body) == status, "\(method) \(path) \(body)")
    }
    #expect(try await ask("DELETE", "/api/v1/orders/78", as: Self.orderKey) == 200)
    #expect(try await ask("DELETE", "/api/v1/jobs/1") == 200)
  }

  private func reload(_ relay: RelayProcess, _ rules: String) async throws {
    try relay.write(rules: rules.replacing("markers:", with: "headrs: \(Self.urlToken), markers:"))
    _ = try await relay.program.line("the rule file was not taken")
    // In force again, with a warning.
    try relay.write(rules: rules + "\nunmatched: drop\n" + "x-note: \(Self.wrongToken)\n")
    _ = try await relay.program.line("the rule file is in force")
  }
}
