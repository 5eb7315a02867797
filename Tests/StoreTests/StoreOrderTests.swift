import Foundation
import GRDB
import Model
import Support
import Testing

@testable import Store

/// Claims of large packets, and what a store keeps of orders.
@Suite("Orders in the store", .timeLimit(.minutes(10)))
struct StoreOrderTests {
  private let packet: Int64 = 312_891_245

  /// Unmatched reports 1... of the packet.
  private func fill(_ bench: Bench, _ count: Int64, by rules: OrderRules) async {
    for id in 1..<count { bench.journal.append(rules.arrival(id, "delivered", in: packet, at: bench.clock.now)) { _ in } }
    await bench.append(count, in: packet, by: rules)
  }

  private func count(_ table: String, _ bench: Bench) throws -> Int { try bench.query("SELECT count(*) FROM \(table)")[0][0] }

  @Test func `a large packet is caught up a step at a time, each with a bounded number of reports`() async throws {
    try await Bench.with(.sqlite) { bench in
      let lane = try bench.takers("shop")[0]
      let rules = OrderRules(takers: [lane])
      bench.journal.adopt(rules.ofJournal)
      await fill(bench, 1_250, by: rules)
      let record = try await bench.claim(packet, for: lane)[0]
      #expect((record.caughtUp, record.isCaughtUp) == (Limits.stepRowsMax, false))
      for _ in 0..<4 { bench.nudge() }
      #expect(try bench.journal.claims(of: packet).map(\.caughtUp) == [1_250])
      #expect(try bench.journal.claims(of: packet).map(\.isCaughtUp) == [true])
      #expect(bench.standing(of: lane).pending == 1_250)
    }
  }

  @Test func `catching up goes on where it was when the relay ended, and owes nothing twice`() async throws {
    try await Bench.with(.sqlite) { bench in
      let lane = try bench.takers("shop")[0]
      let rules = OrderRules(takers: [lane])
      await fill(bench, 1_250, by: rules)
      try await bench.claim(packet, for: lane)
      var standing = bench.standing
      bench.journal.close()
      try stepThreeTimes(bench, lane, rules, &standing)
      try bench.restart()
      #expect(bench.standing(of: lane).pending == 299)
      _ = try bench.takers("shop")
      bench.journal.adopt(rules.ofJournal)
      for _ in 0..<4 { bench.nudge() }
      #expect(try bench.journal.claims(of: packet).map(\.caughtUp) == [1_250])
      #expect(try bench.query("SELECT count(DISTINCT seq), count(*) FROM retry") == [["count(DISTINCT seq)": 1_250, "count(*)": 1_250]])
    }
  }

  /// 100 reports at a time, of which what looks for the claim counts as one the first time.
  private func stepThreeTimes(_ bench: Bench, _ lane: LaneID, _ rules: OrderRules, _ standing: inout Standing) throws {
    let connection = try StoreConnection(path: bench.storePath)
    defer { connection.close() }
    var lanes = LaneRules(standing)
    lanes.set([(lane, LaneTerms(name: "shop", takesOrders: true))])
    for step in 1...3 {
      var transaction = Transaction(
        connection.statements, lanes, rules.ofJournal, LaneBook(), lastSeq: 1_250, now: bench.clock.now,
        catchUpRowsMax: step == 1 ? 100 : 101)
      try connection.transact { statements throws(SQLiteFailure) in
        try transaction.catchUpUnfinished()
        try transaction.tally.write(statements, onto: standing)
      }
      #expect(transaction.hasUnfinishedClaims)
      standing.add(transaction.tally)
    }
  }

  @Test func `what retention took the bytes of is not owed`() async throws {
    var retention = Retention()
    (retention.unmatched, retention.keys) = (.days(1), .days(300))
    try await Bench.with(.sqlite, retention: retention) { bench in
      let lane = try bench.takers("shop")[0]
      let rules = OrderRules(takers: [lane])
      bench.journal.adopt(rules.ofJournal)
      await fill(bench, 3, by: rules)
      bench.clock.advance(by: .days(2))
      for _ in 0..<60 {
        bench.clock.advance(by: .seconds(10))
        bench.nudge()
      }
      try #require(try self.count("payload", bench) == 0)
      await bench.append(4, in: packet, by: rules)
      #expect(try await bench.claim(packet, for: lane)[0].caughtUp == 1)
      #expect(try await bench.caughtUp(lane).map(\.id) == [4])
    }
  }

  @Test func `a claim is kept for so long after the last time it was claimed, and a packet as long as its reports`() async throws {
    var retention = Retention()
    (retention.orders, retention.unmatched, retention.keys) = (.days(10), .days(1), .days(20))
    try await Bench.with(.sqlite, retention: retention) { bench in
      func sweep() throws {
        bench.clock.advance(by: .minutes(6))
        for _ in 0..<80 {
          bench.clock.advance(by: .milliseconds(60))
          bench.nudge()
        }
      }
      let lane = try bench.takers("shop")[0]
      let rules = OrderRules { _ in Routing(targets: [], isOwned: false) }
      bench.journal.adopt(rules.ofJournal)
      await bench.append(1, in: packet, by: rules)
      let many = (1...1_000).map { Claim(packetID: Int64($0), lane: lane) }
      _ = try await bench.claim(many).get()
      try await bench.claim(packet, for: lane)
      bench.clock.advance(by: .days(9))
      try await bench.claim(packet, for: lane)
      bench.clock.advance(by: .days(2))
      for _ in 0..<3 { try sweep() }
      #expect(try bench.query("SELECT packet_id FROM claim").map { $0[0] as Int64 } == [packet])
      #expect(try self.count("packet", bench) == 1)
      bench.clock.advance(by: .days(9))
      for _ in 0..<3 { try sweep() }
      #expect(try self.count("claim", bench) == 0)
      #expect(try self.count("report", bench) == 0)
      #expect(try self.count("packet", bench) == 0)
    }
  }

  @Test func `who does not use orders pays nothing for them`() async throws {
    try await Bench.with(.sqlite) { bench in
      let lane = try bench.lanes("shop")[0]
      await bench.append(1, in: packet, by: OrderRules(takers: [], everything: [lane]))
      #expect(try self.count("packet", bench) == 0)
      _ = try bench.takers("shop")
      await bench.append(2, in: packet, by: OrderRules(takers: [lane]))
      await bench.append(3, in: nil, by: OrderRules(takers: [lane]))
      #expect(try bench.query("SELECT seq FROM packet").map { $0[0] as Int64 } == [2])
    }
  }

  @Test func `a claim that cannot be stored is not half there, and reports go by it only once it is`() async throws {
    try await Bench.with(.sqlite) { bench in
      let lane = try bench.takers("shop")[0]
      let rules = OrderRules(takers: [lane])
      bench.journal.adopt(rules.ofJournal)
      await fill(bench, 3, by: rules)
      bench.journal.close()
      try damage(bench, "CREATE TRIGGER broken BEFORE INSERT ON retry WHEN NEW.seq = 3 BEGIN SELECT RAISE(ABORT, 'broken'); END")
      try bench.restart()
      _ = try bench.takers("shop")
      bench.journal.adopt(rules.ofJournal)
      let claims = [Claim(packetID: 7, lane: lane), Claim(packetID: packet, lane: lane)]
      let refused = await bench.claim(claims)
      guard case .failure(.failed) = refused else {
        Issue.record("it was taken")
        return
      }
      for table in ["claim", "retry"] {
        let rows = try count(table, bench)
        #expect(rows == 0)
      }
      #expect(bench.standing(of: lane).matched == 0)
      bench.journal.close()
      try damage(bench, "DROP TRIGGER broken")
      try bench.restart()
      _ = try bench.takers("shop")
      bench.journal.adopt(rules.ofJournal)
      #expect(try await bench.claim(claims).get().map(\.caughtUp) == [0, 3])
    }
  }

  private func damage(_ bench: Bench, _ sql: String) throws {
    let database = try DatabaseQueue(path: bench.storePath)
    defer { try? database.close() }
    try database.write { try $0.execute(sql: sql) }
  }

  @Test func `claims and reports that wait for one commit are stored in the order in which they came`() async throws {
    try await Bench.with(.sqlite) { bench in
      let lane = try bench.takers("shop")[0]
      let rules = OrderRules(takers: [lane])
      bench.journal.adopt(rules.ofJournal)
      _ = try await bench.catchUp(lane)
      let answers = Tape<String>()
      // Far more than one transaction takes.
      for round in 0..<4 as Range<Int64> {
        for id in 1...100 as ClosedRange<Int64> {
          bench.journal.append(rules.arrival(round * 100 + id, "delivered", in: round, at: bench.clock.now)) { _ in }
        }
        let others = (1..<Limits.claimsTogetherMax).map { Claim(packetID: round * 10_000 + 100_000 + Int64($0), lane: lane) }
        bench.journal.claim([Claim(packetID: round, lane: lane)] + others) { answers.append("\((try? $0.get())?.count ?? 0) claimed") }
        bench.journal.append(rules.arrival(round * 100 + 1_000, "delivered", in: round, at: bench.clock.now)) { _ in }
      }
      await bench.append(9_999, in: nil, by: rules)
      #expect(answers.all == Array(repeating: "1000 claimed", count: 4))
      for _ in 0..<10 { bench.nudge() }
      #expect(try bench.journal.claims(of: 3).map(\.caughtUp) == [100])
      #expect(bench.standing(of: lane).matched == 404)
      #expect(bench.standing.unmatched == 401)
    }
  }
}
