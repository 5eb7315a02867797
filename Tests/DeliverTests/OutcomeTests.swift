import Model
import Support
import Testing

@testable import Deliver

@Suite(.timeLimit(.minutes(10)))
struct OutcomeTests {
  /// Words that must never reach a log.
  private let secrets = ["query-secret", "header-secret", "body-secret", "user-secret"]

  /// Sends one copy to an app that answers so.
  private func outcome(
    of answer: AppAnswer, timeout: Duration = .seconds(10), _ look: (Settlement, AppServer) async throws -> Void
  ) async throws {
    try await AppServer.with(answering: { _ in answer }) { app in
      try await settlement(url: app.url("/hook?token=query-secret"), timeout: timeout) { settlement in
        try await look(settlement, app)
        await app.closeConnections()
      }
    }
  }

  private func settlement(url: String, timeout: Duration = .seconds(10), _ look: (Settlement) async throws -> Void) async throws {
    let route = route(url: url) {
      $0.headers = [Header(name: "authorization", value: Secret("header-secret"))]
      $0.timeout = timeout
      $0.retry.first = .hours(1)
    }
    try await withDeliverer([route]) { sending in
      let settlement = try await sending.send(delivery(1, body: Array("body-secret".utf8)))
      for secret in secrets { #expect(!settlement.detail.contains(secret)) }
      #expect(settlement.detail.isEmpty == settlement.outcome.isDelivered)
      #expect((settlement.result == .delivered) == settlement.outcome.isDelivered)
      #expect(settlement.tries == 1)
      try await look(settlement)
    }
  }

  @Test(arguments: [200, 201, 202, 204, 205, 299])
  func `any 2xx is a delivery`(status: Int) async throws {
    try await outcome(of: .status(status)) { settlement, _ in
      #expect(settlement.outcome == .answered(status: status))
      #expect(settlement.result == .delivered)
    }
  }

  @Test(arguments: [300, 304, 400, 401, 403, 404, 407, 409, 410, 413, 418, 422, 429, 451, 500, 502, 503, 504, 599])
  func `any other answer is tried again, with the answer in words`(status: Int) async throws {
    let headers = [("Retry-After", "1"), ("WWW-Authenticate", "Basic realm=x"), ("Proxy-Authenticate", "Basic")]
    try await outcome(of: .status(status, headers: headers, body: Array("body-secret".utf8))) { settlement, app in
      #expect(settlement.outcome == .answered(status: status))
      #expect(settlement.detail == "answered \(status)")
      #expect(app.requests.all.count == 1)
    }
  }

  @Test(arguments: [301, 302, 303, 307, 308])
  func `a redirect is not followed`(status: Int) async throws {
    try await AppServer.with { other in
      try await outcome(of: .status(status, headers: [("Location", other.url("/query-secret"))])) { settlement, app in
        #expect(settlement.outcome == .answered(status: status))
        #expect(app.requests.all.count == 1)
        #expect(other.connections.all.isEmpty)
      }
    }
  }

  @Test func `an interim answer is none`() async throws {
    try await outcome(of: .raw("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")) { settlement, _ in
      #expect(settlement.outcome == .answered(status: 202))
    }
  }

  @Test func `nobody listening is refused`() async throws {
    // Held all the while, so that no server of another test is given it.
    guard let port = DeafPort.take(0, of: "127.0.0.1") else { return #expect(Bool(false), "there is a port") }
    let number = port.number
    try await settlement(url: "http://127.0.0.1:\(number)/hook?token=query-secret") { settlement in
      #expect(settlement.outcome == .failed(.refused))
      #expect(settlement.detail == "connection refused")
    }
    #expect(port.number == number)
  }

  @Test func `no answer in time is told apart from an answer that does not end`() async throws {
    let timeout = Duration.seconds(1)
    try await outcome(of: .silence, timeout: timeout) { settlement, app in
      #expect(settlement.outcome == .failed(.timeoutFirstByte))
      #expect(app.requests.all.count == 1)
      #expect(settlement.took >= timeout)
    }
    try await outcome(of: .raw("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nbody"), timeout: timeout) { settlement, _ in
      #expect(settlement.outcome == .failed(.timeoutWhole))
    }
    try await outcome(of: .raw("HTTP/1.1 200 OK\r\nx-half"), timeout: timeout) { settlement, _ in
      #expect(settlement.outcome == .failed(.timeoutWhole))
    }
  }

  @Test func `a time-out on a connection that was used before is one of the answer, not of connecting`() async throws {
    try await AppServer.with(answering: { $0.number == 1 ? .status(200) : .silence }) { app in
      let route = route(url: app.url()) {
        $0.timeout = .seconds(1)
        $0.retry.first = .hours(1)
      }
      try await withDeliverer([route]) { sending in
        let (first, second) = (try await sending.send(delivery(1)), try await sending.send(delivery(2)))
        #expect(first.result == .delivered)
        #expect(second.outcome == .failed(.timeoutFirstByte))
        #expect(app.connections.all == [1])
      }
    }
  }

  @Test func `the time of an attempt runs though the time of day stands still or goes back`() async throws {
    let clock = ManualClock()
    try await AppServer.with(answering: { _ in .silence }) { app in
      try await withDeliverer([route(url: app.url()) { $0.timeout = .seconds(1) }], clock: clock.clock) { sending in
        sending.journal.add([delivery(1)])
        _ = try await app.request(1)
        clock.advance(by: .hours(-1))
        let settlement = try await sending.journal.settled.first(1)[0]
        #expect(settlement.outcome == .failed(.timeoutFirstByte))
      }
    }
  }

  @Test func `an address that takes no connection is a time-out of connecting`() async throws {
    let full = try FullListener()
    defer { full.close() }
    try await settlement(url: "http://127.0.0.1:\(full.port)/?query-secret", timeout: .seconds(1)) { settlement in
      #expect(settlement.outcome == .failed(.timeoutConnect))
    }
  }

  @Test(arguments: [
    AppAnswer.disconnect, .raw("HTTP/1.1 20", then: .close),
    .raw("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nbody", then: .close),
    .raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel", then: .close), .raw("body-secret\r\n\r\n", then: .close),
    .raw("SSH-2.0-body-secret\r\n", then: .close), .raw("HTTP/1.1 200 OK\r\ncontent-length: body-secret\r\n\r\n", then: .close),
    .raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nbody-secret\r\n", then: .close),
  ])
  func `an answer that is not whole, or none, is a connection that broke`(answer: AppAnswer) async throws {
    try await outcome(of: answer) { settlement, _ in
      #expect(settlement.outcome == .failed(.disconnected))
    }
  }

  @Test(arguments: [200, 500])
  func `of a huge or endless answer only the status counts, and its rest is not read`(status: Int) async throws {
    let huge = AppAnswer.status(status, body: Array(repeating: 1, count: 5_000_000))
    let endless = AppAnswer.raw("HTTP/1.1 \(status) Answer\r\n\r\n" + String(repeating: "x", count: 50_000), then: .endless)
    for answer in [huge, endless] {
      try await outcome(of: answer) { settlement, app in
        #expect(settlement.outcome == .answered(status: status))
        _ = try await app.disconnections.first(1)
      }
    }
  }

  @Test func `headers without end are no answer`() async throws {
    let endless = AppAnswer.raw("HTTP/1.1 200 OK\r\n" + String(repeating: "x-header: body-secret\r\n", count: 3_000), then: .endless)
    try await outcome(of: endless) { settlement, _ in
      #expect(settlement.outcome == .failed(.disconnected))
    }
  }

  @Test func `a name without an address is a failure of DNS`() async throws {
    try await settlement(url: "http://nowhere.invalid/?query-secret") { settlement in
      #expect(settlement.outcome == .failed(.dns))
    }
  }

  @Test func `an app that does not speak TLS is a failure of TLS`() async throws {
    try await AppServer.with { app in
      try await settlement(url: "https://127.0.0.1:\(app.port)/?query-secret") { settlement in
        #expect(settlement.outcome == .failed(.tls))
        #expect(app.requests.all.isEmpty)
      }
    }
  }

  @Test(arguments: [
    "ftp://127.0.0.1/query-secret", "file:///etc/query-secret", "http://a b/?query-secret", "http://user-secret@127.0.0.1:99999/",
  ])
  func `a URL that is none is unusable, and not shown`(url: String) async throws {
    try await settlement(url: url) { settlement in
      #expect(settlement.outcome == .failed(.unusable))
      #expect(settlement.detail == "the URL cannot be used")
    }
  }
}
