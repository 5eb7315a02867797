import Model
import Support
import Testing

@testable import Store

/// What every journal promises about the samples of what was counted.
@Suite("Journal contract: history", .timeLimit(.minutes(10)))
struct JournalContractHistory {
  private static let always = Instant(microseconds: 0)

  /// As of a minute's beginning and a few seconds, and the journal has noticed.
  private func pass(_ minutes: Int, _ bench: Bench) {
    let next = bench.clock.now.minute + .minutes(minutes) + .seconds(7)
    bench.clock.advance(by: next - bench.clock.now)
    notice(bench)
  }

  private func notice(_ bench: Bench) { for _ in 0..<2 { bench.nudge() } }

  @Test(arguments: Implementation.allCases)
  func `a minute's sample is what was counted by its beginning, and idle minutes have one`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lanes = try bench.lanes("shop", "clinic")
      for lane in lanes { _ = try await bench.catchUp(lane) }
      let first = bench.clock.now.minute
      for id in 1...3 as ClosedRange<Int64> { await bench.append(id, to: lanes) }
      try await bench.receiver.wait { $0.deliveries.count == 6 }
      let deliveries = bench.receiver.seen.deliveries
      try await bench.settle(deliveries[0], .delivered)
      try await bench.settle(deliveries[1], .dead)
      try await bench.settle(deliveries[2], .retry(due: bench.clock.now))
      let one = HistorySample(at: first + .minutes(1), reports: 3, delivered: 1, failedAttempts: 2, waiting: 4, dead: 1)
      // The first commit of the minute brings its sample, of what had been there before.
      bench.clock.advance(by: one.at + .seconds(1) - bench.clock.now)
      await bench.append(4, to: lanes)
      var later = one
      (later.at, later.reports, later.waiting) = (first + .minutes(2), 4, 6)
      pass(1, bench)
      pass(1, bench)
      var idle = later
      idle.at = first + .minutes(3)
      let history = try bench.journal.history(since: first + .minutes(1))
      #expect(history == [one, later, idle])
      #expect(try bench.journal.history(since: first + .minutes(2)) == [later, idle])
      #expect(try bench.journal.history(since: bench.clock.now).isEmpty)
      #expect(try bench.journal.history(since: Self.always).first?.at == first)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `samples survive a restart, and the counts go on`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lane = try bench.lanes("shop")[0]
      await bench.append(1, to: [lane])
      pass(1, bench)
      let before = try bench.journal.history(since: Self.always)
      #expect(before.last?.reports == 1)
      try bench.restart()
      _ = try bench.lanes("shop")
      notice(bench)
      #expect(try bench.journal.history(since: Self.always) == before, "a second life in the same minute takes none")
      await bench.append(2, to: [lane])
      bench.journal.close()
      bench.clock.advance(by: .minutes(10))
      try bench.restart()
      notice(bench)
      let after = try bench.journal.history(since: Self.always)
      #expect(Array(after.dropLast()) == before)
      #expect(after.last == HistorySample(at: bench.clock.now.minute, reports: 2, delivered: 0, failedAttempts: 0, waiting: 2, dead: 0))
    }
  }

  @Test(arguments: Implementation.allCases)
  func `samples are kept for a day and an hour, however long the relay was off`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let first = bench.clock.now.minute
      notice(bench)
      for _ in 0..<20 { pass(80, bench) }
      let kept = try bench.journal.history(since: Self.always).map(\.at)
      #expect(kept.first == first + .minutes(160) && kept.count == 19, "20 x 80 minutes are 26 h 40 min")
      bench.journal.close()
      bench.clock.advance(by: .days(3))
      try bench.restart()
      notice(bench)
      #expect(try bench.journal.history(since: Self.always).map(\.at) == [bench.clock.now.minute])
    }
  }

  @Test(arguments: Implementation.allCases)
  func `where the clock was set back, what was later is forgotten and samples go on`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      notice(bench)
      let first = bench.clock.now.minute
      for id in 1...4 as ClosedRange<Int64> {
        await bench.append(id, to: [])
        pass(1, bench)
      }
      bench.clock.advance(by: .minutes(-2))
      #expect(await bench.append(5, to: []) == nil)
      pass(1, bench)
      let history = try bench.journal.history(since: Self.always)
      #expect(history.map(\.at) == (0...3).map { first + .minutes($0) })
      #expect(history.map(\.reports) == [0, 1, 2, 5])
    }
  }

  @Test func `history of a closed journal is an error`() throws {
    for implementation in Implementation.allCases {
      let bench = try Bench(implementation)
      bench.journal.close()
      #expect(throws: JournalError.closed) { try bench.journal.history(since: Self.always) }
      #expect(throws: JournalError.closed) {
        try bench.journal.search(ReportSearch(since: Self.always, until: .distantFuture, limit: 1))
      }
    }
  }
}
