import GRDB
import Model
import Support
import Synchronization
import Testing

@testable import Store

/// Strays on SQLite: the steps of the jobs, and what is on disk.
@Suite("Strays in the store", .timeLimit(.minutes(10)))
struct StoreStraysTests {
  private static let many = 3_000

  /// So many reports that lane 1 would get now.
  private func keepMany(_ bench: Bench) async {
    await withTaskGroup { group in
      for id in 1...Self.many { group.addTask { #expect(await bench.append(written: "\(id) delivered 1") == nil) } }
    }
  }

  /// Rules that do something when they have routed so many.
  private func rules(after count: Int, _ body: @escaping @Sendable () -> Void) -> JournalRules {
    let written = JournalRules.written()
    let routed = Mutex(0)
    return JournalRules { payload in
      let isNow = routed.withLock { routed in
        routed += 1
        return routed == count
      }
      if isNow { body() }
      return written.route(payload)
    }
  }

  @Test func `a reroute that a stop interrupts goes on where it was`() async throws {
    try await Bench.with(.sqlite) { bench in
      let lane = try bench.lanes("shop")[0]
      await keepMany(bench)
      let job = try await bench.startReroute()
      let journal = try #require(bench.journal as? SQLiteJournal)
      let closed = Tape<Void>()
      journal.adopt(
        rules(after: 700) {
          journal.inbox.close()
          closed.append(())
        })
      _ = try await closed.first(1)
      try bench.restart()
      _ = try bench.lanes("shop")
      let before = bench.standing(of: lane).matched
      #expect((Limits.stepRowsMax * 2..<Self.many).contains(before), "\(before)")
      #expect(try bench.journal.jobs().map(\.count) == [before])
      bench.journal.adopt(.written())
      #expect(try await bench.finish(job).count == Self.many)
      #expect(bench.standing(of: lane).matched == Self.many)
      #expect(try bench.query("SELECT count(*) FROM retry")[0][0] == Self.many)
      #expect(try bench.journal.unmatched(after: 0, limit: 1).reports.isEmpty)
    }
  }

  @Test func `what a cancelled reroute has done stays`() async throws {
    try await Bench.with(.sqlite) { bench in
      let lane = try bench.lanes("shop")[0]
      await keepMany(bench)
      let (job, journal) = (try await bench.startReroute(), bench.journal)
      let answers = Tape<QueueJob?>()
      journal.adopt(rules(after: 700) { journal.cancel(job: job.id) { answers.append(try? $0.get()) } })
      let cancelled = try #require(try await answers.first(1)[0])
      #expect(cancelled.isCancelled && !cancelled.hasWork)
      for _ in 0..<5 { bench.nudge() }
      #expect(bench.standing(of: lane).matched == Limits.stepRowsMax * 2)
      #expect(try bench.journal.jobs().map(\.count) == [Limits.stepRowsMax * 2])
      #expect(try bench.query("SELECT count(*) FROM report WHERE destiny = 1")[0][0] == Self.many - Limits.stepRowsMax * 2)
    }
  }

  @Test func `large bodies make a step smaller`() async throws {
    try await Bench.with(.sqlite) { bench in
      let lane = try bench.lanes("shop")[0]
      let padding = String(repeating: " ", count: Limits.stepBytesMax / 2)
      for id in 1...5 { _ = await bench.append(written: "\(id) delivered 1\(padding)") }
      let (job, journal) = (try await bench.startReroute(), bench.journal)
      let answers = Tape<QueueJob?>()
      journal.adopt(rules(after: 1) { journal.cancel(job: job.id) { answers.append(try? $0.get()) } })
      _ = try await answers.first(1)
      #expect(bench.standing(of: lane).matched == 2)
    }
  }

  @Test func `a readmission that a stop interrupts loses no body and takes none twice`() async throws {
    try await Bench.with(.sqlite) { bench in
      let lane = try bench.lanes("shop")[0]
      await withTaskGroup { group in
        for id in 1...Self.many { group.addTask { await bench.quarantine(written: id.isMultiple(of: 3) ? "none" : "\(id) delivered 1") } }
      }
      let job = try await bench.startReadmission()
      let journal = try #require(bench.journal as? SQLiteJournal)
      let closed = Tape<Void>()
      journal.adopt(
        rules(after: 700) {
          journal.inbox.close()
          closed.append(())
        })
      _ = try await closed.first(1)
      try bench.restart()
      _ = try bench.lanes("shop")
      let left = try bench.query("SELECT count(*) FROM quarantine")[0][0] as Int
      #expect(left + bench.standing.reports == Self.many)
      #expect(bench.standing.reports < Self.many * 2 / 3)
      bench.journal.adopt(.written())
      #expect(try await bench.finish(job).count == Self.many * 2 / 3)
      #expect(bench.standing.reports == Self.many * 2 / 3)
      #expect(bench.standing(of: lane).matched == Self.many * 2 / 3)
      #expect(try bench.query("SELECT count(*) FROM quarantine")[0][0] == Self.many / 3)
    }
  }

  @Test func `retention counts from when a report was readmitted`() async throws {
    var retention = Retention()
    (retention.unmatched, retention.quarantine, retention.keys) = (.days(7), .days(100), .days(30))
    try await Bench.with(.sqlite, retention: retention) { bench in
      await bench.quarantine(written: "1 delivered")
      bench.clock.advance(by: .days(50))
      bench.journal.adopt(.written())
      _ = try await bench.readmit()
      func sweep() throws {
        bench.clock.advance(by: .minutes(6))
        for _ in 0..<60 {
          bench.clock.advance(by: .milliseconds(60))
          bench.nudge()
        }
      }
      bench.clock.advance(by: .days(6))
      try sweep()
      #expect(try bench.journal.unmatched(after: 0, limit: 9).reports.count == 1)
      bench.clock.advance(by: .days(1))
      try sweep()
      #expect(try bench.journal.unmatched(after: 0, limit: 9).reports.isEmpty)
      #expect(try bench.journal.report(1).count == 1, "its key is kept longer")
      bench.clock.advance(by: .days(24))
      try sweep()
      #expect(try bench.journal.report(1).isEmpty)
    }
  }

  @Test func `what was readmitted misleads no search by time`() async throws {
    try await Bench.with(.sqlite) { bench in
      let lane = try bench.lanes("shop")[0]
      for id in 100..<130 as Range<Int64> { await bench.quarantine(written: "\(id) delivered 1") }
      bench.clock.advance(by: .days(10))
      for id in 1...30 as ClosedRange<Int64> {
        await bench.append(id, to: [lane])
        bench.clock.advance(by: .minutes(1))
      }
      bench.journal.adopt(.written())
      _ = try await bench.readmit()
      #expect(try bench.journal.count(Selection(state: .waiting, since: bench.clock.now - .minutes(10))).count == 40)
    }
  }

  @Test func `the list is found by its index, and not by looking at every report`() throws {
    let folder = try TemporaryFolder()
    let connection = try StoreConnection(path: folder.path + "/relay.db")
    defer { connection.close() }
    try connection.slowly { database in
      let plan = try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN " + StoreReader.unmatchedSQL, arguments: [0])
        .map { $0["detail"] as String }
      #expect(plan.contains { $0.hasPrefix("SEARCH report USING INDEX report_unmatched (seq>?)") }, "\(plan)")
      #expect(!plan.contains { $0.contains("TEMP B-TREE") || $0.hasPrefix("SCAN report") }, "\(plan)")
    }
  }

  @Test(arguments: [
    "INSERT INTO job (kind, created_at, first_seq, last_seq, due, next_at) VALUES ('replay', 0, 1, 1, 0, 0)",
    "INSERT INTO job (kind, state, created_at, first_seq, last_seq, due, next_at) VALUES ('reroute', 'dead', 0, 1, 1, 0, 0)",
    "INSERT INTO job (kind, created_at, first_seq, last_seq, due, next_at) VALUES ('other', 0, 1, 1, 0, 0)",
  ])
  func `the store refuses a job that cannot be`(_ sql: String) throws {
    let folder = try TemporaryFolder()
    let connection = try StoreConnection(path: folder.path + "/relay.db")
    defer { connection.close() }
    let error = #expect(throws: DatabaseError.self) { try connection.slowly { try $0.execute(sql: sql) } }
    #expect(error?.resultCode == .SQLITE_CONSTRAINT)
  }

  @Test(arguments: [true, false])
  func `a store of version 2 keeps its jobs, and the numbers they were given`(_ hasJobs: Bool) async throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/relay.db"
    let database = try DatabaseQueue(path: path)
    try Schema.migrator.migrate(database, upTo: Schema.migrator.migrations[1])
    try await database.write { db in
      try db.execute(
        sql: """
          INSERT INTO report VALUES (1, 10, 'delivered', NULL, 0, 7, 7, 1, 0), (2, 11, '1', NULL, 1, 8, 8, 1, 0);
          INSERT INTO payload VALUES (1, NULL, x'01'), (2, NULL, CAST('11 1 1' AS BLOB));
          INSERT INTO lane (id, name, matched, dead) VALUES (1, 'shop', 1, 1);
          INSERT INTO dead VALUES (1, 1, 5, 7, 60);
          INSERT INTO counter VALUES ('reports', 2), ('unmatched', 1);
          INSERT INTO job (id, kind, state, lane, report_id, since, until, rate, created_at, count, ended_at, is_cancelled, has_work, first_seq,
            last_seq, at_lane, at_phase, at_seq, due, next_at)
          VALUES (3, 'discard', 'waiting', NULL, 4, 5, 6, NULL, 7, 8, 9, 1, 0, 1, 2, 1, 0, 2, 7, 7),
            (5, 'replay', 'dead', 1, NULL, NULL, NULL, 2.5, 10, 0, NULL, 0, 1, 1, 1, 1, 0, 0, 10, 10),
            (9, 'replay', 'delivered', NULL, NULL, NULL, NULL, NULL, 10, 0, 11, 0, 0, 1, 1, 0, 0, 0, 10, 10);
          DELETE FROM job WHERE id = 9;
          """)
      if !hasJobs { try db.execute(sql: "DELETE FROM job") }
    }
    try database.close()
    let journal = try SQLiteJournal(path: path, retention: nil, clock: ManualClock().clock) { _ in }
    defer { journal.close() }
    let discard = QueueJob(
      id: 3, kind: .discard,
      selection: Selection(state: .waiting, reportID: 4, since: Instant(microseconds: 5), until: Instant(microseconds: 6)), rate: nil,
      createdAt: Instant(microseconds: 7), count: 8, endedAt: Instant(microseconds: 9), isCancelled: true, hasWork: false)
    // The replay goes on.
    for _ in 0..<3 { _ = try journal.lanes(for: []) }
    if hasJobs {
      let jobs = try journal.jobs()
      #expect(jobs.map(\.id) == [5, 3])
      #expect(jobs.last == discard)
      #expect((jobs[0].count, jobs[0].rate, jobs[0].selection) == (1, 2.5, Selection(state: .dead, lane: LaneID(1))))
    }
    journal.adopt(.written())
    let job = try await withCheckedContinuation { continuation in journal.reroute { continuation.resume(returning: $0) } }.get()
    #expect(job.id == 10, "the number of a job that is gone is not given again")
    for _ in 0..<3 { _ = try journal.lanes(for: []) }
    #expect(try journal.jobs().first?.count == 1)
    #expect(try journal.report(11).first?.destiny == .matched)
  }
}
