import Model
import Support
import Testing

/// What every journal promises about reports that nobody got.
@Suite("Journal contract: strays", .timeLimit(.minutes(10)))
struct JournalContractStrays {
  private func expectBalance(_ bench: Bench) throws {
    for lane in bench.standing.lanes {
      let waiting = try bench.journal.waiting().filter { $0.lane == lane.id }.reduce(0) { $0 + $1.count }
      #expect(waiting == lane.pending)
    }
  }

  private func ids(_ bench: Bench) throws -> [Int64] { try bench.journal.unmatched(after: 0, limit: 100).reports.map(\.key.id) }

  // MARK: - Unmatched

  @Test(arguments: Implementation.allCases)
  func `unmatched reports are listed by arrival, a page at a time, and no others`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lane = try bench.lanes("shop")[0]
      let firstAt = bench.clock.now
      await bench.append(1, to: [])
      await bench.append(2, to: [lane])
      await bench.append(3, to: [], as: .filtered)
      bench.clock.advance(by: .minutes(1))
      await bench.append(4, to: [])
      await bench.append(1, to: [])
      let all = try bench.journal.unmatched(after: 0, limit: 10).reports
      #expect(
        all == [
          StoredReport(
            seq: 1, key: ReportKey(id: 1, status: "delivered"), packetID: 0, receivedAt: firstAt, lastSeenAt: bench.clock.now, seen: 2,
            destiny: .unmatched, payload: Payload(bytes: Array(repeating: 1, count: 32))),
          StoredReport(
            seq: 4, key: ReportKey(id: 4, status: "delivered"), packetID: 0, receivedAt: bench.clock.now, lastSeenAt: bench.clock.now,
            seen: 1, destiny: .unmatched, payload: Payload(bytes: Array(repeating: 4, count: 32))),
        ])
      #expect(try bench.journal.unmatched(after: 0, limit: 1).reports == [all[0]])
      #expect(try bench.journal.unmatched(after: 1, limit: 1).reports == [all[1]])
      #expect(try bench.journal.unmatched(after: 4, limit: 1).reports.isEmpty)
      await bench.append(1, to: [lane])
      #expect(try ids(bench) == [4], "a repeat found a route")
      let told = bench.events.all.compactMap { event in if case .unmatched(let count) = event { count } else { nil } }
      #expect(told == [1, 1], "a repeat is no news")
    }
  }

  // MARK: - Reroute

  @Test(arguments: Implementation.allCases)
  func `a reroute owes what matches now, from now on, and leaves the rest as it is`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lanes = try bench.lanes("shop", "clinic")
      bench.journal.adopt(.written())
      let receivedAt = bench.clock.now
      for text in ["1 delivered 1 2", "2 delivered", "3 delivered -", "4 delivered 2"] { #expect(await bench.append(written: text) == nil) }
      bench.clock.advance(by: .days(4))
      let job = try await bench.reroute()
      #expect(job.kind == .reroute)
      #expect(job.selection == nil)
      #expect((job.count, job.hasWork) == (3, false))
      #expect(try ids(bench) == [2, 3])
      #expect(bench.standing.unmatched == 4, "what was counted stays counted")
      #expect(lanes.map { bench.standing(of: $0).matched } == [1, 2])
      try expectBalance(bench)
      try bench.restart()
      let page = try await bench.fetch(.retry, of: lanes[1])
      let texts = ["1 delivered 1 2", "4 delivered 2"]
      #expect(
        page.deliveries
          == zip([Int64(1), 4], texts).map { seq, text in
            Delivery(
              lane: lanes[1], seq: seq, key: ReportKey(id: seq, status: "delivered"), receivedAt: receivedAt, owedAt: bench.clock.now,
              payload: Payload(bytes: Array(text.utf8)), tries: 0, queue: .retry)
          })
      bench.journal.adopt(.written())
      #expect(try await bench.reroute().count == 0)
      #expect(try bench.journal.jobs().map(\.id) == [2, 1])
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a lane that is live hears of what a reroute owes it`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lane = try bench.lanes("shop")[0]
      _ = try await bench.catchUp(lane)
      bench.journal.adopt(.written())
      _ = await bench.append(written: "1 delivered 1")
      _ = try await bench.reroute()
      try await bench.receiver.wait { !$0.due.isEmpty }
      #expect(bench.receiver.seen.due == [Handover.Due(lane: lane, at: bench.clock.now)])
      #expect(bench.receiver.seen.deliveries.isEmpty)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `rerouted statuses of one report keep their order`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lane = try bench.lanes("shop")[0]
      bench.journal.adopt(.written())
      for text in ["7 accepted 1", "7 sent", "7 delivered 1"] { _ = await bench.append(written: text) }
      #expect(try await bench.reroute().count == 2)
      #expect(bench.standing(of: lane).held == 1)
      let first = try await bench.fetch(.retry, of: lane).deliveries
      #expect(first.map(\.key.status) == ["accepted"])
      try await bench.settle(first[0], .delivered)
      bench.clock.advance(by: .seconds(1))
      #expect(try await bench.fetch(.retry, of: lane).deliveries.map(\.key.status) == ["delivered"])
      try expectBalance(bench)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a rerouted report that was stale is not owed to a route that drops those`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lanes = try bench.journal.lanes(for: [LaneTerms(name: "shop", dropsStale: true), LaneTerms(name: "clinic")])
      bench.journal.adopt(.written())
      for text in ["7 delivered", "7 accepted 1 2"] { _ = await bench.append(written: text) }
      #expect(try await bench.reroute().count == 1)
      #expect(lanes.map { bench.standing(of: $0).staleDropped } == [1, 0])
      #expect(lanes.map { bench.standing(of: $0).matched } == [0, 1])
      #expect(try await bench.fetch(.retry, of: lanes[1]).deliveries.map(\.isStale) == [true])
    }
  }

  @Test(arguments: Implementation.allCases)
  func `without rules a reroute waits, also over a restart, and means what had come before it`(
    _ implementation: Implementation
  ) async throws {
    try await Bench.with(implementation) { bench in
      let lane = try bench.lanes("shop")[0]
      _ = await bench.append(written: "1 delivered 1")
      let (reroute, other) = (try await bench.startReroute(), try await bench.startReroute())
      _ = await bench.append(written: "2 delivered 1")
      try bench.restart()
      _ = try bench.lanes("shop")
      for _ in 0..<3 { bench.nudge() }
      #expect(try bench.journal.jobs().map(\.hasWork) == [true, true])
      #expect(try #require(try await bench.cancel(id: other.id)).isCancelled)
      #expect(bench.standing(of: lane).matched == 0)
      bench.journal.adopt(.written())
      #expect(try await bench.finish(reroute).count == 1)
      #expect(try ids(bench) == [2])
      let cancelled = try #require(try bench.journal.jobs().first)
      #expect((cancelled.count, cancelled.hasWork, cancelled.isCancelled) == (0, false, true))
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a replay does not wait for rules behind a reroute`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lane = try bench.lanes("shop")[0]
      _ = try await bench.catchUp(lane)
      await bench.append(1, to: [lane])
      try await bench.receiver.wait { $0.deliveries.count == 1 }
      try await bench.settle(bench.receiver.seen.deliveries[0], .dead)
      _ = await bench.append(written: "2 delivered 1")
      _ = try await bench.startReroute()
      #expect(try await bench.run(.replay, Selection(state: .dead)).count == 1)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `there is nothing to do where nothing is`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      for job in [try await bench.startReroute(), try await bench.startReadmission()] {
        #expect(job.endedAt == bench.clock.now)
        #expect(!job.hasWork)
      }
      #expect(try bench.journal.jobs().map(\.kind) == [.readmit, .reroute])
    }
  }

  // MARK: - unmatched: drop

  @Test(arguments: Implementation.allCases)
  func `who drops unmatched reports keeps their keys, and a repeat is routed by its own bytes`(
    _ implementation: Implementation
  ) async throws {
    try await Bench.with(implementation) { bench in
      let lane = try bench.lanes("shop")[0]
      bench.journal.adopt(.written(dropsUnmatched: true))
      for text in ["1 delivered 1", "2 delivered 1"] { #expect(await bench.append(written: text) == nil) }
      await bench.append(3, to: [], as: .filtered)
      #expect(try ids(bench) == [])
      #expect(try bench.journal.report(1).map(\.payload) == [nil])
      #expect(try bench.journal.report(3)[0].payload != nil, "filtered is not unmatched")
      #expect((bench.standing.reports, bench.standing.unmatched) == (3, 2))
      #expect(try await bench.reroute().count == 0)
      await bench.append(1, to: [lane], bytes: 9)
      #expect(bench.standing.duplicates == 1)
      let page = try await bench.fetch(.retry, of: lane)
      #expect(page.deliveries.map(\.payload) == [Payload(bytes: Array(repeating: 1, count: 9))])
      let isTold = bench.events.all.contains { if case .unmatched = $0 { true } else { false } }
      #expect(!isTold, "who drops them wants to hear nothing of them")
    }
  }

  // MARK: - Quarantine

  @Test(arguments: Implementation.allCases)
  func `bodies in quarantine are listed by arrival, and found by their number`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      _ = await bench.quarantine(.notJSON)
      bench.clock.advance(by: .seconds(1))
      await bench.quarantine(written: "half")
      try bench.restart()
      let all = try bench.journal.quarantined(after: 0, limit: 10)
      let now = bench.clock.now
      #expect(
        all == [
          QuarantinedRecord(
            id: 1, receivedAt: now - .seconds(1), reason: .notJSON,
            payload: Payload(bytes: Array("?".utf8), contentType: "text/plain")),
          QuarantinedRecord(id: 2, receivedAt: now, reason: .noID, payload: Payload(bytes: Array("half".utf8))),
        ])
      #expect(try bench.journal.quarantined(after: 0, limit: 1) == [all[0]])
      #expect(try bench.journal.quarantined(after: 1, limit: 9) == [all[1]])
      #expect(try bench.journal.quarantined(2) == all[1])
      for id in [Int64(3), 0, -1, .min, .max] { #expect(try bench.journal.quarantined(id) == nil) }
    }
  }

  @Test(arguments: Implementation.allCases)
  func `what is a report now leaves the quarantine with its own time, and is owed from now on`(
    _ implementation: Implementation
  ) async throws {
    try await Bench.with(implementation) { bench in
      let lane = try bench.lanes("shop")[0]
      let receivedAt = bench.clock.now
      for text in ["1 delivered 1", "half", "2 delivered", "1 accepted 1"] { await bench.quarantine(written: text) }
      bench.clock.advance(by: .days(20))
      await bench.append(9, to: [lane])
      let lastReportAt = bench.clock.now
      bench.clock.advance(by: .hours(2))
      bench.journal.adopt(.written())
      let job = try await bench.readmit()
      #expect((job.kind, job.count) == (.readmit, 3))
      #expect(try bench.journal.quarantined(after: 0, limit: 10).map(\.id) == [2])
      #expect(bench.standing.quarantined == [.noID: 4], "what was counted stays counted")
      #expect((bench.standing.reports, bench.standing.unmatched, bench.standing.duplicates) == (4, 1, 0))
      #expect(bench.standing.lastReportAt == lastReportAt, "nothing came")
      #expect(try ids(bench) == [2])
      let record = try #require(try bench.journal.report(1).first)
      #expect((record.seq, record.receivedAt, record.lastSeenAt) == (2, receivedAt, receivedAt))
      let page = try await bench.fetch(.retry, of: lane)
      #expect(page.deliveries.map(\.key.status) == ["delivered"], "the other one is held behind it")
      #expect(page.deliveries.map(\.owedAt) == [bench.clock.now], "it is not too old for a first try")
      #expect(page.deliveries.map(\.receivedAt) == [receivedAt])
      try await bench.settle(page.deliveries[0], .delivered)
      bench.clock.advance(by: .seconds(1))
      #expect(try await bench.fetch(.retry, of: lane).deliveries.map(\.isStale) == [true])
      try expectBalance(bench)
      // By time they are where they were stored.
      #expect(try bench.journal.count(Selection(state: .waiting, since: lastReportAt)).count == 2)
      #expect(try bench.journal.count(Selection(state: .waiting, until: lastReportAt)).count == 0)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a body that is the repeat of a report is one, and finds it a route`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lane = try bench.lanes("shop")[0]
      for text in ["1 delivered 1", "2 delivered 1"] { await bench.quarantine(written: text) }
      bench.clock.advance(by: .hours(1))
      await bench.append(1, to: [lane])
      _ = await bench.append(written: "2 delivered")
      let seenAt = bench.clock.now
      bench.clock.advance(by: .hours(1))
      bench.journal.adopt(.written())
      #expect(try await bench.readmit().count == 2)
      #expect((bench.standing.reports, bench.standing.duplicates) == (2, 2))
      for id in [Int64(1), 2] {
        let record = try bench.journal.report(id)[0]
        #expect((record.seen, record.lastSeenAt, record.destiny) == (2, seenAt, .matched))
      }
      #expect(bench.standing(of: lane).matched == 2)
      let late = try await bench.fetch(.retry, of: lane).deliveries
      #expect(late.map(\.key.id) == [2])
      #expect(late.map(\.owedAt) == [bench.clock.now])
      #expect(late.map(\.payload.bytes) == [Array("2 delivered".utf8)], "the bytes of the first stay")
      try expectBalance(bench)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a closed journal answers that it is closed`(_ implementation: Implementation) async throws {
    let bench = try Bench(implementation)
    bench.journal.close()
    bench.journal.adopt(.written())
    await #expect(throws: JournalError.closed) { try await bench.startReroute() }
    await #expect(throws: JournalError.closed) { try await bench.startReadmission() }
    #expect(throws: JournalError.closed) { try bench.journal.unmatched(after: 0, limit: 1) }
    #expect(throws: JournalError.closed) { try bench.journal.quarantined(after: 0, limit: 1) }
    #expect(throws: JournalError.closed) { try bench.journal.quarantined(1) }
  }
}
