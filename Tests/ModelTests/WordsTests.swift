import Model
import Testing

/// Small rules of the words every module uses.
@Suite struct WordsTests {
  @Test(arguments: [
    ("+905051234567", "+90505***4567"), ("00905051234567", "009050***4567"), ("905051234567", "90505***4567"),
    ("05051234567", "0505***4567"), ("5051234567", "505***4567"), ("+90505702xxxx", "+90505***xxxx"),
    ("505123456", "***"), ("4567", "***"), ("", "***"),
  ])
  func `a masked phone number hides at least three digits`(_ phone: String, _ shown: String) {
    #expect(masked(phone: phone) == shown)
    #expect(phone.count < 10 || shown.count - 3 <= phone.count - 3)
  }

  @Test(arguments: [
    ("localhost", true), ("127.0.0.1", true), ("127.255.0.3", true), ("::1", true), ("0.0.0.0", false), ("::", false),
    ("128.0.0.1", false), ("127.0.0.1.example.com", false), ("127.0.0", false), ("127.0.0.256", false), ("127.0.0.1.", false),
    ("localhost.example.com", false), ("", false), ("127...1", false), ("10.127.0.1", false),
  ])
  func `only the loopback is loopback`(_ host: String, _ isLoopback: Bool) {
    #expect(Endpoint(host: host, port: 9090).isLoopback == isLoopback)
  }

  @Test func `an endpoint is written as it is dialled`() {
    #expect(Endpoint(host: "::1", port: 80).description == "[::1]:80")
    #expect(Endpoint(host: "127.0.0.1", port: 8080).description == "127.0.0.1:8080")
  }

  @Test func `application json costs nothing, every other type is kept`() {
    #expect(Payload(bytes: [], contentType: "application/json").contentType == nil)
    #expect(Payload(bytes: [], contentType: "application/json; charset=utf-8").contentType == "application/json; charset=utf-8")
    #expect(Payload(bytes: [], contentType: "").contentType == "")
  }

  @Test(arguments: 100...599)
  func `only 2xx is delivered, and no answer is an outage`(_ status: Int) {
    let outcome = Outcome.answered(status: status)
    #expect(outcome.isDelivered == (status / 100 == 2))
    #expect(!outcome.isOutage)
    #expect(outcome.status == status)
    #expect(outcome.label == "\(status / 100)xx")
  }

  @Test(arguments: TransportFailure.allCases)
  func `no answer is an outage and not delivered`(_ failure: TransportFailure) {
    let outcome = Outcome.failed(failure)
    #expect(outcome.isOutage && !outcome.isDelivered)
    #expect(outcome.status == 0)
    #expect(outcome.label == failure.rawValue)
    #expect(failure.rawValue.allSatisfy { $0.isLowercase || $0 == "_" }, "a label in metrics")
  }

  @Test func `a settlement counts the attempt it is of`() {
    let delivery = Delivery(
      lane: LaneID(2), seq: 9, key: ReportKey(id: 1, status: "delivered"), receivedAt: Instant(microseconds: 5),
      owedAt: Instant(microseconds: 7), payload: Payload(bytes: [1, 2, 3]), tries: 4, queue: .retry)
    let settlement = Settlement(
      of: delivery, result: .dead, outcome: .failed(.dns), detail: "x", startedAt: Instant(microseconds: 8), took: .zero)
    #expect(settlement.tries == 5)
    #expect(settlement.queue == .retry)
    #expect(settlement.owedAt == Instant(microseconds: 7))
    #expect(settlement.cost == delivery.cost)
    #expect(delivery.cost == 3 + Limits.deliveryOverheadBytes)
  }

  @Test func `the limits agree with each other and with the defaults`() {
    let receive = ReceiveSettings(tokens: [])
    #expect(Limits.laneBytesAssured < Limits.laneBytesMax && Limits.laneBytesMax <= Limits.lanesBytesMax)
    #expect(Limits.commitBatchMax <= Limits.waitingCommitsMax)
    #expect(receive.bodyBytesMax + Limits.deliveryOverheadBytes <= Limits.laneBytesMax, "a lane holds any body")
    #expect(Limits.drainBytesMax >= receive.bodyBytesMax, "the answer to a body slightly too large arrives")
    #expect(receive.bodyBytesMax < Limits.reserveBytes, "settling has room where a body had none")
    #expect(Limits.settleDelayMax < receive.deadline)
    #expect(RouteSettings(name: "x", url: Secret("")).concurrency <= Limits.transfersMax)
    #expect(Limits.triesBeforeDeadMin > Limits.attemptsKeptLast, "the first attempt and the last are told apart")
    #expect(Retention().payloads <= Retention().keys, "what is kept can be found by its key")
    #expect(RetryPolicy().giveUpAfter < Retention().waiting)
    #expect(RetryPolicy().first < RetryPolicy().max)
  }
}
