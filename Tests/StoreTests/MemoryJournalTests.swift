import Model
import Support
import Testing

/// The faults that tests ask a journal in memory for.
@Suite("MemoryJournal") struct MemoryJournalTests {
  @Test func `a failed commit stores nothing, says so, and the next one is fine`() async throws {
    try await Bench.with(.memory) { bench in
      let journal = try #require(bench.journal as? MemoryJournal)
      let lane = try bench.lanes("shop")[0]
      _ = try await bench.catchUp(lane)
      journal.failCommit(2, with: .full)
      #expect(await bench.append(1, to: [lane]) == nil)
      #expect(await bench.append(2, to: [lane]) == .full)
      #expect(!journal.isHealthy)
      #expect(await bench.append(2, to: [lane]) == nil)
      #expect(journal.isHealthy)
      #expect(bench.standing.reports == 2)
      #expect(bench.standing.duplicates == 0)
      #expect(bench.receiver.seen.deliveries.map(\.seq) == [1, 2])
    }
  }

  @Test func `results of a failed commit are kept, and pages wait for them`() async throws {
    try await Bench.with(.memory) { bench in
      let journal = try #require(bench.journal as? MemoryJournal)
      let lane = try bench.lanes("shop")[0]
      _ = try await bench.catchUp(lane)
      await bench.append(1, to: [lane])
      journal.failCommit(with: .failed(code: 10, words: "disk I/O error"))
      journal.settle([bench.settlement(of: bench.receiver.seen.deliveries[0], .retry(due: bench.clock.now))])
      journal.fetch(.retry, of: lane)
      #expect(bench.receiver.settled == 0)
      #expect(bench.receiver.pages(.retry, of: lane).isEmpty)
      journal.commitKept()
      #expect(bench.receiver.settled == 1)
      #expect(bench.receiver.pages(.retry, of: lane).map { $0.deliveries.map(\.seq) } == [[1]])
    }
  }

  @Test func `a crash loses the results that no commit had taken, and nothing else`() async throws {
    try await Bench.with(.memory) { bench in
      let journal = try #require(bench.journal as? MemoryJournal)
      let lane = try bench.lanes("shop")[0]
      _ = try await bench.catchUp(lane)
      await bench.append(1, to: [lane])
      journal.failCommit(with: .full)
      journal.settle([bench.settlement(of: bench.receiver.seen.deliveries[0], .delivered)])
      let restarted = MemoryJournal(after: journal)
      #expect(restarted.standing().lanes[0].pending == 1)
      #expect(await bench.append(2, to: [lane]) == .closed, "the old one is over")
    }
  }

  @Test func `a call made from a callback is done when the outermost returns, in order`() throws {
    let (clock, order) = (ManualClock(), Tape<String>())
    let journal = MemoryJournal(clock: clock.clock)
    let lane = try journal.lanes(for: [LaneTerms(name: "shop")])[0]
    journal.connect { handover in
      for delivery in handover.deliveries {
        order.append("handed \(delivery.seq)")
        journal.settle([
          Settlement(of: delivery, result: .delivered, outcome: .answered(status: 200), detail: "", startedAt: clock.now, took: .zero)
        ])
        order.append("asked \(delivery.seq)")
      }
      if handover.settled > 0 { order.append("settled \(handover.settled)") }
    }
    journal.fetch(.ready, of: lane)
    let arrival = Arrival(
      report: Report(key: ReportKey(id: 1, status: "delivered")), payload: Payload(bytes: []), receivedAt: clock.now,
      destiny: .matched, lanes: [lane])
    journal.append(arrival) { _ in order.append("answered") }
    #expect(order.all == ["answered", "handed 1", "asked 1", "settled 1"])
  }
}
