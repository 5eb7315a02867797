import Foundation
import Model
import Support
import Testing

@testable import Status

/// Reports that nobody got, by the API.
struct StrayTests {
  private static let now = ManualClock().now

  private static func report(_ seq: Int64, _ text: String, to: String = "+905321234567") -> StoredReport {
    StoredReport(
      seq: seq, key: ReportKey(id: 9_007_199_254_740_992 + seq, status: "delivered"), packetID: seq == 1 ? 104_525_848 : nil,
      receivedAt: now - .hours(1), lastSeenAt: now, seen: 2, destiny: .unmatched,
      payload: Payload(bytes: Array(#"{"report":{"id":\#(seq),"to":"\#(to)","body":"\#(text)"}}"#.utf8)))
  }

  private static let form = QuarantinedRecord(
    id: 3, receivedAt: now, reason: .notJSON,
    payload: Payload(bytes: Array("to=+905321234567&text=Gizli kod: 48\n\u{15f}".utf8), contentType: "application/x-www-form-urlencoded"))

  // MARK: - Unmatched

  @Test func `unmatched reports are listed with the reason, without their messages and with their numbers masked`() async throws {
    let desk = Desk()
    let reports = [Self.report(1, "Gizli kod"), Self.report(7, "Gizli @bank @my_shop", to: "x")]
    desk.change { $0.unmatched = reports }
    let bytes = reports.map { $0.payload?.bytes.count ?? 0 }
    let answer = try await withDesk(desk) { url in try await http("GET", url + "/api/v1/unmatched") }
    #expect(answer.status == 200)
    let expected = """
      {"next": null, "reports": [
        {"id": 9007199254740993, "status": "delivered", "packet_id": 104525848, "to": "+90532***4567",
         "received_at": "2026-04-29T03:32:24.000000Z", "last_seen_at": "2026-04-29T04:32:24.000000Z", "seen": 2, "bytes": \(bytes[0]),
         "routes_now": [], "reason": "my_shop: the body does not contain \\"@my_shop\\"; call +90532***4567"},
        {"id": 9007199254740999, "status": "delivered", "packet_id": null, "to": "***",
         "received_at": "2026-04-29T03:32:24.000000Z", "last_seen_at": "2026-04-29T04:32:24.000000Z", "seen": 2, "bytes": \(bytes[1]),
         "routes_now": ["my_shop", "bank"], "reason": null}]}
      """
    #expect(try sameJSON(answer.text, expected), "\(answer.text)")
    for secret in ["Gizli", "5321234567"] { #expect(!answer.text.contains(secret)) }
    #expect(desk.seen.pages == [[0, Int64(Limits.straysShownMax / 2)]])
  }

  @Test(arguments: ["unmatched", "quarantine"])
  func `a list is read page by page until there is no more`(_ list: String) async throws {
    let desk = Desk()
    desk.change { state in
      state.unmatched = (1...5).map { Self.report($0 * 10, "x") }
      state.quarantined = (1...5).map { QuarantinedRecord(id: $0 * 10, receivedAt: Self.now, reason: .noID, payload: Payload(bytes: [])) }
    }
    let pages = try await withDesk(desk) { url in
      var (pages, query): ([Int], String?) = ([], "")
      while let more = query {
        let page = try object(try await http("GET", url + "/api/v1/\(list)?limit=2" + more))
        pages.append((page[list == "unmatched" ? "reports" : "bodies"] as? [Any])?.count ?? -1)
        query = (page["next"] as? String).map { "&cursor=\($0)" }
      }
      return pages
    }
    #expect(pages == [2, 2, 1])
    let limit: Int64 = list == "unmatched" ? 2 : 3
    #expect(desk.seen.pages == [[0, limit], [20, limit], [40, limit]])
  }

  @Test(arguments: [
    "limit=0", "limit=101", "limit=-1", "limit=x", "limit=", "limit", "limit=+1", "limit=%zz", "cursor=", "cursor=x", "cursor=20",
    "cursor=\(Cursor(.jobs, at: 20).text)", "cursr=1", "limit=1&limit=2", "limit=1&limit=1", "raw=true", "after=20",
  ])
  func `a page that cannot be is refused`(_ query: String) async throws {
    let desk = Desk()
    let answers = try await withDesk(desk) { url in
      [try await http("GET", url + "/api/v1/unmatched?" + query), try await http("GET", url + "/api/v1/quarantine?" + query)]
    }
    #expect(answers.map(\.status) == [400, 400])
    #expect(desk.seen.pages.isEmpty)
  }

  @Test func `a page may be empty while there are more behind it`() async throws {
    let desk = Desk()
    desk.change { state in
      state.unmatched = (1...5).map { Self.report($0, "@my_shop") }
      for index in [1, 2, 3] { state.unmatched[index].payload = nil }
      state.looksAt = 2
    }
    let (lists, counts) = try await withDesk(desk) { url in
      var (lists, counts): ([String], [String]) = ([], [])
      var cursor = ""
      for _ in 1...3 {
        let list = try object(try await http("GET", url + "/api/v1/unmatched" + (cursor.isEmpty ? "" : "?cursor=\(cursor)")))
        let behind = cursor.isEmpty ? "" : #", "cursor": "\#(cursor)""#
        let count = try object(try await post(url + "/api/v1/reroutes", #"{"dry_run": true\#(behind)}"#))
        lists.append("\((list["reports"] as? [Any])?.count ?? -1)")
        counts.append("\(count["examined"] as? Int ?? -1) \(count["matched"] as? Int ?? -1)")
        #expect(list["next"] as? String == count["next"] as? String)
        cursor = list["next"] as? String ?? ""
      }
      #expect(cursor.isEmpty)
      return (lists, counts)
    }
    #expect(lists == ["1", "0", "1"])
    #expect(counts == ["1 1", "0 0", "1 1"])
  }

  // MARK: - Reroute

  @Test func `a dry run counts some reports at a time, and starts nothing`() async throws {
    let desk = Desk()
    let many = Int64(Limits.reroutesCountedMax)
    desk.change { state in
      state.unmatched = (1...many + 2).map { Self.report($0, $0 == 2 ? "@my_shop" : $0 == many + 1 ? "@my_shop @bank" : "x") }
    }
    let answers = try await withDesk(desk) { url in
      let first = try await post(url + "/api/v1/reroutes", #"{"dry_run": true}"#)
      let next = try #require(try object(first)["next"] as? String)
      return [first, try await post(url + "/api/v1/reroutes", #"{"dry_run": true, "cursor": "\#(next)"}"#)]
    }
    #expect(answers.map(\.status) == [200, 200])
    let next = Cursor(.unmatched, at: many).text
    #expect(try sameJSON(answers[0].text, #"{"examined": \#(many), "matched": 1, "routes": {"my_shop": 1}, "next": "\#(next)"}"#))
    #expect(try sameJSON(answers[1].text, #"{"examined": 2, "matched": 1, "routes": {"my_shop": 1, "bank": 1}, "next": null}"#))
    #expect(desk.seen.jobs.isEmpty)
  }

  @Test(arguments: [("reroutes", "reroute"), ("quarantine/retries", "readmit")])
  func `a reroute and a retry are jobs that select no copies`(path: String, kind: String) async throws {
    let desk = Desk(now: Self.now)
    let (started, listed) = try await withDesk(desk) { url in
      (try await post(url + "/api/v1/" + path, "{}"), try await http("GET", url + "/api/v1/jobs/1"))
    }
    let expected = """
      {"id": 1, "kind": "\(kind)", "status": "working", "report_id": null, "route": null, "state": null, "since": null, "until": null,
       "rate": null, "count": 0, "created_at": "2026-04-29T04:32:24.000000Z", "ended_at": null}
      """
    #expect(started.status == 202)
    #expect(started["location"] == "/api/v1/jobs/1")
    #expect(try sameJSON(started.text, expected), "\(started.text)")
    #expect(try sameJSON(listed.text, expected))
  }

  @Test(arguments: [
    #"{"cursor": "u3c"}"#, #"{"dry_run": false, "cursor": "u3c"}"#, #"{"dry_run": true, "cursor": "q3c"}"#, #"{"dry_run": null}"#,
    #"{"dryRun": true}"#, #"{"dry_run": 1}"#, "[]", "",
    #"{"dry_run": true, "cursor": 3}"#, #"{"all": true}"#,
  ])
  func `a reroute that says what is not understood does nothing`(_ body: String) async throws {
    let desk = Desk()
    let answer = try await withDesk(desk) { url in try await post(url + "/api/v1/reroutes", body) }
    #expect(answer.status == 400)
    #expect(desk.seen.jobs.isEmpty)
    #expect(desk.seen.pages.isEmpty)
  }

  @Test func `what changes something wants JSON, which no web page may send`() async throws {
    let desk = Desk()
    let statuses = try await withDesk(desk) { url in
      [
        try await post(url + "/api/v1/reroutes", "{}", type: "text/plain").status,
        try await post(url + "/api/v1/quarantine/retries", "{}", type: nil).status,
      ]
    }
    #expect(statuses == [415, 415])
    #expect(desk.seen.jobs.isEmpty)
  }

  // MARK: - Quarantine

  @Test func `the quarantine is listed and shown without a word of what is in it`() async throws {
    let desk = Desk()
    desk.change { $0.quarantined = [Self.form] }
    let (list, one) = try await withDesk(desk) { url in
      (try await http("GET", url + "/api/v1/quarantine"), try await http("GET", url + "/api/v1/quarantine/3"))
    }
    func expected(outline: String) -> String {
      """
      {"id": 3, "received_at": "2026-04-29T04:32:24.000000Z", "reason": "not_json", "bytes": 38,
       "content_type": "application/x-www-form-urlencoded", "outline": \(outline)}
      """
    }
    #expect(try sameJSON(list.text, "{\"bodies\": [\(expected(outline: "null"))], \"next\": null}"), "\(list.text)")
    #expect(try sameJSON(one.text, expected(outline: #""xx=+000000000000&xxxx=xxxxx xxx: 00 xx""#)), "\(one.text)")
  }

  @Test func `bytes are shown to who has the token, and to nobody where there is none`() async throws {
    let desk = Desk()
    desk.change { $0.quarantined = [Self.form] }
    let bearer = [("Authorization", "Bearer t0ken")]
    let withToken = try await withDesk(desk, token: "t0ken") { url in
      [
        try await http("GET", url + "/api/v1/quarantine/3?raw=true", headers: bearer),
        try await http("GET", url + "/api/v1/quarantine/4?raw=true", headers: bearer),
        try await http("GET", url + "/api/v1/quarantine/3?raw=yes", headers: bearer),
        try await http("GET", url + "/api/v1/quarantine/3?raw=true"),
      ]
    }
    #expect(withToken.map(\.status) == [200, 404, 400, 401])
    #expect(withToken[0].body == Self.form.payload.bytes)
    #expect(withToken[0]["content-type"] == "application/octet-stream")
    #expect(withToken[0]["content-disposition"] == "attachment; filename=\"quarantine-3.bin\"")
    let without = try await withDesk(desk) { url in try await http("GET", url + "/api/v1/quarantine/3?raw=true") }
    #expect(without.status == 403)
    #expect(without.text.contains("set status.token in the rule file"))
    for answer in withToken.dropFirst() + [without] { #expect(!answer.text.contains("Gizli")) }
  }

  @Test(arguments: [("9", 404), ("x", 400), ("retries", 405)])
  func `a body that is not there`(id: String, status: Int) async throws {
    let answer = try await withDesk { url in try await http("GET", url + "/api/v1/quarantine/" + id) }
    #expect(answer.status == status)
  }

  @Test(arguments: ["unmatched", "quarantine", "quarantine/1"])
  func `a store that cannot be read is said to be one`(_ path: String) async throws {
    let desk = Desk()
    desk.change { $0.error = .failed(code: 10, words: "disk I/O error") }
    let answer = try await withDesk(desk) { url in try await http("GET", url + "/api/v1/" + path) }
    #expect(answer.status == 503)
  }
}
