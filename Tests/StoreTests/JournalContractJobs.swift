import Model
import Support
import Testing

/// What every journal promises an operator.
@Suite("Journal contract: jobs", .timeLimit(.minutes(10)))
struct JournalContractJobs {
  /// A live lane with one delivery for each result, settled so.
  private func settled(_ results: [Settlement.Result], _ bench: Bench) async throws -> (lane: LaneID, deliveries: [Delivery]) {
    let lane = try bench.lanes("shop")[0]
    _ = try await bench.catchUp(lane)
    for id in results.indices { await bench.append(Int64(id + 1), to: [lane]) }
    try await bench.receiver.wait { $0.deliveries.count == results.count }
    let deliveries = bench.receiver.seen.deliveries
    try await bench.settle(zip(deliveries, results).map { bench.settlement(of: $0, $1) })
    return (lane, deliveries)
  }

  private func expectBalance(_ bench: Bench) throws {
    for lane in bench.standing.lanes {
      let waiting = try bench.journal.waiting().filter { $0.lane == lane.id }.reduce(0) { $0 + $1.count }
      #expect(waiting == lane.pending)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a dead delivery is replayed with a life of its own, and its attempts are numbered on`(
    _ implementation: Implementation
  ) async throws {
    try await Bench.with(implementation) { bench in
      let (lane, deliveries) = try await settled([.retry(due: bench.clock.now), .delivered], bench)
      let second = try await bench.fetch(.retry, of: lane).deliveries[0]
      try await bench.settle(second, .dead)
      bench.clock.advance(by: .hours(1))
      let job = try await bench.run(.replay, Selection(state: .dead))
      #expect(job.count == 1)
      #expect(job.endedAt == bench.clock.now)
      #expect(bench.standing(of: lane).dead == 0)
      #expect(bench.standing(of: lane).pending == 1)
      try expectBalance(bench)
      #expect(try bench.journal.oldestWaiting() == [lane: bench.clock.now], "it waits since it was replayed")
      try bench.restart()
      let replayed = try await bench.fetch(.replay, of: lane).deliveries
      var expected = deliveries[0]
      (expected.queue, expected.owedAt) = (.replay, bench.clock.now)
      #expect(replayed == [expected])
      try await bench.settle(replayed[0], .retry(due: bench.clock.now + .seconds(5)))
      bench.clock.advance(by: .seconds(5))
      let again = try await bench.fetch(.replay, of: lane).deliveries
      #expect(again.map(\.tries) == [1])
      var share = try bench.journal.report(1)[0].shares[0]
      #expect(share.attempts.map(\.number) == [1, 2, 3])
      #expect(share.queue == "replay")
      #expect(share.tries == 3)
      try await bench.settle(again[0], .delivered)
      share = try bench.journal.report(1)[0].shares[0]
      #expect(share.state == .delivered)
      #expect(share.tries == 4)
      #expect(bench.standing(of: lane).delivered == 2)
      #expect(bench.standing(of: lane).pending == 0)
      try expectBalance(bench)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a delivered one is owed once more, and is dead, discarded or delivered again`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let (lane, _) = try await settled([.delivered, .delivered, .delivered], bench)
      #expect(try bench.journal.count(Selection(state: .delivered)).count == 3)
      #expect(try await bench.run(.replay, Selection(state: .delivered)).count == 3)
      #expect(bench.standing(of: lane).matched == 6)
      #expect(bench.standing(of: lane).delivered == 3)
      #expect(try bench.journal.count(Selection(state: .delivered)).count == 0)
      #expect(try bench.journal.count(Selection(state: .waiting)).count == 3)
      #expect(try await bench.run(.replay, Selection(state: .delivered)).count == 0, "what is being replayed waits already")
      let replayed = try await bench.fetch(.replay, of: lane).deliveries
      try await bench.settle(replayed[0], .delivered)
      try await bench.settle(replayed[1], .dead)
      #expect(try await bench.run(.discard, Selection(state: .waiting)).count == 1)
      let standing = bench.standing(of: lane)
      #expect([standing.matched, standing.delivered, standing.dead, standing.discarded, standing.pending] == [6, 4, 1, 1, 0])
      let states = try (1...3).map { try bench.journal.report($0)[0].shares[0].state }
      #expect(states == [.delivered, .dead, .delivered])
      try expectBalance(bench)
      try await bench.settle(replayed[2], .retry(due: bench.clock.now))
      #expect(bench.standing(of: lane) == standing, "an attempt whose delivery was discarded settles to nothing")
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a replay is paced by its rate`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let (lane, _) = try await settled(Array(repeating: .dead, count: 5), bench)
      _ = try await bench.run(.replay, Selection(state: .dead), rate: 2)
      let start = bench.clock.now
      for (i, seqs) in [[1, 2], [3, 4], [5]].enumerated() {
        // The second of each pair is due half a second later.
        bench.clock.advance(by: .milliseconds(500))
        let page = try await bench.fetch(.replay, of: lane)
        #expect(page.deliveries.map(\.seq) == seqs.map(Int64.init))
        #expect(page.nextDue == (i == 2 ? nil : start + .seconds(i + 1)))
        bench.clock.advance(by: .milliseconds(500))
      }
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a copy of a paced replay is owed since its turn came`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let (lane, _) = try await settled(Array(repeating: .dead, count: 4), bench)
      let start = bench.clock.now
      let job = try await bench.run(.replay, Selection(state: .dead), rate: 1)
      #expect(try bench.journal.waiting().map(\.count).reduce(0, +) == 4)
      try expectBalance(bench)
      for turn in 0..<2 {
        let turnAt = start + .seconds(turn)
        #expect(try bench.journal.oldestWaiting() == [lane: turnAt])
        let delivery = try #require(try await bench.fetch(.replay, of: lane).deliveries.first)
        #expect(delivery.owedAt == turnAt)
        try await bench.settle(delivery, .delivered)
        bench.clock.advance(by: .seconds(1))
      }
      try expectBalance(bench)
      _ = try await bench.run(.discard, Selection(state: .waiting, reportID: 3))
      try expectBalance(bench)
      try await bench.cancel(job)
      #expect(try bench.journal.waiting().isEmpty)
      #expect(bench.standing(of: lane).dead == 1)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a cancelled replay takes back what nobody was handed`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let (lane, _) = try await settled([.dead, .dead, .dead, .delivered], bench)
      let dead = try await bench.run(.replay, Selection(state: .dead), rate: 1)
      let delivered = try await bench.run(.replay, Selection(state: .delivered), rate: 1)
      bench.clock.advance(by: .milliseconds(1))
      let handed = try await bench.fetch(.replay, of: lane).deliveries
      #expect(handed.map(\.seq) == [1, 4])
      try await bench.cancel(dead)
      #expect(try bench.journal.jobs().map(\.count) == [1, 1], "the newest first")
      #expect(try bench.journal.jobs().map(\.hasWork) == [false, false])
      #expect(try bench.journal.jobs().map(\.isCancelled) == [false, true])
      let standing = bench.standing(of: lane)
      #expect([standing.matched, standing.delivered, standing.dead, standing.pending] == [5, 1, 2, 2])
      try expectBalance(bench)
      try await bench.settle(handed[0], .retry(due: bench.clock.now))
      try await bench.cancel(delivered)
      #expect(bench.standing(of: lane).matched == 5, "it is in flight")
      try await bench.settle(handed[1], .delivered)
      #expect(bench.standing(of: lane).delivered == 2)
      let missing: QueueJob? = try await bench.cancel(id: 99)
      #expect(missing == nil)
      #expect(try bench.journal.count(Selection(state: .dead)).count == 2)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a job means the reports of its lane, its time and its id, and none that comes later`(
    _ implementation: Implementation
  ) async throws {
    try await Bench.with(implementation) { bench in
      let lanes = try bench.lanes("shop", "clinic")
      var times: [Instant] = []
      for id in 1...6 as ClosedRange<Int64> {
        times.append(bench.clock.now)
        await bench.append(id, to: lanes)
        bench.clock.advance(by: .seconds(10))
      }
      func count(_ change: (inout Selection) -> Void) throws -> Int {
        var selection = Selection(state: .waiting)
        change(&selection)
        return try bench.journal.count(selection).count
      }
      #expect(try count { _ in } == 12)
      #expect(try count { $0.lane = lanes[1] } == 6)
      #expect(try count { $0.reportID = 3 } == 2)
      #expect(try count { $0.reportID = 77 } == 0)
      #expect(try count { $0.since = times[2] } == 8, "not before")
      #expect(try count { $0.until = times[2] } == 4, "and before")
      #expect(try count { ($0.since, $0.until) = (times[2] + .seconds(1), times[3]) } == 0)
      #expect(try count { ($0.since, $0.until, $0.reportID) = (times[1], times[3], 5) } == 0)
      #expect(try await bench.run(.discard, Selection(state: .waiting, since: bench.clock.now)).count == 0)
      await bench.append(7, to: lanes)
      #expect(try bench.journal.count(Selection(state: .waiting)).count == 14, "it came after the job for what comes from now on")
      let selection = Selection(state: .waiting, lane: lanes[0], since: times[1], until: times[4])
      #expect(try await bench.run(.discard, selection).count == 3)
      #expect(try await bench.run(.discard, Selection(state: .waiting, reportID: 6)).count == 2)
      #expect(try await bench.catchUp(lanes[0]).map(\.seq) == [1, 5, 7])
      #expect(try await bench.catchUp(lanes[1]).map(\.seq) == [1, 2, 3, 4, 5, 7])
      try expectBalance(bench)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `replays keep the order of statuses, and hold nothing that arrives meanwhile`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lane = try bench.lanes("shop")[0]
      _ = try await bench.catchUp(lane)
      for status in ["accepted", "sent"] {
        await bench.append(1, status, to: [lane])
        try await bench.receiver.wait { $0.deliveries.last?.key.status == status }
        try await bench.settle(bench.receiver.seen.deliveries.last!, .dead)
      }
      let job = try await bench.run(.replay, Selection(state: .dead, reportID: 1))
      #expect(job.count == 2)
      #expect(bench.standing(of: lane).held == 1)
      await bench.append(1, "delivered", to: [lane])
      try await bench.receiver.wait { $0.deliveries.last?.key.status == "delivered" }
      #expect(bench.standing(of: lane).held == 1)
      let first = try await bench.fetch(.replay, of: lane).deliveries
      #expect(first.map(\.key.status) == ["accepted"])
      try await bench.settle(first[0], .delivered)
      bench.clock.advance(by: .seconds(1))
      let second = try await bench.fetch(.replay, of: lane).deliveries
      #expect(second.map(\.key.status) == ["sent"])
      #expect(second.map(\.queue) == [.replay])
      try await bench.settle(second[0], .dead)
      #expect(bench.standing(of: lane).pending == 1)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a replay is held behind an earlier status that is owed, replayed or not`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lane = try bench.lanes("shop")[0]
      _ = try await bench.catchUp(lane)
      await bench.append(1, "accepted", to: [])
      await bench.append(1, "sent", to: [lane])
      await bench.append(1, "delivered", to: [lane])
      try await bench.receiver.wait { !$0.deliveries.isEmpty }
      try await bench.settle(bench.receiver.seen.deliveries[0], .dead)
      try await bench.settle(try await bench.fetch(.retry, of: lane).deliveries[0], .dead)
      await bench.append(1, "accepted", to: [lane])
      #expect(try await bench.run(.replay, Selection(state: .dead)).count == 2)
      #expect(bench.standing(of: lane).held == 2)
      bench.clock.advance(by: .seconds(1))
      var order: [String] = []
      for queue in [Model.Queue.retry, .replay, .replay] {
        let page = try await bench.fetch(queue, of: lane).deliveries
        order += page.map(\.key.status)
        try await bench.settle(page[0], .delivered)
        bench.clock.advance(by: .seconds(1))
      }
      #expect(order == ["accepted", "sent", "delivered"])
    }
  }

  @Test(arguments: Implementation.allCases)
  func `of a lane that was not named since the start nothing is told, and all is kept until it is`(
    _ implementation: Implementation
  ) async throws {
    try await Bench.with(implementation) { bench in
      let gone = try bench.lanes("gone")[0]
      for (id, status) in [(1, "delivered"), (2, "accepted"), (3, "accepted")] { await bench.append(Int64(id), status, to: [gone]) }
      bench.clock.advance(by: .seconds(1))
      let later = bench.clock.now
      await bench.append(2, "delivered", to: [gone])
      let deliveries = try await bench.catchUp(gone)
      try await bench.settle(deliveries[0], .dead)
      try await bench.settle(deliveries[2], .retry(due: bench.clock.now + .hours(1)))
      try bench.restart()
      _ = try bench.lanes("shop")
      _ = try await bench.run(.replay, Selection(state: .dead))
      _ = try await bench.run(.discard, Selection(state: .waiting, reportID: 2, until: later))
      await bench.append(3, "delivered", to: [gone])
      bench.nudge()
      bench.nudge()
      #expect(bench.receiver.seen.due.isEmpty)
      #expect(bench.receiver.seen.held.isEmpty)
      #expect(bench.standing(of: gone).pending == 4)
      let since = bench.clock.now
      #expect(try bench.lanes("gone") == [gone])
      #expect(try await bench.fetch(.replay, of: gone).deliveries.map(\.key.id) == [1])
      let page = try await bench.fetch(.retry, of: gone)
      #expect(page.deliveries.map(\.key) == [ReportKey(id: 2, status: "delivered")])
      #expect(page.heldSince == since)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `however often a copy is replayed, its attempts are numbered on`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let (lane, _) = try await settled([.delivered], bench)
      for round in 1...3 {
        #expect(try await bench.run(.replay, Selection(state: .delivered)).count == 1)
        bench.clock.advance(by: .seconds(1))
        let replayed = try await bench.fetch(.replay, of: lane).deliveries
        try await bench.settle(replayed[0], .retry(due: bench.clock.now + .hours(1)))
        let share = try bench.journal.report(1)[0].shares[0]
        #expect(share.attempts.map(\.number) == Array(2...round + 1))
        #expect(share.tries == round + 1)
        #expect(try await bench.run(.discard, Selection(state: .waiting)).count == 1)
      }
      #expect(await bench.append(2, to: [lane]) == nil)
      #expect(bench.journal.isHealthy)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `what a discarded delivery held back is sent`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lane = try bench.lanes("shop")[0]
      await bench.append(1, "accepted", to: [lane])
      bench.clock.advance(by: .seconds(1))
      let later = bench.clock.now
      await bench.append(1, "delivered", to: [lane])
      _ = try await bench.run(.discard, Selection(state: .waiting, until: later))
      #expect(bench.standing(of: lane).discarded == 1)
      #expect(try await bench.catchUp(lane).isEmpty)
      #expect(try await bench.fetch(.retry, of: lane).deliveries.map(\.key.status) == ["delivered"])
      try expectBalance(bench)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `what was handed over and is discarded is withdrawn, and makes room once it is given back`(
    _ implementation: Implementation
  ) async throws {
    let cost = 32 + Limits.deliveryOverheadBytes
    let book = LaneBook(laneBytesMax: 3 * cost, lanesBytesMax: 100 * cost, laneBytesAssured: 3 * cost, queueBytesAssured: 0)
    try await Bench.with(implementation, book: book) { bench in
      let lane = try bench.lanes("shop")[0]
      _ = try await bench.catchUp(lane)
      for id in 1...4 as ClosedRange<Int64> { await bench.append(id, to: [lane]) }
      try await bench.receiver.wait { $0.spilled == [lane] }
      #expect(bench.receiver.seen.deliveries.map(\.seq) == [1, 2, 3])
      #expect(try await bench.run(.discard, Selection(state: .waiting)).count == 4)
      try await bench.receiver.wait { !$0.withdrawn.isEmpty }
      #expect(bench.receiver.seen.withdrawn == [Handover.Withdrawn(lane: lane, queue: .ready, seqs: [1, 2, 3])], "4 stayed on disk")

      await bench.append(5, to: [lane])
      bench.journal.fetch(.ready, of: lane)
      for _ in 0..<10 { bench.nudge() }
      #expect(bench.receiver.pages(.ready, of: lane).count == 1, "what is withdrawn is in memory until somebody says that it is not")
      // The first is in flight, and its attempt ends; the others were dropped.
      bench.journal.giveBack(2 * cost, of: lane, from: .ready)
      try await bench.receiver.wait { $0.pages(.ready, of: lane).count == 2 }
      let handed = bench.receiver.pages(.ready, of: lane)[1].deliveries
      #expect(handed.map(\.seq) == [5])
      try await bench.settle(bench.receiver.seen.deliveries[0], .delivered)
      #expect(bench.standing(of: lane).delivered == 0)
      // A lane that gives back more than it holds is stopped by the book; one that gives back less has no room for these.
      for id in 6...7 as ClosedRange<Int64> { await bench.append(id, to: [lane]) }
      try await bench.receiver.wait { $0.deliveries.map(\.seq) == [1, 2, 3, 6, 7] }
      #expect(bench.receiver.seen.spilled == [lane])
    }
  }

  @Test(arguments: Implementation.allCases)
  func `retries and replays that were handed over are withdrawn, and those that were not are not`(
    _ implementation: Implementation
  ) async throws {
    try await Bench.with(implementation) { bench in
      let later = bench.clock.now + .hours(1)
      let (lane, _) = try await settled(
        [.retry(due: bench.clock.now), .retry(due: later), .delivered, .delivered], bench)
      _ = try await bench.run(.replay, Selection(state: .delivered), rate: 0.5)
      bench.clock.advance(by: .seconds(1))
      #expect(try await bench.fetch(.retry, of: lane).deliveries.map(\.seq) == [1])
      #expect(try await bench.fetch(.replay, of: lane).deliveries.map(\.seq) == [3])
      #expect(try await bench.run(.discard, Selection(state: .waiting)).count == 4)
      try await bench.receiver.wait { !$0.withdrawn.isEmpty }
      let expected = [
        Handover.Withdrawn(lane: lane, queue: .retry, seqs: [1]), Handover.Withdrawn(lane: lane, queue: .replay, seqs: [3]),
      ]
      #expect(bench.receiver.seen.withdrawn.count == 2)
      for one in expected { #expect(bench.receiver.seen.withdrawn.contains(one)) }
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a report is shown with all of its statuses, shares and attempts`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lanes = try bench.lanes("shop", "clinic")
      let receivedAt = bench.clock.now
      await bench.append(30, "accepted", to: lanes)
      await bench.append(30, "delivered", to: [lanes[1]])
      bench.clock.advance(by: .seconds(9))
      await bench.append(30, "accepted", to: lanes)
      let first = try await bench.catchUp(lanes[0])[0]
      let due = bench.clock.now + .minutes(1)
      var failure = bench.settlement(of: first, .retry(due: due))
      failure.answer = "try later"
      try await bench.settle([failure])
      let records = try bench.journal.report(30)
      #expect(records.map(\.key.status) == ["accepted", "delivered"])
      #expect(records.map(\.seen) == [2, 1])
      #expect(records[0].packetID == 2)
      #expect(records[0].receivedAt == receivedAt)
      #expect(records[0].lastSeenAt == bench.clock.now)
      #expect(records[0].payload == Payload(bytes: Array(repeating: 30, count: 32)))
      #expect(records[0].shares.map(\.route) == ["shop", "clinic"])
      #expect(records[0].shares.map(\.queue) == ["retry", "ready"])
      #expect(records[1].shares.map(\.queue) == ["held"])
      #expect(records[0].shares.map(\.at) == [due, nil])
      let attempt = AttemptRecord(
        number: 1, startedAt: bench.clock.now, took: .milliseconds(7), outcome: "5xx", status: 500, detail: "the app answered 500",
        answer: "try later")
      #expect(records[0].shares.map(\.attempts) == [[attempt], []])
      #expect(try bench.journal.report(31).isEmpty)
    }
  }
}
