import Foundation
import Model
import Observe
import Support
import Testing

@testable import Status

/// /status as a person sees it.
struct PageTests {
  private static func page(_ source: StatusSource = sample().source, _ query: String = "", language: String? = nil) async throws -> String {
    let headers = [("Accept", "text/html, */*")] + (language.map { [("Accept-Language", $0)] } ?? [])
    return try await withDoor(source) { url, _ in try await http("GET", url + "/status" + query, headers: headers) }.text
  }

  // MARK: - Health

  @Test func `all reports delivered is what the page says when they are`() async throws {
    let source = sample {
      ($0.lanes[0].delivered, $0.lanes[2].delivered, $0.lanes[2].dead) = (12, 100, 0)
    }.source
    let answer = try await withDoor(source) { url, _ in try await http("GET", url + "/status", headers: [("Accept", "text/html, */*")]) }
    #expect(answer.status == 200)
    #expect(answer["content-type"] == "text/html; charset=utf-8")
    #expect(answer.text.contains("<section id=\"health\" class=\"health well\""))
    #expect(answer.text.contains("<h1 id=\"sentence\">All reports delivered</h1>"))
    #expect(answer.text.contains("<title>dlr-relay</title>"))
    #expect(!answer.text.contains("aria-live"))
    #expect(answer.text.components(separatedBy: "role=\"status\"").count == 2, "only another state is read out by itself")
  }

  @Test func `copies on their way, or given up, are not called delivered`() async throws {
    let well = sample { ($0.lanes[0].delivered, $0.lanes[2].dead) = (12, 0) }.source
    #expect(try await Self.page(well).contains("All is well: 20 copies on the way"))
    let dead = sample { ($0.lanes[0].delivered, $0.lanes[2].delivered, $0.lanes[2].dead) = (12, 99, 1) }.source
    #expect(try await Self.page(dead).contains("Nothing is wrong now, but 1 copy was given up"))
    let both = try await Self.page(sample { $0.lanes[0].delivered = 12 }.source)
    #expect(both.contains("Nothing is wrong now, but 1 copy was given up"), "whatever is on its way besides")
    #expect(both.contains("<section id=\"health\" class=\"health warn\""))
    let new = sample {
      let last = $0.lastReportAt
      $0 = Standing()
      $0.lastReportAt = last
    }.source
    #expect(try await Self.page(new).contains("Ready: no report has come yet"))
  }

  @Test func `the worst trouble is the headline, with since when, how many wait and what to type`() async throws {
    var source = sample { standing in
      standing.lanes[2].matched = 3_491
      standing.lanes[2].state.holds = Holds(since: ManualClock().now - .minutes(12))
      standing.lanes[1].state.pause = Pause(.operator, since: ManualClock().now - .minutes(5))
    }.source
    var open = LaneGauge(lane: LaneID(1))
    open.breaker = .open
    source.gauges = { [open] in [open, LaneGauge(lane: LaneID(2))] }
    let page = try await Self.page(source)
    #expect(page.contains(">shop has been failing for 12 min, 3,410 waiting</h1>"))
    #expect(page.contains("<title>(3) dlr-relay</title>"))
    #expect(page.contains("last error, 1 min ago: <span>could not reach +90505***4567</span>"))
    #expect(page.contains("<code>dlr-relay queue pause shop</code>"))
    #expect(page.contains("data-copy=\"dlr-relay queue pause shop\""))
    let (removed, paused) = (
      try #require(page.range(of: "Route old is not in the rule file any more: 2 copies wait")),
      try #require(page.range(of: "bank was paused by an operator 5 min ago, 0 waiting"))
    )
    #expect(removed.lowerBound < paused.lowerBound)
    #expect(page.contains("<code>dlr-relay queue resume bank</code>"))
    #expect(page.contains("<code>dlr-relay queue replay --route shop</code>"))

    let turkish = try await Self.page(source, "?lang=tr")
    #expect(turkish.contains(">shop rotası 12 dakikadır kopyaları almıyor, 3.410 kopya bekliyor</h1>"))
    #expect(turkish.contains("<code>dlr-relay queue pause shop</code>"))
  }

  @Test func `what is wrong with the relay itself comes before any route`() async throws {
    var source = sample { $0.lastReportAt = ManualClock().now - .hours(7) }.source
    source.storePath = "/var/lib/it's here/relay.db"
    let configuration = source.configuration()
    source.configuration = {
      var broken = configuration
      broken.lastError = "routes.yaml:14:9: error: unknown key"
      broken.lastErrorAt = ManualClock().now - .minutes(5)
      broken.diagnostics = ["routes.yaml:14:9: error: unknown key\n    marker: x\n    ^", "routes.yaml:20:1: error: <b>"]
      broken.needsRestart = ["receive.listen"]
      return broken
    }
    source.isStoreWritable = { false }
    source.publicDoorAnswers = { false }
    source.recorder.observe(.commitFailed(.full))
    let page = try await Self.page(source)
    let words = [
      ">The store cannot write: no space is left for the store</h1>", "The public door does not answer", "No report for 7 h",
      "The rule file was not taken 5 min ago, the one before it is still in force", "Route old is not in the rule file any more",
      "The rule file changes receive.listen, which takes a restart",
    ]
    let places = try words.map { try #require(page.range(of: $0), "\($0)").lowerBound }
    #expect(places == places.sorted())
    #expect(page.contains("<code>df -h &#39;/var/lib/it&#39;\\&#39;&#39;s here/relay.db&#39;</code>"))
    #expect(page.contains("unknown key\n    marker: x\n    ^\nroutes.yaml:20:1: error: &lt;b&gt;"))
    #expect(page.contains("<code>dlr-relay check</code>"))
  }

  @Test func `silence is told after as long as the rule file says, and from the start where none ever came`() async throws {
    func told(last: Duration?, silence: Duration?) async throws -> String {
      var source = sample { $0.lastReportAt = last.map { ManualClock().now - $0 } }.source
      source.configuration = { [configuration = source.configuration] in
        var loaded = configuration()
        loaded.silence = silence
        return loaded
      }
      return try await Self.page(source)
    }
    #expect(try await told(last: .minutes(61), silence: .hours(1)).contains("No report for 1 h 1 min"))
    #expect(try await !told(last: .minutes(59), silence: .hours(1)).contains("No report for 5"))
    #expect(try await told(last: nil, silence: .hours(1)).contains("No report since the start 2 h ago"))
    #expect(try await !told(last: .hours(99), silence: nil).contains("No report for"), "no hook wants to know")
  }

  @Test func `a disk that is nearly full is told before the store cannot write`() async throws {
    var source = sample().source
    source.storePath = "/var/lib/dlr-relay/relay.db"
    source.disk = { DiskSpace(free: 4_900_000_000, total: 100_000_000_000) }
    let page = try await Self.page(source)
    #expect(page.contains(">The disk of the store has only 4.9 GB left</h1>"))
    #expect(page.contains("That is less than 5.0 GB. On a full disk reports are answered 503"))
    #expect(page.contains("<code>df -h /var/lib/dlr-relay/relay.db</code>"))
    #expect(try await Self.page(source, "?lang=tr").contains("yalnızca 4,9 GB boş yer kaldı"))
    source.disk = { DiskSpace(free: 5_000_000_000, total: 100_000_000_000) }
    #expect(try await !Self.page(source).contains("The disk of the store"))
  }

  @Test func `a store that cannot be read is said to be, and the page comes all the same`() async throws {
    var source = sample().source
    source.oldestWaiting = { throw JournalError.closed }
    source.lookups.history = { _ in throw JournalError.closed }
    let page = try await Self.page(source)
    #expect(page.contains(">The store cannot be read, so nobody knows how long the oldest copy waits</h1>"))
    #expect(page.contains("No history yet"))
  }

  @Test(arguments: [true, false])
  func `what nobody got is noted with the commands that show it, as long as any of it is kept`(_ isKept: Bool) async throws {
    var source = sample { ($0.unmatched, $0.quarantined) = (1, [.noID: 1]) }.source
    if !isKept { source.operations = Desk().operations }
    let page = try await Self.page(source)
    #expect(page.contains("1 body with the right token was no report") == isKept)
    #expect(page.contains("1 report matched no route when it came") == isKept)
    for command in ["quarantine", "unmatched", "reroute"] { #expect(page.contains("<code>dlr-relay \(command)</code>") == isKept) }
    #expect(page.contains("Matched no route"), "the number is there")
  }

  @Test(arguments: [true, false])
  func `where one page finds nothing that is kept, more may be further on, unless it is dropped`(_ isDropped: Bool) async throws {
    var source = sample { ($0.unmatched, $0.quarantined) = (2, [:]) }.source
    let desk = Desk()
    desk.change { state in
      state.unmatched = (1...2).map { seq in
        StoredReport(
          seq: seq, key: ReportKey(id: seq, status: "delivered"), packetID: nil, receivedAt: ManualClock().now,
          lastSeenAt: ManualClock().now, seen: 1, destiny: .unmatched, payload: nil)
      }
      state.looksAt = 1
    }
    source.operations = desk.operations
    source.configuration = { [configuration = source.configuration] in
      var loaded = configuration()
      loaded.dropsUnmatched = isDropped
      return loaded
    }
    #expect(try await Self.page(source).contains("2 reports matched no route when they came") == !isDropped)
  }

  @Test func `what nobody got is noted also where the store cannot say whether it is kept`() async throws {
    let desk = Desk()
    desk.change { $0.error = .failed(code: 1, words: "no") }
    var source = sample { ($0.unmatched, $0.quarantined) = (1, [:]) }.source
    source.operations = desk.operations
    #expect(try await Self.page(source).contains("1 report matched no route when it came"))
  }

  // MARK: - Numbers and routes

  @Test func `numbers, rates and what is known of the relay are on the page`() async throws {
    let sample = sample()
    let clock = sample.clock
    let counted = sample.source.standing()
    var source = sample.source
    source.standing = {
      var standing = counted
      // 5 reports and 2 copies in half a minute.
      if clock.now > ManualClock().now { (standing.reports, standing.lanes[2].delivered) = (1_239, 82) }
      return standing
    }
    let page = try await withDoor(source) { url, _ in
      _ = try await http("GET", url + "/status.json")
      clock.advance(by: .seconds(30))
      return try await http("GET", url + "/status").text
    }
    #expect(page.contains("<p class=\"figure\">1,239</p>\n<p class=\"quiet\">10/min</p>"))
    #expect(page.contains("<p class=\"figure\">92</p>\n<p class=\"quiet\">4/min</p>"))
    for text in [
      "<dt>Matched no route</dt><dd>6</dd>", "<dt>No report</dt><dd>3</dd>", "<dt>Filtered by status</dt><dd>7</dd>",
      "<dt>Refused</dt><dd>wrong token 4</dd>", "<dt>2026-05</dt><dd>not since the start</dd>", "<dt>2026-11</dt><dd>33 s ago</dd>",
      "<dt>Rules in force</dt><dd>c0ffee</dd>", "<dd>sqlite, 3.4 MB</dd>", "<dt>Version</dt><dd>0.1.0</dd>", "<dt>Up for</dt><dd>2 h</dd>",
    ] { #expect(page.contains(text), "\(text)") }
  }

  @Test func `a route's row says all of it, and rows in trouble come first`() async throws {
    var source = sample(routes: ["shop", "bank"]) { $0.lanes[2].state.pause = Pause(.gone, since: ManualClock().now) }.source
    var gauge = LaneGauge(lane: LaneID(1))
    (gauge.inFlight, gauge.window) = (4, 16)
    source.gauges = { [gauge] in [gauge, LaneGauge(lane: LaneID(2))] }
    let page = try await Self.page(source)
    let shop = try #require(page.firstMatch(of: /<tr id="route-1" class="ill">[\s\S]*?<\/tr>/)).0
    for text in [
      "<th scope=\"row\">shop</th>", "paused: answered 410", "data-label=\"Waiting\">19<", "data-label=\"Oldest\">1 min<",
      "data-label=\"Failed tries\">9<", "data-label=\"Dead\">1<", "data-label=\"Breaker\">closed<",
      "data-label=\"In flight / window\">4 / 16<",
      "data-label=\"Lag p95\">98 ms<", "could not reach +90505***4567",
    ] { #expect(shop.contains(text), "\(text) in \(shop)") }
    let order = page.matches(of: /<th scope="row">([a-z]+)<\/th>/).map { String($0.1) }
    #expect(order == ["shop", "old", "bank"])
    #expect(!page.contains("5051234567"))
  }

  @Test func `a route whose app asked to be left alone says for how long`() async throws {
    var source = sample().source
    var gauge = LaneGauge(lane: LaneID(1))
    gauge.notBefore = ManualClock().now + .minutes(4)
    let gauges = [gauge]
    source.gauges = { gauges }
    source.oldestWaiting = { [LaneID(1): ManualClock().now - .minutes(16)] }
    let page = try await Self.page(source)
    #expect(page.contains("left alone for 4 min, as it asked"))
    #expect(page.contains("The oldest copy for shop has waited for 16 min, 19 waiting"))
    #expect(page.contains("The app asked not to be sent anything for 4 min more."))
  }

  @Test func `of a thousand routes a hundred are shown, those in trouble first, and the rest is pages away`() async throws {
    let names = (1...1_000).map { "route-\($0)" }
    var standing = Standing()
    standing.lanes = names.enumerated().map { LaneStanding(id: LaneID($0.offset + 1), name: $0.element) }
    standing.lanes[776].state.pause = Pause(.gone, since: ManualClock().now)
    standing.lastReportAt = ManualClock().now
    var source = sample().source
    source.standing = { [standing] in standing }
    source.gauges = { (1...1_000).map { LaneGauge(lane: LaneID($0)) } }
    source.oldestWaiting = { [:] }
    source.configuration = { LoadedConfiguration(fingerprint: "c0ffee", loadedAt: ManualClock().now, routes: names) }
    func rows(_ page: String) -> [String] { page.matches(of: /<th scope="row">([^<]+)<\/th>/).map { String($0.1) } }
    let first = try await Self.page(source)
    #expect(rows(first) == ["route-777"] + names.prefix(99))
    #expect(first.contains("<a href=\"/status?routes=2\">900 more routes, all well</a>"))
    #expect(first.contains("<span class=\"count\">1,000</span>"))
    let last = try await Self.page(source, "?routes=10&lang=tr&chart=day")
    #expect(rows(last) == Array(names.suffix(100)))
    #expect(last.contains("href=\"/status?lang=tr&amp;chart=day&amp;routes=9\""))
    #expect(try await rows(Self.page(source, "?routes=99")) == Array(names.suffix(100)), "a page that is gone is the last one")
    #expect(try await rows(Self.page(source, "?routes=-1")).count == 100)
  }

  // MARK: - Text stays text

  @Test func `a hostile name, error or label stays text, whatever marks are put behind its signs`() async throws {
    let hostile = "<script>alert(\"x\")</script>&amp;'\u{301} \"\u{301} onmouseover=\"\u{338}x\" <\u{20E0}b>"
    var source = sample(routes: [hostile, "bank"], removed: "<b>old</b>") { $0.lanes[2].lastError = hostile }.source
    source.tokenUses = { [TokenUse(label: hostile, lastUsedAt: nil)] }
    var gauge = LaneGauge(lane: LaneID(1))
    gauge.breaker = .open
    source.gauges = { [gauge] in [gauge] }
    let page = try await Self.page(source)
    #expect(
      page.contains("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;amp;&#39;\u{301} &quot;\u{301} onmouseover=&quot;\u{338}x&quot;")
    )
    for sign in ["\"\u{301}", "'\u{301}", "\"\u{338}", "<\u{20E0}", "<script>alert", "<b>"] {
      #expect(page.unicodeScalars.firstRange(of: sign.unicodeScalars) == nil, "\(sign)")
    }
    // What is copied into a shell is one word there.
    #expect(page.contains("dlr-relay queue pause &#39;&lt;script&gt;"))
  }

  @Test(arguments: [
    ("shop", "shop"), ("my-shop_1.x", "my-shop_1.x"), ("-rf", "'-rf'"), ("a b", "'a b'"), ("$(x)", "'$(x)'"), ("it's", #"'it'\''s'"#),
    ("", "''"),
  ])
  func `a name in a command is one word of it`(name: String, quoted: String) { #expect(shellQuoted(name) == quoted) }

  // MARK: - The frame

  @Test func `the page loads what is its own, and nothing runs that is not in its script`() async throws {
    let answer = try await withDoor { url, _ in try await http("GET", url + "/status") }
    let policy = try #require(answer["content-security-policy"])
    #expect(
      policy == "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; "
        + "base-uri 'none'; frame-ancestors 'none'")
    for word in ["http://", "https://", "url(", "@import", "style=\"", "<style", "javascript:"] { #expect(!answer.text.contains(word)) }
    #expect(answer.text.matches(of: /<script/).count == 1)
    #expect(answer.text.firstMatch(of: /\son[a-z]+=/) == nil)
    #expect(answer.text.matches(of: /<form/).count == 1 && answer.text.contains("method=\"get\" action=\"/status/search\""))
    #expect(answer["cache-control"] == "no-store")
    #expect(answer["x-content-type-options"] == "nosniff")
    #expect(answer["vary"] == "Accept, Accept-Language")
  }

  @Test func `its style and script are kept for ever by whoever asked for this one, and guarded like the page`() async throws {
    let page = try await Self.page()
    for (pattern, type) in [
      (/href="(\/status\/style.css\?v=[0-9a-f]+)"/, "text/css; charset=utf-8"),
      (/src="(\/status\/script.js\?v=[0-9a-f]+)"/, "text/javascript; charset=utf-8"),
    ] {
      let address = String(try #require(page.firstMatch(of: pattern)).1)
      let path = String(address.prefix { $0 != "?" })
      let (asset, plain) = try await withDoor { url, _ in (try await http("GET", url + address), try await http("GET", url + path)) }
      #expect(asset.status == 200 && asset["content-type"] == type && asset.body == plain.body && !asset.body.isEmpty)
      #expect(asset["cache-control"] == "private, max-age=31536000, immutable")
      #expect(plain["cache-control"] == "no-store")
      #expect(try await withDoor(token: "a token") { url, _ in try await http("GET", url + address) }.status == 401)
    }
  }

  @Test func `a program that accepts JSON gets JSON from the same address`() async throws {
    let (asked, plain) = try await withDoor { url, _ in
      (try await http("GET", url + "/status", headers: [("Accept", "application/json")]), try await http("GET", url + "/status.json"))
    }
    #expect(asked["content-type"] == "application/json")
    #expect(asked["vary"] == "Accept")
    #expect(asked.body == plain.body)
  }

  @Test func `without script the page loads itself again, and with one it does not`() async throws {
    #expect(try await Self.page().contains("<noscript><meta http-equiv=\"refresh\" content=\"10\"></noscript>"))
    let search = try await withDoor { url, _ in try await http("GET", url + "/status/search").text }
    #expect(!search.contains("http-equiv"))
  }

  @Test func `a screen reader finds landmarks, headings, captions and the words of every picture`() async throws {
    var source = sample().source
    source.lookups.history = { _ in History.steady(until: ManualClock().now) }
    let page = try await Self.page(source)
    for element in [
      "<main id=\"main\"", "<header", "<nav ", "role=\"search\"", "href=\"#main\"", "<caption", "<h1 ", "<h2 ", "lang=\"en\"",
    ] {
      #expect(page.contains(element), "\(element)")
    }
    #expect(page.matches(of: /<svg\s/).count == 4)
    #expect(page.matches(of: /<svg [^>]*role="img" aria-labelledby="[^"]+"/).count == 4)
    let ids = page.matches(of: /\sid="([^"]+)"/).map { String($0.1) }
    #expect(Set(ids).count == ids.count, "an id names one element")
    for match in page.matches(of: /aria-labelledby="([^"]+)"/) {
      for id in match.1.split(separator: " ") { #expect(ids.contains(String(id)), "\(id)") }
    }
    #expect(page.contains("<title id=\"chart-received-title\">Received, last hour</title>"))
    #expect(page.contains("At most 60 a minute, last 60."))
  }

  @Test func `the last day is a link away, without script`() async throws {
    let asked = Recorded()
    var source = sample().source
    source.lookups.history = { since in
      asked.note(since)
      return []
    }
    #expect(try await Self.page(source).contains("<a href=\"/status?chart=day\">last day</a>"))
    #expect(try await Self.page(source, "?chart=day").contains("<a href=\"/status?chart=day\" aria-current=\"true\">last day</a>"))
    #expect(asked.all == [ManualClock().now - .minutes(62), ManualClock().now - .minutes(24 * 60 + 2)])
  }
}
