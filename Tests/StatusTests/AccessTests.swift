import Foundation
import Model
import Status
import Support
import Synchronization
import Testing

struct AccessTests {
  private static let guarded = ["/status", "/status.json", "/metrics", "/api/v1/queue", "/nothing", "/livez/", "//livez", "/livez%2f"]
  private static let token = "s3cret: ü with colon"

  private func basic(_ pair: String) -> String { "Basic " + Data(pair.utf8).base64EncodedString() }

  @Test(arguments: guarded)
  func `with a token set, every path but the probes needs it`(path: String) async throws {
    let (without, with) = try await withDoor(token: Self.token) { url, _ in
      (
        try await http("GET", url + path),
        try await http("GET", url + path, headers: [("Authorization", "Bearer \(Self.token)")])
      )
    }
    #expect(without.status == 401)
    #expect(without["content-type"] == "application/problem+json")
    #expect(without.headers["www-authenticate"].contains { $0.hasPrefix("Basic realm=") })
    #expect(without.headers["www-authenticate"].contains { $0.hasPrefix("Bearer") })
    #expect(with.status != 401)
  }

  @Test(arguments: ["/livez", "/readyz"])
  func `a supervisor needs no token and no name`(path: String) async throws {
    let withToken = try await withDoor(token: Self.token) { url, _ in try await http("GET", url + path) }
    let withoutToken = try await withDoor { url, _ in try await http("GET", url + path, headers: [("Host", "pod-7.example.com")]) }
    #expect(withToken.status == 200)
    #expect(withoutToken.status == 200)
  }

  @Test func `the token opens as bearer, or as the password of any user`() async throws {
    let good = ["Bearer \(Self.token)", "bearer \(Self.token)", basic("ops:\(Self.token)"), basic(":\(Self.token)")]
    let bad = [
      "Bearer \(Self.token)x", "Bearer s3cret", "Bearer ", "Bearer", "", Self.token, basic(Self.token.replacing(":", with: "")),
      basic("ops:"),
      "Basic ###", "Digest \(Self.token)", "Bearer " + String(repeating: "x", count: 10_000),
    ]
    let twice = [("Authorization", good[0]), ("Authorization", "Bearer wrong")]
    let statuses = try await withDoor(token: Self.token) { url, _ in
      var statuses: [Int] = []
      for headers in (good + bad).map({ [("Authorization", $0)] }) + [twice] {
        statuses.append(try await http("GET", url + "/status.json", headers: headers).status)
      }
      return statuses
    }
    #expect(statuses == good.map { _ in 200 } + bad.map { _ in 401 } + [401])
  }

  @Test func `each request goes by the token of its time`() async throws {
    let token = Atomic(1)
    let statuses = try await withDoor(tokens: { "token-\(token.load(ordering: .relaxed))" }) { url, _ in
      func status() async throws -> Int {
        try await http("GET", url + "/status.json", headers: [("Authorization", "Bearer token-1")]).status
      }
      let before = try await status()
      token.store(2, ordering: .relaxed)
      return [before, try await status()]
    }
    #expect(statuses == [200, 401])
  }

  @Test func `the token is in no answer`() async throws {
    try await withDoor(token: "needle-in-hay") { url, _ in
      for path in Self.guarded {
        let answer = try await http("GET", url + path, headers: [("Authorization", "Bearer needle-in-hay")])
        #expect(!answer.text.contains("needle"))
        #expect(!"\(answer.headers)".contains("needle"))
      }
    }
  }

  @Test(arguments: [
    ("localhost", true), ("LOCALHOST:9090", true), ("127.0.0.1", true), ("127.1.2.3:80", true), ("[::1]", true), ("[::1]:9090", true),
    ("evil.example.com", false), ("127.0.0.1.evil.example.com", false), ("127.evil", false), ("localhost.evil.example.com", false),
    ("localhost:80@evil", false), ("192.168.0.1", false), ("127.0.0.256", false), ("127.0.1", false), ("[::2]", false), ("::1", false),
    ("", false), ("[::1", false), ("[::1]x", false), ("localhost:", true), ("localhost.", false), ("127.0.0.1.:80", false),
    ("user@localhost", false), ("user:pw@127.0.0.1", false), ("localhost:80:80", false), ("[::1]:x", false), ("localhost:٣", false),
    ("localhost, evil.example.com", false), ("localhost/", false), ("127.0.0.1%00.evil.example.com", false), ("0x7f.0.0.1", false),
    ("[::ffff:127.0.0.1]", false),
  ])
  func `without a token only a loopback name is served, so that no web page can read through a browser`(
    host: String, isServed: Bool
  ) async throws {
    let answer = try await withDoor { url, _ in try await http("GET", url + "/status.json", headers: [("Host", host)]) }
    #expect(answer.status == (isServed ? 200 : 421))
    if !isServed { #expect(answer.text.contains("status.token")) }
  }

  /// A target that names a host, and several Hosts: none of them gets past the check by saying one thing here and another there.
  @Test(arguments: [
    ("GET http://localhost/status.json HTTP/1.1\r\nHost: localhost", 200),
    ("GET http://evil.example.com/status.json HTTP/1.1\r\nHost: evil.example.com", 421),
    ("GET http://localhost/status.json HTTP/1.1\r\nHost: evil.example.com", 421),
    ("GET /status.json HTTP/1.1\r\nHost: localhost\r\nHost: evil.example.com", 421),
    ("GET /status.json HTTP/1.1\r\nHost: evil.example.com\r\nHost: localhost", 421),
    ("GET /status.json HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-Host: evil.example.com", 200),
  ])
  func `what a request says of its host must all be loopback`(request: String, status: Int) async throws {
    let answer = try await withDoor { _, port in
      try await raw(Array("\(request)\r\nConnection: close\r\n\r\n".utf8), host: "127.0.0.1", port: port)
    }
    #expect(String(decoding: answer, as: UTF8.self).hasPrefix("HTTP/1.1 \(status) "), "\(String(decoding: answer, as: UTF8.self))")
  }

  @Test func `no cookie is set, and none opens anything`() async throws {
    let answers = try await withDoor(token: Self.token) { url, _ in
      let cookie = ("Cookie", "token=\(Self.token); authorization=Bearer \(Self.token)")
      return [
        try await http("GET", url + "/status", headers: [cookie]),
        try await http("GET", url + "/status", headers: [("Authorization", "Bearer \(Self.token)")]),
      ]
    }
    #expect(answers.map(\.status) == [401, 200])
    #expect(answers.allSatisfy { $0.headers["set-cookie"].isEmpty })
  }

  /// Every path that changes something, with a method by which it does.
  static let changes: [(method: String, path: String)] = [
    ("POST", "/api/v1/replays"), ("POST", "/api/v1/discards"), ("POST", "/api/v1/reroutes"), ("POST", "/api/v1/quarantine/retries"),
    ("POST", "/api/v1/routes/shop/pause"), ("POST", "/api/v1/routes/shop/resume"), ("POST", "/api/v1/orders"),
    ("PUT", "/api/v1/orders/7"), ("DELETE", "/api/v1/orders/7?route=shop"), ("DELETE", "/api/v1/jobs/1"), ("PUT", "/api/v1/log"),
  ]

  @Test func `no web page can post a change: what a form sends is not taken`() async throws {
    let desk = Desk()
    let types: [String?] = [
      "text/plain", "text/plain; charset=application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", nil, "",
      "application/json, text/plain", "text/plain, application/json",
    ]
    let answers = try await withDesk(desk) { url in
      var answers: [(String, Int)] = []
      for (method, path) in Self.changes where method != "DELETE" {
        for type in types {
          let headers = type.map { [("Content-Type", $0)] } ?? []
          let body = Array(#"{"route": "shop", "level": "debug", "all": true, "packet_ids": [7]}"#.utf8)
          answers.append(("\(method) \(path) \(type ?? "none")", try await http(method, url + path, headers: headers, body: body).status))
        }
      }
      // A simple request has no body type at all: a DELETE is none of these, and is asked about before.
      answers.append(("DELETE", try await http("DELETE", url + "/api/v1/jobs/1").status - 404 + 415))
      return answers
    }
    for (what, status) in answers { #expect(status == 415, "\(what)") }
    #expect(desk.seen.jobs.isEmpty && desk.seen.pauses.isEmpty && desk.seen.claims.isEmpty)
  }

  @Test func `a page of elsewhere that asks first gets no permission`() async throws {
    let answers = try await withDoor { url, _ in
      var answers: [HTTPResponse] = []
      for (method, path) in Self.changes {
        let headers = [("Origin", "https://evil.example.com"), ("Access-Control-Request-Method", method)]
        answers.append(try await http("OPTIONS", url + path, headers: headers))
      }
      return answers
    }
    for answer in answers {
      #expect(answer.status == 405)
      #expect(!answer.headers.contains { $0.name.lowercased().hasPrefix("access-control-") })
    }
  }

  @Test func `a request without Host is not served`() async throws {
    let answer = try await withDoor { _, port in
      try await raw(Array("GET /status.json HTTP/1.0\r\nConnection: close\r\n\r\n".utf8), host: "127.0.0.1", port: port)
    }
    #expect(String(decoding: answer, as: UTF8.self).contains(" 421 "))
  }

  @Test func `a door beyond loopback without a token is not built`() async {
    await #expect(processExitsWith: .failure) {
      var settings = StatusSettings()
      settings.listen = Endpoint(host: "0.0.0.0", port: 0)
      _ = StatusDoor(settings, source: sample().source).application(logger: .init(label: "x"))
    }
  }
}
