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
       "config": {"fingerprint": "c0ffee", "loaded_at": "2026-04-29T03:32:24.000000Z", "last_error": null},
       "received": {"reports": 1234, "duplicates": 5, "unmatched": 6, "filtered": 7, "quarantined": 3,
                    "rejected": {"token_wrong": 4}, "last_at": "2026-04-29T04:32:21.000000Z"},
       "tokens": [{"label": "2026-05", "last_used_at": null}, {"label": "2026-11", "last_used_at": "2026-04-29T04:32:21.000000Z"}],
       "routes": [
         {"name": "shop", "matched": 100, "delivered": 80, "failed_attempts": 9, "dead": 1, "pending": 19, "in_flight": 4,
          "oldest_pending_seconds": 90, "breaker": "closed", "paused": false,
          "lag_ms": {"p50": 53.247, "p95": 98.303, "p99": 106.495}, "last_error": "could not reach +90505***4567"},
         {"name": "bank", "matched": 0, "delivered": 0, "failed_attempts": 0, "dead": 0, "pending": 0, "in_flight": 0,
          "oldest_pending_seconds": null, "breaker": "closed", "paused": false,
          "lag_ms": {"p50": null, "p95": null, "p99": null}, "last_error": null},
         {"name": "old", "matched": 12, "delivered": 10, "failed_attempts": 0, "dead": 0, "pending": 2, "in_flight": 0,
          "oldest_pending_seconds": 172800, "breaker": "held", "paused": false,
          "lag_ms": {"p50": null, "p95": null, "p99": null}, "last_error": null}],
       "store": {"backend": "sqlite", "bytes": 3400000}}
      """
    #expect(try same(json, expected), "\(json)")
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
    #expect(try same(queue, expected), "\(queue)")
  }

  @Test func `a queue that cannot be read is said to be, not shown empty`() async throws {
    var source = sample().source
    source.waiting = { throw JournalError.closed }
    let answer = try await withDoor(source) { url, _ in try await http("GET", url + "/api/v1/queue") }
    #expect(answer.status == 503)
    #expect(answer["content-type"] == "application/problem+json")
  }

  private func same(_ a: String, _ b: String) throws -> Bool {
    func value(_ text: String) throws -> NSObject {
      try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? NSObject)
    }
    return try value(a) == value(b)
  }
}
