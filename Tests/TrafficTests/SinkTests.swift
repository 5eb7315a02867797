import Crypto
import Foundation
import Model
import Testing
import Traffic

@Suite(.timeLimit(.minutes(10)))
struct SinkTests {
  private func start(_ change: (inout SinkSettings) throws -> Void = { _ in }) async throws -> Sink {
    var settings = SinkSettings()
    settings.listen.port = 0
    try change(&settings)
    return try await Sink.start(settings, clock: wallClock)
  }

  private func copy(_ id: String, receivedAt: String? = nil) -> String {
    RawClient.post([("webhook-id", id)] + (receivedAt.map { [("relay-received-at", $0)] } ?? []))
  }

  @Test func `pipelined copies are all answered on one connection and the summary counts them`() async throws {
    let record = TemporaryFile()
    let sink = try await start { $0.record = record.path }
    let requests = ["dlr_1_accepted", "dlr_2_accepted", "dlr_1_accepted", "dlr_1_delivered"].map { copy($0) }.joined()
    #expect(try await RawClient.exchange(port: sink.endpoint.port, requests, answers: 4) == [200, 200, 200, 200])
    sink.stop()
    let summary = try await sink.summary
    #expect(summary.requests == 4)
    #expect(summary.distinct == 3)
    #expect(summary.repeats == 1)
    #expect(try record.lines == ["dlr_1_accepted", "dlr_2_accepted", "dlr_1_accepted", "dlr_1_delivered"])
  }

  @Test func `order violations are counted by what the relay saw first`() async throws {
    let sink = try await start()
    let requests =
      copy("dlr_1_delivered", receivedAt: "2026-11-23T10:00:02.000001Z") + copy("dlr_1_accepted", receivedAt: "2026-11-23T10:00:02Z")
      + copy("dlr_2_accepted", receivedAt: "2026-11-23T10:00:01Z") + copy("dlr_2_delivered", receivedAt: "2026-11-23T10:00:02Z")
    #expect(try await RawClient.exchange(port: sink.endpoint.port, requests, answers: 4).count == 4)
    sink.stop()
    let summary = try await sink.summary
    #expect(summary.orderViolations == 1)
    #expect(summary.lagMs.p50 != nil)
  }

  @Test func `a slow sink answers pipelined copies in order and no sooner than it was told`() async throws {
    let sink = try await start { $0.delay = .milliseconds(50) }
    let started = ContinuousClock.now
    #expect(try await RawClient.exchange(port: sink.endpoint.port, copy("a") + copy("b"), answers: 2) == [200, 200])
    #expect(ContinuousClock.now - started >= .milliseconds(100))
    sink.stop()
    #expect(try await sink.summary.distinct == 2)
  }

  @Test func `a sink with a secret takes what is signed and answers 401 to the rest`() async throws {
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    let sink = try await start { $0.signature = try SinkSignature(secrets: [secret]) }
    let timestamp = String(wallClock().microseconds / 1_000_000)
    let key = SymmetricKey(data: try #require(Data(base64Encoded: String(secret.dropFirst(6)))))
    let mac = HMAC<SHA256>.authenticationCode(for: Data("dlr_1_accepted.\(timestamp).{\"ş\":1}".utf8), using: key)
    let signed = { (signature: String) in
      [("webhook-id", "dlr_1_accepted"), ("webhook-timestamp", timestamp), ("Webhook-Signature", signature)]
    }
    let good = signed("v1,\(Data(mac).base64EncodedString())")
    let requests =
      RawClient.post(good, body: "{\"ş\":1}") + RawClient.post(good, body: "{\"ş\":2}") + RawClient.post(Array(good.prefix(2)))
      + RawClient.post(signed("v1,AAAA"))
    #expect(try await RawClient.exchange(port: sink.endpoint.port, requests, answers: 4) == [200, 401, 401, 401])
    sink.stop()
    let summary = try await sink.summary
    #expect(summary.signatures.good == 1)
    #expect(summary.signatures.bad == 2)
    #expect(summary.signatures.missing == 1)
    #expect(summary.distinct == 1)
  }

  @Test(arguments: [204, 302, 410, 429, 503])
  func `a sink answers the status that it was told`(status: Int) async throws {
    let sink = try await start { $0.status = status }
    #expect(try await RawClient.exchange(port: sink.endpoint.port, copy("a") + copy("b"), answers: 2) == [status, status])
    sink.stop()
    let summary = try await sink.summary
    #expect(summary.answers == [String(status): 2])
    #expect(summary.distinct == (status == 204 ? 2 : 0))
  }

  @Test func `a hanging sink never answers and counts who gave up`() async throws {
    let (events, continuation) = AsyncStream.makeStream(of: SinkEvent.self)
    let sink = try await start {
      $0.hangs = true
      $0.observe = { continuation.yield($0) }
    }
    let sender = try await RawClient.send(port: sink.endpoint.port, copy("a"))
    #expect(await events.first { _ in true } == .requested)
    try await sender.close()
    #expect(await events.first { _ in true } == .abandoned)
    sink.stop()
    let summary = try await sink.summary
    #expect(summary.answers == [:])
    #expect(summary.requests == 1)
    #expect(summary.abandoned == 1)
  }

  @Test func `a copy whose sender left before a slow answer is not counted as got`() async throws {
    let (events, continuation) = AsyncStream.makeStream(of: SinkEvent.self)
    let sink = try await start {
      $0.delay = .seconds(30)
      $0.observe = { continuation.yield($0) }
    }
    let sender = try await RawClient.send(port: sink.endpoint.port, copy("a") + copy("b"))
    #expect(await events.first { _ in true } == .requested)
    #expect(await events.first { _ in true } == .requested)
    try await sender.close()
    #expect(await events.first { _ in true } == .abandoned)
    #expect(await events.first { _ in true } == .abandoned)
    sink.stop()
    #expect(try await sink.summary.distinct == 0)
  }

  @Test func `what is not a copy is refused`() async throws {
    let sink = try await start()
    let large = RawClient.post([("webhook-id", "a")], body: String(repeating: "x", count: 1024 * 1024 + 1))
    let requests = "GET / HTTP/1.1\r\nhost: x\r\n\r\n" + large + copy("b")
    #expect(try await RawClient.exchange(port: sink.endpoint.port, requests, answers: 3) == [405, 413, 200])
    sink.stop()
    #expect(try await sink.summary.distinct == 1)
  }

  @Test func `a sink ends by itself when it has got enough`() async throws {
    let sink = try await start { $0.until = 2 }
    let requests = copy("a") + copy("a") + copy("b")
    #expect(try await RawClient.exchange(port: sink.endpoint.port, requests, answers: 3) == [200, 200, 200])
    #expect(try await sink.summary.distinct == 2)
  }

  @Test func `a sink ends by itself when nothing comes any more`() async throws {
    let sink = try await start { $0.idle = .milliseconds(20) }
    #expect(try await sink.summary.requests == 0)
  }

  @Test func `a port in use is said so`() async throws {
    let sink = try await start()
    let error = await #expect(throws: TrafficError.self) { try await start { $0.listen.port = sink.endpoint.port } }
    #expect(error == .addressInUse(sink.endpoint))
    sink.stop()
    _ = try await sink.summary
  }

  @Test func `a record that cannot be written is said before anything is taken`() async throws {
    let error = await #expect(throws: TrafficError.self) { try await start { $0.record = "/nonexistent/record" } }
    #expect(error?.description == "cannot write /nonexistent/record: No such file or directory; choose another file with --record")
  }
}
