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
    var source = sample().source
    var open = LaneGauge(lane: LaneID(1))
    open.breaker = .open
    var paused = LaneGauge(lane: LaneID(2))
    paused.paused = true
    let gauges = [open, paused]
    let configuration = source.configuration()
    source.gauges = { gauges }
    source.configuration = {
      var broken = configuration
      broken.lastError = "routes.yaml:14:9: error: unknown key"
      return broken
    }
    source.isStoreWritable = { false }
    source.publicDoorAnswers = { false }
    source.recorder.observe(.commitFailed(.full))
    let page = try await withDoor(source) { url, _ in try await http("GET", url + "/status").text }
    #expect(page.contains("<h1 class=\"ill\">6 things are wrong.</h1>"))
    #expect(page.contains("The store cannot write: no space is left for the store."))
    #expect(page.contains("The public door does not answer a connection from this machine."))
    #expect(page.contains("routes.yaml:14:9: error: unknown key <code>dlr-relay check</code>"))
    #expect(page.contains("The app of route shop does not answer: 19 copies wait. Last error: could not reach +90505***4567"))
    #expect(page.contains("Route bank is paused: 0 copies wait."))
    #expect(page.contains("Route old is not in the rule file any more: 2 copies wait. <code>dlr-relay queue</code>"))
  }
}
