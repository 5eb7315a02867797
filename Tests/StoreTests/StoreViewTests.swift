import Foundation
import GRDB
import Model
import Support
import Testing

@testable import Store

/// A store as a program beside the relay reads it.
@Suite("A view of a store", .timeLimit(.minutes(10)))
struct StoreViewTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path + "/relay.db" }

  init() throws { folder = try TemporaryFolder() }

  private func files() throws -> Set<String> { Set(try FileManager.default.contentsOfDirectory(atPath: folder.path)) }

  private func failure(_ path: String) -> StoreError? {
    do throws(StoreError) {
      _ = try StoreView(path: path)
      return nil
    } catch {
      return error
    }
  }

  private func all(_ view: StoreView, limit: Int = 3) throws -> [StoredReport] {
    guard var seqs = try view.seqs(since: nil, until: nil) else { return [] }
    var reports: [StoredReport] = []
    while true {
      let page = try view.reports(seqs, limit: limit)
      #expect(page.count <= limit)
      reports += page
      guard let last = page.last, last.seq < seqs.upperBound else { return reports }
      seqs = (last.seq + 1)...seqs.upperBound
    }
  }

  /// Changes a store that nobody has open.
  private func change(_ sql: String) throws {
    let database = try DatabaseQueue(path: path)
    try database.write { try $0.execute(sql: sql) }
    try database.close()
  }

  @Test func `beside a relay that runs it reads page by page what is stored, by the time of arrival`() async throws {
    let bench = try Bench(.sqlite, at: folder.path)
    defer { bench.journal.close() }
    let lanes = try bench.lanes("shop")
    for id in 1...10 as ClosedRange<Int64> {
      bench.clock.advance(by: .seconds(1))
      await bench.append(id, to: id == 4 ? [] : lanes)
    }
    let view = try StoreView(path: path)
    let reports = try all(view)
    #expect(reports.map(\.key.id) == Array(1...10))
    #expect(reports.map(\.destiny) == (1...10).map { $0 == 4 ? .unmatched : .matched })
    #expect(reports[6].payload == bench.arrival(7, to: lanes).payload)
    #expect((reports[6].packetID, reports[6].seen) == (0, 1))

    let times = reports.map(\.receivedAt)
    #expect(try view.seqs(since: times[2], until: times[5]) == 3...5)
    #expect(try view.seqs(since: times[9] + .microseconds(1), until: nil) == nil)
    #expect(try view.report(7).first?.shares.map(\.state) == [.waiting])
    #expect(try view.report(11).isEmpty)
    // What comes later is seen by the next read.
    await bench.append(11, to: lanes)
    #expect(try view.report(11).count == 1)
  }

  @Test func `it keeps nothing in the WAL, however long it reads`() async throws {
    let bench = try Bench(.sqlite, at: folder.path)
    defer { bench.journal.close() }
    let lanes = try bench.lanes("shop")
    await bench.append(1, to: lanes)
    let view = try StoreView(path: path)
    // 16 MiB, eight times what the writer lets the WAL grow to.
    var id: Int64 = 1
    for _ in 0..<64 {
      _ = try view.reports(1...Int64.max, limit: 2)
      for _ in 0..<8 {
        id += 1
        await bench.append(id, to: lanes, bytes: 32 * 1024)
      }
    }
    let wal = try #require(try FileManager.default.attributesOfItem(atPath: path + "-wal")[.size] as? Int)
    #expect(wal < 2 * Int(StoreConnection.checkpointPages) * StoreConnection.pageBytes)
  }

  @Test func `of a relay that was stopped it reads all, and leaves the store as it was`() async throws {
    let bench = try Bench(.sqlite, at: folder.path)
    let lanes = try bench.lanes("shop")
    for id in 1...5 as ClosedRange<Int64> { await bench.append(id, to: lanes) }
    bench.journal.close()
    try FileManager.default.removeItem(atPath: path + ".lock")
    let (before, filesBefore) = (try Data(contentsOf: URL(filePath: path)), try files())
    do {
      let view = try StoreView(path: path)
      #expect(try all(view).map(\.key.id) == Array(1...5))
    }
    #expect(try Data(contentsOf: URL(filePath: path)) == before)
    #expect(try files().subtracting(filesBefore).isSubset(of: ["relay.db-shm", "relay.db-wal"]))

    let again = try SQLiteJournal(path: path, clock: bench.clock.clock) { _ in }
    defer { again.close() }
    #expect(again.standing().lanes.map(\.matched) == [5])
    #expect(try again.report(5).count == 1)
  }

  @Test func `of a relay that was killed it reads what only the WAL has, and a relay starts beside it`() async throws {
    let bench = try Bench(.sqlite, at: folder.path)
    defer { bench.journal.close() }
    let lanes = try bench.lanes("shop")
    for id in 1...5 as ClosedRange<Int64> { await bench.append(id, to: lanes) }
    // As kill -9 leaves it: the database and its WAL, and an index of it that nobody has open.
    let other = try TemporaryFolder()
    for suffix in ["", "-wal", "-shm"] {
      try FileManager.default.copyItem(atPath: path + suffix, toPath: other.path + "/relay.db" + suffix)
    }
    let view = try StoreView(path: other.path + "/relay.db")
    #expect(try all(view).map(\.key.id) == Array(1...5))

    let again = try SQLiteJournal(path: other.path + "/relay.db", clock: bench.clock.clock) { _ in }
    #expect(try all(view).count == 5)
    again.close()
    #expect(try all(view).count == 5)
  }

  @Test func `it names the routes that a packet was claimed for`() async throws {
    let bench = try Bench(.sqlite, at: folder.path)
    _ = try bench.lanes("shop", "crm")
    bench.journal.close()
    try change("DROP TABLE IF EXISTS claim")
    #expect(try StoreView(path: path).claimants(of: [7]) == [:])
    try change(
      """
      CREATE TABLE claim (packet_id INTEGER, lane INTEGER, PRIMARY KEY (packet_id, lane)) WITHOUT ROWID;
      INSERT INTO claim VALUES (7, 1), (7, 2), (8, 2);
      """)
    #expect(try StoreView(path: path).claimants(of: [7, 8, 9]) == [7: ["shop", "crm"], 8: ["crm"]])
  }

  @Test func `what it cannot read it says in a line, and makes nothing`() async throws {
    #expect(failure(path) == .missing(path: path))
    #expect(try files().isEmpty)
    try Data("no store \(String(repeating: "x", count: 200))".utf8).write(to: URL(filePath: path))
    #expect(failure(path) == .notAStore(path: path))
    try FileManager.default.removeItem(atPath: path)

    try Bench(.sqlite, at: folder.path).journal.close()
    #expect(failure(path) == nil)
    try change("INSERT INTO grdb_migrations VALUES ('99: not known yet')")
    #expect(failure(path) == .newer(path: path))
    try change("DELETE FROM grdb_migrations WHERE identifier NOT LIKE '1:%'")
    #expect(failure(path) == .older(path: path))
  }
}
