import Model
import Support
import Testing

/// What every journal promises of results.
@Suite("Journal contract: results", .timeLimit(.minutes(10)))
struct JournalContractSettle {
  /// A live lane with so many deliveries handed over.
  private func handed(_ count: Int64, _ bench: Bench) async throws -> (lane: LaneID, deliveries: [Delivery]) {
    let lane = try bench.lanes("shop")[0]
    _ = try await bench.catchUp(lane)
    for id in 1...count { await bench.append(id, to: [lane]) }
    try await bench.receiver.wait { $0.deliveries.count == count }
    return (lane, bench.receiver.seen.deliveries)
  }

  @Test(arguments: Implementation.allCases)
  func `a delivery is pending until it is delivered or dead`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let (lane, deliveries) = try await handed(3, bench)
      #expect(bench.standing(of: lane).pending == 3)
      let endedAt = bench.clock.now + .milliseconds(7)
      try await bench.settle(deliveries[0], .delivered)
      try await bench.settle(deliveries[1], .retry(due: bench.clock.now + .seconds(5)))
      try await bench.settle(deliveries[2], .dead)
      let standing = bench.standing(of: lane)
      #expect(standing.matched == 3)
      #expect(standing.delivered == 1)
      #expect(standing.dead == 1)
      #expect(standing.pending == 1)
      #expect(standing.failedAttempts == 2)
      #expect(standing.lastDeliveredAt == endedAt)
      #expect(standing.lastError == "the app answered 500")
      #expect(standing.lastErrorAt == endedAt)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a retry comes back when it is due, with its tries and its age`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let (lane, deliveries) = try await handed(1, bench)
      var expected = deliveries[0]
      for tries in 1...7 {
        let due = bench.clock.now + .seconds(5)
        try await bench.settle(expected, .retry(due: due))
        let early = try await bench.fetch(.retry, of: lane)
        #expect(early.deliveries.isEmpty)
        #expect(early.nextDue == due)
        bench.clock.advance(by: .seconds(5))
        (expected.tries, expected.queue) = (tries, .retry)
        let page = try await bench.fetch(.retry, of: lane)
        #expect(page.deliveries == [expected])
        #expect(page.nextDue == nil)
      }
      try await bench.settle(expected, .delivered)
      #expect(bench.standing(of: lane).pending == 0)
      #expect(bench.standing(of: lane).failedAttempts == 7)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `late and repeated results change nothing`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let (lane, deliveries) = try await handed(3, bench)
      let results: [Settlement.Result] = [.delivered, .retry(due: bench.clock.now + .seconds(5)), .dead]
      try await bench.settle(zip(deliveries, results).map { bench.settlement(of: $0, $1) })
      let standing = bench.standing(of: lane)
      let waiting = try bench.journal.waiting()
      for delivery in deliveries {
        for result in [.retry(due: bench.clock.now), .dead] + (delivery.seq == 3 ? [] : [.delivered]) as [Settlement.Result] {
          var late = bench.settlement(of: delivery, result)
          late.cost = 0  // Its memory was given back with the first.
          try await bench.settle([late, late])
        }
      }
      #expect(bench.standing(of: lane) == standing)
      #expect(try bench.journal.waiting() == waiting)
      bench.clock.advance(by: .seconds(5))
      #expect(try await bench.fetch(.retry, of: lane).deliveries.map(\.seq) == [2])
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a copy that was given up and then taken by the app is delivered after all`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let (lane, deliveries) = try await handed(1, bench)
      try await bench.settle(deliveries[0], .dead)
      var late = bench.settlement(of: deliveries[0], .delivered)
      late.cost = 0  // Its memory was given back with the first.
      try await bench.settle([late, late])
      #expect(bench.standing(of: lane).delivered == 1)
      #expect(bench.standing(of: lane).dead == 0)
      #expect(bench.standing(of: lane).pending == 0)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a result of an earlier try leaves a delivery that was tried again`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let (lane, deliveries) = try await handed(1, bench)
      let now = bench.clock.now
      try await bench.settle(deliveries[0], .retry(due: now))
      let second = try await bench.fetch(.retry, of: lane).deliveries[0]
      var other = bench.settlement(of: second, .dead)
      other.cost = 0  // Not held by whoever says so: retention, say.
      // In one commit: the second try failed, and what saw only the first gives it up.
      try await bench.settle([bench.settlement(of: second, .retry(due: now)), other])
      #expect(bench.standing(of: lane).pending == 1)
      #expect(bench.standing(of: lane).dead == 0)
      #expect(bench.standing(of: lane).failedAttempts == 2)
      bench.clock.advance(by: .seconds(1))
      #expect(try await bench.fetch(.retry, of: lane).deliveries.map(\.tries) == [2])
    }
  }

  @Test(arguments: Implementation.allCases)
  func `results of the same commit as new reports are all stored`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let (lane, deliveries) = try await handed(2, bench)
      bench.journal.settle([bench.settlement(of: deliveries[0], .delivered)])
      bench.journal.settle([bench.settlement(of: deliveries[1], .dead)])
      await bench.append(3, to: [lane])
      try await bench.receiver.wait { $0.settled == 2 && $0.deliveries.count == 3 }
      #expect(bench.standing(of: lane).matched == 3)
      #expect(bench.standing(of: lane).pending == 1)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a page answers after the results before it`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let (lane, deliveries) = try await handed(1, bench)
      bench.journal.settle([bench.settlement(of: deliveries[0], .retry(due: bench.clock.now))])
      bench.journal.fetch(.retry, of: lane)
      try await bench.receiver.wait { !$0.pages(.retry, of: lane).isEmpty }
      #expect(bench.receiver.pages(.retry, of: lane)[0].deliveries.map(\.seq) == [1])
      let handovers = bench.receiver.seen.handovers
      let settledAt = try #require(handovers.firstIndex { $0.settled == 1 })
      let pagedAt = try #require(handovers.firstIndex { !$0.pages.isEmpty && $0.pages[0].queue == .retry })
      #expect(settledAt < pagedAt)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `what waits is counted by minute until it is settled`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lanes = try bench.lanes("shop", "clinic")
      for lane in lanes { _ = try await bench.catchUp(lane) }
      let first = bench.clock.now
      await bench.append(1, to: lanes)
      await bench.append(2, to: [lanes[0]])
      bench.clock.advance(by: .minutes(3))
      await bench.append(3, to: [lanes[1]])
      try await bench.receiver.wait { $0.deliveries.count == 4 }
      func minute(_ instant: Instant) -> Instant {
        Instant(microseconds: instant.microseconds / 60_000_000 * 60_000_000)
      }
      let (early, late) = (minute(first), minute(bench.clock.now))
      #expect(
        try bench.journal.waiting() == [
          WaitingCount(lane: lanes[0], minute: early, count: 2), WaitingCount(lane: lanes[1], minute: early, count: 1),
          WaitingCount(lane: lanes[1], minute: late, count: 1),
        ])
      #expect(try bench.journal.oldestWaiting() == [lanes[0]: first, lanes[1]: first])
      let deliveries = bench.receiver.seen.deliveries
      for delivery in deliveries where delivery.lane == lanes[1] && delivery.seq == 1 { try await bench.settle(delivery, .delivered) }
      for delivery in deliveries where delivery.lane == lanes[0] && delivery.seq == 1 { try await bench.settle(delivery, .dead) }
      for delivery in deliveries where delivery.lane == lanes[0] && delivery.seq == 2 {
        try await bench.settle(delivery, .retry(due: bench.clock.now))
      }
      #expect(
        try bench.journal.waiting() == [
          WaitingCount(lane: lanes[0], minute: early, count: 1), WaitingCount(lane: lanes[1], minute: late, count: 1),
        ])
      #expect(try bench.journal.oldestWaiting() == [lanes[0]: first, lanes[1]: bench.clock.now])
      let retried = try await bench.fetch(.retry, of: lanes[0]).deliveries
      try await bench.settle(retried[0], .delivered)
      #expect(try bench.journal.oldestWaiting() == [lanes[1]: bench.clock.now])
      #expect(try bench.journal.waiting().map(\.count) == [1])
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a report that was routed later does not hide one that has waited longer`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lane = try bench.lanes("shop")[0]
      _ = try await bench.catchUp(lane)
      await bench.append(1, to: [])
      bench.clock.advance(by: .seconds(30))
      let owedAt = bench.clock.now
      await bench.append(2, to: [lane])
      try await bench.receiver.wait { $0.deliveries.count == 1 }
      try await bench.settle(bench.receiver.seen.deliveries[0], .retry(due: bench.clock.now))
      bench.clock.advance(by: .hours(2))
      await bench.append(1, to: [lane])
      let oldest = try #require(try bench.journal.oldestWaiting()[lane])
      // An implementation may know it to the minute only.
      #expect(oldest <= owedAt)
      #expect(owedAt - oldest < .seconds(60))
    }
  }
}
