import Foundation
import Model
import Status
import Support
import Testing

/// status.read_token: everything may be looked at, nothing changed.
struct ReadTokenTests {
  private static let (token, readToken) = ("t0ken-of-the-operator", "t0ken-of-the-reader")

  private static func ask(_ method: String, _ url: String, as token: String = readToken, body: String? = nil) async throws -> HTTPResponse {
    let headers = [("Authorization", "Bearer \(token)"), ("Content-Type", "application/json")]
    return try await http(method, url, headers: headers, body: body.map { Array($0.utf8) })
  }

  private static func with<Result: Sendable>(
    _ desk: Desk = Desk(), _ body: @escaping @Sendable (_ url: String) async throws -> Result
  ) async throws -> Result {
    var source = sample().source
    source.operations = desk.operations
    return try await withDoor(source, token: token, readToken: readToken) { url, _ in try await body(url) }
  }

  @Test(arguments: [
    "/status", "/status.json", "/metrics", "/api/v1/queue", "/api/v1/relay", "/api/v1/jobs", "/api/v1/unmatched", "/api/v1/quarantine",
    "/api/v1/orders/7", "/api/v1/log",
  ])
  func `whoever has it sees what an operator sees`(_ path: String) async throws {
    let answers = try await Self.with { url in
      let basic = "Basic " + Data("grafana:\(Self.readToken)".utf8).base64EncodedString()
      return [
        try await Self.ask("GET", url + path), try await Self.ask("HEAD", url + path),
        try await http("GET", url + path, headers: [("Authorization", basic)]), try await Self.ask("GET", url + path, as: Self.token),
      ]
    }
    #expect(answers.map(\.status) == [200, 200, 200, 200])
    #expect(answers[1].body.isEmpty)
  }

  @Test func `it changes nothing, by whatever method and path`() async throws {
    let desk = Desk()
    let changes = AccessTests.changes + ["PATCH", "OPTIONS", "TRACE", "DELETE"].map { ($0, "/status") } + [("POST", "/nothing")]
    let answers = try await Self.with(desk) { url in
      var answers: [HTTPResponse] = []
      for (method, path) in changes {
        answers.append(try await Self.ask(method, url + path, body: method == "TRACE" ? nil : #"{"route": "shop", "level": "debug"}"#))
      }
      return answers
    }
    for (answer, change) in zip(answers, changes) {
      #expect(answer.status == 403, "\(change)")
      #expect(answer.text.contains("status.read_token looks at everything and changes nothing. Send status.token"))
    }
    #expect(desk.seen.jobs.isEmpty && desk.seen.pauses.isEmpty && desk.seen.claims.isEmpty && desk.seen.resumed.isEmpty)
  }

  @Test func `raw bytes are for who has the other token`() async throws {
    let desk = Desk()
    let body = Payload(bytes: Array("to=+905321234567&text=Gizli".utf8))
    desk.change {
      $0.quarantined = [QuarantinedRecord(id: 3, receivedAt: ManualClock().now, reason: .notJSON, payload: body)]
    }
    let answers = try await Self.with(desk) { url in
      let path = url + "/api/v1/quarantine/3"
      return [
        try await Self.ask("GET", path + "?raw=true"), try await Self.ask("HEAD", path + "?raw=true"), try await Self.ask("GET", path),
        try await Self.ask("GET", path + "?raw=true", as: Self.token),
      ]
    }
    #expect(answers.map(\.status) == [403, 403, 200, 200])
    for answer in answers.dropLast() { #expect(!answer.text.contains("Gizli") && !answer.text.contains("5321234567")) }
  }

  @Test func `it opens no more than itself: neither twice, nor beside another, nor by half`() async throws {
    let statuses = try await Self.with { url in
      var statuses: [Int] = []
      for values in [
        ["Bearer \(Self.readToken)", "Bearer \(Self.readToken)"], ["Bearer \(Self.readToken)", "Bearer \(Self.token)"],
        ["Bearer \(Self.readToken)x"], ["Bearer \(Self.readToken.dropLast())"], [Self.readToken],
      ] {
        statuses.append(try await http("GET", url + "/status.json", headers: values.map { ("Authorization", $0) }).status)
      }
      return statuses
    }
    #expect(statuses == [401, 401, 401, 401, 401])
  }

  @Test func `a door with a read token alone is not built`() async {
    await #expect(processExitsWith: .failure) {
      var settings = StatusSettings()
      settings.readToken = Secret("t0ken")
      _ = StatusDoor(settings, source: sample().source).application(logger: .init(label: "x"))
    }
  }
}
