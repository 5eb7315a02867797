import Foundation
import GRDB
import Model
import Support
import Synchronization
import Testing

@testable import Store

/// Group commit on SQLite.
@Suite("Commits", .timeLimit(.minutes(10)))
struct CommitTests {
  @Test func `an answer comes only when another connection can read the report and all it owes`() async throws {
    try await Bench.with(.sqlite) { bench in
      let (lanes, found) = (try bench.lanes("shop", "clinic"), Tape<[Int]>())
      for id in 1...25 as ClosedRange<Int64> {
        bench.journal.append(bench.arrival(id, to: lanes)) { error in
          #expect(error == nil)
          let rows = try? bench.query(
            """
            SELECT (SELECT count(*) FROM report WHERE report_id = \(id)),
              (SELECT count(*) FROM report JOIN payload USING (seq) WHERE report_id = \(id)),
              (SELECT count(*) FROM report JOIN ready USING (seq) WHERE report_id = \(id))
            """)
          found.append(rows.map { [$0[0][0], $0[0][1], $0[0][2]] } ?? [])
        }
      }
      bench.journal.close()
      #expect(found.all == Array(repeating: [1, 1, 2], count: 25))
    }
  }

  @Test func `reports that arrive during a commit share the next`() async throws {
    try await Bench.with(.sqlite) { bench in
      let lane = try bench.lanes("shop")[0]
      let (isBlocked, mayGoOn) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
      bench.journal.append(bench.arrival(1, to: [lane])) { _ in
        isBlocked.signal()
        mayGoOn.wait()
      }
      await withCheckedContinuation { continuation in
        Thread.detachNewThread {
          isBlocked.wait()
          continuation.resume()
        }
      }
      let count = Int64(Limits.commitBatchMax + 500)
      for id in 2...count { bench.journal.append(bench.arrival(id, to: [lane])) { _ in } }
      mayGoOn.signal()
      bench.journal.close()
      let commits = bench.events.all.compactMap { event -> Int? in
        if case .committed(let reports, _, _) = event { reports } else { nil }
      }
      #expect(commits == [1, Limits.commitBatchMax, Int(count) - 1 - Limits.commitBatchMax])
    }
  }

  @Test func `beyond the bound of what waits a report is turned away at once, and the others are stored`() async throws {
    try await Bench.with(.sqlite) { bench in
      let lane = try bench.lanes("shop")[0]
      let (isBlocked, mayGoOn) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
      bench.journal.append(bench.arrival(1, to: [lane])) { _ in
        isBlocked.signal()
        mayGoOn.wait()
      }
      await withCheckedContinuation { continuation in
        Thread.detachNewThread {
          isBlocked.wait()
          continuation.resume()
        }
      }
      let answers = Tape<JournalError?>()
      for id in 1...Int64(Limits.waitingCommitsMax) { bench.journal.append(bench.arrival(id + 1, to: [lane])) { answers.append($0) } }
      #expect(answers.all.isEmpty)
      let over = Tape<JournalError?>()
      bench.journal.append(bench.arrival(0, to: [lane])) { over.append($0) }
      #expect(over.all == [.overloaded])
      mayGoOn.signal()
      bench.journal.close()
      #expect(answers.all.count == Limits.waitingCommitsMax)
      #expect(answers.all.allSatisfy { $0 == nil })
      #expect(bench.standing.reports == Limits.waitingCommitsMax + 1)
      #expect(try bench.query("SELECT 1 FROM report WHERE report_id = 0").isEmpty)
    }
  }

  @Test func `results are on disk without any report to ride with`() async throws {
    try await Bench.with(.sqlite) { bench in
      let lane = try bench.lanes("shop")[0]
      _ = try await bench.catchUp(lane)
      await bench.append(1, to: [lane])
      try await bench.receiver.wait { $0.deliveries.count == 1 }
      bench.journal.settle([bench.settlement(of: bench.receiver.seen.deliveries[0], .delivered)])
      try await bench.receiver.wait { $0.settled == 1 }
      #expect(try bench.query("SELECT lane, seq, tries FROM done JOIN report USING (seq)") == [["lane": 1, "seq": 1, "tries": 1]])
      #expect(try bench.query("SELECT 1 FROM ready").isEmpty)
    }
  }

  @Test func `the WAL is moved into the file once it has grown, and nothing is lost by it`() async throws {
    try await Bench.with(.sqlite) { bench in
      let lane = try bench.lanes("shop")[0]
      // More pages than the writer leaves in the WAL.
      for id in 1...200 as ClosedRange<Int64> { bench.journal.append(bench.arrival(id, to: [lane], bytes: 60_000)) { _ in } }
      await bench.append(201, to: [lane])
      bench.nudge()
      bench.nudge()
      let size = try #require(try FileManager.default.attributesOfItem(atPath: bench.storePath)[.size] as? Int)
      #expect(size > Int(StoreConnection.checkpointPages) * StoreConnection.pageBytes)
      try bench.restart()
      #expect(bench.standing(of: lane).matched == 201)
      var (count, bytes) = (0, 0)
      while true {
        let page = try await bench.fetch(.ready, of: lane)
        count += page.deliveries.count
        bytes += page.deliveries.reduce(0) { $0 + $1.payload.bytes.count }
        guard page.isMore else { break }
        try await bench.settle(page.deliveries.map { bench.settlement(of: $0, .delivered) })
      }
      #expect(count == 201)
      #expect(bytes == 200 * 60_000 + 32)
    }
  }

  @Test func `a result that the schema refuses keeps nothing else from being stored`() async throws {
    try await Bench.with(.sqlite) { bench in
      let lane = try bench.lanes("shop")[0]
      _ = try await bench.catchUp(lane)
      for id in 1...2 as ClosedRange<Int64> { await bench.append(id, to: [lane]) }
      try await bench.receiver.wait { $0.deliveries.count == 2 }
      let deliveries = bench.receiver.seen.deliveries
      var impossible = bench.settlement(of: deliveries[0], .retry(due: bench.clock.now))
      impossible.tries = 0
      try await bench.settle([impossible, bench.settlement(of: deliveries[1], .delivered)])
      #expect(bench.standing(of: lane).delivered == 1)
      #expect(bench.standing(of: lane).pending == 1, "it is sent again after the next start")
      #expect(bench.events.all.contains { if case .commitFailed = $0 { true } else { false } }, "and said")
      #expect(await bench.append(3, to: [lane]) == nil)
      #expect(bench.journal.isHealthy)
      try bench.restart()
      #expect(try await bench.catchUp(lane).map(\.seq) == [1, 3])
    }
  }
}
