import GRDB
import Model
import Support
import Testing
import Traffic

/// Both journals go the same random way, step by step, and must stay equal. Each is so the other's oracle: one is tables and
/// indexes, the other plain collections.
@Suite("Journals in step", .timeLimit(.minutes(3)))
struct JournalsInStepTests {
  private static let steps = 250

  @Test(arguments: 1...16 as ClosedRange<UInt64>)
  func `the store is what the plain collections are`(_ seed: UInt64) async throws {
    let book = LaneBook(laneBytesMax: 4_000, lanesBytesMax: 7_000, laneBytesAssured: 800)
    let sqlite = try Bench(.sqlite, book: book)
    let memory = try Bench(.memory, book: book)
    defer {
      sqlite.journal.close()
      memory.journal.close()
    }
    // Half of the runs have neither replays nor reports that are routed later: then order is strict.
    var run = Run(sqlite: sqlite, memory: memory, rng: SplitMix64(seed: seed), isStrict: seed.isMultiple(of: 2))
    try run.name()
    for _ in 0..<Self.steps { try await run.step() }
    try await run.drain()
  }

  private struct Run {
    let sqlite: Bench
    let memory: Bench
    var rng: SplitMix64
    let isStrict: Bool
    var lanes: [LaneID] = []
    var handed: [Delivery] = []
    /// Settled once already.
    var over: [Delivery] = []
    /// Of the handovers of the present life.
    var seen = 0

    private static let statuses = ["accepted", "sent", "delivered", "undelivered"]

    init(sqlite: Bench, memory: Bench, rng: SplitMix64, isStrict: Bool) {
      (self.sqlite, self.memory, self.rng, self.isStrict) = (sqlite, memory, rng, isStrict)
    }

    private func both(_ body: (Bench) throws -> Void) rethrows {
      try body(sqlite)
      try body(memory)
    }

    mutating func name() throws {
      let drops = rng.chance(0.5)
      for bench in [sqlite, memory] {
        let terms = [LaneTerms(name: "a"), LaneTerms(name: "b", dropsStale: drops), LaneTerms(name: "c", isOrdered: false)]
        lanes = try bench.journal.lanes(for: terms)
      }
    }

    mutating func step() async throws {
      switch rng.below(100) {
      case 0..<30: append()
      case 30..<60: settle()
      case 60..<78: fetch(Model.Queue.allKinds[rng.below(3)], of: lanes[rng.below(3)])
      case 78..<86:
        let time = Duration.milliseconds(rng.below(4_000))
        both { $0.clock.advance(by: time) }
      case 86..<90: release()
      case 90..<95: isStrict ? append() : try await startJob()
      case 95..<97: if !isStrict { try await cancelJob() }
      case 97: try restart()
      default: settleAgain()
      }
      try await compare()
    }

    private mutating func append() {
      let (id, status) = (1 + Int64(rng.below(10)), Self.statuses[rng.below(4)])
      var to = lanes.filter { _ in rng.chance(0.7) }
      if isStrict, to.isEmpty { to = [lanes[0]] }
      let bytes = rng.below(700)
      both { bench in bench.journal.append(bench.arrival(id, status, to: to, bytes: bytes)) { #expect($0 == nil) } }
    }

    private mutating func settle() {
      guard !handed.isEmpty else { return }
      let delivery = handed.remove(at: rng.below(handed.count))
      over.append(delivery)
      give(delivery, result(), isLate: false)
    }

    private mutating func result() -> Settlement.Result {
      switch rng.below(10) {
      case 0..<4: .delivered
      case 4..<6: .dead
      default: .retry(due: sqlite.clock.now + .milliseconds(rng.below(3_000)))
      }
    }

    private func give(_ delivery: Delivery, _ result: Settlement.Result, isLate: Bool) {
      both { bench in
        var settlement = bench.settlement(of: delivery, result)
        if isLate { settlement.cost = 0 }
        bench.journal.settle([settlement])
      }
    }

    /// Late, and perhaps of a delivery that has a new life since.
    private mutating func settleAgain() {
      guard !over.isEmpty else { return }
      give(over[rng.below(over.count)], result(), isLate: true)
    }

    private func fetch(_ queue: Model.Queue, of lane: LaneID) {
      both { $0.journal.fetch(queue, of: lane) }
    }

    private mutating func release() {
      let (lane, heldSince) = (lanes[rng.below(3)], sqlite.clock.now - .milliseconds(rng.below(4_000)))
      both { $0.journal.release(lane, heldSince: heldSince) }
    }

    private mutating func startJob() async throws {
      let kind = rng.chance(0.7) ? QueueJob.Kind.replay : .discard
      var selection = Selection(state: rng.chance(0.5) ? .dead : kind == .replay ? .delivered : .waiting)
      if rng.chance(0.5) { selection.reportID = 1 + Int64(rng.below(10)) }
      if rng.chance(0.3) { selection.lane = lanes[rng.below(3)] }
      if rng.chance(0.3) { selection.since = sqlite.clock.now - .seconds(rng.below(60)) }
      if rng.chance(0.3) { selection.until = sqlite.clock.now - .seconds(rng.below(60)) }
      let rate = rng.chance(0.5) ? 3.0 : nil
      for bench in [sqlite, memory] {
        let expected = try bench.journal.count(selection)
        #expect(try await bench.run(kind, selection, rate: rate).count == expected)
      }
    }

    private mutating func cancelJob() async throws {
      guard let job = try memory.journal.jobs().randomElement(using: &rng) else { return }
      for bench in [sqlite, memory] { try await bench.cancel(job) }
    }

    private mutating func restart() throws {
      try both { try $0.restart() }
      (handed, seen) = ([], 0)
      try name()
    }

    /// Waits until the store has done all that it was asked, and compares everything.
    private mutating func compare() async throws {
      for _ in 0..<3 { try sqlite.nudge() }
      var (a, b) = (sqlite.standing, memory.standing)
      (a.bytes, b.bytes) = (0, 0)
      try #require(a == b)
      try #require(try sqlite.journal.waiting() == memory.journal.waiting())
      for lane in a.lanes {
        let waiting = try sqlite.journal.waiting().filter { $0.lane == lane.id }.reduce(0) { $0 + $1.count }
        try #require(waiting == lane.pending)
      }
      try takeHandovers()
      if rng.chance(0.1) { try compareReports() }
      try checkHeld()
    }

    private mutating func takeHandovers() throws {
      let (mine, other) = (sqlite.receiver.seen.handovers, memory.receiver.seen.handovers)
      func what(_ handovers: [Handover]) -> [[Delivery]] {
        [handovers.flatMap(\.deliveries)] + handovers.flatMap(\.pages).map(\.deliveries)
      }
      func pages(_ handovers: [Handover]) -> [String] {
        handovers.flatMap(\.pages).map { "\($0.lane) \($0.queue) \($0.isMore) \($0.nextDue as Any) \($0.heldSince as Any)" }
      }
      try #require(what(mine) == what(other))
      try #require(pages(mine) == pages(other))
      try #require(mine.flatMap(\.spilled) == other.flatMap(\.spilled))
      for delivery in what(Array(mine[seen...])).flatMap({ $0 }) {
        handed.append(delivery)
        if isStrict { try checkOrder(delivery) }
      }
      seen = mine.count
    }

    private func checkOrder(_ delivery: Delivery) throws {
      guard delivery.lane != lanes[2], !delivery.isOutOfOrder else { return }
      let name = memory.standing(of: delivery.lane).name
      for earlier in try memory.journal.report(delivery.key.id) where earlier.seq < delivery.seq {
        let share = earlier.shares.first { $0.route == name }
        #expect(share?.state != .waiting, "\(delivery.key) was handed over before \(earlier.key)")
      }
    }

    private func compareReports() throws {
      for id in 1...10 as ClosedRange<Int64> {
        try #require(try sqlite.journal.report(id) == memory.journal.report(id))
      }
      for state in DeliveryState.allCases {
        try #require(try sqlite.journal.count(Selection(state: state)) == memory.journal.count(Selection(state: state)))
      }
      try #require(try sqlite.journal.jobs() == memory.journal.jobs())
    }

    private func checkHeld() throws {
      let orphans = """
        SELECT lane, seq FROM held WHERE
          NOT EXISTS (SELECT 1 FROM ready AS t WHERE t.lane = held.lane AND t.seq = held.after)
          AND NOT EXISTS (SELECT 1 FROM retry AS t WHERE t.lane = held.lane AND t.seq = held.after)
          AND NOT EXISTS (SELECT 1 FROM replay AS t WHERE t.lane = held.lane AND t.seq = held.after)
          AND NOT EXISTS (SELECT 1 FROM held AS t WHERE t.lane = held.lane AND t.seq = held.after)
        """
      try #require(try sqlite.query(orphans).isEmpty, "every held one has an earlier one that is owed")
      let counted = try sqlite.query("SELECT id FROM lane WHERE held <> (SELECT count(*) FROM held WHERE held.lane = lane.id)")
      try #require(counted.isEmpty)
    }

    /// Delivers everything: nothing may be stuck.
    mutating func drain() async throws {
      for _ in 0..<400 where memory.standing.lanes.contains(where: { $0.pending > 0 }) {
        both { $0.clock.advance(by: .minutes(1)) }
        for lane in lanes { for queue in Model.Queue.allKinds { fetch(queue, of: lane) } }
        try await compare()
        for delivery in handed { give(delivery, .delivered, isLate: false) }
        handed = []
        try await compare()
      }
      #expect(memory.standing.lanes.map(\.pending) == [0, 0, 0])
      try compareReports()
    }
  }
}

extension Model.Queue {
  fileprivate static let allKinds: [Model.Queue] = [.ready, .retry, .replay]
}
