import Foundation
import Model
import Status
import Support
import Synchronization
import Testing

struct SearchPageTests {
  private static let now = ManualClock().now

  private static func record(
    _ seq: Int64, id: Int64 = 5, status: String = "delivered", to: String = "+905321234567", destiny: Destiny = .matched,
    shares: [ReportRecord.Share] = []
  ) -> ReportRecord {
    let body = #"{"report":{"id":\#(id),"to":"\#(to)","body":"Gizli kod","packet_id":104525848}}"#
    return ReportRecord(
      key: ReportKey(id: id, status: status), seq: seq, packetID: 104_525_848, payload: Payload(bytes: Array(body.utf8)),
      receivedAt: now - .minutes(Int(100 - seq)), lastSeenAt: now - .minutes(1), seen: 3, destiny: destiny, isStale: false, shares: shares)
  }

  /// A store that answers by number or by phone, a page at a time, and remembers what it was asked.
  final class Shelf: Sendable {
    private let asked = Mutex<[ReportSearch]>([])
    let records: [ReportRecord]

    init(_ records: [ReportRecord]) { self.records = records }

    var searches: [ReportSearch] { asked.withLock { $0 } }

    func source() -> StatusSource {
      var source = sample().source
      source.lookups.search = { search in
        self.asked.withLock { $0.append(search) }
        let found = self.records.filter { record in
          (search.reportID.map { $0 == record.key.id } ?? true) && (search.packetID.map { $0 == record.packetID } ?? true)
            && (search.before.map { record.seq < $0 } ?? true) && (search.status.map { $0 == record.key.status } ?? true)
            && (search.matches.map { matches in record.payload.map(matches) ?? false } ?? true)
        }
        return SearchPage(reports: Array(found.prefix(search.limit)), next: nil, searchedBackTo: nil)
      }
      return source
    }
  }

  private static func page(_ shelf: Shelf, _ query: String) async throws -> HTTPResponse {
    try await withDoor(shelf.source()) { url, _ in try await http("GET", url + "/status/search" + query) }
  }

  @Test func `the form alone asks the store for nothing`() async throws {
    let shelf = Shelf([])
    let answer = try await Self.page(shelf, "")
    #expect(answer.status == 200)
    #expect(answer.text.contains("Search reports"))
    for name in ["q", "route", "state", "status", "since", "until"] { #expect(answer.text.contains("name=\"\(name)\"")) }
    #expect(shelf.searches.isEmpty)
  }

  @Test(arguments: ["5", "104525848", "%2B905321234567", "05321234567", "0532+123+45+67", "5321234567", "%2B90+(532)+123-45-67", "1234567"])
  func `a report id, a packet id or a phone number finds the report, with its number masked`(typed: String) async throws {
    let share = ReportRecord.Share(route: "shop", state: .dead, queue: "dead", tries: 7, at: nil, attempts: [])
    let shelf = Shelf([Self.record(9, shares: [share])])
    let page = try await Self.page(shelf, "?q=" + typed).text
    #expect(page.contains("1 report found"))
    #expect(page.contains("<a href=\"/status/reports/5\">5</a>"))
    #expect(page.contains("+90532***4567"))
    #expect(page.contains("</span>shop: given up</span>"))
    #expect(!page.contains("Gizli"))
    #expect(page.components(separatedBy: "5321234567").count <= 4, "but where it was typed, and in the addresses of the same search")
  }

  @Test(arguments: ["abc", "12-ab", "%2B905059999999", "99"])
  func `what is no number, or nobody's, finds nothing`(typed: String) async throws {
    #expect(try await !Self.page(Shelf([Self.record(9)]), "?q=" + typed).text.contains("<tbody>"))
  }

  @Test func `a search is of the last day unless it is said, and says which time it was`() async throws {
    let shelf = Shelf([])
    let page = try await Self.page(shelf, "?status=delivered").text
    #expect(page.contains("Received from 2026-04-28 04:32:24 UTC to 2026-04-29 04:32:24 UTC."))
    #expect(page.contains("Nothing found"))
    let search = try #require(shelf.searches.first)
    #expect((search.since, search.until, search.status) == (Self.now - .hours(24), .distantFuture, "delivered"))
    _ = try await Self.page(shelf, "?q=5&since=7d&until=2026-04-28T00:00:00Z&route=shop&state=dead")
    #expect(shelf.searches[1].reportID == 5 && shelf.searches[1].since < Self.now - .days(1_000), "an id is found at any age")
    #expect(
      (shelf.searches[2].packetID, shelf.searches[2].since, shelf.searches[2].until.rfc3339) == (
        5, Self.now - .days(7), "2026-04-28T00:00:00.000000Z"
      ))
    #expect((shelf.searches[2].lane, shelf.searches[2].state) == (LaneID(1), .dead))
  }

  @Test(arguments: [
    ("since=yesterday", "A time is an age"), ("since=1h&until=2h", "comes before"), ("since=-5m", "A time is an age"),
    ("route=shp", "There is no route “shp”"),
    ("state=lost", "no state of a copy"), ("q=hello", "Type a report id"), ("q=%3Cb%3E", "Type a report id"),
  ])
  func `what makes no sense is said, and asks the store for nothing`(query: String, words: String) async throws {
    let shelf = Shelf([])
    let answer = try await Self.page(shelf, "?" + query)
    #expect(answer.status == 400)
    #expect(answer.text.contains(words) && answer.text.contains("role=\"alert\""))
    #expect(!answer.text.contains("<b>"))
    #expect(shelf.searches.isEmpty)
  }

  @Test func `where there is more, the page says how far it looked, and searches further back by a link`() async throws {
    var source = Shelf([]).source()
    source.lookups.search = { search in
      SearchPage(reports: [], next: 812, searchedBackTo: Self.now - .hours(3))
    }
    let page = try await withDoor(source) { url, _ in try await http("GET", url + "/status/search?lang=tr&q=%2B905321234567&since=7d").text
    }
    #expect(
      page.contains(
        "href=\"/status/search?lang=tr&amp;q=%2B905321234567&amp;since=7d&amp;before=812\" rel=\"next\">Daha geriye doğru ara</a>"))
    #expect(page.contains("2026-04-29 01:32:24 UTC"))
  }

  @Test func `a store that cannot be read is said to be`() async throws {
    var source = Shelf([]).source()
    source.lookups.search = { _ in throw JournalError.closed }
    let answer = try await withDoor(source) { url, _ in try await http("GET", url + "/status/search?q=5") }
    #expect(answer.text.contains("The store could not be read."))
  }

  // MARK: - The report's own page

  @Test func `a report's page tells its life, with the number masked and without the message`() async throws {
    let attempts = [
      AttemptRecord(
        number: 1, startedAt: Self.now - .minutes(50), took: .microseconds(12_500), outcome: "4xx", status: 404,
        detail: "answered 404", answer: "no customer +905321234567 <b>Gizli kod</b>"),
      AttemptRecord(
        number: 4, startedAt: Self.now - .minutes(40), took: .seconds(10), outcome: "timeout_connect", status: 0,
        detail: "no connection within 10 s", answer: ""),
    ]
    let shares = [
      ReportRecord.Share(route: "shop", state: .dead, queue: "dead", tries: 7, at: Self.now - .minutes(1), attempts: attempts),
      ReportRecord.Share(route: "bank", state: .waiting, queue: "retry", tries: 2, at: Self.now + .minutes(3), attempts: []),
      ReportRecord.Share(route: "crm", state: .waiting, queue: "held", tries: 0, at: nil, attempts: []),
      ReportRecord.Share(route: "-x y", state: .delivered, queue: "delivered", tries: 1, at: Self.now, attempts: []),
    ]
    let desk = Desk()
    desk.change { $0.reports[5] = [Self.record(9, shares: shares)] }
    var source = sample().source
    source.operations = desk.operations
    source.lookups.explain = { records in
      records.map { _ in
        RulesAnswer(
          destiny: "matched",
          routes: [
            .init(name: "shop", copied: true, reason: "the body contains \"@shop\""),
            .init(name: "bank", copied: false, reason: "call +905321234567"),
          ], claimedFor: ["crm"])
      }
    }
    let (page, turkish) = try await withDoor(source) { [source] url, _ in
      _ = source
      return (try await http("GET", url + "/status/reports/5").text, try await http("GET", url + "/status/reports/5?lang=tr").text)
    }
    for text in [
      "<h1 id=\"report-title\">Report 5</h1>", "104525848", "+90532***4567", "came 3 times, the last time 1 min ago", "try 1: answered 404",
      "13 ms", "2 more failed tries, not kept", "try 4: no connection in time", "given up after 7 tries",
      "is tried next at 2026-04-29 04:35:24 UTC", "waits for an earlier status of this report", "<p>delivered</p>",
      "<code>dlr-relay queue replay --id 5 --route shop</code>",
      "<code>dlr-relay queue replay --id 5 --route &#39;-x y&#39; --state delivered</code>", "By the rules as they are now",
      "<strong>shop</strong> gets a copy: <span lang=\"en\">the body contains &quot;@shop&quot;</span>", "Its packet was claimed for crm.",
    ] { #expect(page.contains(text), "\(text)\n\(page)") }
    for text in ["Gizli", "5321234567", "<b>"] { #expect(!page.contains(text) && !turkish.contains(text), "\(text)") }
    #expect(turkish.contains("1. deneme: 404 yanıtı verdi") && turkish.contains("7 denemeden sonra vazgeçildi"))
  }

  @Test func `an unmatched report has the commands that show why and send it, and one without bytes cannot be sent again`() async throws {
    let desk = Desk()
    var gone = Self.record(9, shares: [.init(route: "shop", state: .dead, queue: "dead", tries: 7, at: nil, attempts: [])])
    gone.payload = nil
    desk.change { [gone] in $0.reports = [5: [Self.record(8, destiny: .unmatched)], 6: [gone]] }
    var source = sample().source
    source.operations = desk.operations
    let (unmatched, bare) = try await withDoor(source) { url, _ in
      (try await http("GET", url + "/status/reports/5").text, try await http("GET", url + "/status/reports/6").text)
    }
    #expect(unmatched.contains("<code>dlr-relay unmatched</code>") && unmatched.contains("<code>dlr-relay reroute</code>"))
    #expect(!bare.contains("queue replay") && bare.contains("gone, so it cannot be sent again"))
    #expect(bare.contains("The rules cannot be asked"))
  }

  @Test(arguments: ["7", "x", "9223372036854775808", "%3Cb%3E"])
  func `a report that is not there has a friendly page`(id: String) async throws {
    let answer = try await withDoor { url, _ in try await http("GET", url + "/status/reports/" + id) }
    #expect(answer.status == 404)
    #expect(answer["content-type"] == "text/html; charset=utf-8")
    #expect(answer.text.contains("No such report") && answer.text.contains("href=\"/status\""))
    #expect(!answer.text.contains("<b>"))
  }
}
