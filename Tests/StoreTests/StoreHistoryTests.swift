import GRDB
import Model
import Support
import Testing

@testable import Store

/// Samples on SQLite: what they cost, and when none is taken.
@Suite("History on disk", .ownThread, .timeLimit(.minutes(10)))
struct StoreHistoryTests {
  private static let always = Instant(microseconds: 0)

  @Test func `the table is as large after a month as after a day`() throws {
    let folder = try TemporaryFolder()
    let connection = try StoreConnection(path: folder.path + "/relay.db")
    defer { connection.close() }
    let start = ManualClock().now.minute
    func rows() throws -> Int { try connection.slowly { try Int.fetchOne($0, sql: "SELECT count(*) FROM sample")! } }
    func take(_ minutes: Range<Int>) throws {
      for minute in minutes {
        let sample = HistorySample(at: start + .minutes(minute), of: Standing())
        try connection.use { statements throws(SQLiteFailure) in try sample.write(statements) }
      }
    }
    let day = Int(Limits.historyKept.seconds) / 60
    try take(0..<day + 10)
    #expect(try rows() == day + 1)
    let pages = try connection.slowly { try Int.fetchOne($0, sql: "PRAGMA page_count")! }
    try take(day + 10..<4 * day)
    #expect(try rows() == day + 1)
    #expect(try connection.slowly { try Int.fetchOne($0, sql: "PRAGMA page_count")! } <= pages + 2)
    // Much at once goes a few hundred at a time.
    try take(10 * day..<10 * day + 1)
    #expect(try rows() == day + 2 - Sampler.deletedMax)
    try take(10 * day + 1..<10 * day + 5)
    #expect(try rows() == 5)
  }

  @Test func `a sample rides with a commit, and where none comes it is one small commit a minute`() async throws {
    try await Bench.with(.sqlite) { bench in
      // Two rounds of the writer that change nothing, the first of which is over when this returns.
      func expect(_ count: Int, _ words: Comment? = nil) throws {
        for _ in 0..<2 { _ = try bench.lanes("shop") }
        let minutes = try bench.journal.history(since: Self.always).count
        #expect(minutes == count, words)
      }
      try expect(1)
      let next = bench.clock.now.minute + .minutes(1)
      bench.clock.advance(by: next + .seconds(2) - bench.clock.now)
      try expect(1, "a commit may come yet")
      await bench.append(1, to: [])
      let times = try bench.journal.history(since: Self.always).map(\.at)
      #expect(times == [next - .minutes(1), next], "and brings it")
      bench.clock.advance(by: .minutes(1))
      bench.clock.advance(by: .seconds(2))
      try expect(2)
      bench.clock.advance(by: .seconds(1))
      try expect(3, "after five seconds it goes by itself")
    }
  }

  @Test func `a visit to a stopped store takes no sample`() async throws {
    try await Bench.with(.sqlite) { bench in
      let lane = try bench.lanes("shop")[0]
      await bench.append(1, to: [lane])
      let before = try bench.journal.history(since: Self.always)
      #expect(before.count == 1)
      bench.journal.close()
      bench.clock.advance(by: .hours(1))
      let visit = try SQLiteJournal(stopped: bench.storePath, clock: bench.clock.clock)
      await withCheckedContinuation { done in
        visit.start(.discard, Selection(state: .waiting), rate: nil) { _ in done.resume() }
      }
      visit.settle([])
      #expect(try visit.history(since: Self.always) == before)
      visit.close()
      try bench.restart()
      _ = try bench.lanes("shop")
      #expect(bench.standing.lanes[0].discarded == 1)
      bench.nudge()
      bench.nudge()
      #expect(try bench.journal.history(since: Self.always).count == 2)
    }
  }

  @Test func `a store of version 3 gets its history, and numbers go on`() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/relay.db"
    let database = try DatabaseQueue(path: path)
    try Schema.migrator.migrate(database, upTo: Schema.migrator.migrations[2])
    try database.write { db in
      try db.execute(
        sql: """
          INSERT INTO lane (id, name, matched, delivered, failed_attempts) VALUES (1, 'shop', 3, 1, 4), (2, 'clinic', 5, 5, 1);
          INSERT INTO counter VALUES ('reports', 6);
          """)
    }
    try database.close()
    let clock = ManualClock()
    let journal = try SQLiteJournal(path: path, clock: clock.clock) { _ in }
    defer { journal.close() }
    for _ in 0..<2 { _ = try journal.lanes(for: []) }
    #expect(
      try journal.history(since: Self.always)
        == [HistorySample(at: clock.now.minute, reports: 6, delivered: 6, failedAttempts: 5, waiting: 2, dead: 0)])
  }

  // MARK: - When

  @Test func `a sampler takes one a minute, waits a little for a commit, and follows a clock that is set back`() {
    let noon = Instant(microseconds: 1_777_464_000_000_000)
    var sampler = Sampler(isOn: true)
    #expect(sampler.due(at: noon + .seconds(40)) == noon)
    #expect(sampler.dueAlone(at: noon + .seconds(40)) == noon, "the first waits for nothing")
    sampler.took(noon)
    #expect(sampler.due(at: noon + .seconds(59)) == nil)
    #expect(sampler.nextAloneAt(noon + .seconds(59)) == noon + .minutes(1) + Sampler.aloneAfter)
    #expect(sampler.due(at: noon + .minutes(1)) == noon + .minutes(1))
    #expect(sampler.dueAlone(at: noon + .minutes(1) + .seconds(4)) == nil)
    #expect(sampler.dueAlone(at: noon + .minutes(1) + .seconds(5)) == noon + .minutes(1))
    #expect(sampler.due(at: noon - .minutes(3)) == noon - .minutes(3))
    #expect(sampler.nextAloneAt(noon - .minutes(3)) == noon - .minutes(3) + Sampler.aloneAfter)
    let off = Sampler(isOn: false)
    #expect(off.due(at: noon) == nil && off.dueAlone(at: noon) == nil && off.nextAloneAt(noon) == .distantFuture)
  }
}
