import Foundation
import Model
import Status
import Support
import Testing

struct OperatorTests {
  private static let now = ManualClock().now

  // MARK: - Reports

  private static func record(_ status: String, payload: String?, shares: [ReportRecord.Share] = []) -> ReportRecord {
    ReportRecord(
      key: ReportKey(id: 9_007_199_254_740_993, status: status), seq: 7, packetID: 104_525_848,
      payload: payload.map { Payload(bytes: Array($0.utf8)) }, receivedAt: now - .hours(1), lastSeenAt: now, seen: 2, destiny: .matched,
      isStale: status == "accepted", shares: shares)
  }

  @Test func `a report is shown with what became of it, without its message and with its number masked`() async throws {
    let desk = Desk()
    let attempt = AttemptRecord(
      number: 1, startedAt: Self.now - .minutes(50), took: .microseconds(12_500), outcome: "4xx", status: 404,
      detail: "answered 404 to +905321234567", answer: "no customer +905321234567")
    let silent = AttemptRecord(
      number: 2, startedAt: Self.now - .minutes(40), took: .seconds(10), outcome: "timeout_connect", status: 0, detail: "timed out",
      answer: "")
    let body = #"{"report":{"id":9007199254740993,"to":"+905321234567","body":"Gizli kod"}}"#
    let shares = [
      ReportRecord.Share(route: "shop", state: .dead, queue: "dead", tries: 7, at: Self.now - .minutes(1), attempts: [attempt, silent]),
      ReportRecord.Share(route: "bank", state: .waiting, queue: "held", tries: 0, at: nil, attempts: []),
    ]
    let records = [Self.record("delivered", payload: body, shares: shares), Self.record("accepted", payload: nil)]
    desk.change { $0.reports[9_007_199_254_740_993] = records }
    let answer = try await withDesk(desk) { url in try await http("GET", url + "/api/v1/reports/9007199254740993") }
    #expect(answer.status == 200)
    let expected = """
      {"id": 9007199254740993, "statuses": [
        {"status": "delivered", "packet_id": 104525848, "to": "+90532***4567", "received_at": "2026-04-29T03:32:24.000000Z",
         "last_seen_at": "2026-04-29T04:32:24.000000Z", "seen": 2, "destiny": "matched", "stale": false, "bytes": \(body.utf8.count),
         "routes": [
           {"name": "shop", "state": "dead", "queue": "dead", "tries": 7, "at": "2026-04-29T04:31:24.000000Z", "attempts": [
             {"number": 1, "started_at": "2026-04-29T03:42:24.000000Z", "duration_ms": 12.5, "outcome": "4xx", "status": 404,
              "detail": "answered 404 to +90532***4567", "answer": "no customer +90532***4567"},
             {"number": 2, "started_at": "2026-04-29T03:52:24.000000Z", "duration_ms": 10000, "outcome": "timeout_connect",
              "status": null, "detail": "timed out", "answer": ""}]},
           {"name": "bank", "state": "waiting", "queue": "held", "tries": 0, "at": null, "attempts": []}]},
        {"status": "accepted", "packet_id": 104525848, "to": null, "received_at": "2026-04-29T03:32:24.000000Z",
         "last_seen_at": "2026-04-29T04:32:24.000000Z", "seen": 2, "destiny": "matched", "stale": true, "bytes": null, "routes": []}]}
      """
    #expect(try sameJSON(answer.text, expected), "\(answer.text)")
    #expect(!answer.text.contains("Gizli"))
    #expect(!answer.text.contains("5321234567"))
    // Its digits are all there: not by way of a Double.
    #expect(answer.text.contains("\"id\" : 9007199254740993,"))
  }

  @Test(arguments: [
    #"{"got":{"report":{"to":"+905321234567","body":"Sayın \"Ayşe\"\/Kodunuz 48-15"}}}"#,
    #"{"got":"Say\u0131n \"Ay\u015fe\"\/Kodunuz 48-15"}"#, #"Say\u0131n \"Ay\u015Fe\"/Kodunuz 48-15 is no text"#,
    "Sayın \"Ayşe\"/Kodunuz 48-15", "<p>Sayın &quot;Ayşe&quot;/Kodunuz 48-15</p>", #"too long: Sayın \"Ayşe\"/Kodu"#,
    "call +90 532 123 45 67", "call 0 (532) 123-45-67",
  ])
  func `what an app repeats of the message and the number is not shown`(answer: String) async throws {
    let desk = Desk()
    for payload in [
      #"{"report":{"id":5,"to":"+905321234567","body":"Sayın \"Ayşe\"/Kodunuz 48-15"}}"#,
      #"{"report":{"id":5,"to":"+905321234567","body":"Say\u0131n \"Ay\u015fe\"\/Kodunuz 48-15"}}"#,
    ] {
      let attempt = AttemptRecord(
        number: 1, startedAt: Self.now, took: .seconds(1), outcome: "4xx", status: 422, detail: "answered 422: \(answer)",
        answer: "we say: \(answer)")
      let share = ReportRecord.Share(route: "shop", state: .dead, queue: "dead", tries: 1, at: nil, attempts: [attempt])
      desk.change { $0.reports[5] = [Self.record("delivered", payload: payload, shares: [share])] }
      let shown = try await withDesk(desk) { url in try await http("GET", url + "/api/v1/reports/5") }.text
      for word in ["Ayşe", "u015", "Kodu", "48-15", "123 45", "123-45", "5321234567"] { #expect(!shown.contains(word), "\(shown)") }
      #expect(shown.contains("we say: ") && shown.contains("answered 422: "))
    }
  }

  @Test(arguments: [("5", 404), ("x", 400), ("9223372036854775808", 400)])
  func `a report that is not known, or no number`(id: String, status: Int) async throws {
    let answer = try await withDesk { url in try await http("GET", url + "/api/v1/reports/" + id) }
    #expect(answer.status == status)
    #expect(answer["content-type"] == "application/problem+json")
  }

  // MARK: - Jobs

  @Test func `a job is listed, shown by itself and cancelled`() async throws {
    let desk = Desk(now: Self.now)
    let answers = try await withDesk(desk) { url in
      _ = try await post(url + "/api/v1/replays", #"{"route": "shop", "rate": 2, "since": "2026-04-29T00:00:00Z"}"#)
      _ = try await post(url + "/api/v1/discards", #"{"report_id": 5, "state": "waiting"}"#)
      return [
        try await http("GET", url + "/api/v1/jobs"), try await http("GET", url + "/api/v1/jobs/1"),
        try await http("DELETE", url + "/api/v1/jobs/1"), try await http("GET", url + "/api/v1/jobs/1"),
        try await http("DELETE", url + "/api/v1/jobs/1"),
      ]
    }
    func replay(_ status: String, endedAt: String) -> String {
      """
      {"id": 1, "kind": "replay", "status": "\(status)", "report_id": null, "route": "shop", "state": "dead",
       "since": "2026-04-29T00:00:00.000000Z", "until": null, "rate": 2, "count": 0,
       "created_at": "2026-04-29T04:32:24.000000Z", "ended_at": \(endedAt)}
      """
    }
    let discard = """
      {"id": 2, "kind": "discard", "status": "working", "report_id": 5, "route": null, "state": "waiting", "since": null, "until": null,
       "rate": null, "count": 0, "created_at": "2026-04-29T04:32:24.000000Z", "ended_at": null}
      """
    let ended = "\"2026-04-29T04:32:24.000000Z\""
    let (working, cancelling) = (replay("working", endedAt: "null"), replay("cancelling", endedAt: ended))
    let expected = [
      "{\"jobs\": [\(discard), \(working)], \"next\": null}", working, cancelling, cancelling, replay("cancelled", endedAt: ended),
    ]
    #expect(answers.map(\.status) == [200, 200, 200, 200, 200])
    for (answer, text) in zip(answers, expected) {
      #expect(try sameJSON(answer.text, text), "\(answer.text)")
    }
  }

  @Test func `jobs are listed a page at a time, and an old one is found by its number`() async throws {
    let desk = Desk()
    let now = Instant(microseconds: 0)
    desk.change { $0.jobs = (1...5).reversed().map { QueueJob(id: $0, kind: .reroute, selection: nil, rate: nil, createdAt: now) } }
    var source = sample().source
    source.operations = desk.operations
    let `operator` = Operator(source)
    var (found, cursor): ([[Int64]], String?) = ([], nil)
    repeat {
      let list = try await `operator`.jobs(cursor, limit: 2)
      found.append(list.jobs.map(\.id))
      cursor = list.next
    } while cursor != nil
    #expect(found == [[5, 4], [3, 2], [1]])
    #expect(try await `operator`.job(1).id == 1)
    for unknown in [0, 6, .max] as [Int64] {
      await #expect(throws: OperatorError.self) { try await `operator`.job(unknown) }
    }
  }

  @Test(arguments: ["GET", "DELETE"])
  func `a job that there is not`(method: String) async throws {
    let statuses = try await withDesk { url in
      [try await http(method, url + "/api/v1/jobs/9").status, try await http(method, url + "/api/v1/jobs/x").status]
    }
    #expect(statuses == [404, 400])
  }

  // MARK: - Pausing

  @Test func `a pause and its end are answered with the route's row, as status json then shows it`() async throws {
    let desk = Desk(now: Self.now)
    let (paused, shown, resumed) = try await withDesk(desk) { url in
      (
        try await post(url + "/api/v1/routes/shop/pause", ""), try await http("GET", url + "/status.json"),
        try await post(url + "/api/v1/routes/shop/resume", " {} ")
      )
    }
    #expect((paused.status, resumed.status) == (200, 200))
    #expect(try object(paused)["pause"] as? String == "operator")
    let rows = try #require(try object(shown)["routes"] as? [NSDictionary])
    #expect(try NSDictionary(dictionary: object(paused)) == rows[0])
    #expect(try object(resumed)["pause"] is NSNull)
    #expect(desk.seen.resumed == [LaneID(1)])
  }

  @Test func `a route that the file pauses cannot be resumed here`() async throws {
    let desk = Desk()
    var source = sample().source
    source.operations = desk.operations
    source.configuration = { LoadedConfiguration(fingerprint: "", loadedAt: Self.now, routes: ["shop"], pausedRoutes: ["shop"]) }
    let answer = try await withDoor(source) { url, _ in try await post(url + "/api/v1/routes/shop/resume", "{}") }
    #expect(answer.status == 409)
    #expect((try object(answer)["detail"] as? String)?.contains(#"take "paused: true" out"#) == true)
    #expect(desk.seen.resumed.isEmpty)
  }

  @Test(arguments: ["pause", "resume"])
  func `a route that is not there, and one that is not in the file any more`(verb: String) async throws {
    let (unknown, held) = try await withDesk { url in
      (try await post(url + "/api/v1/routes/shp/\(verb)", "{}"), try await post(url + "/api/v1/routes/old/\(verb)", "{}"))
    }
    #expect((unknown.status, held.status) == (404, 409))
    #expect(try object(unknown)["detail"] as? String == #"There is no route "shp". There are: shop, bank."#)
    #expect((try object(held)["detail"] as? String)?.contains("not in the rule file") == true)
  }

  @Test func `a selection where none is read is refused`() async throws {
    let desk = Desk()
    let answer = try await withDesk(desk) { url in
      try await post(url + "/api/v1/routes/shop/pause", #"{"until": "2026-04-29T00:00:00Z"}"#)
    }
    #expect(answer.status == 400)
    #expect(desk.seen.pauses.isEmpty)
  }

  // MARK: - The door

  private static let changes = [
    ("POST", "/api/v1/replays"), ("POST", "/api/v1/discards"), ("POST", "/api/v1/routes/shop/pause"),
    ("POST", "/api/v1/routes/shop/resume"), ("DELETE", "/api/v1/jobs/1"),
  ]
  private static let reads = ["/api/v1/reports/5", "/api/v1/jobs", "/api/v1/jobs/1"]

  @Test func `nothing is shown or changed without the token`() async throws {
    let desk = Desk()
    try await withDesk(desk, token: "s3cret") { url in
      for (method, path) in Self.changes + Self.reads.map({ ("GET", $0) }) {
        for headers in [[], [("Authorization", "Bearer wrong")]] {
          let body = Array(#"{"route": "shop", "state": "dead"}"#.utf8)
          let answer = try await http(method, url + path, headers: headers + [("Content-Type", "application/json")], body: body)
          #expect(answer.status == 401, "\(method) \(path)")
        }
      }
    }
    #expect(desk.seen.jobs.isEmpty && desk.seen.pauses.isEmpty && desk.seen.resumed.isEmpty)
  }

  @Test func `without a token a foreign name opens nothing`() async throws {
    let desk = Desk()
    try await withDesk(desk) { url in
      for (method, path) in Self.changes {
        let headers = [("Host", "evil.example.com"), ("Content-Type", "application/json")]
        let answer = try await http(method, url + path, headers: headers, body: Array("{}".utf8))
        #expect(answer.status == 421, "\(method) \(path)")
      }
    }
    #expect(desk.seen.pauses.isEmpty)
  }

  @Test(arguments: [
    nil, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain; application/json", "",
  ])
  func `what a form of a foreign page can send changes nothing`(type: String?) async throws {
    let desk = Desk()
    try await withDesk(desk) { url in
      for (method, path) in Self.changes where method == "POST" {
        let answer = try await post(url + path, #"{"route": "shop", "state": "dead"}"#, type: type)
        #expect(answer.status == 415, "\(path)")
        #expect(answer["content-type"] == "application/problem+json")
      }
    }
    #expect(desk.seen.jobs.isEmpty && desk.seen.pauses.isEmpty && desk.seen.resumed.isEmpty)
  }

  @Test func `a browser that asks whether a foreign page may is told nothing`() async throws {
    let answer = try await withDesk { url in
      try await http(
        "OPTIONS", url + "/api/v1/jobs/1",
        headers: [("Origin", "https://evil.example.com"), ("Access-Control-Request-Method", "DELETE")])
    }
    #expect(answer.status == 405)
    #expect(!answer.headers.contains { $0.name.lowercased().hasPrefix("access-control") })
  }

  @Test func `a parameter of the content type does not matter`() async throws {
    let answer = try await withDesk { url in
      try await post(url + "/api/v1/replays", #"{"route": "shop"}"#, type: "Application/JSON ; charset=utf-8")
    }
    #expect(answer.status == 202)
  }

  @Test func `a request is bounded`() async throws {
    let desk = Desk()
    let (most, more) = try await withDesk(desk) { url in
      func padded(_ count: Int) -> String {
        let body = #"{"route": "shop"}"#
        return body + String(repeating: " ", count: count - body.utf8.count)
      }
      return (
        try await post(url + "/api/v1/replays", padded(16 * 1024)), try await post(url + "/api/v1/replays", padded(16 * 1024 + 1))
      )
    }
    #expect((most.status, more.status) == (202, 413))
    #expect(more["content-type"] == "application/problem+json")
    #expect(desk.seen.jobs.count == 1)
  }

  @Test(arguments: [
    ("/api/v1/reports/5", "POST", "GET, HEAD"), ("/api/v1/replays", "GET", "POST"), ("/api/v1/discards", "DELETE", "POST"),
    ("/api/v1/jobs", "POST", "GET, HEAD"), ("/api/v1/jobs/1", "PUT", "DELETE, GET, HEAD"), ("/api/v1/routes/shop/pause", "GET", "POST"),
    ("/api/v1/queue", "DELETE", "GET, HEAD"),
  ])
  func `another method is told which there are`(path: String, method: String, allowed: String) async throws {
    let answer = try await withDesk { url in
      try await http(method, url + path, headers: [("Content-Type", "application/json")], body: Array("{}".utf8))
    }
    #expect(answer.status == 405)
    #expect(answer["allow"] == allowed)
  }

  @Test(arguments: [JournalError.full, .closed, .failed(code: 11, words: "database disk image is malformed")])
  func `a store that does not work is said to be`(error: JournalError) async throws {
    let desk = Desk()
    desk.change { $0.error = error }
    try await withDesk(desk) { url in
      for (method, path) in Self.changes + Self.reads.map({ ("GET", $0) }) {
        let body = path.contains("routes") ? "{}" : #"{"route": "shop", "state": "dead"}"#
        let answer = try await http(method, url + path, headers: [("Content-Type", "application/json")], body: Array(body.utf8))
        #expect(answer.status == 503, "\(method) \(path)")
        #expect((try object(answer)["detail"] as? String)?.contains(error.description) == true)
      }
    }
  }
}
