import Foundation
import Support
import Testing

/// Each row of the table of the public door, on the real one.
@Suite(.timeLimit(.minutes(10)))
struct ReceiveTableTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var method = "POST"
    var target: String
    var headers: [(String, String)] = []
    var body: String? = ""
    var status: Int
    var answer: String
    /// What of /status.json's `received` it adds one to: a member, or a reason under `rejected`.
    var counts: String?

    init(
      _ name: String, _ method: String = "POST", _ target: String = hook + "?token=" + RelayProcess.token,
      headers: [(String, String)] = [], body: String? = nil, gets status: Int, _ answer: String, counts: String?
    ) {
      testDescription = name
      self.method = method
      self.target = target
      self.headers = headers
      self.body = body
      self.status = status
      self.answer = answer
      self.counts = counts
    }
  }

  private static let hook = "/api/iletimerkezi/webhook"
  private static let received = #"{"received": true}"#
  private static let unauthorized = #"{"error":"unauthorized"}"#
  private static func report(_ id: Int, text: String = "@shop", status: String = "delivered") -> String {
    #"{"report":{"id":\#(id),"status":"\#(status)","body":"\#(text)"}}"#
  }
  private static func tokens(_ query: String) -> String { hook + query }
  private static let encoded = RelayProcess.token.utf8.map { "%" + String($0, radix: 16) }.joined()

  static let reports = [
    Row("a report", body: report(1), gets: 200, received, counts: "reports"),
    Row("the same again", body: report(1), gets: 200, received, counts: "duplicates"),
    Row("a report for nobody", body: report(2, text: "nobody's"), gets: 200, received, counts: "unmatched"),
    Row("a status that its app does not want", body: report(3, status: "accepted"), gets: 200, received, counts: "filtered"),
    Row("a token percent-encoded", "POST", tokens("?token=\(encoded)"), body: report(4), gets: 200, received, counts: "reports"),
    Row(
      "the token's name percent-encoded", "POST", tokens("?a=1&%74oken=\(RelayProcess.token)&b"), body: report(5), gets: 200, received,
      counts: "reports"),
    Row(
      "an id beyond 2^53 in a string", body: report(6).replacing(":6,", with: #":"9007199254740993","#), gets: 200, received,
      counts: "reports"),
    Row("no JSON", body: "id=1&status=delivered", gets: 200, received, counts: "quarantined"),
    Row("half a report", body: String(report(7).dropLast(3)), gets: 200, received, counts: "quarantined"),
    Row("nothing", gets: 200, received, counts: "quarantined"),
    Row("an array", body: "[\(report(8))]", gets: 200, received, counts: "quarantined"),
    Row("no report in it", body: #"{"id":9,"status":"delivered"}"#, gets: 200, received, counts: "quarantined"),
    Row("no id", body: #"{"report":{"status":"delivered"}}"#, gets: 200, received, counts: "quarantined"),
    Row("an id that is no integer", body: #"{"report":{"id":1.0,"status":"delivered"}}"#, gets: 200, received, counts: "quarantined"),
    Row("no status", body: #"{"report":{"id":10}}"#, gets: 200, received, counts: "quarantined"),
    Row("a status of 65 bytes", body: report(11, status: String(repeating: "s", count: 65)), gets: 200, received, counts: "quarantined"),
    Row("a person's browser", "GET", gets: 200, #"{"ready": true}"#, counts: nil),
    Row("a panel's probe", "HEAD", gets: 200, "", counts: nil),
  ]

  static let refusals = [
    Row("a wrong token", "POST", tokens("?token=wrong"), body: report(20), gets: 401, unauthorized, counts: "token_wrong"),
    Row(
      "a token and a bit", "POST", tokens("?token=\(RelayProcess.token)x"), body: report(20), gets: 401, unauthorized, counts: "token_wrong"
    ),
    Row(
      "a part of the token", "POST", tokens("?token=\(RelayProcess.token.dropLast())"), body: report(20), gets: 401, unauthorized,
      counts: "token_wrong"),
    Row(
      "the token twice encoded", "POST", tokens("?token=\(encoded.replacing("%", with: "%25"))"), body: report(20), gets: 401, unauthorized,
      counts: "token_wrong"),
    Row(
      "a token with a zero byte", "POST", tokens("?token=\(RelayProcess.token)%00"), body: report(20), gets: 401, unauthorized,
      counts: "token_wrong"),
    Row(
      "a token of 10 kB", "POST", tokens("?token=" + String(repeating: "t", count: 10_000)), body: report(20), gets: 401, unauthorized,
      counts: "token_wrong"),
    Row("no query", "POST", hook, body: report(20), gets: 401, unauthorized, counts: "token_missing"),
    Row(
      "another query", "POST", tokens("?tokens=\(RelayProcess.token)"), body: report(20), gets: 401, unauthorized, counts: "token_missing"),
    Row(
      "the token in a header", "POST", hook, headers: [("token", RelayProcess.token)], body: report(20), gets: 401, unauthorized,
      counts: "token_missing"),
    Row("an empty token", "POST", tokens("?token="), body: report(20), gets: 401, unauthorized, counts: "token_empty"),
    Row("a token without a value", "POST", tokens("?token"), body: report(20), gets: 401, unauthorized, counts: "token_empty"),
    Row(
      "the token twice", "POST", tokens("?token=\(RelayProcess.token)&token=\(RelayProcess.token)"), body: report(20), gets: 401,
      unauthorized,
      counts: "token_repeated"),
    Row(
      "the token and a wrong one", "POST", tokens("?token=\(RelayProcess.token)&%74oken=x"), body: report(20), gets: 401, unauthorized,
      counts: "token_repeated"),
    Row("a wrong token, asking", "GET", tokens("?token=wrong"), gets: 401, unauthorized, counts: "token_wrong"),
    Row(
      "another path", "POST", "/api/iletimerkezi?token=\(RelayProcess.token)", body: report(20), gets: 404, #"{"error":"not found"}"#,
      counts: "path"),
    Row(
      "a path that goes on", "POST", "\(hook)/?token=\(RelayProcess.token)", body: report(20), gets: 404, #"{"error":"not found"}"#,
      counts: "path"),
    Row("PUT", "PUT", body: report(20), gets: 405, #"{"error":"method not allowed"}"#, counts: "method"),
    Row("DELETE", "DELETE", gets: 405, #"{"error":"method not allowed"}"#, counts: "method"),
    Row(
      "a body over the limit", body: report(20, text: String(repeating: "x", count: 70_000)), gets: 413, #"{"error":"body too large"}"#,
      counts: "body_too_large"),
    Row(
      "headers over the limit", headers: [("x-long", String(repeating: "h", count: 20_000))], body: report(20), gets: 431,
      #"{"error":"headers too large"}"#, counts: "headers_too_large"),
    Row(
      "a wrong token and a body over the limit", "POST", tokens("?token=wrong"), body: String(repeating: "x", count: 200_000), gets: 401,
      unauthorized, counts: "token_wrong"),
  ]

  private static func rules(_ app: RecordingApp) -> String {
    RelayTests.rules(#"name: shop, markers: ["@shop"], statuses: [delivered], url: "\#(app.url)""#)
  }

  @Test(arguments: [reports, refusals]) func `each row is answered and counted as the table says`(_ rows: [Row]) async throws {
    let app = try await RecordingApp.start()
    try await RelayProcess.with(rules: Self.rules(app)) { relay in
      try await relay.start()
      for row in rows {
        let answer = try await http(
          row.method, "http://\(relay.publicDoor)\(row.target)", headers: row.headers,
          body: row.method == "GET" ? nil : Array((row.body ?? "").utf8))
        #expect(answer.status == row.status, "\(row.testDescription)")
        #expect(answer.text == row.answer, "\(row.testDescription)")
        #expect(answer["allow"] == (row.status == 405 ? "GET, HEAD, POST" : nil), "\(row.testDescription)")
      }
      let owed = rows.count { $0.counts == "reports" }
      let expected = rows.compactMap(\.counts).reduce(into: [:]) { $0[$1, default: 0] += 1 }
      let rejected = rows.filter { $0.status >= 400 }.compactMap(\.counts).reduce(into: [:]) { $0[$1, default: 0] += 1 }
      let status = try await relay.status { $0.received.rejected == rejected && $0["shop"].delivered == owed }
      #expect(status.received.reports == owed + expected["unmatched", default: 0] + expected["filtered", default: 0])
      #expect(status.received.duplicates == expected["duplicates", default: 0])
      #expect(status.received.unmatched == expected["unmatched", default: 0])
      #expect(status.received.filtered == expected["filtered", default: 0])
      #expect(status.received.quarantined == expected["quarantined", default: 0])
      #expect(app.copies.count == owed)
      // And a restart forgets none of it.
      #expect(try await relay.stop() == .code(0))
      try await relay.start()
      #expect(try await relay.status().counters == status.counters)
    }
  }

  @Test func `a chunked report is taken, and one over the limit is answered 413 while it still comes`() async throws {
    let app = try await RecordingApp.start()
    try await RelayProcess.with(rules: Self.rules(app)) { relay in
      try await relay.start()
      let parts = relay.publicDoor.split(separator: ":")
      let (host, port) = (String(parts[0]), try #require(Int(parts[1])))
      let head =
        "POST \(relay.webhook.dropFirst("http://\(relay.publicDoor)".count)) HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      let body = Self.report(1)
      let whole = body.utf8.map { "1\r\n\(Character(Unicode.Scalar($0)))\r\n" }.joined() + "0\r\n\r\n"
      try await RawConnection.with(host: host, port: port) { connection in
        try await connection.send(head + whole)
        #expect(String(decoding: try await connection.read(until: "}"), as: UTF8.self).hasPrefix("HTTP/1.1 200 "))
      }
      let endless = head + "20000\r\n" + String(repeating: "x", count: 0x11000)
      let answer = try await raw(Array(endless.utf8), host: host, port: port)
      #expect(String(decoding: answer, as: UTF8.self).hasPrefix("HTTP/1.1 413 "))
      #expect(try await app.copies(atLeast: 1)[0].body == Array(body.utf8))
    }
  }

  @Test func `pipelined reports are answered in their order`() async throws {
    let app = try await RecordingApp.start()
    try await RelayProcess.with(rules: Self.rules(app)) { relay in
      try await relay.start()
      let parts = relay.publicDoor.split(separator: ":")
      let target = relay.webhook.dropFirst("http://\(relay.publicDoor)".count)
      let requests = (1...20).map { id in
        let body = Self.report(id)
        // The fifth has a wrong token.
        let tail = id == 5 ? "x" : ""
        let close = id == 20 ? "Connection: close\r\n" : ""
        return "POST \(target)\(tail) HTTP/1.1\r\nHost: x\r\n\(close)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
      }
      let answers = try await raw(Array(requests.joined().utf8), host: String(parts[0]), port: try #require(Int(parts[1])))
      let statuses = String(decoding: answers, as: UTF8.self).matches(of: #/HTTP/1\.1 (\d{3})/#).map { $0.1 }
      #expect(statuses == (1...20).map { $0 == 5 ? "401" : "200" })
      #expect(Set(try await app.copies(atLeast: 19).map(\.id)) == Set((1...20).filter { $0 != 5 }.map { "dlr_\($0)_delivered" }))
    }
  }
}
