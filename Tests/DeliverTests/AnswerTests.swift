import Model
import Support
import Testing

@testable import Deliver

/// What the relay makes of an app's answer beyond its status.
@Suite(.timeLimit(.minutes(10)))
struct AnswerTests {
  private func ending(of answer: AppAnswer, _ look: (Settlement, Sending) async throws -> Void) async throws {
    try await AppServer.with(answering: { _ in answer }) { app in
      let route = route(url: app.url("/hook?token=query-secret")) {
        $0.headers = [Header(name: "authorization", value: Secret("Bearer header-secret"))]
        $0.retry.first = .hours(1)
      }
      try await withDeliverer([route]) { sending in
        try await look(try await sending.send(delivery(1)), sending)
        await app.closeConnections()
      }
    }
  }

  private func asked(_ sending: Sending) -> Duration? {
    for case .askedToWait(_, let until) in sending.events.all { return until - realClock() }
    return nil
  }

  @Test(arguments: [429, 503], ["Retry-After: 100", "retry-after:100", "RETRY-AFTER:   100  "])
  func `Retry-After keeps the whole lane waiting`(status: Int, header: String) async throws {
    try await ending(of: .raw("HTTP/1.1 \(status) Busy\r\n\(header)\r\ncontent-length: 0\r\n\r\n")) { _, sending in
      let wait = try #require(asked(sending))
      #expect(wait <= .seconds(100))
      #expect(wait > .seconds(40))
      let kept = try await sending.journal.kept.first(1)
      #expect(kept[0].state.notBefore != nil)
    }
  }

  @Test(arguments: ["Wed, 31 Dec 2098 23:59:59 GMT", "Wednesday, 31-Dec-70 23:59:59 GMT", "Wed Dec 31 23:59:59 2098"])
  func `so does one that names a time of day`(date: String) async throws {
    try await ending(of: .status(503, headers: [("Retry-After", date)])) { _, sending in
      let wait = try #require(asked(sending))
      #expect(wait <= Limits.retryAfterMax)
      #expect(wait > Limits.retryAfterMax - .minutes(1))
    }
  }

  @Test(arguments: [(500, "100"), (301, "100"), (404, "100"), (429, "soon"), (429, "-100"), (503, "Wed, 31 Dec 1998 23:59:59 GMT")])
  func `with another status, and where it makes no sense, it asks for nothing`(status: Int, value: String) async throws {
    try await ending(of: .status(status, headers: [("Retry-After", value)])) { settlement, sending in
      #expect(settlement.outcome == .answered(status: status))
      #expect(asked(sending) == nil)
    }
  }

  @Test func `that of an interim answer, or of the answer before on the same connection, does not count`() async throws {
    let interim = AppAnswer.raw("HTTP/1.1 103 Early\r\nRetry-After: 100\r\n\r\nHTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n")
    try await ending(of: interim) { _, sending in #expect(asked(sending) == nil) }
    let first = AppAnswer.status(200, headers: [("Retry-After", "100")])
    try await AppServer.with(answering: { $0.number == 1 ? first : .status(503) }) { app in
      try await withDeliverer([route(url: app.url()) { $0.retry.first = .hours(1) }]) { sending in
        _ = try await sending.send(delivery(1))
        _ = try await sending.send(delivery(2))
        #expect(asked(sending) == nil)
        #expect(app.connections.all == [1])
      }
    }
  }

  @Test(arguments: [
    ("https://other.example/login", ", Location: https://other.example/login"),
    ("https://me:password1@other.example:8443/a%20b/c?token=query-secret#part", ", Location: https://other.example:8443/a%20b/c"),
    ("/elsewhere?x=1", ", Location: http://127.0.0.1:PORT/elsewhere"), ("//other.example/x", ", Location: http://other.example/x"),
    ("https://other.example/query-secret/x", ", Location: https://other.example/***/x"), ("nowhere://:::?x", ""),
  ])
  func `of a redirect the Location is shown, as far as it may be`(location: String, shown: String) async throws {
    try await AppServer.with(answering: { _ in .status(302, headers: [("Location", location)]) }) { app in
      let route = route(url: app.url("/hook?token=query-secret")) { $0.retry.first = .hours(1) }
      try await withDeliverer([route]) { sending in
        let settlement = try await sending.send(delivery(1))
        #expect(settlement.detail == "answered 302" + shown.replacing("PORT", with: "\(app.port)"))
        #expect(app.requests.all.count == 1)
      }
    }
  }

  @Test func `the beginning of an error answer is kept, without secrets and control characters`() async throws {
    let body = Array("no: Bearer header-secret\r\n\u{1b}of /hook?token=query-secret \u{0}".utf8) + [0xff]
    try await ending(of: .status(401, body: body)) { settlement, _ in
      #expect(settlement.answer == "no: ***\nof /hook?token=*** \u{fffd}")
      #expect(settlement.detail == "answered 401")
    }
  }

  @Test func `of a long one the first bytes are kept, also if it does not end`() async throws {
    let long = String(repeating: "0123456789abcdef", count: 10_000)
    try await ending(of: .status(500, body: Array(long.utf8))) { settlement, _ in
      #expect(settlement.answer == String(long.prefix(Limits.answerKeptBytes)))
    }
    let secrets = String(repeating: "query-secret ", count: 400)
    try await ending(of: .status(500, body: Array(secrets.utf8))) { settlement, _ in
      #expect(settlement.answer.hasPrefix("*** ***"))
      #expect(Set(settlement.answer) == ["*", " "])
    }
  }

  @Test func `of a delivery nothing is kept, and nothing of an answer before`() async throws {
    try await ending(of: .status(200, body: Array("thanks".utf8))) { settlement, _ in
      #expect(settlement.answer.isEmpty)
      #expect(settlement.detail.isEmpty)
    }
    try await AppServer.with(answering: { $0.number == 1 ? .status(500, body: Array("oh".utf8)) : .status(500) }) { app in
      try await withDeliverer([route(url: app.url()) { $0.retry.first = .hours(1) }]) { sending in
        let (first, second) = (try await sending.send(delivery(1)), try await sending.send(delivery(2)))
        #expect((first.answer, second.answer) == ("oh", ""))
      }
    }
  }

  @Test func `what kind of copy it is stands in its headers`() async throws {
    try await AppServer.with { app in
      try await withDeliverer([route(url: app.url())]) { sending in
        var (stale, early) = (delivery(1), delivery(2))
        (stale.isStale, early.isOutOfOrder) = (true, true)
        _ = try await sending.send(stale)
        _ = try await sending.send(early)
        _ = try await sending.send(delivery(3, queue: .replay))
        _ = try await sending.send(delivery(4, tries: 1, queue: .retry))
        let marks = try await app.requests(4).map { request in
          ["relay-stale", "relay-out-of-order", "relay-replay"].map { request[$0].joined() }
        }
        #expect(marks == [["true", "", ""], ["", "true", ""], ["", "", "true"], ["", "", ""]])
      }
    }
  }
}
