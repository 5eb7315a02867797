import Metrics
import Model
import Observe
import Support
import Testing

struct PrometheusTests {
  private let hostile = "a\"b\\c\nd}{,="

  private func text(_ change: (inout PrometheusText) -> Void = { _ in }) -> PrometheusText {
    let clock = ManualClock()
    var standing = Standing()
    standing.reports = 100
    standing.duplicates = 3
    standing.unmatched = 20
    standing.filtered = 10
    standing.quarantined = [.notJSON: 2, .noID: 1]
    standing.refused = ["token_wrong": 4, "a later reason": 1]
    standing.lastReportAt = clock.now
    standing.bytes = 4_096
    var shop = LaneStanding(id: LaneID(1), name: "shop")
    (shop.matched, shop.delivered, shop.dead) = (70, 47, 5)
    (shop.discarded, shop.staleDropped) = (3, 8)
    standing.lanes = [shop, LaneStanding(id: LaneID(2), name: hostile)]
    var gauge = LaneGauge(lane: LaneID(1))
    (gauge.inFlight, gauge.window, gauge.breaker) = (4, 16, .open)
    let recorder = Recorder()
    recorder.observe(.accepted(after: .milliseconds(2)))
    recorder.observe(.notStored(.full))
    recorder.observe(.committed(reports: 3, results: 2, took: .milliseconds(4)))
    recorder.observe(.attempted(LaneID(1), .failed(.timeoutConnect), detail: "", took: .zero))
    recorder.observe(.attempted(LaneID(1), .answered(status: 200), detail: "", took: .zero))
    recorder.observe(.delivered(LaneID(1), tries: 1, lag: .milliseconds(3)))
    for _ in 1...2 { recorder.observe(.reloaded(fingerprint: "", RouteChanges())) }
    recorder.observe(.reloadFailed(words: ""))
    var text = PrometheusText(
      version: "0.1.0", now: clock.now, standing: standing, gauges: [gauge], pauses: [LaneID(1): .gone],
      oldestWaiting: [LaneID(1): clock.now - .seconds(90)], record: recorder.snapshot(), configLoadedAt: clock.now)
    change(&text)
    return text
  }

  @Test func `the exposition is well formed and says what was counted`() throws {
    let check = try PrometheusCheck(text().text)
    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? { check.value("dlr_relay_" + name, labels) }
    #expect(value("build_info", ["version": "0.1.0"]) == 1)
    for (result, count) in ["accepted": 70.0, "duplicate": 3, "unmatched": 20, "filtered": 10, "quarantined": 3] {
      #expect(value("reports_received_total", ["result": result]) == count)
    }
    #expect(value("quarantined_total", ["reason": "not_json"]) == 2)
    #expect(value("requests_rejected_total", ["reason": "token_wrong"]) == 4)
    #expect(value("requests_rejected_total", ["reason": "token_missing"]) == 0)
    #expect(value("requests_rejected_total", ["reason": "a later reason"]) == 1)
    #expect(value("reports_not_stored_total", ["reason": "full"]) == 1)
    #expect(value("deliveries_total", ["route": "shop", "result": "delivered"]) == 47)
    #expect(value("deliveries_total", ["route": "shop", "result": "dead"]) == 5)
    #expect(value("attempts_total", ["route": "shop", "outcome": "timeout_connect"]) == 1)
    #expect(value("attempts_total", ["route": "shop", "outcome": "2xx"]) == 1)
    #expect(value("pending", ["route": "shop"]) == 15)
    #expect(value("in_flight", ["route": "shop"]) == 4)
    #expect(value("deliveries_total", ["route": "shop", "result": "discarded"]) == 3)
    #expect(value("stale_dropped_total", ["route": "shop"]) == 8)
    #expect(value("window", ["route": "shop"]) == 16)
    for (state, isSo) in ["closed": 0.0, "open": 1, "probing": 0] {
      #expect(value("breaker_state", ["route": "shop", "state": state]) == isSo)
    }
    for (reason, isSo) in ["operator": 0.0, "gone": 1, "rule_file": 0] {
      #expect(value("paused", ["route": "shop", "reason": reason]) == isSo)
      #expect(value("paused", ["route": hostile, "reason": reason]) == 0)
    }
    #expect(value("oldest_pending_age_seconds", ["route": "shop"]) == 90)
    #expect(value("last_report_timestamp_seconds") == 1_777_437_144)
    #expect(value("store_bytes") == 4_096)
    #expect(value("config_reloads_total", ["result": "taken"]) == 2)
    #expect(value("config_reloads_total", ["result": "refused"]) == 1)
    #expect(value("config_last_reload_successful") == 0)
    #expect(value("config_loaded_timestamp_seconds") == 1_777_437_144)
    #expect(value("commit_batch_size_bucket", ["le": "3"]) == 0)
    #expect(value("commit_batch_size_bucket", ["le": "7"]) == 1)
    #expect(value("commit_duration_seconds_sum") == 0.004)
    #expect(value("accept_duration_seconds_bucket", ["le": "0.001"]) == 0)
    #expect(value("accept_duration_seconds_bucket", ["le": "0.0025"]) == 1)
    #expect(value("delivery_lag_seconds_count", ["route": "shop"]) == 1)
  }

  @Test func `a route's name cannot break out of its label`() throws {
    #expect(try PrometheusCheck(text().text).value("dlr_relay_pending", ["route": hostile]) == 0)
  }

  @Test func `a lane that is not running has no gauges, and nothing waiting is an age of zero`() throws {
    let check = try PrometheusCheck(text().text)
    #expect(check.value("dlr_relay_in_flight", ["route": hostile]) == nil)
    #expect(check.value("dlr_relay_oldest_pending_age_seconds", ["route": hostile]) == 0)
  }

  @Test func `what the store could not tell is absent, not zero`() throws {
    let check = try PrometheusCheck(
      text {
        $0.oldestWaiting = nil
        $0.standing.lastReportAt = nil
      }.text)
    #expect(check.families["dlr_relay_oldest_pending_age_seconds"]?.samples.isEmpty == true)
    #expect(check.families["dlr_relay_last_report_timestamp_seconds"]?.samples.isEmpty == true)
  }

  @Test func `metrics of libraries appear under names that Prometheus takes`() throws {
    let factory = PrometheusFactory()
    factory.makeCounter(label: "hb.requests", dimensions: [("http.route", "/status")]).increment(by: 2)
    factory.makeMeter(label: "nioPool.queue-depth", dimensions: []).set(7.0)
    factory.makeTimer(label: "http.server.request.duration", dimensions: []).recordNanoseconds(3_000_000)
    factory.makeRecorder(label: "sizes", dimensions: [], aggregate: true).record(5.0)
    factory.makeRecorder(label: "last", dimensions: [], aggregate: false).record(9.0)
    factory.makeRecorder(label: "last", dimensions: [], aggregate: false).record(8.0)
    let check = try PrometheusCheck(text { $0.libraries = factory }.text)
    #expect(check.value("hb_requests_total", ["http_route": "/status"]) == 2)
    #expect(check.value("nio_pool_queue_depth") == 7)
    #expect(check.value("http_server_request_duration_seconds_bucket", ["le": "0.005"]) == 1)
    #expect(check.value("sizes_sum") == 5)
    #expect(check.value("last") == 8)
    #expect(check.value("dlr_relay_library_series_dropped_total") == 0)
  }

  @Test func `a library cannot fill the exposition, nor take a name of ours or of another kind`() throws {
    let factory = PrometheusFactory()
    for n in 0..<1_000 { factory.makeCounter(label: "flood", dimensions: [("n", "\(n)")]).increment(by: 1) }
    for n in 0..<1_000 { factory.makeMeter(label: "flood_\(n)", dimensions: []).set(1.0) }
    factory.makeMeter(label: "dlr_relay_pending", dimensions: []).set(99.0)
    factory.makeTimer(label: "same_seconds", dimensions: []).recordNanoseconds(1)
    factory.makeMeter(label: "same_seconds", dimensions: []).set(1.0)
    let check = try PrometheusCheck(text { $0.libraries = factory }.text)
    #expect(check.families["flood_total"]?.samples.count == 64)
    #expect(check.value("dlr_relay_pending") == nil)
    #expect((check.value("dlr_relay_library_series_dropped_total") ?? 0) > 1_800)
    #expect(check.families.count < 160)
  }

  @Test func `the same metric made twice is one series`() throws {
    let factory = PrometheusFactory()
    for _ in 0..<2 { factory.makeCounter(label: "c", dimensions: [("a", "b")]).increment(by: 1) }
    #expect(try PrometheusCheck(text { $0.libraries = factory }.text).value("c_total", ["a": "b"]) == 2)
  }
}
