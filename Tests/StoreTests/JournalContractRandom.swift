import Model
import Support
import Testing
import Traffic

/// Reports, results, pages and restarts at random, by seed: nothing is handed over twice at a time, overtaken, or lost.
@Suite("Journal contract: random runs", .timeLimit(.minutes(10)))
struct JournalContractRandom {
  private static let steps = 300

  @Test(arguments: Implementation.allCases, 1...12 as ClosedRange<UInt64>)
  func `nothing is handed over twice, overtaken or lost`(_ implementation: Implementation, _ seed: UInt64) async throws {
    // Small bounds, so that lanes spill and catch up all the time.
    let book = LaneBook(laneBytesMax: 4_000, lanesBytesMax: 7_000, laneBytesAssured: 800, queueBytesAssured: 260)
    try await Bench.with(implementation, book: book) { bench in
      var run = Run(bench: bench, rng: SplitMix64(seed: seed), lanes: try bench.lanes("a", "b", "c"))
      for _ in 0..<Self.steps { try run.step() }
      try await run.drain()
      run.check()
    }
  }

  private struct Run {
    let bench: Bench
    var rng: SplitMix64
    let lanes: [LaneID]
    var sender: Sender
    var nextID: Int64 = 1
    /// Copies owed, by lane: the truth that the counters are compared with.
    var owed: [LaneID: Set<Int64>] = [:]
    var unmatched: Set<Int64> = []
    var repeats = 0
    var gone: [LaneID: [Int64: Int]] = [:]

    init(bench: Bench, rng: SplitMix64, lanes: [LaneID]) {
      (self.bench, self.rng, self.lanes) = (bench, rng, lanes)
      sender = Sender(lanes: lanes)
      connect()
    }

    private func connect() { bench.journal.connect { [sender] in sender.receive($0) } }

    mutating func step() throws {
      switch rng.below(100) {
      case 0..<45: append()
      case 45..<50: repeatOne()
      case 50..<75: settleSome(deliveredShare: 0.6)
      case 75..<90: ask()
      case 90..<97: bench.clock.advance(by: .milliseconds(rng.below(3_000)))
      case 97: try restart()
      default: bench.nudge()
      }
    }

    private mutating func append() {
      let id = nextID
      nextID += 1
      let to = lanes.filter { _ in rng.chance(0.6) }
      if to.isEmpty { unmatched.insert(id) } else { owe(id, to) }
      bench.journal.append(bench.arrival(id, to: to, bytes: rng.below(900))) { #expect($0 == nil) }
    }

    private mutating func repeatOne() {
      guard nextID > 1 else { return }
      let id = 1 + Int64(rng.below(Int(nextID - 1)))
      repeats += 1
      if unmatched.remove(id) != nil { owe(id, lanes) }
      bench.journal.append(bench.arrival(id, to: lanes)) { #expect($0 == nil) }
    }

    private mutating func owe(_ id: Int64, _ to: [LaneID]) { for lane in to { owed[lane, default: []].insert(id) } }

    private mutating func settleSome(deliveredShare: Double) {
      let (share, seed) = (deliveredShare, rng.next())
      let taken = sender.with { state in
        var rng = SplitMix64(seed: seed)
        state.held.shuffle(using: &rng)
        let taken = state.held.prefix(rng.below(state.held.count + 1))
        state.held.removeFirst(taken.count)
        return Array(taken)
      }
      settle(taken, deliveredShare: share)
    }

    private mutating func settle(_ deliveries: [Delivery], deliveredShare: Double) {
      bench.journal.settle(
        deliveries.map { delivery in
          if !rng.chance(deliveredShare), delivery.tries < 6 {
            return bench.settlement(of: delivery, .retry(due: bench.clock.now + .milliseconds(rng.below(2_000))))
          }
          gone[delivery.lane, default: [:]][delivery.key.id, default: 0] += 1
          return bench.settlement(of: delivery, rng.chance(0.9) ? .delivered : .dead)
        })
    }

    /// Pages of lanes that are spilled, one at a time as a sender asks for them, and retries of any lane.
    private mutating func ask() {
      for lane in sender.with({ state in state.spilled.filter { state.asked.insert($0).inserted } }).sorted() {
        bench.journal.fetch(.ready, of: lane)
      }
      bench.journal.fetch(.retry, of: lanes[rng.below(lanes.count)])
    }

    /// Whoever held deliveries is gone with the process: all that is not settled is sent again.
    private mutating func restart() throws {
      try bench.restart()
      let violations = sender.with { $0.violations }
      sender = Sender(lanes: lanes)
      sender.with { $0.violations = violations }
      connect()
    }

    /// Delivers everything that is left.
    mutating func drain() async throws {
      for _ in 0..<2_000 where bench.standing.lanes.contains(where: { $0.pending > 0 }) || !isAllAnswered {
        bench.clock.advance(by: .minutes(1))
        ask()
        for lane in lanes { bench.journal.fetch(.retry, of: lane) }
        // The second returns when the first round, with the pages, is over.
        bench.nudge()
        bench.nudge()
        let held = sender.with { state in
          defer { state.held = [] }
          return state.held
        }
        settle(held, deliveredShare: 1)
        bench.nudge()
      }
      bench.journal.close()
    }

    private var isAllAnswered: Bool { bench.standing.reports + bench.standing.duplicates == Int(nextID) - 1 + repeats }

    func check() {
      #expect(sender.with { $0.violations } == [])
      #expect(sender.with { $0.held }.isEmpty)
      #expect(bench.standing.reports == Int(nextID) - 1)
      #expect(bench.standing.duplicates == repeats)
      for lane in lanes {
        let standing = bench.standing(of: lane)
        #expect(standing.pending == 0)
        #expect(standing.matched == owed[lane, default: []].count)
        #expect(Set(gone[lane, default: [:]].keys) == owed[lane, default: []], "every copy that was owed ended")
        #expect(gone[lane, default: [:]].values.allSatisfy { $0 == 1 }, "and each only once")
      }
    }
  }
}
