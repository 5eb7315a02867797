import Model
import Support
import Testing

/// What every journal promises of several statuses of one report.
@Suite("Journal contract: order", .timeLimit(.minutes(10)))
struct JournalContractOrder {
  /// A live lane that was handed `accepted` of report 1 while `delivered` of it came as well.
  private func held(_ bench: Bench) async throws -> (lane: LaneID, first: Delivery) {
    let lane = try bench.lanes("shop")[0]
    _ = try await bench.catchUp(lane)
    await bench.append(1, "accepted", to: [lane])
    await bench.append(1, "delivered", to: [lane])
    try await bench.receiver.wait { !$0.deliveries.isEmpty }
    return (lane, bench.receiver.seen.deliveries[0])
  }

  @Test(arguments: Implementation.allCases, [Settlement.Result.delivered, .dead])
  func `a later status is handed over when the earlier one is settled, and not before`(
    _ implementation: Implementation, _ result: Settlement.Result
  ) async throws {
    try await Bench.with(implementation) { bench in
      let (lane, first) = try await held(bench)
      #expect(bench.receiver.seen.deliveries.map(\.key.status) == ["accepted"])
      #expect(try await bench.fetch(.retry, of: lane).deliveries.isEmpty)
      #expect(bench.standing(of: lane).pending == 2)
      #expect(bench.standing(of: lane).held == 1)
      let receivedAt = bench.clock.now
      bench.clock.advance(by: .seconds(3))
      try await bench.settle(first, result)
      #expect(bench.receiver.seen.due == [Handover.Due(lane: lane, at: bench.clock.now)])
      let page = try await bench.fetch(.retry, of: lane)
      var expected = Delivery(
        lane: lane, seq: 2, key: ReportKey(id: 1, status: "delivered"), receivedAt: receivedAt,
        payload: Payload(bytes: Array(repeating: 1, count: 32)), queue: .retry)
      #expect(page.deliveries == [expected])
      #expect(bench.standing(of: lane).held == 0)
      expected.tries = 0
      try await bench.settle(expected, .delivered)
      #expect(bench.standing(of: lane).pending == 0)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a status waits for no other report, no other lane, and nothing settled`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lanes = try bench.lanes("shop", "clinic")
      for lane in lanes { _ = try await bench.catchUp(lane) }
      await bench.append(1, "accepted", to: [lanes[0]])
      await bench.append(1, "delivered", to: [lanes[1]])
      await bench.append(2, "delivered", to: lanes)
      try await bench.receiver.wait { $0.deliveries.count == 4 }
      for delivery in bench.receiver.seen.deliveries { try await bench.settle(delivery, .delivered) }
      await bench.append(1, "undelivered", to: lanes)
      try await bench.receiver.wait { $0.deliveries.count == 6 }
      #expect(lanes.map { bench.standing(of: $0).held } == [0, 0])
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a lane without order hands everything over, and what it held before it had none`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let (lane, _) = try await held(bench)
      #expect(try bench.journal.lanes(for: [LaneTerms(name: "shop", isOrdered: false)]) == [lane])
      try await bench.receiver.wait { !$0.due.isEmpty }
      #expect(try await bench.fetch(.retry, of: lane).deliveries.map(\.isOutOfOrder) == [false])
      await bench.append(1, "undelivered", to: [lane])
      try await bench.receiver.wait { $0.deliveries.count == 2 }
      #expect(bench.standing(of: lane).held == 0)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `statuses follow one another over retries, pages and a restart`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lane = try bench.lanes("shop")[0]
      for status in ["accepted", "sent", "delivered"] { await bench.append(1, status, to: [lane]) }
      var order: [String] = []
      for round in 0..<3 {
        try bench.restart()
        #expect(try bench.lanes("shop") == [lane])
        let ready = try await bench.catchUp(lane)
        #expect(ready.map(\.key.status) == (round == 0 ? ["accepted"] : []))
        let first = try #require(round == 0 ? ready.first : try await bench.fetch(.retry, of: lane).deliveries.first)
        try await bench.settle(first, .retry(due: bench.clock.now + .seconds(5)))
        bench.clock.advance(by: .seconds(5))
        let again = try await bench.fetch(.retry, of: lane).deliveries
        #expect(again.count == 1, "the later ones are in no queue while it is tried again")
        order += again.map(\.key.status)
        try await bench.settle(again[0], .delivered)
        bench.clock.advance(by: .seconds(1))
      }
      #expect(order == ["accepted", "sent", "delivered"])
      #expect(bench.standing(of: lane).pending == 0)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `holding counts from the first failure, and ends by release`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let (lane, first) = try await held(bench)
      #expect(try await bench.fetch(.retry, of: lane).heldSince == nil, "to be behind a queue is no holding")
      bench.journal.release(lane, heldSince: bench.clock.now)
      bench.nudge()
      #expect(bench.standing(of: lane).held == 1)
      bench.clock.advance(by: .seconds(10))
      let since = bench.clock.now + .milliseconds(7)
      try await bench.settle(first, .retry(due: bench.clock.now + .hours(1)))
      #expect(bench.receiver.seen.held == [Handover.Due(lane: lane, at: since)])
      #expect(try await bench.fetch(.retry, of: lane).heldSince == since)
      // One that comes when the earlier one has failed already is held from its arrival.
      bench.clock.advance(by: .seconds(30))
      await bench.append(1, "undelivered", to: [lane])
      try bench.restart()
      #expect(try bench.lanes("shop") == [lane])
      #expect(try await bench.fetch(.retry, of: lane).heldSince == since)
      bench.journal.release(lane, heldSince: since - .microseconds(1))
      bench.nudge()
      #expect(bench.standing(of: lane).held == 2)
      bench.journal.release(lane, heldSince: since)
      bench.nudge()
      try await bench.receiver.wait { $0.due.contains { $0.queue == .retry } }
      let page = try await bench.fetch(.retry, of: lane)
      #expect(page.deliveries.map(\.key.status) == ["delivered"])
      #expect(page.deliveries.map(\.isOutOfOrder) == [true])
      #expect(page.heldSince == nil, "the third waits for the second, which was never tried")
      #expect(bench.standing(of: lane).held == 1)
      let failedAt = bench.clock.now + .milliseconds(7)
      try await bench.settle(page.deliveries[0], .retry(due: bench.clock.now))
      bench.clock.advance(by: .seconds(1))
      let again = try await bench.fetch(.retry, of: lane)
      #expect(again.deliveries.map(\.isOutOfOrder) == [true], "also on the next try")
      try await bench.settle(again.deliveries[0], .delivered)
      #expect(try await bench.fetch(.retry, of: lane).heldSince == failedAt, "now it waits for the first")
      #expect(bench.standing(of: lane).held == 1)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a first accepted after a final status is stale: sent as such, or not owed where that is dropped`(
    _ implementation: Implementation
  ) async throws {
    try await Bench.with(implementation) { bench in
      let lanes = try bench.journal.lanes(for: [LaneTerms(name: "shop"), LaneTerms(name: "clinic", dropsStale: true)])
      for lane in lanes { _ = try await bench.catchUp(lane) }
      await bench.append(1, "undelivered", to: lanes)
      await bench.append(1, "accepted", to: lanes)
      await bench.append(2, "sent", to: [lanes[0]])
      await bench.append(2, "accepted", to: [lanes[0]])
      try await bench.receiver.wait { $0.deliveries.count == 3 }
      for delivery in bench.receiver.seen.deliveries { try await bench.settle(delivery, .delivered) }
      let late = try await bench.fetch(.retry, of: lanes[0]).deliveries
      #expect(late.map(\.key) == [ReportKey(id: 1, status: "accepted"), ReportKey(id: 2, status: "accepted")])
      #expect(late.map(\.isStale) == [true, false])
      #expect(bench.standing(of: lanes[1]).matched == 1)
      #expect(bench.standing(of: lanes[1]).staleDropped == 1)
      #expect(bench.standing.unmatched == 0)
      await bench.append(3, "delivered", to: [lanes[0]])
      try await bench.receiver.wait { $0.deliveries.count == 4 }
      try await bench.settle(bench.receiver.seen.deliveries[3], .delivered)
      await bench.append(3, "accepted", to: lanes)
      try await bench.receiver.wait { $0.deliveries.count == 5 }
      #expect(bench.receiver.seen.deliveries[4].isStale)
      #expect(bench.standing(of: lanes[1]).staleDropped == 2)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a report that is routed later is held by an earlier status as well`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lane = try bench.lanes("shop")[0]
      await bench.append(1, "accepted", to: [lane])
      await bench.append(1, "delivered", to: [])
      await bench.append(1, "delivered", to: [lane])
      #expect(bench.standing(of: lane).held == 1)
      let first = try await bench.catchUp(lane)
      #expect(first.map(\.key.status) == ["accepted"])
      try await bench.settle(first[0], .delivered)
      #expect(try await bench.fetch(.retry, of: lane).deliveries.map(\.key.status) == ["delivered"])
    }
  }
}
