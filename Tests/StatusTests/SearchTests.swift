import Foundation
import Model
import Support
import Synchronization
import Testing

@testable import Status

/// Searches by the API. What is found is the store's; here is what it is asked, and how the answer is told.
struct SearchTests {
  private static let now = ManualClock().now

  private static func record(_ seq: Int64, to: String = "+905321234567", shares: [ReportRecord.Share] = []) -> ReportRecord {
    ReportRecord(
      key: ReportKey(id: 9_007_199_254_740_992 + seq, status: "delivered"), seq: seq, packetID: 104_525_848,
      payload: Payload(bytes: Array(#"{"report":{"id":\#(seq),"to":"\#(to)","body":"Gizli kod"}}"#.utf8)), receivedAt: now - .hours(1),
      lastSeenAt: now, seen: 1, destiny: shares.isEmpty ? .unmatched : .matched, isStale: false, shares: shares)
  }

  private static let attempt = AttemptRecord(
    number: 2, startedAt: now - .minutes(5), took: .milliseconds(12), outcome: "4xx", status: 404, detail: "answered 404",
    answer: "no +905321234567")

  private final class Asked: Sendable {
    private let searches = Mutex<[ReportSearch]>([])
    var all: [ReportSearch] { searches.withLock { $0 } }
    func add(_ search: ReportSearch) { searches.withLock { $0.append(search) } }
  }

  /// A door whose searches find this page.
  private static func with<Result: Sendable>(
    _ page: SearchPage = SearchPage(reports: [], next: nil, searchedBackTo: nil), asked: Asked = Asked(), rules: [RulesAnswer?]? = nil,
    error: JournalError? = nil, _ body: @escaping @Sendable (_ url: String) async throws -> Result
  ) async throws -> Result {
    let desk = Desk()
    desk.change { $0.reports[5] = [record(5), record(6)] }
    var source = sample().source
    source.operations = desk.operations
    source.lookups = Lookups(
      search: { search in
        if let error { throw error }
        asked.add(search)
        return page
      },
      history: { _ in [] }, explain: { records in rules ?? records.map { _ in nil } })
    return try await withDoor(source) { url, _ in try await body(url + "/api/v1") }
  }

  @Test func `what was found is told as a report is, with its id, and without its message and number`() async throws {
    let shares = [ReportRecord.Share(route: "shop", state: .waiting, queue: "retry", tries: 2, at: Self.now, attempts: [Self.attempt])]
    let page = SearchPage(reports: [Self.record(7, shares: shares), Self.record(6)], next: 6, searchedBackTo: Self.now - .hours(2))
    let answer = try await Self.with(page) { url in try await http("GET", url + "/reports") }
    #expect(answer.status == 200)
    func found(_ id: Int64, _ destiny: String, _ routes: String) -> String {
      """
      {"id": \(id), "status": "delivered", "packet_id": 104525848, "to": "+90532***4567", "received_at": "2026-04-29T03:32:24.000000Z",
       "last_seen_at": "2026-04-29T04:32:24.000000Z", "seen": 1, "destiny": "\(destiny)", "stale": false,
       "bytes": \(Self.record(6).payload!.bytes.count), "routes": [\(routes)]}
      """
    }
    let share = """
      {"name": "shop", "state": "waiting", "queue": "retry", "tries": 2, "at": "2026-04-29T04:32:24.000000Z", "attempts": [
        {"number": 2, "started_at": "2026-04-29T04:27:24.000000Z", "duration_ms": 12, "outcome": "4xx", "status": 404,
         "detail": "answered 404", "answer": "no +90532***4567"}]}
      """
    let expected = """
      {"reports": [\(found(9_007_199_254_740_999, "matched", share)), \(found(9_007_199_254_740_998, "unmatched", ""))],
       "next": "\(Cursor(.reports, at: 6).text)", "searched_back_to": "2026-04-29T02:32:24.000000Z"}
      """
    #expect(try sameJSON(answer.text, expected), "\(answer.text)")
    for secret in ["Gizli", "5321234567"] { #expect(!answer.text.contains(secret)) }
  }

  @Test func `every condition reaches the store`() async throws {
    let asked = Asked()
    let cursor = Cursor(.reports, at: 812).text
    let query =
      "packet_id=-3&to=%2B90%20532%20123%2045%2067&route=bank&state=dead&status=undelivered&since=2026-04-01T00:00:00Z"
      + "&until=2026-04-02T03:00:00%2B03:00&limit=7&cursor=\(cursor)"
    let statuses = try await Self.with(asked: asked) { url in
      [try await http("GET", url + "/reports?" + query).status, try await http("GET", url + "/reports?state=filtered").status]
    }
    try #require(statuses == [200, 200])
    let (search, filtered) = (asked.all[0], asked.all[1])
    #expect((search.packetID, search.lane, search.state) == (-3, LaneID(2), .dead))
    #expect((search.status, search.destiny, search.before, search.limit) == ("undelivered", nil, 812, 7))
    #expect(search.since == Instant(rfc3339: "2026-04-01T00:00:00Z") && search.until == Instant(rfc3339: "2026-04-02T00:00:00Z"))
    let matches = try #require(search.matches)
    #expect(matches(Self.record(1).payload!) && !matches(Self.record(1, to: "+905321234568").payload!))
    #expect(matches(Payload(bytes: Array(#"{"report":{"to":"\u002b90532***\u0034567"}}"#.utf8))))
    for none in ["", "[]", #"{"report":{}}"#, #"{"report":{"to":5321234567}}"#] { #expect(!matches(Payload(bytes: Array(none.utf8)))) }
    #expect((filtered.destiny, filtered.state, filtered.matches == nil) == (.filtered, nil, true))
    #expect((filtered.since, filtered.until, filtered.before) == (Self.now - .hours(24), Self.now, nil))
    #expect(filtered.limit == Limits.reportsShownMax / 2)
  }

  @Test func `a search may begin long ago, but goes over 31 days at most`() async throws {
    let asked = Asked()
    let statuses = try await Self.with(asked: asked) { url in
      [
        try await http("GET", url + "/reports?until=2020-02-01T00:00:00Z").status,
        try await http("GET", url + "/reports?since=2020-01-01T00:00:00Z&until=2020-02-01T00:00:00Z").status,
        try await http("GET", url + "/reports?since=2020-01-01T00:00:00Z&until=2020-02-01T00:00:00.000001Z").status,
        try await http("GET", url + "/reports?since=2020-01-01T00:00:00Z").status,
      ]
    }
    #expect(statuses == [200, 200, 400, 400])
    #expect(asked.all.map(\.since) == ["2020-01-31T00:00:00Z", "2020-01-01T00:00:00Z"].map { Instant(rfc3339: $0) })
  }

  @Test(arguments: [
    ("to=123", 400), ("to=", 400), ("to=90532***4567", 400), ("state=lost", 400), ("state=Dead", 400), ("since=yesterday", 400),
    ("since=2026-04-29T04:32:24Z&until=2026-04-29T04:32:24Z", 400), ("packet_id=9223372036854775808", 400), ("packet_id=1.0", 400),
    ("status=", 400), ("limit=0", 400), ("limit=101", 400), ("cursor=r812", 400), ("cursor=u10", 400), ("route=", 400), ("route=shp", 404),
    ("id=5", 400), ("to=4567&to=4567", 400), ("to=%ff4567", 400),
  ])
  func `what cannot be searched for is said, and nothing is searched`(query: String, status: Int) async throws {
    let asked = Asked()
    let answer = try await Self.with(asked: asked) { url in try await http("GET", url + "/reports?" + query) }
    #expect(answer.status == status)
    #expect(answer["content-type"] == "application/problem+json")
    let detail = try #require(try object(answer)["detail"] as? String)
    #expect(!detail.isEmpty && !detail.contains("\n"))
    #expect(asked.all.isEmpty)
  }

  @Test func `copies are told one by one, those that were asked for`() async throws {
    let shares = [
      ReportRecord.Share(route: "shop", state: .waiting, queue: "retry", tries: 2, at: Self.now, attempts: [Self.attempt]),
      ReportRecord.Share(route: "bank", state: .delivered, queue: "delivered", tries: 1, at: Self.now, attempts: []),
    ]
    let page = SearchPage(reports: [Self.record(7, shares: shares), Self.record(6, shares: shares)], next: nil, searchedBackTo: nil)
    let asked = Asked()
    let answers = try await Self.with(page, asked: asked) { url in
      [
        try await http("GET", url + "/deliveries?route=shop&state=waiting&limit=3"), try await http("GET", url + "/deliveries"),
        try await http("GET", url + "/deliveries?state=unmatched"),
      ]
    }
    #expect(answers.map(\.status) == [200, 200, 400])
    func copy(_ id: Int64) -> String {
      """
      {"report_id": \(id), "status": "delivered", "received_at": "2026-04-29T03:32:24.000000Z", "route": "shop", "state": "waiting",
       "queue": "retry", "tries": 2, "at": "2026-04-29T04:32:24.000000Z", "last_failed_attempt":
         {"number": 2, "started_at": "2026-04-29T04:27:24.000000Z", "duration_ms": 12, "outcome": "4xx", "status": 404,
          "detail": "answered 404", "answer": "no +90532***4567"}}
      """
    }
    let expected = """
      {"deliveries": [\(copy(9_007_199_254_740_999)), \(copy(9_007_199_254_740_998))], "next": null, "searched_back_to": null}
      """
    #expect(try sameJSON(answers[0].text, expected), "\(answers[0].text)")
    #expect((try object(answers[1])["deliveries"] as? [Any])?.count == 4)
    #expect((asked.all[0].lane, asked.all[0].state, asked.all[0].limit) == (LaneID(1), .waiting, 3))
  }

  @Test func `a report says what the rules say of each status`() async throws {
    let rules = RulesAnswer(
      destiny: "unmatched", routes: [.init(name: "shop", copied: false, reason: "the body does not contain it")], claimedFor: ["bank"])
    let answer = try await Self.with(rules: [nil, rules]) { url in try await http("GET", url + "/reports/5") }
    let statuses = try #require(try object(answer)["statuses"] as? [[String: Any]])
    #expect(statuses[0]["rules"] == nil)
    let told = try #require(statuses[1]["rules"] as? NSDictionary)
    #expect(
      told == [
        "destiny": "unmatched", "claimed_for": ["bank"],
        "routes": [["name": "shop", "copied": false, "reason": "the body does not contain it"] as NSDictionary],
      ])
  }

  @Test(arguments: ["/reports", "/deliveries"])
  func `a store that cannot be read is said to be one`(_ path: String) async throws {
    let answer = try await Self.with(error: .failed(code: 10, words: "disk I/O error")) { url in try await http("GET", url + path) }
    #expect(answer.status == 503)
    #expect((try object(answer)["detail"] as? String)?.contains("disk I/O error") == true)
  }
}
