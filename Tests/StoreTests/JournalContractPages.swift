import Model
import Support
import Testing

/// What every journal promises of pages, memory and order.
@Suite("Journal contract: pages", .timeLimit(.minutes(10)))
struct JournalContractPages {
  @Test(arguments: Implementation.allCases)
  func `a lane begins spilled, is paged in order without a gap, and is live after the last page`(
    _ implementation: Implementation
  ) async throws {
    try await Bench.with(implementation) { bench in
      let lane = try bench.lanes("shop")[0]
      let count = Limits.pageRowsMax * 2 + 10
      for id in 1..<Int64(count) { bench.journal.append(bench.arrival(id, to: [lane])) { _ in } }
      await bench.append(Int64(count), to: [lane])
      #expect(bench.receiver.seen.deliveries.isEmpty)
      var seqs: [Int64] = []
      for size in [Limits.pageRowsMax, Limits.pageRowsMax, 10] {
        let page = try await bench.fetch(.ready, of: lane)
        #expect(page.deliveries.count == size)
        #expect(page.isMore == (size != 10))
        #expect(page.deliveries.allSatisfy { $0.queue == .ready && $0.tries == 0 && $0.key.id == $0.seq })
        seqs += page.deliveries.map(\.seq)
      }
      #expect(seqs == Array(1...Int64(count)))
      await bench.append(Int64(count) + 1, to: [lane])
      try await bench.receiver.wait { $0.deliveries.count == 1 }
      #expect(bench.receiver.seen.deliveries.map(\.seq) == [Int64(count) + 1])
      let page = try await bench.fetch(.ready, of: lane)
      #expect(page.deliveries.isEmpty && !page.isMore, "a live lane has been handed everything")
    }
  }

  @Test(arguments: Implementation.allCases)
  func `what is committed between two pages is in the next, and handed over once`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lane = try bench.lanes("shop")[0]
      for id in 1...300 as ClosedRange<Int64> { bench.journal.append(bench.arrival(id, to: [lane])) { _ in } }
      let first = try await bench.fetch(.ready, of: lane)
      #expect(first.isMore)
      await bench.append(301, to: [lane])
      let rest = try await bench.catchUp(lane)
      #expect((first.deliveries + rest).map(\.seq) == Array(1...301))
      #expect(bench.receiver.seen.deliveries.isEmpty)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `retries are paged by due time and then by arrival, and only when due`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lane = try bench.lanes("shop")[0]
      for id in 1...6 as ClosedRange<Int64> { await bench.append(id, to: [lane]) }
      let deliveries = try await bench.catchUp(lane)
      let start = bench.clock.now
      let seconds = [30, 10, 20, 10, 40, 50]
      try await bench.settle(zip(deliveries, seconds).map { bench.settlement(of: $0, .retry(due: start + .seconds($1))) })
      bench.clock.advance(by: .seconds(20))
      let first = try await bench.fetch(.retry, of: lane)
      #expect(first.deliveries.map(\.seq) == [2, 4, 3])
      #expect(first.nextDue == start + .seconds(30))
      bench.clock.advance(by: .seconds(20))
      let second = try await bench.fetch(.retry, of: lane)
      #expect(second.deliveries.map(\.seq) == [1, 5])
      #expect(second.nextDue == start + .seconds(50))
    }
  }

  @Test(arguments: Implementation.allCases)
  func `more retries than a page holds come in several pages`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lane = try bench.lanes("shop")[0]
      let count = Int64(Limits.pageRowsMax + 5)
      for id in 1...count { bench.journal.append(bench.arrival(id, to: [lane])) { _ in } }
      let deliveries = try await bench.catchUp(lane)
      // All at once: within one instant the order of arrival decides where a page ends.
      let due = bench.clock.now
      try await bench.settle(deliveries.map { bench.settlement(of: $0, .retry(due: due)) })
      let first = try await bench.fetch(.retry, of: lane)
      #expect(first.deliveries.map(\.seq) == Array(1...Int64(Limits.pageRowsMax)))
      #expect(first.nextDue == due)
      let second = try await bench.fetch(.retry, of: lane)
      #expect(second.deliveries.map(\.seq) == Array((Int64(Limits.pageRowsMax) + 1)...count))
      #expect(second.nextDue == nil)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a retry is never placed before what was already handed over, even if the clock goes back`(
    _ implementation: Implementation
  ) async throws {
    try await Bench.with(implementation) { bench in
      let lane = try bench.lanes("shop")[0]
      for id in 1...2 as ClosedRange<Int64> { await bench.append(id, to: [lane]) }
      let deliveries = try await bench.catchUp(lane)
      let due = bench.clock.now
      try await bench.settle(deliveries[1], .retry(due: due))
      let second = try await bench.fetch(.retry, of: lane).deliveries
      #expect(second.map(\.seq) == [2])
      // Due before the place of the cursor: by the hour in one case, by the seq in the other.
      try await bench.settle(deliveries[0], .retry(due: due - .hours(1)))
      try await bench.settle(second[0], .retry(due: due))
      bench.clock.advance(by: .seconds(1))
      #expect(Set(try await bench.fetch(.retry, of: lane).deliveries.map(\.seq)) == [1, 2])
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a lane at its memory bound is spilled once, and overtaken by nothing`(_ implementation: Implementation) async throws {
    let cost = 1_000 + Limits.deliveryOverheadBytes
    let book = LaneBook(laneBytesMax: cost * 3, lanesBytesMax: cost * 100, laneBytesAssured: cost, queueBytesAssured: 0)
    try await Bench.with(implementation, book: book) { bench in
      let lanes = try bench.lanes("shop", "clinic")
      for lane in lanes { _ = try await bench.catchUp(lane) }
      for id in 1...6 as ClosedRange<Int64> { await bench.append(id, to: lanes, bytes: id == 5 ? 1 : 1_000) }
      let lane = lanes[0]
      try await bench.receiver.wait { $0.spilled.count == 2 }
      let handed = bench.receiver.seen.deliveries.filter { $0.lane == lane }
      #expect(handed.map(\.seq) == [1, 2, 3], "the small fifth would fit, but must not overtake the fourth")
      #expect(bench.receiver.seen.spilled.filter { $0 == lane }.count == 1)
      try await bench.settle(Array(handed.prefix(2)).map { bench.settlement(of: $0, .delivered) })
      let page = try await bench.fetch(.ready, of: lane)
      #expect(page.deliveries.map(\.seq) == [4, 5])
      #expect(page.isMore)
      try await bench.settle((handed.suffix(1) + page.deliveries).map { bench.settlement(of: $0, .delivered) })
      #expect(try await bench.catchUp(lane).map(\.seq) == [6])
      await bench.append(7, to: [lane])
      try await bench.receiver.wait { $0.deliveries.contains { $0.seq == 7 } }
      let names = bench.events.all.compactMap { event -> String? in
        switch event {
        case .spilled(lane): "spilled"
        case .caughtUp(lane): "caught up"
        default: nil
        }
      }
      #expect(names == ["spilled", "caught up"])
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a delivery larger than the bound is still sent`(_ implementation: Implementation) async throws {
    let book = LaneBook(laneBytesMax: 1_000, lanesBytesMax: 1_000, laneBytesAssured: 500, queueBytesAssured: 0)
    try await Bench.with(implementation, book: book) { bench in
      let lane = try bench.lanes("shop")[0]
      for id in 1...3 as ClosedRange<Int64> { await bench.append(id, to: [lane], bytes: 5_000) }
      for seq in 1...3 as ClosedRange<Int64> {
        let page = try await bench.fetch(.ready, of: lane)
        #expect(page.deliveries.map(\.seq) == [seq])
        #expect(page.isMore == (seq < 3))
        try await bench.settle(page.deliveries[0], .retry(due: bench.clock.now))
      }
      for seq in 1...3 as ClosedRange<Int64> {
        let page = try await bench.fetch(.retry, of: lane)
        #expect(page.deliveries.map(\.seq) == [seq])
        #expect(page.nextDue == (seq < 3 ? bench.clock.now : nil))
        try await bench.settle(page.deliveries[0], .delivered)
      }
      #expect(bench.standing(of: lane).pending == 0)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a lane that holds its share of memory is paged when it has given some back`(_ implementation: Implementation) async throws {
    let cost = 1_000 + Limits.deliveryOverheadBytes
    let book = LaneBook(laneBytesMax: cost * 4, lanesBytesMax: cost * 100, laneBytesAssured: cost, queueBytesAssured: 0)
    try await Bench.with(implementation, book: book) { bench in
      let lane = try bench.lanes("shop")[0]
      for id in 1...6 as ClosedRange<Int64> { await bench.append(id, to: [lane], bytes: 1_000) }
      let first = try await bench.fetch(.ready, of: lane)
      #expect(first.deliveries.map(\.seq) == [1, 2, 3, 4])
      bench.journal.fetch(.ready, of: lane)
      try await bench.settle(first.deliveries[0], .delivered)
      // The writer has gone round twice since it was asked.
      bench.nudge()
      #expect(bench.receiver.pages(.ready, of: lane).count == 1)
      try await bench.settle(first.deliveries[1], .delivered)
      try await bench.receiver.wait { $0.pages(.ready, of: lane).count == 2 }
      #expect(bench.receiver.pages(.ready, of: lane)[1].deliveries.map(\.seq) == [5, 6])
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a retry is handed over however much of what is new the lane holds`(_ implementation: Implementation) async throws {
    let cost = 1_000 + Limits.deliveryOverheadBytes
    let book = LaneBook(laneBytesMax: cost * 10, lanesBytesMax: cost * 100, laneBytesAssured: cost * 6, queueBytesAssured: cost * 2)
    try await Bench.with(implementation, book: book) { bench in
      let lane = try bench.lanes("shop")[0]
      for id in 1...4 as ClosedRange<Int64> { await bench.append(id, to: [lane], bytes: 1_000) }
      for failed in try await bench.catchUp(lane) { try await bench.settle(failed, .retry(due: bench.clock.now)) }
      for id in 5...9 as ClosedRange<Int64> { await bench.append(id, to: [lane], bytes: 1_000) }
      try await bench.receiver.wait { $0.spilled == [lane] }
      let page = try await bench.fetch(.retry, of: lane)
      #expect(page.deliveries.map(\.seq) == [1, 2])
      #expect(page.nextDue == bench.clock.now)
    }
  }
}
