import Model
import Observe
import Status
import Support
import Testing

struct StatusPageTests {
  @Test func `the page is for people, and says that all is well when it is`() async throws {
    let source = sample { $0.lanes[0].delivered = 12 }.source
    let page = try await withDoor(source) { url, _ in try await http("GET", url + "/status", headers: [("Accept", "text/html, */*")]) }
    #expect(page.status == 200)
    #expect(page["content-type"] == "text/html; charset=utf-8")
    #expect(page.text.contains("<h1 class=\"well\">All is well.</h1>"))
    #expect(page.text.contains("<th scope=\"row\">shop</th><td>sending</td><td>100</td><td>80</td>"))
    #expect(page.text.contains("<dt>Reports</dt><dd>1,234</dd>"))
    #expect(page.text.contains("1 copy for route shop was given up"))
  }

  @Test(arguments: [true, false])
  func `what nobody got is noted with the command that shows it, unless it is dropped`(_ isDropped: Bool) async throws {
    var source = sample { ($0.unmatched, $0.quarantined) = (1, [.noID: 1]) }.source
    source.configuration = { [configuration = source.configuration] in
      var loaded = configuration()
      loaded.dropsUnmatched = isDropped
      return loaded
    }
    let page = try await withDoor(source) { url, _ in try await http("GET", url + "/status").text }
    #expect(page.contains("1 body with the right token was no report.") && page.contains("dlr-relay quarantine"))
    #expect(page.contains("1 report matched no route when it came.") == !isDropped)
    #expect(page.contains("dlr-relay unmatched") == !isDropped)
  }

  @Test func `a program that accepts JSON gets JSON from the same address`() async throws {
    let (asked, plain) = try await withDoor { url, _ in
      (try await http("GET", url + "/status", headers: [("Accept", "application/json")]), try await http("GET", url + "/status.json"))
    }
    #expect(asked["content-type"] == "application/json")
    #expect(asked["vary"] == "Accept")
    #expect(asked.body == plain.body)
  }

  @Test func `a hostile name or error stays text`() async throws {
    let hostile = "<script>alert(\"x\")</script>&amp;'"
    let source = sample(routes: [hostile, "bank"], removed: "<b>old</b>") { $0.lanes[2].lastError = hostile }.source
    let page = try await withDoor(source) { url, _ in try await http("GET", url + "/status").text }
    #expect(!page.contains("<script"))
    #expect(!page.contains("<b>"))
    #expect(page.contains("<th scope=\"row\">&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;amp;&#39;</th>"))
  }

  @Test func `the page loads nothing and runs nothing`() async throws {
    let page = try await withDoor { url, _ in try await http("GET", url + "/status") }
    let policy = try #require(page["content-security-policy"])
    #expect(policy.hasPrefix("default-src 'none'; style-src 'sha256-"))
    #expect(policy.contains("frame-ancestors 'none'"))
    for word in ["<script", "src=", "http://", "https://", "url(", "@import", "style=\"", "onclick"] { #expect(!page.text.contains(word)) }
    #expect(page["cache-control"] == "no-store")
    #expect(page["x-content-type-options"] == "nosniff")
  }

  @Test func `a phone number in an error is masked`() async throws {
    let page = try await withDoor { url, _ in try await http("GET", url + "/status").text }
    #expect(page.contains("+90505***4567"))
    #expect(!page.contains("5051234567"))
  }

  @Test func `what is wrong stands at the top, with what to type`() async throws {
    var source = sample { $0.lanes[1].state.pause = Pause(.operator, since: ManualClock().now - .minutes(5)) }.source
    var open = LaneGauge(lane: LaneID(1))
    open.breaker = .open
    let gauges = [open, LaneGauge(lane: LaneID(2))]
    let configuration = source.configuration()
    source.gauges = { gauges }
    source.configuration = {
      var broken = configuration
      broken.lastError = "routes.yaml:14:9: error: unknown key"
      broken.lastErrorAt = ManualClock().now - .minutes(5)
      broken.needsRestart = ["receive.listen"]
      return broken
    }
    source.isStoreWritable = { false }
    source.publicDoorAnswers = { false }
    source.recorder.observe(.commitFailed(.full))
    let page = try await withDoor(source) { url, _ in try await http("GET", url + "/status").text }
    #expect(page.contains("<h1 class=\"ill\">7 things are wrong.</h1>"))
    #expect(page.contains("The store cannot write: no space is left for the store."))
    #expect(page.contains("The public door does not answer a connection from this machine."))
    #expect(page.contains("The rule file changes receive.listen, which takes a restart; the rest of it is in force."))
    #expect(
      page.contains(
        "The rule file was not taken 5 min ago, the one before it is still in force: routes.yaml:14:9: error: unknown key "
          + "<code>dlr-relay check</code>"))
    #expect(page.contains("The app of route shop is failing: 19 copies wait, and one at a time is tried. Last error: could not"))
    #expect(
      page.contains("Route bank was paused by an operator 5 min ago: 0 copies wait. <code>dlr-relay queue resume bank</code>"))
    #expect(page.contains("Route old is not in the rule file any more: 2 copies wait. <code>dlr-relay queue</code>"))
  }

  @Test func `what keeps a route from sending is told in words, with what to type`() async throws {
    var source = sample { standing in
      let now = ManualClock().now
      standing.lanes[2].state.pause = Pause(.gone, since: now - .minutes(5))
      (standing.lanes[2].discarded, standing.lanes[2].staleDropped) = (2, 3)
      standing.lanes[0].state.pause = Pause(.operator, since: now)
      standing.lanes[1].dead = 5
    }.source
    let configuration = source.configuration()
    source.configuration = {
      LoadedConfiguration(
        fingerprint: "c0ffee", loadedAt: configuration.loadedAt, routes: configuration.routes, pausedRoutes: ["bank"])
    }
    let page = try await withDoor(source) { url, _ in try await http("GET", url + "/status").text }
    #expect(page.contains("<th scope=\"row\">shop</th><td>paused: answered 410</td>"))
    #expect(
      page.contains(
        "The app of route shop answered 410 Gone 5 min ago: 17 copies wait, and one copy is tried every 15 min."
          + " <code>dlr-relay queue resume shop</code>"))
    #expect(page.contains("<td>1</td><td>2</td><td>3</td>"))
    #expect(page.contains("<th scope=\"row\">bank</th><td>paused in the rule file</td>"))
    #expect(page.contains("take &quot;paused: true&quot; out"))
    #expect(page.contains("<th scope=\"row\">old</th><td>held: not in the file</td>"))
    #expect(page.contains("5 copies for route bank were given up"))
    #expect(page.contains("<code>dlr-relay queue replay --route bank</code>"))
  }

  @Test func `a route whose app asked to be left alone says for how long`() async throws {
    var source = sample().source
    var gauge = LaneGauge(lane: LaneID(1))
    gauge.notBefore = ManualClock().now + .minutes(4)
    let gauges = [gauge]
    source.gauges = { gauges }
    source.oldestWaiting = { [LaneID(1): ManualClock().now - .minutes(16)] }
    let page = try await withDoor(source) { url, _ in try await http("GET", url + "/status").text }
    #expect(page.contains("<td>left alone for 4 min, as it asked</td>"))
    #expect(page.contains("has waited for 16 min. The app asked not to be sent anything for 4 min more."))
  }
}
