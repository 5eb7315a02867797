import Foundation
import GRDB
import Model
import Support
import Testing

@testable import Store

/// Jobs, order and state on SQLite: what the contract does not show.
@Suite("Queues on disk", .ownThread, .timeLimit(.minutes(10)))
struct StoreQueueTests {
  /// Lets retention walk over everything at least once, wherever it is.
  private func sweep(_ bench: Bench) throws {
    for _ in 0..<3 {
      bench.clock.advance(by: .minutes(6))
      for _ in 0..<60 {
        bench.clock.advance(by: .milliseconds(60))
        bench.nudge()
      }
    }
  }

  /// So many dead deliveries in one lane.
  private func bury(_ count: Int64, _ bench: Bench) async throws -> LaneID {
    let lane = try bench.lanes("shop")[0]
    for id in 1..<count { bench.journal.append(bench.arrival(id, to: [lane], bytes: 8)) { _ in } }
    await bench.append(count, to: [lane])
    try await bench.settle(try await bench.catchUp(lane).map { bench.settlement(of: $0, .dead) })
    return lane
  }

  /// Starts a replay of what is dead on a store that is not open, and does 100 rows of it three times.
  private func stepThreeTimes(_ bench: Bench, _ standing: inout Standing, lastSeq: Int64) throws -> QueueJob {
    let connection = try StoreConnection(path: bench.storePath)
    defer { connection.close() }
    let now = bench.clock.now
    let job = try connection.slowly { db in
      try QueueJob.insert(db, .replay, Selection(state: .dead), rate: nil, lastSeq: lastSeq, at: now)
    }
    for step in 1...3 {
      var transaction = Transaction(connection.statements, LaneRules(standing), nil, LaneBook(), lastSeq: lastSeq, now: now)
      try connection.transact { statements throws(SQLiteFailure) in
        #expect(try transaction.stepJob(lanes: 1, rowsMax: 100) != nil)
        try transaction.tally.write(statements, onto: standing)
      }
      standing.add(transaction.tally)
      #expect(try bench.query("SELECT count, ended_at FROM job") == [["count": step * 100, "ended_at": nil]])
    }
    return job
  }

  @Test func `a job of many steps goes on after a restart and does everything once`() async throws {
    let book = LaneBook(laneBytesMax: 1 << 30, lanesBytesMax: 1 << 30)
    try await Bench.with(.sqlite, book: book) { bench in
      let count = Int64(Limits.stepRowsMax * 3 + 7)
      let lane = try await bury(count, bench)
      var standing = bench.standing
      bench.journal.close()
      let job = try stepThreeTimes(bench, &standing, lastSeq: count)
      try bench.restart()
      let ended = try await bench.finish(job)
      #expect(ended.count == Int(count))
      #expect(bench.standing(of: lane).dead == 0)
      #expect(bench.standing(of: lane).pending == Int(count))
      #expect(try bench.query("SELECT count(*) FROM replay").map { $0[0] as Int64 } == [count])
      try await bench.cancel(ended)
      #expect(bench.standing(of: lane).dead == Int(count))
      #expect(try bench.query("SELECT count(*) FROM dead").map { $0[0] as Int64 } == [count])
      #expect(try bench.journal.jobs()[0].count == 0)
    }
  }

  @Test func `what an operator has counted keeps nobody else waiting`() async throws {
    try await Bench.with(.sqlite) { bench in
      let lane = try await bury(3, bench)
      let journal = try #require(bench.journal as? SQLiteJournal)
      let (began, mayEnd) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
      let counting = Task.detached {
        try journal.operatorReader().read { _ in
          began.signal()
          mayEnd.wait()
        }
      }
      await withCheckedContinuation { continuation in
        DispatchQueue.global().async {
          began.wait()
          continuation.resume()
        }
      }
      defer { mayEnd.signal() }
      #expect(try journal.waiting().isEmpty)
      #expect(try journal.oldestWaiting().isEmpty)
      #expect(bench.standing(of: lane).dead == 3)
      mayEnd.signal()
      try await counting.value
    }
  }

  @Test func `a paced replay queues what is due within seconds, no more than is taken, and never catches up`() async throws {
    try await Bench.with(.sqlite) { bench in
      let lane = try await bury(100, bench)
      func queued(after time: Duration) throws -> Int {
        bench.clock.advance(by: time)
        for _ in 0..<2 { bench.nudge() }
        return try bench.query("SELECT count(*) FROM replay")[0][0]
      }
      func take() async throws -> Int {
        let page = try await bench.fetch(.replay, of: lane).deliveries
        try await bench.settle(page.map { bench.settlement(of: $0, .delivered) })
        return page.count
      }
      let job = try await bench.start(.replay, Selection(state: .dead), rate: 2)
      #expect(try queued(after: .zero) == 9, "due now and every half second up to 4 s from now")
      #expect(try queued(after: .seconds(1)) == 9)
      #expect(try queued(after: .seconds(2)) == 15)
      #expect(try await take() == 7)
      // As if the route had been paused for an hour, or the relay stopped.
      #expect(try queued(after: .hours(1)) == 8, "what is not taken is not added to")
      try bench.restart()
      _ = try bench.lanes("shop")
      #expect(try queued(after: .minutes(1)) == 8)
      let other = try await bench.run(.discard, Selection(state: .dead, reportID: 100))
      #expect(other.count == 1, "a job that waits keeps none waiting")
      #expect(try await take() == 8)
      #expect(try queued(after: .seconds(2)) == 9)
      let first: Int64 = try bench.query("SELECT min(due) FROM replay")[0][0]
      #expect(first == bench.clock.now.microseconds)
      try await bench.cancel(job)
      #expect(bench.standing(of: lane).dead == 100 - 15 - 1)
    }
  }

  @Test func `a paced replay does not wait for a route that has left the rule file`() async throws {
    try await Bench.with(.sqlite) { bench in
      let lane = try await bury(100, bench)
      _ = try await bench.start(.replay, Selection(state: .dead), rate: 2)
      bench.nudge()
      func queued(after time: Duration) throws -> Int {
        bench.clock.advance(by: time)
        for _ in 0..<3 { bench.nudge() }
        return try bench.query("SELECT count(*) FROM replay")[0][0]
      }
      let before = try queued(after: .seconds(10))
      #expect(try queued(after: .seconds(10)) == before, "it takes none")
      _ = try bench.lanes("another")
      #expect(try queued(after: .seconds(10)) > before)
      #expect(bench.standing(of: lane).pending > before)
    }
  }

  @Test func `a paced replay goes on by itself`() async throws {
    try await Bench.with(.sqlite) { bench in
      _ = try await bury(2, bench)
      bench.journal.close()
      let clock: Clock = { Instant(microseconds: Int64(Date.now.timeIntervalSince1970 * 1e6)) }
      let journal = try SQLiteJournal(path: bench.storePath, retention: nil, clock: clock) { _ in }
      defer { journal.close() }
      _ = try journal.lanes(for: [LaneTerms(name: "shop")])
      let receiver = Receiver(journal)
      _ = try await withCheckedContinuation { done in
        journal.start(.replay, Selection(state: .dead), rate: 0.24) { done.resume(returning: $0) }
      }.get()
      // Nothing else happens that would wake the writer.
      try await receiver.wait { $0.due.count == 2 }
      #expect(try journal.jobs().map(\.count) == [2])
    }
  }

  @Test func `while there is no room to spare only what makes some is done`() async throws {
    try await Bench.with(.sqlite) { bench in
      _ = try await bury(6, bench)
      var standing = bench.standing
      bench.journal.close()
      let connection = try StoreConnection(path: bench.storePath)
      defer { connection.close() }
      let now = bench.clock.now
      try connection.slowly { db in
        for kind in [QueueJob.Kind.replay, .discard] {
          _ = try QueueJob.insert(db, kind, Selection(state: .dead, reportID: kind == .replay ? nil : 6), rate: nil, lastSeq: 6, at: now)
        }
      }
      for round in 1...2 {
        var transaction = Transaction(connection.statements, LaneRules(standing), nil, LaneBook(), lastSeq: 6, now: now)
        try connection.transact { statements throws(SQLiteFailure) in
          _ = try transaction.stepJob(lanes: 1, rowsMax: 100, freesOnly: round == 1)
          try transaction.tally.write(statements, onto: standing)
        }
        standing.add(transaction.tally)
        #expect(standing.lanes[0].discarded == 1)
        #expect(standing.lanes[0].pending == (round == 1 ? 0 : 5))
      }
    }
  }

  @Test func `a command that fails is told so, and the store is opened again before anything else`() async throws {
    try await Bench.with(.sqlite) { bench in
      let lane = try await bury(3, bench)
      bench.nudge()
      // It may come while the writer is at work.
      var patient = GRDB.Configuration()
      patient.busyMode = .timeout(60)
      let other = try DatabaseQueue(path: bench.storePath, configuration: patient)
      try await other.write { try $0.execute(sql: "ALTER TABLE job RENAME TO job_away") }
      await #expect(throws: JournalError.self) { try await bench.start(.replay, Selection(state: .dead)) }
      #expect(!bench.journal.isHealthy)
      #expect(bench.events.all.contains { if case .commitFailed = $0 { true } else { false } })
      let broken = JournalError.failed(code: 0, words: "it cannot be opened again after an error")
      #expect(await bench.append(4, to: [lane]) == broken)
      #expect(throws: broken) { try bench.lanes("new") }
      await #expect(throws: broken) { try await bench.start(.discard, Selection(state: .dead)) }
      await #expect(throws: broken) { try await bench.cancel(id: 1) }
      // What was answered with an error may have reached the disk.
      try await other.write { db in
        try db.execute(sql: "ALTER TABLE job_away RENAME TO job")
        try db.execute(
          sql: """
            INSERT INTO job (kind, state, created_at, first_seq, last_seq, at_lane, due, next_at) VALUES ('replay', 'dead', 0, 1, 3, 1, 0, 0)
            """)
      }
      try other.close()
      #expect(await bench.append(4, to: [lane]) == nil)
      #expect(bench.journal.isHealthy)
      for _ in 0..<3 { bench.nudge() }
      #expect(try bench.journal.jobs().map(\.count) == [3])
    }
  }

  @Test func `a visit to a stopped relay's store does a job, sweeps nothing, and leaves holds as they are`() async throws {
    try await Bench.with(.sqlite) { bench in
      let lane = try await bury(3, bench)
      await bench.append(4, to: [])
      var state = LaneState()
      state.holds.begin(at: bench.clock.now)
      let held = state
      await withCheckedContinuation { done in bench.journal.keep(held, of: lane) { _ in done.resume() } }
      #expect(throws: StoreError.inUse(path: bench.storePath, pid: "\(getpid())")) {
        try SQLiteJournal(stopped: bench.storePath, clock: bench.clock.clock)
      }
      bench.journal.close()
      bench.clock.advance(by: .days(400))
      let visit = try SQLiteJournal(stopped: bench.storePath, clock: bench.clock.clock)
      _ = try await withCheckedContinuation { done in
        visit.start(.discard, Selection(state: .dead), rate: nil) { done.resume(returning: $0) }
      }.get()
      for _ in 0..<100 { _ = try visit.lanes(for: []) }
      #expect(try visit.jobs()[0].count == 3)
      #expect(visit.standing().lanes[0].state == held)
      visit.close()
      #expect(try bench.query("SELECT seq FROM payload").count == 4)
      #expect(throws: StoreError.missing(path: "/nowhere/relay.db")) {
        try SQLiteJournal(stopped: "/nowhere/relay.db", clock: bench.clock.clock)
      }
    }
  }

  @Test func `bytes of held and replayed deliveries are kept, and old jobs go`() async throws {
    var retention = Retention()
    retention.waiting = .days(10_000)
    try await Bench.with(.sqlite, retention: retention) { bench in
      let lane = try bench.lanes("shop")[0]
      await bench.append(1, "accepted", to: [lane])
      await bench.append(1, "delivered", to: [lane])
      await bench.append(2, to: [lane])
      let deliveries = try await bench.catchUp(lane)
      try await bench.settle(deliveries[1], .delivered)
      let job = try await bench.run(.replay, Selection(state: .delivered))
      bench.clock.advance(by: .days(300))
      try sweep(bench)
      #expect(try bench.query("SELECT seq FROM payload").count == 3)
      #expect(try bench.journal.jobs().isEmpty, "older than retention.keys")
      #expect(job.count == 1)
      for delivery in try await bench.fetch(.replay, of: lane).deliveries + deliveries.prefix(1) {
        try await bench.settle(delivery, .delivered)
      }
      try await bench.settle(try await bench.fetch(.retry, of: lane).deliveries[0], .delivered)
      bench.clock.advance(by: .days(4))
      try sweep(bench)
      #expect(try bench.query("SELECT seq FROM payload").isEmpty)
      #expect(bench.standing(of: lane).pending == 0)
    }
  }

  @Test func `a replay that waits too long is dead again, and what a delivery that expired held back expires later`() async throws {
    var retention = Retention()
    retention.waiting = .days(2)
    try await Bench.with(.sqlite, retention: retention) { bench in
      let lane = try await bury(1, bench)
      _ = try await bench.run(.replay, Selection(state: .dead))
      await bench.append(2, "accepted", to: [lane])
      bench.clock.advance(by: .days(1))
      await bench.append(2, "delivered", to: [lane])
      for day in 1...2 {
        bench.clock.advance(by: .days(1))
        try sweep(bench)
        let standing = bench.standing(of: lane)
        let expected = day == 1 ? [2, 1, 0] : [3, 0, 0]
        #expect([standing.dead, standing.pending, standing.held] == expected)
      }
    }
  }

  @Test func `a store of version 1 is migrated with everything in it`() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/relay.db"
    let database = try DatabaseQueue(path: path)
    try Schema.migrator.migrate(database, upTo: Schema.migrator.migrations[0])
    try await database.write { db in
      try db.execute(
        sql: """
          INSERT INTO report VALUES (1, 10, 'accepted', 7, 0, 5, 6, 2), (2, 10, 'delivered', NULL, 0, 7, 7, 1), (3, 11, 'x', NULL, 1, 8, 8, 1);
          INSERT INTO payload VALUES (1, NULL, x'01'), (2, 'text/plain', x'02'), (3, NULL, x'03');
          INSERT INTO lane VALUES (1, 'shop', 3, 1, 1, 4, 9, 'it failed', 10), (2, 'clinic', 1, 0, 0, 0, NULL, NULL, NULL);
          INSERT INTO retry VALUES (1, 2, 100, 3, 7);
          INSERT INTO dead VALUES (1, 1, 5, 5, 60);
          INSERT INTO ready VALUES (2, 1);
          INSERT INTO attempt VALUES (1, 1, 1, 50, 10, '5xx', 500, 'it failed');
          INSERT INTO waiting VALUES (1, 0, 1), (2, 0, 1);
          INSERT INTO counter VALUES ('last_seq', 3), ('reports', 3), ('duplicates', 1), ('unmatched', 1), ('last_report_at', 8);
          """)
    }
    try database.close()
    let journal = try SQLiteJournal(path: path, retention: nil, clock: ManualClock().clock) { _ in }
    let receiver = Receiver(journal)
    var standing = journal.standing()
    standing.bytes = 0
    var expected = Standing()
    (expected.reports, expected.duplicates, expected.unmatched) = (3, 1, 1)
    expected.lastReportAt = Instant(microseconds: 8)
    var shop = LaneStanding(id: LaneID(1), name: "shop")
    (shop.matched, shop.delivered, shop.dead, shop.failedAttempts) = (3, 1, 1, 4)
    (shop.lastDeliveredAt, shop.lastError, shop.lastErrorAt) = (Instant(microseconds: 9), "it failed", Instant(microseconds: 10))
    var clinic = LaneStanding(id: LaneID(2), name: "clinic")
    clinic.matched = 1
    expected.lanes = [shop, clinic]
    #expect(standing == expected)
    #expect(try journal.report(10).map { $0.shares.map(\.queue) } == [["dead", "ready"], ["retry"]])
    #expect(try journal.report(10)[0].shares[0].attempts.map(\.answer) == [""])
    journal.fetch(.retry, of: LaneID(1))
    try await receiver.wait { !$0.pages(.retry, of: LaneID(1)).isEmpty }
    #expect(receiver.pages(.retry, of: LaneID(1))[0].deliveries.map(\.tries) == [3])
    let arrival = Arrival(
      report: Report(key: ReportKey(id: 12, status: "x")), payload: Payload(bytes: []), receivedAt: ManualClock().now,
      destiny: .matched, lanes: [LaneID(1)])
    await withCheckedContinuation { done in journal.append(arrival) { _ in done.resume() } }
    #expect(try journal.report(12).map(\.seq) == [4], "numbers go on")
    journal.close()
  }
}
