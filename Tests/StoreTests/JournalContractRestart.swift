import Model
import Support
import Testing

/// What every journal finds again when it starts.
@Suite("Journal contract: restart", .timeLimit(.minutes(10)))
struct JournalContractRestart {
  @Test(arguments: Implementation.allCases)
  func `everything unfinished is paged again, with its tries`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lanes = try bench.lanes("shop", "clinic")
      for lane in lanes { _ = try await bench.catchUp(lane) }
      for id in 1...8 as ClosedRange<Int64> { await bench.append(id, to: lanes) }
      try await bench.receiver.wait { $0.deliveries.count == 16 }
      let shop = bench.receiver.seen.deliveries.filter { $0.lane == lanes[0] }
      try await bench.settle(shop[0], .delivered)
      try await bench.settle(shop[1], .dead)
      try await bench.settle(shop[2], .retry(due: bench.clock.now))
      try await bench.settle(try await bench.fetch(.retry, of: lanes[0]).deliveries[0], .retry(due: bench.clock.now + .seconds(9)))
      let (standing, waiting) = (bench.standing.lanes, try bench.journal.waiting())

      try bench.restart()
      #expect(bench.standing.lanes == standing)
      #expect(try bench.journal.waiting() == waiting)
      #expect(try await bench.catchUp(lanes[0]) == Array(shop[3...]))
      #expect(try await bench.catchUp(lanes[1]).map(\.seq) == Array(1...8))
      let early = try await bench.fetch(.retry, of: lanes[0])
      #expect(early.deliveries.isEmpty)
      #expect(early.nextDue == bench.clock.now + .seconds(9))
      bench.clock.advance(by: .seconds(9))
      let retries = try await bench.fetch(.retry, of: lanes[0]).deliveries
      #expect(retries.map(\.seq) == [3])
      #expect(retries.map(\.tries) == [2])
      #expect(retries.map(\.owedAt) == [shop[2].owedAt])
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a repeat is known after a restart, and numbers go on`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lane = try bench.lanes("shop")[0]
      await bench.append(1, to: [lane])
      await bench.append(2, to: [])
      await bench.append(3, to: [], as: .filtered)
      let before = bench.standing
      try bench.restart()
      var after = bench.standing
      after.bytes = before.bytes
      #expect(after == before)
      await bench.append(1, to: [lane])
      #expect(bench.standing.duplicates == 1)
      await bench.append(2, to: [lane])
      #expect(try await bench.fetch(.retry, of: lane).deliveries.map(\.seq) == [2])
      await bench.append(4, to: [lane])
      #expect(try await bench.catchUp(lane).map(\.seq) == [1, 4])
    }
  }

  @Test(arguments: Implementation.allCases)
  func `the deliveries of a lane that nobody asks for are held`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lanes = try bench.lanes("shop", "old")
      await bench.append(1, to: lanes)
      try bench.restart()
      #expect(try bench.lanes("shop") == [lanes[0]])
      #expect(try await bench.catchUp(lanes[0]).count == 1)
      #expect(bench.standing(of: lanes[1]).pending == 1)
      try bench.restart()
      #expect(try bench.lanes("old") == [lanes[1]])
      #expect(try await bench.catchUp(lanes[1]).map(\.seq) == [1])
    }
  }
}
