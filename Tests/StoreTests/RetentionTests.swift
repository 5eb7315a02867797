import GRDB
import Model
import Support
import Testing

@testable import Store

/// What is deleted when. The clock is moved; each round of the writer makes one step.
@Suite("Retention", .timeLimit(.minutes(10)))
struct RetentionTests {
  private let retention = {
    var retention = Retention()
    (retention.payloads, retention.unmatched, retention.keys) = (.days(3), .days(7), .days(30))
    (retention.dead, retention.quarantine, retention.waiting) = (.days(20), .days(10), .days(14))
    return retention
  }()

  /// Lets retention walk over everything at least once.
  private func sweep(_ bench: Bench) throws {
    bench.clock.advance(by: .minutes(6))
    for _ in 0..<60 {
      bench.clock.advance(by: .milliseconds(60))
      bench.nudge()
    }
  }

  private func handed(_ count: Int64, to lanes: [LaneID], _ bench: Bench) async throws -> [Delivery] {
    for lane in lanes { _ = try await bench.catchUp(lane) }
    for id in 1...count { await bench.append(id, to: lanes) }
    try await bench.receiver.wait { $0.deliveries.count == Int(count) * lanes.count }
    return bench.receiver.seen.deliveries
  }

  private func seqs(_ table: String, _ bench: Bench) throws -> [Int64] {
    try bench.query("SELECT seq FROM \(table) ORDER BY seq").map { $0[0] }
  }

  @Test func `bytes are kept until so long after the last copy was delivered`() async throws {
    try await Bench.with(.sqlite, retention: retention) { bench in
      let lanes = try bench.lanes("shop", "clinic")
      let deliveries = try await handed(2, to: lanes, bench)
      try await bench.settle(deliveries.filter { $0.lane == lanes[0] }.map { bench.settlement(of: $0, .delivered) })
      bench.clock.advance(by: .days(5))
      try sweep(bench)
      #expect(try seqs("payload", bench) == [1, 2], "the other lane still owes its copies")
      try await bench.settle(deliveries.filter { $0.lane == lanes[1] && $0.seq == 1 }.map { bench.settlement(of: $0, .delivered) })
      try sweep(bench)
      bench.clock.advance(by: .days(2))
      try sweep(bench)
      #expect(try seqs("payload", bench) == [1, 2], "counted from the last settlement")
      bench.clock.advance(by: .days(1))
      try sweep(bench)
      #expect(try seqs("payload", bench) == [2])
      #expect(try seqs("report", bench) == [1, 2], "ids are kept longer")
      #expect(bench.events.all.contains { if case .swept(rows: 1) = $0 { true } else { false } })
    }
  }

  @Test func `what came while the clock was years ahead keeps nothing else from being deleted`() async throws {
    try await Bench.with(.sqlite, retention: retention) { bench in
      let ahead = Int64(Limits.stepRowsMax + 100)
      bench.clock.advance(by: .days(3_650))
      for id in 1...ahead {
        bench.journal.append(bench.arrival(id, to: [])) { _ in }
        let body = Quarantined(payload: Payload(bytes: [1]), receivedAt: bench.clock.now, reason: .noID)
        bench.journal.quarantine(body) { _ in }
      }
      bench.nudge()
      bench.clock.advance(by: .days(-3_650))
      #expect(await bench.append(ahead + 1, to: []) == nil)
      #expect(await bench.quarantine(.noID) == nil)
      bench.clock.advance(by: .days(40))
      #expect(await bench.append(ahead + 2, to: []) == nil)
      #expect(await bench.quarantine(.noID) == nil)
      // The rest of the walk under way, and a whole one.
      try sweep(bench)
      try sweep(bench)
      let counts = try ["report", "payload", "quarantine"].map { try bench.query("SELECT count(*) FROM \($0)")[0][0] as Int64 }
      #expect(counts == [ahead + 1, ahead + 1, ahead + 1], "all but the old one")
      #expect(try seqs("report", bench).suffix(2) == [ahead, ahead + 2])
    }
  }

  @Test func `what a new rule file says holds for what is kept already`() async throws {
    try await Bench.with(.sqlite, retention: retention) { bench in
      _ = await bench.quarantine(.noID)
      bench.clock.advance(by: .days(5))
      try sweep(bench)
      #expect(try bench.query("SELECT id FROM quarantine").count == 1)
      var shorter = retention
      shorter.quarantine = .days(4)
      (bench.journal as? SQLiteJournal)?.change(shorter)
      try sweep(bench)
      #expect(try bench.query("SELECT id FROM quarantine").isEmpty)
    }
  }

  @Test func `bytes of a retried and of a dead delivery are kept`() async throws {
    var retention = retention
    retention.waiting = .days(1_000)
    try await Bench.with(.sqlite, retention: retention) { bench in
      let lane = try bench.lanes("shop")[0]
      let deliveries = try await handed(3, to: [lane], bench)
      try await bench.settle(deliveries[0], .retry(due: bench.clock.now + .days(400)))
      try await bench.settle(deliveries[1], .dead)
      try await bench.settle(deliveries[2], .delivered)
      bench.clock.advance(by: .days(19))
      try sweep(bench)
      #expect(try seqs("payload", bench) == [1, 2])
      bench.clock.advance(by: .days(2))
      try sweep(bench)
      try sweep(bench)
      #expect(try seqs("dead", bench).isEmpty, "dead deliveries have a time of their own")
      #expect(try seqs("payload", bench) == [1])
      #expect(bench.standing(of: lane).dead == 1, "what was counted stays counted")
      bench.clock.advance(by: .days(300))
      try sweep(bench)
      #expect(try seqs("retry", bench) == [1])
      #expect(try seqs("report", bench) == [1])
    }
  }

  @Test func `a key is deleted with what is known of it, and the same report is then a new one`() async throws {
    try await Bench.with(.sqlite, retention: retention) { bench in
      let lane = try bench.lanes("shop")[0]
      let delivery = try await handed(1, to: [lane], bench)[0]
      try await bench.settle(delivery, .retry(due: bench.clock.now))
      try await bench.settle(try await bench.fetch(.retry, of: lane).deliveries[0], .delivered)
      bench.clock.advance(by: .days(29))
      try sweep(bench)
      try sweep(bench)
      #expect(try seqs("payload", bench).isEmpty)
      await bench.append(1, to: [lane])
      #expect(bench.standing.duplicates == 1)
      bench.clock.advance(by: .days(1))
      try sweep(bench)
      for table in ["report", "done", "attempt"] { #expect(try seqs(table, bench).isEmpty, "\(table)") }
      await bench.append(1, to: [lane])
      try await bench.receiver.wait { $0.deliveries.count == 2 }
      #expect(bench.receiver.seen.deliveries[1].seq == 2, "numbers are not given again")
      #expect(bench.standing.reports == 2)
    }
  }

  @Test func `unmatched reports have a time of their own`() async throws {
    try await Bench.with(.sqlite, retention: retention) { bench in
      await bench.append(1, to: [])
      await bench.append(2, to: [], as: .filtered)
      bench.clock.advance(by: .days(4))
      try sweep(bench)
      #expect(try seqs("payload", bench) == [1])
      bench.clock.advance(by: .days(3))
      try sweep(bench)
      #expect(try seqs("payload", bench).isEmpty)
      let lane = try bench.lanes("shop")[0]
      await bench.append(1, to: [lane], bytes: 10)
      let delivery = try #require(try await bench.fetch(.retry, of: lane).deliveries.first)
      #expect(delivery.payload.bytes.count == 10, "the bytes of the repeat take the place of those deleted")
      try sweep(bench)
      #expect(try seqs("payload", bench) == [1], "now they are owed")
    }
  }

  @Test func `quarantined bodies go after their time`() async throws {
    try await Bench.with(.sqlite, retention: retention) { bench in
      _ = await bench.quarantine(.notJSON)
      bench.clock.advance(by: .days(9))
      _ = await bench.quarantine(.noID)
      bench.clock.advance(by: .days(1))
      try sweep(bench)
      #expect(try bench.query("SELECT id, reason FROM quarantine") == [["id": 2, "reason": "no_id"]])
      #expect(bench.standing.quarantined == [.notJSON: 1, .noID: 1])
    }
  }

  @Test func `what waited too long is dead, in every lane, and not one second earlier`() async throws {
    try await Bench.with(.sqlite, retention: retention) { bench in
      let lanes = try bench.lanes("shop", "removed", "clinic")
      let deliveries = try await handed(2, to: lanes, bench)
      try await bench.settle(
        deliveries.filter { $0.lane == lanes[2] && $0.seq == 2 }.map { bench.settlement(of: $0, .retry(due: bench.clock.now)) })
      bench.clock.advance(by: .days(13))
      await bench.append(3, to: lanes)
      try sweep(bench)
      #expect(lanes.map { bench.standing(of: $0).pending } == [3, 3, 3])
      bench.clock.advance(by: .days(1))
      try sweep(bench)
      #expect(lanes.map { bench.standing(of: $0).pending } == [1, 1, 1])
      #expect(lanes.map { bench.standing(of: $0).dead } == [2, 2, 2])
      #expect(bench.standing(of: lanes[0]).lastError == "waited longer than retention.waiting")
      #expect(try bench.journal.waiting().map(\.count) == [1, 1, 1])
      #expect(try seqs("dead", bench) == [1, 1, 1, 2, 2, 2])
      #expect(try seqs("payload", bench) == [1, 2, 3], "a dead delivery keeps its bytes")
      // The copies that were handed over long ago are settled only now: the app has them after all.
      try await bench.settle(deliveries.filter { $0.lane == lanes[0] }.map { bench.settlement(of: $0, .delivered) })
      #expect(bench.standing(of: lanes[0]).delivered == 2)
      #expect(bench.standing(of: lanes[0]).dead == 0)
    }
  }

  @Test func `what waited too long is found behind any number that did not`() async throws {
    try await Bench.with(.sqlite, retention: retention) { bench in
      let lane = try bench.lanes("shop")[0]
      let (count, late) = (Int64(Sweeper.rowsMax) + 10, bench.clock.now + .days(400))
      for id in 1...count { bench.journal.append(bench.arrival(id, to: [])) { _ in } }
      await bench.append(count + 1, to: [lane])
      try await bench.settle(try await bench.catchUp(lane)[0], .retry(due: late))
      // Routed only now: owed since now, and earlier in the order of arrival.
      bench.clock.advance(by: .days(10))
      for id in 1..<count { bench.journal.append(bench.arrival(id, to: [lane])) { _ in } }
      await bench.append(count, to: [lane])
      bench.clock.advance(by: .days(5))
      for _ in 0..<2 { try sweep(bench) }
      #expect(try seqs("dead", bench) == [count + 1])
      #expect(bench.standing(of: lane).pending == Int(count))
    }
  }

  @Test func `a step that failed is not tried again at once`() async throws {
    let folder = try TemporaryFolder()
    let connection = try StoreConnection(path: folder.path + "/relay.db")
    defer { connection.close() }
    var sweeper = Sweeper(retention: retention)
    let now = ManualClock().now
    try connection.slowly { database in
      try database.execute(sql: "INSERT INTO quarantine (received_at, reason, bytes) VALUES (0, 'no_id', x'00'); PRAGMA query_only = ON")
      var isFailed = false
      while !isFailed {
        let at = max(now, sweeper.nextStepAt)
        do {
          _ = try sweeper.step(database, lanes: [], now: at)
        } catch {
          isFailed = true
        }
        #expect(sweeper.nextStepAt - at >= (isFailed ? .seconds(10) : .milliseconds(50)))
      }
      try database.execute(sql: "PRAGMA query_only = OFF")
      let deleted = try (1...5).reduce(0) { sum, _ in try sum + sweeper.step(database, lanes: [], now: sweeper.nextStepAt).deleted }
      #expect(deleted == 1, "nothing was skipped for ever")
    }
  }

  @Test func `a pass goes on over more rows than one step deletes`() async throws {
    try await Bench.with(.sqlite, retention: retention) { bench in
      let count = Int64(Sweeper.rowsMax * 2 + 100)
      for id in 1..<count { bench.journal.append(bench.arrival(id, to: [], as: .filtered)) { _ in } }
      await bench.append(count, to: [], as: .filtered)
      bench.clock.advance(by: .days(3))
      try sweep(bench)
      #expect(try seqs("payload", bench).isEmpty)
      let steps = bench.events.all.compactMap { event -> Int? in if case .swept(let rows) = event { rows } else { nil } }
      #expect(steps == [Sweeper.rowsMax, Sweeper.rowsMax, 100])
    }
  }
}
