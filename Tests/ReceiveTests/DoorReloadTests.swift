import Model
import Receive
import Route
import Support
import Testing

/// The rule file changes while the door is open.
@Suite(.timeLimit(.minutes(10)))
struct DoorReloadTests {
  private let notFound = #"{"error":"not found"}"#

  private func token(_ label: String, _ value: String) -> Token { Token(label: label, value: Secret(value)) }

  private var everything: RouteSettings {
    var route = RouteSettings(name: "all", url: Secret("http://127.0.0.1/all"))
    route.otherwise = true
    return route
  }

  /// Of each report that the journal got.
  private func targets(_ door: OpenDoor) -> [[LaneID]] {
    door.journal.entries.all.compactMap(\.arrival?.routing).map { $0.resolved { _ in false }.targets }
  }

  @Test func `on one connection each request goes by the file that is in force when it begins`() async throws {
    try await withDoor { door in
      try await door.connect { connection in
        func expect(_ request: String, _ expected: String, _ location: SourceLocation = #_sourceLocation) async throws {
          try await connection.send(request)
          let said = String(decoding: try await connection.read { $0.last == UInt8(ascii: "}") }, as: UTF8.self)
          #expect(said == expected, sourceLocation: location)
        }
        try await expect(request(), answer("200 OK", received))
        door.reload { $0.tokens = [token("new", "new-token")] }
        try await expect(request(), answer("401 Unauthorized", unauthorized))
        try await expect(request("POST", "/hook?token=new-token"), answer("200 OK", received))
        door.reload { $0.path = "/other" }
        try await expect(request(), answer("404 Not Found", notFound))
        try await expect(request("POST", "/other?token=\(OpenDoor.token)"), answer("200 OK", received))
      }
    }
  }

  @Test func `a request that has begun ends by the file of its beginning`() async throws {
    try await withDoor { door in
      try await door.connect { connection in
        let whole = request(headers: ["Expect: 100-continue"])
        try await connection.send(String(whole.dropLast(sample.count)))
        _ = try await connection.read(until: "100 Continue\r\n\r\n")
        let other = AcceptReport(rules: RuleSet([everything]), lanes: [LaneID(77)], journal: door.journal) { _ in }
        door.reload(acceptReport: other) { settings in
          settings.tokens = [token("new", "new-token")]
          settings.bodyBytesMax = 1
        }
        try await connection.send(sample)
        _ = try await connection.read { $0.last == UInt8(ascii: "}") }
        #expect(targets(door) == [[LaneID(9)]])
        try await connection.send(request())
        let said = try await connection.read { $0.last == UInt8(ascii: "}") }
        #expect(String(decoding: said, as: UTF8.self).hasSuffix(unauthorized))
      }
    }
  }

  @Test func `reports are routed by the new rules from the next request on`() async throws {
    try await withDoor { door in
      _ = try await door.says(to: request(headers: ["Connection: close"]))
      door.reload(acceptReport: AcceptReport(rules: RuleSet([everything]), lanes: [LaneID(77)], journal: door.journal) { _ in })
      _ = try await door.says(to: request(headers: ["Connection: close"]))
      #expect(targets(door) == [[LaneID(9)], [LaneID(77)]])
    }
  }

  @Test func `a token keeps its last use under another label and at another place, and one that is new was never used`() async throws {
    try await withDoor { door in
      _ = try await door.says(to: request(headers: ["Connection: close"]))
      door.reload { $0.tokens = [token("1", "new-token"), token("old", OpenDoor.token)] }
      let now = ManualClock().now
      #expect(door.door.tokenUses() == [TokenUse(label: "1", lastUsedAt: nil), TokenUse(label: "old", lastUsedAt: now)])
      _ = try await door.says(to: request("POST", "/hook?token=new-token", headers: ["Connection: close"]))
      #expect(door.door.tokenUses().map(\.lastUsedAt) == [now, now])
    }
  }

  @Test func `limits of the new file hold`() async throws {
    try await withDoor { door in
      door.reload { $0.bodyBytesMax = 10 }
      let long = try await door.says(to: request())
      #expect(long.hasPrefix("HTTP/1.1 413"))
      door.reload { $0.connectionsMax = 0 }
      let oneTooMany = try await door.says(to: request())
      #expect(oneTooMany == "")
      door.reload { $0.readTimeout = .seconds(2) }
      let slow = try await door.says(to: "POST /hook")
      #expect(slow.hasPrefix("HTTP/1.1 408"))
    }
  }

  @Test func `while tokens rotate under load not one request with a token of both files is refused`() async throws {
    try await withDoor { door in
      let rotation = Task {
        var count = 0
        while !Task.isCancelled {
          count += 1
          door.reload { $0.tokens = [token("n", "token-\(count)"), token("stays", OpenDoor.token)] }
          await Task.yield()
        }
        return count
      }
      for _ in 1...50 {
        let requests = String(repeating: request(), count: 20)
        let said = try await door.says(to: requests + request(headers: ["Connection: close"]))
        #expect(said == String(repeating: answer("200 OK", received), count: 20) + answer("200 OK", received, closes: true))
      }
      rotation.cancel()
      #expect(await rotation.value > 1)
      #expect(door.refusals.isEmpty)
    }
  }
}
