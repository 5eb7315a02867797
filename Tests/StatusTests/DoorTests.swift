import Foundation
import Metrics
import Model
import Observe
import Status
import Support
import Testing

struct DoorTests {
  /// swift-metrics is started once a process; the factory collects from all tests.
  private static let factory: PrometheusFactory = {
    let factory = PrometheusFactory()
    MetricsSystem.bootstrap(factory)
    return factory
  }()

  @Test func `alive and ready`() async throws {
    let (live, ready) = try await withDoor { url, _ in (try await http("GET", url + "/livez"), try await http("GET", url + "/readyz")) }
    #expect(live.status == 200)
    #expect(ready.status == 200)
    #expect(try object(ready)["ready"] as? Bool == true)
    #expect(try object(ready)["not_ready"] as? [String] == [])
  }

  @Test(arguments: [(false, true, ["store"]), (true, false, ["public_door"]), (false, false, ["store", "public_door"])])
  func `not ready names what is not`(isWritable: Bool, answers: Bool, names: [String]) async throws {
    var source = sample().source
    source.isStoreWritable = { isWritable }
    source.publicDoorAnswers = { answers }
    let (live, ready) = try await withDoor(source) { url, _ in
      (try await http("GET", url + "/livez"), try await http("GET", url + "/readyz"))
    }
    #expect(live.status == 200)
    #expect(ready.status == 503)
    #expect(try object(ready)["not_ready"] as? [String] == names)
  }

  @Test func `metrics are Prometheus text, with those of libraries`() async throws {
    var source = sample().source
    source.libraryMetrics = Self.factory
    // On one connection: a request is counted once its answer is written, and the next one on the connection is read after that.
    let one = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
    let next = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    let bytes = try await withDoor(source) { _, port in try await raw(Array((one + next).utf8), host: "127.0.0.1", port: port) }
    let heads = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n\r\n")
    #expect(heads[1].contains("Content-Type: \(PrometheusText.contentType)"))
    let check = try PrometheusCheck(heads[2])
    #expect(check.value("dlr_relay_deliveries_total", ["route": "shop", "result": "delivered"]) == 80)
    let labels = ["http_route": "/livez", "http_request_method": "GET", "http_response_status_code": "200"]
    #expect((check.value("hb_requests_total", labels) ?? 0) >= 1)
  }

  @Test func `what the gate turns away takes nobody's series, and errors are counted as errors`() async throws {
    var source = sample().source
    source.libraryMetrics = Self.factory
    let nowhere = "GET /no-such-page HTTP/1.1\r\nHost: localhost\r\n\r\n"
    let refused = "GET /status HTTP/1.1\r\nHost: somewhere.example\r\n\r\n"
    let last = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    func count() async throws -> (errors: Double, refused: Double) {
      let bytes = try await withDoor(source) { _, port in
        try await raw(Array((nowhere + refused + last).utf8), host: "127.0.0.1", port: port)
      }
      let check = try PrometheusCheck(try #require(String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n\r\n").last))
      let labels = ["http_request_method": "GET"]
      return (
        check.value("hb_request_errors_total", labels.merging(["http_route": "NotFound", "error_type": "404"]) { $1 }) ?? 0,
        check.value("hb_requests_total", labels.merging(["http_route": "/status", "http_response_status_code": "421"]) { $1 }) ?? 0
      )
    }
    let before = try await count()
    let after = try await count()
    #expect(after.errors > before.errors)
    #expect(after.refused == 0)
  }

  @Test(arguments: [(dead: 0, days: 0), (1, 29), (1, 31)])
  func `a route that left the file has series while anything of it is left`(dead: Int, days: Int) async throws {
    let shown = sample {
      ($0.lanes[0].matched, $0.lanes[0].dead) = (10 + dead, dead)
      $0.lanes[0].lastErrorAt = ManualClock().now - .days(days)
    }
    let check = try await withDoor(shown.source) { url, _ in try PrometheusCheck(try await http("GET", url + "/metrics").text) }
    #expect((check.value("dlr_relay_dead", ["route": "old"]) != nil) == (dead > 0 && days < 30))
    #expect(check.value("dlr_relay_pending", ["route": "bank"]) == 0, "one that is in the file always has")
  }

  @Test(arguments: ["/status", "/status.json", "/metrics", "/livez", "/readyz", "/api/v1/queue", "/nothing"])
  func `HEAD is answered like GET, without a body`(path: String) async throws {
    let (get, head) = try await withDoor { url, _ in (try await http("GET", url + path), try await http("HEAD", url + path)) }
    #expect(head.status == get.status)
    #expect(head.body.isEmpty)
    #expect(head["content-type"] == get["content-type"])
    #expect(head["content-length"] == get["content-length"])
  }

  @Test(arguments: ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
  func `other methods are refused`(method: String) async throws {
    let answer = try await withDoor { url, _ in try await http(method, url + "/status", body: [1, 2, 3]) }
    #expect(answer.status == 405)
    #expect(answer["allow"] == "GET, HEAD")
  }

  @Test func `a method of another protocol is served nowhere`() async throws {
    let answer = try await withDoor { url, _ in try await http("PROPFIND", url + "/status") }
    #expect(answer.status == 501)
  }

  @Test func `an unknown path is a problem that says where to look`() async throws {
    let answer = try await withDoor { url, _ in try await http("GET", url + "/nothing?token=abc") }
    #expect(answer.status == 404)
    #expect(answer["content-type"] == "application/problem+json")
    #expect(try object(answer)["status"] as? Int == 404)
    #expect((try object(answer)["detail"] as? String)?.contains("/status") == true)
    #expect(!answer.text.contains("abc"))
  }

  @Test func `a connection is kept and takes pipelined requests`() async throws {
    let one = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
    let last = "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    let answer = try await withDoor { _, port in try await raw(Array((one + one + last).utf8), host: "127.0.0.1", port: port) }
    #expect(String(decoding: answer, as: UTF8.self).components(separatedBy: "HTTP/1.1 200").count == 4)
  }

  @Test func `a request may come in pieces, and after it another`() async throws {
    try await withDoor { _, port in
      try await RawConnection.with(host: "127.0.0.1", port: port) { connection in
        for _ in 0..<2 {
          try await connection.send("GET /livez HTT")
          try await connection.send("P/1.1\r\nHost: localhost\r\n\r\n")
          let answer = try await connection.read(until: "true")
          #expect(String(decoding: answer, as: UTF8.self).hasPrefix("HTTP/1.1 200"))
        }
        try await connection.endSending()
        #expect(try await connection.readToEnd().count < 8)
      }
    }
  }

  @Test func `a port in use is an error of the service`() async throws {
    try await withDoor { _, port in
      var settings = StatusSettings()
      settings.listen = Endpoint(host: "127.0.0.1", port: port)
      let application = StatusDoor(settings, source: sample().source).application(logger: .init(label: "x"))
      await #expect(throws: (any Error).self) { try await application.run() }
    }
  }
}
