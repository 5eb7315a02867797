import Model
import Testing
import Traffic

struct SinkLedgerTests {
  private func copy(_ id: String?, at seconds: Int64? = nil, _ marks: [String] = []) -> Copy {
    var copy = Copy()
    copy.webhookID = id
    copy.receivedAt = seconds.map { Instant(microseconds: $0 * 1_000_000) }
    for mark in marks { copy.read(header: mark, value: "true") }
    return copy
  }

  private func summary(of copies: [(Copy, Int)], idsMax: Int = SinkLedger.idsMax) -> SinkSummary {
    var ledger = SinkLedger(idsMax: idsMax)
    for (copy, status) in copies {
      ledger.requested()
      ledger.answered(status, copy, arrivedAt: Instant(microseconds: 10_000_000))
    }
    return ledger.summary(elapsed: .seconds(1))
  }

  @Test func `only copies answered 2xx are got, and repeats are those got before`() {
    let a = copy("dlr_1_accepted")
    let summary = summary(of: [(a, 500), (a, 200), (a, 200), (a, 503), (copy("dlr_2_accepted"), 204), (copy(nil), 200)])
    #expect(summary.distinct == 2)
    #expect(summary.repeats == 1)
    #expect(summary.withoutID == 1)
    #expect(summary.requests == 6)
    #expect(summary.answers == ["200": 3, "204": 1, "500": 1, "503": 1])
  }

  @Test func `beyond its bound the ledger says that it does not know`() {
    let summary = summary(of: (0..<5).map { (copy("dlr_\($0)_accepted"), 200) } + [(copy("dlr_0_accepted"), 200)], idsMax: 3)
    #expect(summary.distinct == 3)
    #expect(summary.uncounted == 2)
    #expect(summary.repeats == 1)
  }

  @Test func `an earlier status got after a later one is a violation`() {
    #expect(summary(of: [(copy("dlr_1_delivered", at: 2), 200), (copy("dlr_1_accepted", at: 1), 200)]).orderViolations == 1)
    // Without the relay's times accepted is the earlier one.
    #expect(summary(of: [(copy("dlr_1_delivered"), 200), (copy("dlr_1_accepted"), 200)]).orderViolations == 1)
    // The relay saw the final status first, and then has to deliver it first.
    #expect(summary(of: [(copy("dlr_1_accepted", at: 2), 200), (copy("dlr_1_undelivered", at: 1), 200)]).orderViolations == 1)
  }

  @Test func `the order of arrival is no violation`() {
    let copies = [(copy("dlr_1_accepted", at: 1), 200), (copy("dlr_1_delivered", at: 2), 200), (copy("dlr_2_delivered", at: 1), 200)]
    #expect(summary(of: copies).orderViolations == 0)
  }

  @Test func `repeats and refused copies do not count for the order`() {
    let accepted = copy("dlr_1_accepted", at: 1)
    let delivered = copy("dlr_1_delivered", at: 2)
    #expect(summary(of: [(accepted, 200), (delivered, 200), (accepted, 200)]).orderViolations == 0)
    #expect(summary(of: [(delivered, 500), (accepted, 200), (delivered, 200)]).orderViolations == 0)
    #expect(summary(of: [(accepted, 500), (delivered, 200), (accepted, 200)]).orderViolations == 1)
  }

  @Test func `what is marked as stale or out of order is counted and no violation`() {
    let late = [(copy("dlr_1_delivered", at: 1), 200), (copy("dlr_1_accepted", at: 2, ["relay-stale"]), 200)]
    #expect(summary(of: late).stale == 1)
    #expect(summary(of: late).orderViolations == 0)
    #expect(summary(of: late).staleUnmarked == 0)
    let unmarked = [(copy("dlr_1_delivered", at: 1), 200), (copy("dlr_1_accepted", at: 2), 200)]
    #expect(summary(of: unmarked).staleUnmarked == 1)
    #expect(summary(of: unmarked).orderViolations == 0)
    let out = [(copy("dlr_1_delivered", at: 2, ["relay-out-of-order"]), 200), (copy("dlr_1_accepted", at: 1, ["Relay-Out-Of-Order"]), 200)]
    #expect(summary(of: out).outOfOrder == 2)
    #expect(summary(of: out).orderViolations == 0)
  }

  @Test func `the lag is of first copies, from the relay's receipt to the arrival here`() throws {
    let summary = summary(of: [(copy("dlr_1_accepted", at: 8), 200), (copy("dlr_1_accepted", at: 1), 200), (copy("dlr_2_accepted"), 200)])
    #expect(summary.lagMs.max == 2_000)
    #expect(summary.lagMs.p50 == 2_000)
  }

  @Test func `reports are remembered for as many others as promised`() {
    var watch = OrderWatch(remembered: 10)
    let first = (0...10).map { watch.got(copy("dlr_\($0)_delivered")) }
    let remembered = watch.got(copy("dlr_0_accepted"))
    let others = (20...60).map { watch.got(copy("dlr_\($0)_delivered")) }
    let forgotten = watch.got(copy("dlr_9_accepted"))
    #expect((first + others).allSatisfy { $0 == .none })
    #expect(remembered == .violation)
    #expect(forgotten == .none)
  }

  @Test func `an id that is not a relay's is counted and has no order`() {
    let summary = summary(of: [(copy("msg_2"), 200), (copy("dlr_x_accepted"), 200), (copy("dlr_1"), 200)])
    #expect(summary.distinct == 3)
    #expect(summary.orderViolations == 0)
  }
}
