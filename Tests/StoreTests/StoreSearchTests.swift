import Dispatch
import GRDB
import Model
import Support
import Synchronization
import Testing

@testable import Store

/// What lists and searches cost on a large store. Counted in statements, each of which is a probe (`SchemaTests`), and not by a clock.
@Suite("Searches on disk", .ownThread, .timeLimit(.minutes(10)))
struct StoreSearchTests {
  private static let many = 300_000
  private static let perSecond: Int64 = 1_000_000
  private static let always = ReportSearch(since: Instant(microseconds: 0), until: .distantFuture, limit: 50)

  /// A report a second, of which 3 wait, 2 are dead, 5 are unmatched and all others were delivered long ago and without bytes but for the
  /// last hundred; and an empty queue of each of 200 lanes.
  private static func large(_ connection: StoreConnection) throws {
    try connection.slowly { db in
      try db.inTransaction {
        try db.execute(
          sql: """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(many))
              INSERT INTO report SELECT i, i / 2, iif(i % 2, 'sent', 'delivered'), i / 3, 0, i * \(perSecond), i * \(perSecond), 1, 0, NULL FROM n;
            UPDATE report SET destiny = 1 WHERE seq IN (7, 70, 700, 7000, 70000);
            INSERT INTO done SELECT seq, 1, 1, received_at FROM report WHERE destiny = 0;
            INSERT INTO payload SELECT seq, NULL, zeroblob(50) FROM report WHERE seq > \(many - 100);
            DELETE FROM done WHERE seq IN (11, 12, 13, 21, 22);
            INSERT INTO ready VALUES (1, 11), (1, 12), (2, 13);
            INSERT INTO dead VALUES (1, 21, 5, 0, 0), (2, 22, 5, 0, 0);
            INSERT INTO lane (id, name, matched, delivered, dead) VALUES (1, 'shop', \(many), \(many - 3), 1), (2, 'clinic', 2, 0, 1);
            WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
              INSERT INTO lane (id, name, matched, dead) SELECT i, 'lane ' || i, 2, 1 FROM n;
            """)
        return .commit
      }
    }
  }

  /// The statements that the body runs on a reader.
  private func counted<T>(_ reader: StoreReader, _ body: () throws -> T) throws -> (T, statements: Int) {
    let count = Atomic(0)
    try reader.read { db in
      db.trace { if case .statement = $0 { count.add(1, ordering: .relaxed) } }
    }
    let result = try body()
    try reader.read { $0.trace() }
    return (result, count.load(ordering: .relaxed))
  }

  private func withLarge(_ body: (StoreReader) throws -> Void) throws {
    let folder = try TemporaryFolder()
    let connection = try StoreConnection(path: folder.path + "/relay.db")
    defer { connection.close() }
    try Self.large(connection)
    try body(try StoreReader(path: folder.path + "/relay.db"))
  }

  @Test func `on a large store a page is a bounded number of probes, and what is selective takes a few`() throws {
    try withLarge { reader in
      func page(_ change: (inout ReportSearch) -> Void) throws -> (page: SearchPage, statements: Int) {
        var search = Self.always
        change(&search)
        let (page, statements) = try counted(reader) { try reader.search(search) }
        return (page, statements)
      }
      // A page looks each way at 202 lanes, most of which have nothing; and finds its time by halves.
      let few = 202 * 5 + 202 * 2 + 200
      let byID = try page { $0.reportID = 1_000 }
      #expect(byID.page.reports.map(\.seq) == [2_001, 2_000])
      #expect(byID.statements < 250)
      let waiting = try page { $0.state = .waiting }
      #expect(waiting.page.reports.map(\.seq) == [13, 12, 11])
      #expect(waiting.page.next == nil && waiting.statements < few)
      let dead = try page { ($0.state, $0.lane) = (.dead, LaneID(2)) }
      #expect(dead.page.reports.map(\.seq) == [22])
      #expect(dead.statements < 300)
      let unmatched = try page { $0.destiny = .unmatched }
      #expect(unmatched.page.reports.map(\.seq) == [70_000, 7_000, 700, 70, 7])
      #expect(unmatched.statements < 400)
      let newest = try page { _ in }
      #expect(newest.page.reports.count == 50)
      #expect(newest.statements < 600)
      for change in [{ $0.packetID = 2 }, { $0.status = "none" }, { ($0.state, $0.status) = (.delivered, "none") }]
        as [(inout ReportSearch) -> Void]
      {
        let rare = try page(change)
        #expect(rare.page.reports.isEmpty)
        let last = Int64(Self.many - Limits.searchRowsMax + 1)
        #expect(rare.page.next == last && rare.page.searchedBackTo == Instant(microseconds: last * Self.perSecond))
        #expect(rare.statements < Limits.searchRowsMax * 2 + 300)
      }
      let within = try page { ($0.packetID, $0.until) = (2, Instant(microseconds: 100 * Self.perSecond)) }
      #expect(within.page.reports.map(\.seq) == [8, 7, 6])
      #expect(within.page.next == nil && within.statements < 500)
    }
  }

  @Test func `a page reads a bounded number of bytes`() async throws {
    try await Bench.with(.sqlite) { bench in
      let bytes = 64 * 1_024
      let fitting = Limits.searchBytesMax / bytes
      _ = try bench.lanes("shop")
      for id in 1...Int64(fitting + 20) { bench.journal.append(bench.arrival(id, to: [], as: .filtered, bytes: bytes)) { _ in } }
      await bench.append(1_000, to: [])
      let asked = Atomic(0)
      var search = Self.always
      search.matches = { _ in
        asked.add(1, ordering: .relaxed)
        return false
      }
      let page = try bench.journal.search(search)
      #expect(asked.load(ordering: .relaxed) == fitting + 1, "the newest is a small one, and the last may be too much")
      #expect(page.reports.isEmpty)
      search.before = page.next
      #expect(try bench.journal.search(search).next == nil)
      #expect(asked.load(ordering: .relaxed) == fitting + 21)
    }
  }

  @Test func `copies are counted to a bound, beyond which there are at least so many`() throws {
    try withLarge { reader in
      // Of the delivered ones that are not looked at, some may have their bytes too.
      let cases: [(state: DeliveryState, copies: Int, rows: Int, expected: CopyCount)] = [
        (.waiting, 100, 1_000, CopyCount(3)), (.waiting, 3, 1_000, CopyCount(3)), (.waiting, 2, 1_000, CopyCount(2, isAtLeast: true)),
        (.dead, 1, 1_000, CopyCount(1, isAtLeast: true)), (.delivered, 100, Self.many, CopyCount(100)),
        (.delivered, 100, 1_000, CopyCount(100, isAtLeast: true)), (.delivered, 99, Self.many, CopyCount(99, isAtLeast: true)),
      ]
      for (state, copies, rows, expected) in cases {
        let count = try reader.count(Selection(state: state), StoreReader.CountBounds(copies: copies, rows: rows))
        #expect(count == expected, "\(state), \(copies) copies, \(rows) rows")
      }
      #expect(try reader.count(Selection(state: .delivered)) == CopyCount(100))
      #expect(try reader.count(Selection(state: .delivered, lane: LaneID(2))) == CopyCount(0))
      #expect(try reader.count(Selection(state: .delivered, reportID: Int64(Self.many / 2))) == CopyCount(1))
    }
  }

  @Test func `unmatched reports without bytes are passed over a bounded number at a time`() throws {
    let folder = try TemporaryFolder()
    let connection = try StoreConnection(path: folder.path + "/relay.db")
    defer { connection.close() }
    try connection.slowly { db in
      try db.execute(
        sql: """
          WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 25000)
            INSERT INTO report SELECT i, i, 'sent', NULL, 1, i, i, 1, 0, NULL FROM n;
          INSERT INTO payload VALUES (1, NULL, x'00'), (2, NULL, zeroblob(100)), (3, NULL, zeroblob(100)), (24000, NULL, x'00');
          """)
    }
    let reader = try StoreReader(path: folder.path + "/relay.db")
    let (first, statements) = try counted(reader) { try reader.unmatched(after: 0, limit: 100) }
    #expect(first.reports.map(\.seq) == [1, 2, 3])
    #expect(first.next == Int64(Limits.searchRowsMax))
    #expect(statements < 20)
    let second = try reader.unmatched(after: first.next!, limit: 100)
    #expect(second == UnmatchedPage(reports: [], next: Int64(Limits.searchRowsMax * 2)))
    let third = try reader.unmatched(after: second.next!, limit: 100)
    #expect(third.reports.map(\.seq) == [24_000] && third.next == nil)
    #expect(try reader.unmatched(after: 0, limit: 2).next == 2)
    let short = try reader.unmatched(after: 0, limit: 100, SearchBounds(rows: 100, bytes: 101))
    #expect(short.reports.map(\.seq) == [1, 2] && short.next == 2, "bytes are bounded too, but for the last")
  }

  @Test func `jobs are listed a page at a time, the newest first`() async throws {
    for implementation in Implementation.allCases {
      try await Bench.with(implementation) { bench in
        _ = try bench.lanes("shop")
        for _ in 1...5 { _ = try await bench.start(.replay, Selection(state: .dead)) }
        #expect(try bench.journal.jobs(before: nil, limit: 2).map(\.id) == [5, 4])
        #expect(try bench.journal.jobs(before: 4, limit: 2).map(\.id) == [3, 2])
        #expect(try bench.journal.jobs(before: 2, limit: 2).map(\.id) == [1])
        #expect(try bench.journal.jobs(before: 1, limit: 2).isEmpty)
      }
    }
  }

  @Test func `a report with very many statuses shows a bounded number of them, and all are found`() throws {
    let folder = try TemporaryFolder()
    let connection = try StoreConnection(path: folder.path + "/relay.db")
    defer { connection.close() }
    try connection.slowly { db in
      try db.execute(
        sql: """
          WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
            INSERT INTO report SELECT i, 5, 'status ' || i, NULL, 2, i, i, 1, 0, NULL FROM n;
          """)
    }
    let reader = try StoreReader(path: folder.path + "/relay.db")
    #expect(try reader.report(5).count == Limits.statusesShownMax)
    var search = Self.always
    search.reportID = 5
    #expect(try ReportSearch.pages(search) { try reader.search($0) }.map(\.seq) == (1...1_000).reversed())
  }

  @Test func `a page is read while the writer commits, and keeps nobody waiting`() async throws {
    try await Bench.with(.sqlite) { bench in
      let lane = try bench.lanes("shop")[0]
      await bench.append(1, to: [lane])
      let journal = try #require(bench.journal as? SQLiteJournal)
      var search = Self.always
      // The reader is in the middle of its page while a report is appended and answered.
      search.matches = { _ in
        let isStored = DispatchSemaphore(value: 0)
        journal.append(bench.arrival(2, to: [lane])) { error in
          #expect(error == nil)
          isStored.signal()
        }
        isStored.wait()
        return true
      }
      #expect(try journal.search(search).reports.map(\.seq) == [1])
      search.matches = nil
      #expect(try journal.search(search).reports.map(\.seq) == [2, 1])
    }
  }

  @Test func `spans of minutes tell of the same copies as the minutes do`() async throws {
    try await Bench.with(.sqlite) { bench in
      let lanes = try bench.lanes("shop", "clinic")
      let start = bench.clock.now.minute
      for id in 1...40 as ClosedRange<Int64> {
        await bench.append(id, to: id.isMultiple(of: 3) ? lanes : [lanes[0]])
        bench.clock.advance(by: .seconds(50))
      }
      let ends = [start + .minutes(5), start + .minutes(20), start + .minutes(26)]
      let minutes = try bench.journal.waiting()
      for lane in lanes {
        let spans = try bench.journal.waiting(apart: ends.shuffled()).filter { $0.lane == lane }
        let expected = zip([start] + ends, ends + [Instant.distantFuture]).map { from, to in
          minutes.filter { $0.lane == lane && $0.minute >= from && $0.minute < to }
        }
        #expect(spans.map(\.count) == expected.map { $0.reduce(0) { $0 + $1.count } })
        #expect(spans.map(\.minute) == expected.map { $0.last!.minute })
      }
      #expect(try bench.journal.waiting(apart: []).map(\.count) == [40, 13])
    }
  }
}
