import GRDB
import GRDBSQLite
import Model
import Support
import Testing

@testable import Store

/// The layout on disk: what it refuses, and what its statements cost.
@Suite("Schema", .timeLimit(.minutes(10)))
struct SchemaTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func with<T>(_ body: (StoreConnection) throws -> T) throws -> T {
    let connection = try StoreConnection(path: folder.path + "/relay.db")
    defer { connection.close() }
    return try body(connection)
  }

  @Test(arguments: [
    "INSERT INTO report VALUES (1, 1, 'x', NULL, 3, 0, 0, 1, 0, NULL)", "INSERT INTO report VALUES (1, 1, 'x', NULL, 0, 0, 0, 0, 0, NULL)",
    "INSERT INTO report VALUES (1, 1, NULL, NULL, 0, 0, 0, 1, 0, NULL)",
    "INSERT INTO report VALUES (1, 'x', 'x', NULL, 0, 0, 0, 1, 0, NULL)",
    "INSERT INTO report VALUES (1, 1, 'x', NULL, 0, 0, 0, 1, 0, NULL), (2, 1, 'x', NULL, 0, 0, 0, 1, 0, NULL)",
    "INSERT INTO report VALUES (1, 1, 'x', NULL, 0, 0, 0, 1, 2, NULL)",
    "INSERT INTO payload VALUES (1, NULL, NULL)", "INSERT INTO payload VALUES (1, NULL, 'text')",
    "INSERT INTO lane (id, name) VALUES (1, 'a'), (2, 'a')",
    "INSERT INTO lane (id, name, matched, delivered, dead) VALUES (1, 'a', 1, 1, 1)",
    "INSERT INTO lane (id, name, matched, delivered, discarded) VALUES (1, 'a', 1, 1, 1)",
    "INSERT INTO lane (id, name, matched, held) VALUES (1, 'a', 1, 2)",
    "INSERT INTO lane (id, name, paused_by) VALUES (1, 'a', 'gone')",
    "INSERT INTO lane (id, name, paused_by, paused_at) VALUES (1, 'a', 'me', 0)", "INSERT INTO hold VALUES (1, 5, 4)",
    "INSERT INTO ready VALUES (1, 1), (1, 1)", "INSERT INTO retry VALUES (1, 1, 0, -1, 0, 0)",
    "INSERT INTO retry VALUES (1, 1, NULL, 0, 0, 0)", "INSERT INTO retry VALUES (1, 1, 0, 0, 0, 2)",
    "INSERT INTO held VALUES (1, 1, 1, NULL, 0, 0, NULL, 0, NULL, NULL)", "INSERT INTO held VALUES (1, 2, 1, NULL, 0, 0, 7, 0, NULL, NULL)",
    "INSERT INTO replay VALUES (1, 1, 0, 0, 0, 0, NULL, 0, 0, NULL)",
    "INSERT INTO done VALUES (1, 1, 0, 0)", "INSERT INTO done VALUES (1, 1, 1, 0), (1, 1, 1, 0)",
    "INSERT INTO attempt VALUES (1, 1, 0, 0, 0, 'x', 0, '', '')", "INSERT INTO waiting VALUES (1, 0, -1)",
    "INSERT INTO counter VALUES ('x', NULL)", "INSERT INTO packet VALUES (1, 1), (1, 1)",
    "INSERT INTO sample VALUES (NULL, 0, 0, 0, 0, 0)",
    "INSERT INTO sample VALUES (1, 0, 0, 0, 0, 0), (1, 0, 0, 0, 0, 0)",
    "INSERT INTO claim VALUES (1, 1, 5, 4, 0, NULL, 0)", "INSERT INTO claim VALUES (1, 1, 0, 0, -1, NULL, 0)",
    "INSERT INTO claim VALUES (1, 1, 0, 0, 0, 0, 0)", "INSERT INTO claim VALUES (1, 1, 0, 0, 0, NULL, 0), (1, 1, 0, 0, 0, NULL, 0)",
  ])
  func `the store refuses what cannot be`(_ sql: String) throws {
    try with { connection in
      let error = #expect(throws: DatabaseError.self) { try connection.slowly { try $0.execute(sql: sql) } }
      #expect(error?.resultCode == .SQLITE_CONSTRAINT)
    }
  }

  /// Every statement that is prepared for the data path, and the lines of how SQLite would run it.
  private func plans(of database: Database, _ statements: [String]) throws -> [(sql: String, plan: [String])] {
    try statements.map { sql in
      (
        sql,
        try Row.fetchAll(
          database, sql: "EXPLAIN QUERY PLAN " + sql, arguments: .init(repeatElement(nil as Int?, count: 13).prefix(parameters(sql)))
        ).map { $0["detail"] }
      )
    }
  }

  private func parameters(_ sql: String) -> Int {
    let numbered = (1...13).last { sql.contains("?\($0)") }
    return numbered ?? sql.count { $0 == "?" }
  }

  @Test func `no statement of the data path reads a whole table or sorts`() throws {
    try with { connection in
      try connection.slowly { database in
        var statements: [String] = []
        var statement = sqlite3_next_stmt(database.sqliteConnection, nil)
        while let current = statement {
          statements.append(String(cString: sqlite3_sql(current)))
          statement = sqlite3_next_stmt(database.sqliteConnection, current)
        }
        let dataPath = statements.filter { $0.contains("?1") }
        #expect(dataPath.count >= 20, "the statements of SQL are prepared as long as the connection lives")
        for (sql, plan) in try plans(of: database, dataPath) {
          for line in plan {
            #expect(!line.contains("SCAN"), "\(sql): \(line)")
            #expect(!line.contains("TEMP B-TREE"), "\(sql): \(line)")
            #expect(!line.hasSuffix("(lane=?)") || sql.contains("LIMIT") || line.contains(" hold "), "\(sql): \(line)")
          }
        }
      }
    }
  }

  @Test func `what is held behind one is found by that one, not among all that is held in the lane`() throws {
    try with { connection in
      try connection.slowly { database in
        for (sql, plan) in try plans(of: database, [SQL.heldBehind, SQL.beginHolding]) {
          #expect(plan.count == 1 && plan[0].contains("held_after (lane=? AND after=?)"), "\(sql): \(plan)")
        }
      }
    }
  }

  @Test func `no step of retention reads a whole table or sorts`() throws {
    try with { connection in
      let ran = Tape<String>()
      var lane = LaneStanding(id: LaneID(1), name: "shop")
      (lane.matched, lane.dead) = (2, 1)
      var sweeper = Sweeper(retention: Retention())
      try connection.slowly { database in
        for seq in 1...3 {
          try database.execute(
            sql: "INSERT INTO report VALUES (?, ?, 'x', NULL, 0, 0, 0, 1, 0, NULL); INSERT INTO payload VALUES (?, NULL, x'00')",
            arguments: [seq, seq, seq])
        }
        try database.execute(sql: "INSERT INTO dead VALUES (1, 3, 5, 0, 0)")
        database.trace { if case .statement(let statement) = $0 { ran.append(statement.sql) } }
        for _ in 0..<20 { _ = try sweeper.step(database, lanes: [lane], now: sweeper.nextStepAt + .days(20_000)) }
        database.trace()
        let statements = Set(ran.all).filter { ["SELECT", "DELETE"].contains($0.prefix(6)) }
        #expect(statements.count >= 8)
        for (sql, plan) in try plans(of: database, Array(statements)) {
          for line in plan where line.contains("SCAN") {
            // Of rows that are limited already, or of a table in its own order up to a limit.
            #expect(sql.contains("LIMIT"), "\(sql): \(line)")
          }
          #expect(!plan.contains { $0.contains("TEMP B-TREE") }, "\(sql): \(plan)")
        }
      }
    }
  }

  @Test func `the age of what waits is found by the ends of the queues`() throws {
    try with { connection in
      try connection.slowly { database in
        for (_, plan) in try plans(of: database, [StoreReader.oldestWaitingSQL]) {
          for line in plan where line.contains("SCAN") { #expect(line.hasPrefix("SCAN lane") || line.hasPrefix("SCAN ("), "\(line)") }
          #expect(!plan.contains { $0.contains("TEMP B-TREE") })
        }
      }
    }
  }

  @Test func `no step of a search or of a list reads more than a probe`() throws {
    try with { connection in
      try connection.slowly { database in
        let steps =
          [
            SearchWalk.statusesSQL, SearchWalk.reportSQL, SearchWalk.unmatchedSQL, SearchWalk.packetSQL, SearchWalk.doneSQL,
            SearchLook.reportSQL, SearchLook.lanesDoneSQL, SearchLook.stateSQL, ReportRecord.wholeSQL, ReportRecord.Share.attemptsSQL,
            ReportRecord.Share.doneSQL, ReportRecord.Share.anySQL, ReportRecord.Share.queuedSQL, StoreReader.waitingWithinSQL,
          ] + SearchWalk.queueSQL.values
        for (sql, plan) in try plans(of: database, steps) {
          #expect(plan.contains { $0.hasPrefix("SEARCH ") }, "\(sql): \(plan)")
          for line in plan {
            #expect(!line.contains("TEMP B-TREE"), "\(sql): \(line)")
            // EXISTS (...) OR EXISTS (...) is one row of nothing.
            #expect(!line.contains("SCAN") || line == "SCAN CONSTANT ROW", "\(sql): \(line)")
          }
        }
      }
    }
  }

  @Test func `of failed attempts the first and the last four are kept`() async throws {
    try await Bench.with(.sqlite) { bench in
      let lane = try bench.lanes("shop")[0]
      _ = try await bench.catchUp(lane)
      await bench.append(1, to: [lane])
      try await bench.receiver.wait { $0.deliveries.count == 1 }
      var delivery = bench.receiver.seen.deliveries[0]
      for tries in 1...9 {
        try await bench.settle(delivery, tries == 9 ? .dead : .retry(due: bench.clock.now))
        let kept = try bench.query("SELECT try FROM attempt ORDER BY try").map { $0[0] as Int }
        #expect(kept == (tries <= 5 ? Array(1...tries) : [1] + Array((tries - 3)...tries)))
        guard tries < 9 else { break }
        delivery = try #require(try await bench.fetch(.retry, of: lane).deliveries.first)
        bench.clock.advance(by: .seconds(1))
      }
      let last = try #require(try bench.query("SELECT * FROM attempt ORDER BY try DESC").first)
      #expect(last["outcome"] == "5xx")
      #expect(last["status"] == 500)
      #expect(last["took"] == 7_000)
      #expect(last["detail"] == "the app answered 500")
    }
  }
}
