import Model
import Support
import Testing

@testable import Store

/// What waits for a time on a machine whose clock is set back.
@Suite("Clocks that are set back", .timeLimit(.minutes(10)))
struct ClockTests {
  private func fetched(_ bench: Bench, _ lane: LaneID) async throws -> [Int64] {
    bench.nudge()
    return try await bench.fetch(.retry, of: lane).deliveries.map(\.seq)
  }

  @Test func `retries come after the wait that they have, and in order`() async throws {
    try await Bench.with(.sqlite) { bench in
      let lane = try bench.lanes("shop")[0]
      for id in 1...3 as ClosedRange<Int64> { await bench.append(id, to: [lane]) }
      let deliveries = try await bench.catchUp(lane)
      try await bench.settle(deliveries[0], .retry(due: bench.clock.now))
      let again = try await bench.fetch(.retry, of: lane).deliveries
      #expect(again.map(\.seq) == [1])
      try await bench.settle(deliveries[1], .retry(due: bench.clock.now + .seconds(30)))
      bench.clock.advance(by: .hours(-1))
      bench.nudge()
      try await bench.settle(again[0], .retry(due: bench.clock.now + .seconds(40)))
      try await bench.settle(deliveries[2], .retry(due: bench.clock.now + .seconds(20)))
      bench.clock.advance(by: .seconds(19))
      #expect(try await fetched(bench, lane) == [])
      bench.clock.advance(by: .seconds(12))
      #expect(try await fetched(bench, lane) == [3, 2])
      bench.clock.advance(by: .seconds(9))
      #expect(try await fetched(bench, lane) == [1])
      #expect(try await fetched(bench, lane) == [], "nothing is handed over twice")
    }
  }

  @Test func `who sends is told to ask again`() async throws {
    try await Bench.with(.sqlite) { bench in
      let lane = try bench.lanes("shop")[0]
      await bench.append(1, to: [lane])
      let deliveries = try await bench.catchUp(lane)
      try await bench.settle(deliveries[0], .retry(due: bench.clock.now + .seconds(30)))
      let told = bench.receiver.seen.due.count
      bench.clock.advance(by: .hours(-3))
      bench.nudge()
      try await bench.receiver.wait { $0.due.count > told }
      #expect(bench.receiver.seen.due.dropFirst(told).contains { $0.lane == lane && $0.queue == .retry && $0.at == bench.clock.now })
    }
  }

  @Test func `a status that another holds back is sent once that is settled`() async throws {
    try await Bench.with(.sqlite) { bench in
      let lane = try bench.lanes("shop")[0]
      await bench.append(7, "accepted", to: [lane])
      await bench.append(7, "delivered", to: [lane])
      let first = try await bench.catchUp(lane)
      #expect(first.map(\.seq) == [1])
      bench.clock.advance(by: .hours(-1))
      try await bench.settle(first[0], .delivered)
      #expect(try await fetched(bench, lane) == [2])
    }
  }

  @Test func `it may be set back while the store is closed`() async throws {
    try await Bench.with(.sqlite) { bench in
      let lane = try bench.lanes("shop")[0]
      await bench.append(1, to: [lane])
      let deliveries = try await bench.catchUp(lane)
      try await bench.settle(deliveries[0], .retry(due: bench.clock.now + .seconds(30)))
      bench.clock.advance(by: .hours(-1))
      try bench.restart()
      bench.nudge()
      bench.clock.advance(by: .seconds(31))
      #expect(try await fetched(bench, lane) == [1])
    }
  }

  @Test func `once it has followed, the store rests`() async throws {
    try await Bench.with(.sqlite) { bench in
      bench.clock.advance(by: .hours(-1))
      for _ in 1...3 { bench.nudge() }
      let wait = await withCheckedContinuation { continuation in
        let isTaken = (bench.journal as! SQLiteJournal).inbox.put(task: { writer in continuation.resume(returning: writer.waitMax()) })
        #expect(isTaken)
      }
      #expect(wait > .zero)
    }
  }

  @Test func `a clock that is set right by less than a second moves nothing`() async throws {
    try await Bench.with(.sqlite) { bench in
      let lane = try bench.lanes("shop")[0]
      await bench.append(1, to: [lane])
      let deliveries = try await bench.catchUp(lane)
      let due = bench.clock.now + .seconds(30)
      try await bench.settle(deliveries[0], .retry(due: due))
      bench.clock.advance(by: .milliseconds(-900))
      bench.nudge()
      #expect(try bench.query("SELECT due FROM retry").map { $0[0] } == [due.microseconds])
    }
  }
}
