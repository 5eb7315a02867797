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
    for _ in 1...6 { recorder.observe(.died(LaneID(1), tries: 5)) }
    recorder.observe(.swept(rows: 12))
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
    #expect(value("deliveries_total", ["route": "shop", "result": "dead"]) == 6, "every time, so that it never falls")
    #expect(value("dead", ["route": "shop"]) == 5, "as many as there are")
    #expect(value("store_swept_rows_total") == 12)
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

  @Test(
    .enabled(if: Promtool.isThere, Comment(rawValue: Promtool.absence)),
    arguments: [nil, "", "\u{0}", "route\" 1\n# TYPE x counter", "ş\u{1F600}\\"])
  func `promtool reads it, whatever a route is called`(name: String?) throws {
    let text = text { if let name { $0.standing.lanes[1].name = name } }
    let verdict = try Promtool.run("check", "metrics", input: text.text)
    #expect(verdict.isGood && verdict.words.isEmpty, "\(verdict.words)")
    #expect(try PrometheusCheck(text.text).value("dlr_relay_pending", ["route": name ?? hostile]) == 0)
  }

  @Test func `what is not known has no sample, what is known has one`() throws {
    func check(_ change: @escaping (inout PrometheusText) -> Void = { _ in }) throws -> PrometheusCheck {
      try PrometheusCheck(text(change).text)
    }
    let names = ["dlr_relay_store_writable", "dlr_relay_public_door_up", "dlr_relay_store_disk_free_bytes", "process_open_fds"]
    for name in names { #expect(try check().families[name]?.samples.isEmpty == true, "\(name)") }
    let known = try check {
      $0.isStoreWritable = false
      $0.publicDoorAnswers = true
      $0.disk = DiskSpace(free: 5, total: 9)
      let stat = "7 (a ) b) S 1 7 7 0 -1 4194560 9 0 0 0 250 50 0 0 20 0 9 0 4000 8192000 300 18446744073709551615 1 1\n"
      $0.process = ProcessFigures(stat: stat, ticksPerSecond: 100, pageBytes: 4_096, openFiles: 12, openFilesMax: 1_024)
      $0.jobs = [QueueJob(id: 1, kind: .reroute, selection: nil, rate: nil, createdAt: $0.now)]
      $0.heldLanes = [LaneID(2)]
      $0.tokens = [TokenUse(label: "2026-11", lastUsedAt: $0.now), TokenUse(label: "2026-05", lastUsedAt: nil)]
      ($0.alertsSent, $0.alertsLost, $0.keysForRestart) = (3, 2, 1)
    }
    for (name, value) in [
      "dlr_relay_store_writable": 0.0, "dlr_relay_public_door_up": 1, "dlr_relay_store_disk_free_bytes": 5,
      "dlr_relay_store_disk_size_bytes": 9, "process_open_fds": 12, "process_max_fds": 1_024, "process_cpu_seconds_total": 3,
      "process_resident_memory_bytes": 1_228_800, "process_virtual_memory_bytes": 8_192_000, "dlr_relay_config_keys_needing_restart": 1,
    ] { #expect(known.value(name) == value, "\(name)") }
    #expect(known.value("dlr_relay_jobs_in_progress", ["kind": "reroute"]) == 1)
    #expect(known.value("dlr_relay_jobs_in_progress", ["kind": "replay"]) == 0)
    #expect(known.value("dlr_relay_alert_messages_total", ["result": "lost"]) == 2)
    #expect(known.value("dlr_relay_route_in_file", ["route": hostile]) == 0)
    #expect(known.value("dlr_relay_route_in_file", ["route": "shop"]) == 1)
    #expect(known.families["dlr_relay_token_last_used_timestamp_seconds"]?.samples.map(\.labels) == [["token": "2026-11"]])
    #expect(ProcessFigures(stat: "7 (a) S 1", ticksPerSecond: 100, pageBytes: 4_096, openFiles: 1, openFilesMax: 1) == nil)
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
    #expect(check.families.count < 190)
  }

  @Test func `the same metric made twice is one series`() throws {
    let factory = PrometheusFactory()
    for _ in 0..<2 { factory.makeCounter(label: "c", dimensions: [("a", "b")]).increment(by: 1) }
    #expect(try PrometheusCheck(text { $0.libraries = factory }.text).value("c_total", ["a": "b"]) == 2)
  }
}
