import Model
import Support
import Testing

/// What every journal keeps of a lane beyond its deliveries.
@Suite("Journal contract: lane state", .timeLimit(.minutes(10)))
struct JournalContractLaneState {
  private func keep(_ state: LaneState, of lane: LaneID, _ bench: Bench) async -> JournalError? {
    await withCheckedContinuation { continuation in bench.journal.keep(state, of: lane) { continuation.resume(returning: $0) } }
  }

  private func holds(_ bench: Bench, since: Instant?) -> Holds {
    let start = bench.clock.now - .hours(5)
    return Holds(
      spans: [Holds.Span(from: start, to: start + .minutes(1)), Holds.Span(from: start + .minutes(2), to: start + .minutes(9))],
      since: since)
  }

  @Test(arguments: Implementation.allCases, Pause.Reason.allCases)
  func `a pause, a wish to be left alone and holds are kept over a restart`(
    _ implementation: Implementation, _ reason: Pause.Reason
  ) async throws {
    try await Bench.with(implementation) { bench in
      let lanes = try bench.lanes("shop", "clinic")
      var state = LaneState()
      state.pause = Pause(reason, since: bench.clock.now)
      state.notBefore = bench.clock.now + .hours(1)
      state.holds = holds(bench, since: bench.clock.now)
      #expect(await keep(state, of: lanes[0], bench) == nil)
      #expect(bench.standing(of: lanes[0]).state == state)
      bench.clock.advance(by: .minutes(5))
      try bench.restart()
      #expect(bench.standing(of: lanes[0]).state == state, "the hold of a paused lane goes on")
      #expect(bench.standing(of: lanes[1]).state == LaneState())
      #expect(await keep(LaneState(), of: lanes[0], bench) == nil)
      try bench.restart()
      #expect(bench.standing(of: lanes[0]).state == LaneState())
    }
  }

  @Test(arguments: Implementation.allCases)
  func `time off while a breaker was open counts as held, and no more`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lane = try bench.lanes("shop")[0]
      var state = LaneState()
      let since = bench.clock.now
      state.holds = holds(bench, since: since)
      #expect(await keep(state, of: lane, bench) == nil)
      bench.clock.advance(by: .hours(2))
      let openedAt = bench.clock.now
      for _ in 0..<2 {
        try bench.restart()
        #expect(bench.standing(of: lane).state.holds.since == nil)
        #expect(bench.standing(of: lane).state.holds.held(from: since, to: bench.clock.now) == openedAt - since)
        // What was found at the first start is on disk.
        bench.clock.advance(by: .hours(2))
        bench.nudge()
      }
    }
  }

  @Test(arguments: Implementation.allCases)
  func `the last of several states is kept, and every asker is answered`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let (lane, answers) = (try bench.lanes("shop")[0], Tape<JournalError?>())
      var state = LaneState()
      for second in 1...20 {
        state.notBefore = bench.clock.now + .seconds(second)
        bench.journal.keep(state, of: lane) { answers.append($0) }
      }
      let all = try await answers.first(20)
      #expect(all.allSatisfy { $0 == nil })
      #expect(bench.standing(of: lane).state == state)
      bench.journal.close()
      #expect(await keep(state, of: lane, bench) == .closed)
    }
  }
}
