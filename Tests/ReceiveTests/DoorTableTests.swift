import Model
import Support
import Testing

@Suite(.timeLimit(.minutes(10)))
struct DoorTableTests {
  private let close = ["Connection: close"]

  @Test func `a report is answered 200 and kept byte for byte with the lanes that it matches`() async throws {
    try await withDoor { door in
      let said = try await door.says(to: request(headers: close + ["Content-Type: application/json"]))
      #expect(said == answer("200 OK", received, closes: true))
      let arrival = try #require(door.journal.entries.all.first?.arrival)
      #expect(arrival.payload == Payload(bytes: Array(sample.utf8)))
      #expect(arrival.report.key == ReportKey(id: 1_599_558_518, status: "accepted"))
      #expect(arrival.report.packetID == 104_525_848)
      #expect(arrival.resolved.destiny == .matched)
      #expect(arrival.resolved.targets == [LaneID(9)])
      #expect(arrival.receivedAt == ManualClock().now)
      let accepted = try await door.events.first { if case .accepted = $0 { true } else { false } }
      guard case .accepted(let after, _) = accepted else { return }
      #expect(after == .zero)
    }
  }

  @Test(arguments: [("body", Destiny.unmatched), ("body #SHOP", .filtered)])
  func `a report that nobody gets is answered like any other`(body: String, destiny: Destiny) async throws {
    try await withDoor { door in
      let text = #"{"report":{"id":1,"status":"accepted","body":"\#(body)"}}"#
      #expect(try await door.says(to: request(headers: close, body: text)) == answer("200 OK", received, closes: true))
      let arrival = try #require(door.journal.entries.all.first?.arrival)
      #expect(arrival.resolved.destiny == destiny)
      #expect(arrival.resolved.targets.isEmpty)
    }
  }

  @Test func `the type of the body is kept with it`() async throws {
    try await withDoor { door in
      _ = try await door.says(to: request(headers: close + ["Content-Type: application/json; charset=utf-8"]))
      _ = try await door.says(to: request(headers: close))
      let entries = try await door.journal.entries.first(2)
      #expect(entries[0].payload.contentType == "application/json; charset=utf-8")
      #expect(entries[1].payload.contentType == nil)
    }
  }

  @Test(arguments: [
    ("", QuarantineReason.notJSON), ("{", .notJSON), ("\u{0}\u{7}ÿ", .notJSON), ("[]", .notAnObject), ("1", .notAnObject),
    ("{}", .noReport), (#"{"report":[]}"#, .noReport), (#"{"report":{"status":"x"}}"#, .noID), (#"{"report":{"id":1}}"#, .noStatus),
    (#"{"report":{"id":1,"status":"\#(String(repeating: "s", count: 65))"}}"#, .statusTooLong),
  ])
  func `a body that is no report is answered 200 and kept in quarantine`(body: String, reason: QuarantineReason) async throws {
    try await withDoor { door in
      let said = try await door.says(to: request(headers: close + ["Content-Type: text/x-odd"], body: body))
      #expect(said == answer("200 OK", received, closes: true))
      let kept = try #require(door.journal.entries.all.first?.quarantined)
      #expect(kept.payload.bytes == Array(body.utf8))
      #expect(kept.payload.contentType == "text/x-odd")
      #expect(kept.reason == reason)
      _ = try await door.events.first { if case .quarantined(reason) = $0 { true } else { false } }
    }
  }

  @Test func `a body that could not be kept in quarantine is answered 503 and told to nobody as kept`() async throws {
    try await withDoor(.answers(.full)) { door in
      let said = try await door.says(to: request(headers: close, body: "[]"))
      #expect(said == answer("503 Service Unavailable", notReceived, extra: ["retry-after: 5"], closes: true))
      #expect(!door.events.all.contains { if case .quarantined = $0 { true } else { false } })
    }
  }

  @Test(arguments: ["GET", "HEAD"])
  func `a person who opens the URL sees that it is ready`(method: String) async throws {
    try await withDoor { door in
      let said = try await door.says(to: request(method, headers: close, body: nil))
      #expect(said == answer("200 OK", #"{"ready": true}"#, extra: [instanceLine], closes: true, isHead: method == "HEAD"))
      #expect(door.journal.entries.all.isEmpty)
      #expect(door.refusals.isEmpty)
    }
  }

  @Test(arguments: ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
  func `another method is answered 405 with those that are allowed`(method: String) async throws {
    try await withDoor { door in
      let said = try await door.says(to: request(method, headers: close, body: nil))
      let expected = answer(
        "405 Method Not Allowed", #"{"error":"method not allowed"}"#, extra: ["allow: GET, HEAD, POST"], closes: true)
      #expect(said == expected)
      #expect(door.refusals == [.method])
      #expect(door.journal.refusals.all == ["method"])
    }
  }

  @Test(arguments: [
    "/", "/hook/", "/hoo", "/hooks", "//hook", "/hook/x", "/Hook", "/%68ook", "/hook%3Ftoken=right-token", "/./hook", "/x/../hook",
    "/hook;x",
  ])
  func `another path is answered 404, whatever it resembles`(path: String) async throws {
    try await withDoor { door in
      let said = try await door.says(to: request("POST", "\(path)?token=\(OpenDoor.token)", headers: close))
      #expect(said == answer("404 Not Found", #"{"error":"not found"}"#, closes: true))
      #expect(door.refusals == [.path])
      #expect(door.journal.refusals.all == ["path"])
      #expect(door.journal.entries.all.isEmpty)
    }
  }

  @Test func `the path comes before the method and the method before the token`() async throws {
    try await withDoor { door in
      _ = try await door.says(to: request("PUT", "/other", headers: close, body: nil))
      _ = try await door.says(to: request("PUT", "/hook", headers: close, body: nil))
      _ = try await door.says(to: request("GET", "/hook", headers: close, body: nil))
      #expect(door.refusals == [.path, .method, .tokenMissing])
    }
  }
}
