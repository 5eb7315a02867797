import Foundation
import Model
import Status
import Support
import Testing

struct StatusJSONTests {
  @Test func `status json has exactly the members it promises`() async throws {
    let json = try await withDoor { url, _ in String(decoding: try await http("GET", url + "/status.json").body, as: UTF8.self) }
    let expected = """
      {"version": "0.1.0", "started_at": "2026-04-29T02:32:24.000000Z",
       "health": {"sentence": "Route old is not in the rule file any more: 2 copies wait",
         "problems": [
           {"text": "Route old is not in the rule file any more: 2 copies wait. They are held until a route of this name is back, or they are discarded.",
            "commands": ["dlr-relay queue"]}],
         "notes": [
           {"text": "1 copy for shop was given up, after trying for as long as the rules say", "commands": ["dlr-relay queue replay --route shop"]},
           {"text": "3 bodies with the right token were no report. What came within retention.quarantine is kept.", "commands": ["dlr-relay quarantine"]},
           {"text": "6 reports matched no route when they came. What came within retention.unmatched is kept.", "commands": ["dlr-relay unmatched", "dlr-relay reroute"]}]},
       "config": {"fingerprint": "c0ffee", "loaded_at": "2026-04-29T03:32:24.000000Z", "last_error": null,
                  "last_error_at": null, "diagnostics": [], "needs_restart": []},
       "received": {"reports": 1234, "duplicates": 5, "unmatched": 6, "filtered": 7, "quarantined": 3, "rate_per_minute": null,
                    "rejected": {"token_wrong": 4}, "last_at": "2026-04-29T04:32:21.000000Z"},
       "tokens": [{"label": "2026-05", "last_used_at": null}, {"label": "2026-11", "last_used_at": "2026-04-29T04:32:21.000000Z"}],
       "routes": [
         {"name": "shop", "matched": 100, "delivered": 80, "failed_attempts": 9, "dead": 1, "discarded": 0, "stale_dropped": 0,
          "pending": 19, "in_flight": 4, "window": 16,
          "oldest_pending_seconds": 90, "breaker": "closed", "paused": false, "pause": null, "not_before": null,
          "lag_ms": {"p50": 53.247, "p95": 98.303, "p99": 106.495},
          "recent_lag_ms": {"p50": 53.247, "p95": 98.303, "p99": 106.495}, "rate_per_minute": null, "last_error": "could not reach +90505***4567"},
         {"name": "bank", "matched": 0, "delivered": 0, "failed_attempts": 0, "dead": 0, "discarded": 0, "stale_dropped": 0,
          "pending": 0, "in_flight": 0, "window": 0,
          "oldest_pending_seconds": null, "breaker": "closed", "paused": false, "pause": null, "not_before": null,
          "lag_ms": {"p50": null, "p95": null, "p99": null},
          "recent_lag_ms": {"p50": null, "p95": null, "p99": null}, "rate_per_minute": null, "last_error": null},
         {"name": "old", "matched": 12, "delivered": 10, "failed_attempts": 0, "dead": 0, "discarded": 0, "stale_dropped": 0,
          "pending": 2, "in_flight": 0, "window": null,
          "oldest_pending_seconds": 172800, "breaker": "held", "paused": false, "pause": null, "not_before": null,
          "lag_ms": {"p50": null, "p95": null, "p99": null},
          "recent_lag_ms": {"p50": null, "p95": null, "p99": null}, "rate_per_minute": null, "last_error": null}],
       "store": {"backend": "sqlite", "bytes": 3400000, "disk_free_bytes": null}}
      """
    #expect(try sameJSON(json, expected), "\(json)")
  }

  @Test func `a file that was refused, and what needs a restart, are told beside the file in force`() async throws {
    var source = sample().source
    var file = source.configuration()
    (file.lastError, file.lastErrorAt) = ("routes.yaml:14:9: error: unknown key", file.loadedAt + .seconds(1))
    file.needsRestart = ["receive.listen", "store.path"]
    source.configuration = { [file] in file }
    let config = try #require(
      try object(try await withDoor(source) { url, _ in try await http("GET", url + "/status.json") })["config"] as? [String: Any])
    #expect(config["fingerprint"] as? String == "c0ffee")
    #expect(config["last_error"] as? String == "routes.yaml:14:9: error: unknown key")
    #expect(config["last_error_at"] as? String == "2026-04-29T03:32:25.000000Z")
    #expect(config["needs_restart"] as? [String] == ["receive.listen", "store.path"])
  }

  @Test func `what a removed route has in flight still is shown, and no window`() async throws {
    var source = sample().source
    var gauge = LaneGauge(lane: LaneID(3))
    (gauge.inFlight, gauge.window, gauge.isInFile) = (2, 16, false)
    source.gauges = { [gauge] in [gauge] }
    let answer = try await withDoor(source) { url, _ in try await http("GET", url + "/status.json") }
    let old = try #require((try object(answer)["routes"] as? [[String: Any]])?.last)
    #expect(old["breaker"] as? String == "held")
    #expect(old["in_flight"] as? Int == 2)
    #expect(old["window"] is NSNull)
  }

  @Test func `a program reads what the relay wrote`() async throws {
    let body = try await withDoor { url, _ in try await http("GET", url + "/status.json").body }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let report = try decoder.decode(StatusReport.self, from: Data(body))
    #expect(report.routes.map(\.name) == ["shop", "bank", "old"])
    #expect(report.routes[1].oldestPendingSeconds == nil)
    #expect(report.received.rejected == ["token_wrong": 4])
  }

  @Test func `a route removed with nothing left is not shown`() async throws {
    let source = sample { $0.lanes[0].delivered = 12 }.source
    let status = try await withDoor(source) { url, _ in try await http("GET", url + "/status.json") }
    let routes = try #require(try object(status)["routes"] as? [[String: Any]])
    #expect(routes.map { $0["name"] as? String } == ["shop", "bank"])
  }

  @Test func `a route's row says why nothing is sent, by whom it was said and until when`() async throws {
    var sample = sample(routes: ["shop", "bank"]) { standing in
      let now = ManualClock().now
      standing.lanes[1].state.pause = Pause(.operator, since: now - .minutes(5))
      standing.lanes[2].state.pause = Pause(.gone, since: now - .minutes(5))
      (standing.lanes[2].discarded, standing.lanes[2].staleDropped) = (2, 3)
      standing.lanes[0].state.notBefore = now + .seconds(60)
    }
    let file = sample.source.configuration()
    var rows = try await routes(sample.source)
    #expect(rows.map { $0["pause"] as? String } == ["gone", "operator", nil])
    #expect(rows.map { $0["paused"] as? Bool } == [true, true, false])
    #expect(rows[2]["not_before"] as? String == "2026-04-29T04:33:24.000000Z")
    #expect((rows[0]["pending"] as? Int, rows[0]["discarded"] as? Int, rows[0]["stale_dropped"] as? Int) == (17, 2, 3))

    // What the file says comes first, since resuming does not end it. A time that has come is none.
    sample.source.configuration = {
      LoadedConfiguration(fingerprint: "c0ffee", loadedAt: file.loadedAt, routes: file.routes, pausedRoutes: ["bank"])
    }
    sample.clock.advance(by: .seconds(60))
    rows = try await routes(sample.source)
    #expect(rows.map { $0["pause"] as? String } == ["gone", "rule_file", nil])
    #expect(rows[2]["not_before"] is NSNull)
  }

  private func routes(_ source: StatusSource) async throws -> [[String: Any]] {
    let answer = try await withDoor(source) { url, _ in try await http("GET", url + "/status.json") }
    return try #require(try object(answer)["routes"] as? [[String: Any]])
  }

  @Test func `a store that cannot be read leaves ages unknown and the rest as it is`() async throws {
    var source = sample().source
    source.oldestWaiting = { throw JournalError.closed }
    let status = try await withDoor(source) { url, _ in try await http("GET", url + "/status.json") }
    #expect(status.status == 200)
    let routes = try #require(try object(status)["routes"] as? [[String: Any]])
    #expect(routes.allSatisfy { $0["oldest_pending_seconds"] is NSNull })
    #expect(routes[0]["delivered"] as? Int == 80)
  }

  @Test func `the queue table has a row for each route and their sum`() async throws {
    let queue = try await withDoor { url, _ in try await http("GET", url + "/api/v1/queue").text }
    let expected = """
      {"buckets": ["1m", "5m", "15m", "1h", "6h", "1d", "3d", "older"],
       "routes": [{"name": "shop", "held": false, "counts": [11, 0, 0, 8, 0, 0, 0, 0], "total": 19},
                  {"name": "bank", "held": false, "counts": [0, 0, 0, 0, 0, 0, 0, 0], "total": 0},
                  {"name": "old", "held": true, "counts": [0, 0, 0, 0, 0, 0, 0, 2], "total": 2}],
       "total": {"name": "total", "held": false, "counts": [11, 0, 0, 8, 0, 0, 0, 2], "total": 21}}
      """
    #expect(try sameJSON(queue, expected), "\(queue)")
  }

  @Test func `a queue that cannot be read is said to be, not shown empty`() async throws {
    var source = sample().source
    source.waiting = { _ in throw JournalError.closed }
    let answer = try await withDoor(source) { url, _ in try await http("GET", url + "/api/v1/queue") }
    #expect(answer.status == 503)
    #expect(answer["content-type"] == "application/problem+json")
  }
}
