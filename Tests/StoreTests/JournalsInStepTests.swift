import GRDB
import Model
import Support
import Testing
import Traffic

@testable import Store

/// Both journals go the same random way, step by step, and must stay equal. Each is so the other's oracle: one is tables and
/// indexes, the other plain collections. One run after the other, since waiting for a writer takes a thread from other tests.
@Suite("Journals in step", .serialized, .ownThread, .timeLimit(.minutes(10)))
struct JournalsInStepTests {
  private static let steps = 200

  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func `the store is what the plain collections are`(_ seed: UInt64) async throws {
    let book = LaneBook(laneBytesMax: 2_000, lanesBytesMax: 4_000, laneBytesAssured: 600, queueBytesAssured: 200)
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

  /// Of a report of a packet, by these rules; of another one that was kept, by the number of its bytes; of a body in quarantine, by what
  /// it says.
  private static func rules(_ ofPackets: OrderRules, dropsUnmatched: Bool) -> JournalRules {
    JournalRules(dropsUnmatched: dropsUnmatched) { payload in
      if payload.bytes.first == UInt8(ascii: "?") { return nil }
      if let routed = ofPackets.ofJournal.route(payload) { return routed }
      if let routed = JournalRules.written().route(payload) { return routed }
      let lanes = (0..<3).filter { payload.bytes.count >> $0 & 1 == 1 }.map { LaneID($0 + 1) }
      return JournalRules.Routed(
        report: Report(key: ReportKey(id: 0, status: "")), routing: Routing(targets: lanes, isOwned: !lanes.isEmpty))
    }
  }

  private struct Run {
    let sqlite: Bench
    let memory: Bench
    var rng: SplitMix64
    let isStrict: Bool
    var rules = OrderRules(takers: [])
    var lanes: [LaneID] = []
    var handed: [Delivery] = []
    /// Settled once already.
    var over: [Delivery] = []
    /// Of the handovers of the present life.
    var seen = (sqlite: 0, memory: 0)

    private static let statuses = ["accepted", "sent", "delivered", "undelivered"]

    init(sqlite: Bench, memory: Bench, rng: SplitMix64, isStrict: Bool) {
      (self.sqlite, self.memory, self.rng, self.isStrict) = (sqlite, memory, rng, isStrict)
    }

    private func both(_ body: (Bench) throws -> Void) rethrows {
      try body(sqlite)
      try body(memory)
    }

    mutating func name() throws {
      let (drops, takesMore) = (rng.chance(0.5), rng.chance(0.7))
      for bench in [sqlite, memory] {
        let terms = [
          LaneTerms(name: "a", takesOrders: true), LaneTerms(name: "b", dropsStale: drops, takesOrders: takesMore),
          LaneTerms(name: "c", isOrdered: false, takesOrders: takesMore),
        ]
        lanes = try bench.journal.lanes(for: terms)
      }
      if !isStrict { adopt() }
    }

    /// Other rules each time, by which a report that is routed anew may go elsewhere than it went.
    private mutating func adopt() {
      let (lanes, seed, dropsUnmatched) = (lanes, rng.next(), rng.chance(0.3))
      rules = OrderRules { report in
        var rng = SplitMix64(seed: seed &+ UInt64(report.key.id) &* 31 &+ UInt64(report.key.status.utf8.count))
        let targets = lanes.filter { _ in rng.chance(0.3) }
        let verdicts: [Verdict] = [.no, .unwanted, .copy]
        return Routing(
          targets: targets, isOwned: !targets.isEmpty || rng.chance(0.1),
          conditional: lanes.filter { !targets.contains($0) }.map { lane in
            .init(lane, ifClaimed: rng.chance(0.8) ? .copy : verdicts[rng.below(3)], ifNot: verdicts[rng.chance(0.8) ? 0 : 1])
          })
      }
      let journalRules = JournalsInStepTests.rules(rules, dropsUnmatched: dropsUnmatched)
      both { $0.journal.adopt(journalRules) }
    }

    mutating func step() async throws {
      switch rng.below(100) {
      case 0..<30: isStrict ? append() : appendOfPacket()
      case 30..<54: settle()
      case 54..<59: isStrict ? settle() : claim()
      case 59: if !isStrict { rng.chance(0.7) ? withdraw() : adopt() }
      case 60..<78: fetch(Model.Queue.allKinds[rng.below(3)], of: lanes[rng.below(3)])
      case 78..<86:
        let time = Duration.milliseconds(rng.below(4_000))
        both { $0.clock.advance(by: time) }
      case 86..<90: release()
      case 90..<93: isStrict ? append() : try await startJob()
      case 93..<95: isStrict ? append() : try await takeStrays()
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
      let bytes = rng.below(70)
      both { bench in bench.journal.append(bench.arrival(id, status, to: to, bytes: bytes)) { #expect($0 == nil) } }
    }

    private mutating func appendOfPacket() {
      let (id, status) = (1 + Int64(rng.below(10)), Self.statuses[rng.below(4)])
      both { bench in
        bench.journal.append(rules.arrival(id, status, in: id == 10 ? nil : id % 3, at: bench.clock.now)) { #expect($0 == nil) }
      }
    }

    private mutating func claim() {
      let claims = (0..<(1 + rng.below(2))).map { _ in Claim(packetID: Int64(rng.below(3)), lane: lanes[rng.below(3)]) }
      both { $0.journal.claim(claims) { result in #expect((try? result.get())?.map(\.claim) == claims) } }
    }

    private mutating func withdraw() {
      let (packet, lane) = (Int64(rng.below(3)), rng.chance(0.7) ? lanes[rng.below(3)] : nil)
      both { $0.journal.withdraw(packetID: packet, lane: lane) { result in #expect((try? result.get()) != nil) } }
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
      // The collections queue all at once. So does the store where all is due within seconds and the lanes keep up.
      let rate = try rng.chance(0.5) && sqlite.query("SELECT 1 FROM replay LIMIT 1").isEmpty ? 100.0 : nil
      for bench in [sqlite, memory] {
        let expected = try bench.journal.count(selection).count
        #expect(try await bench.run(kind, selection, rate: rate).count == expected)
      }
    }

    private mutating func takeStrays() async throws {
      switch rng.below(4) {
      case 0: for bench in [sqlite, memory] { _ = try await bench.reroute() }
      case 1: for bench in [sqlite, memory] { _ = try await bench.readmit() }
      case 2: for bench in [sqlite, memory] { _ = await bench.quarantine(.notJSON) }
      default:
        let to = lanes.filter { _ in rng.chance(0.5) }.map { "\($0.number)" }
        let text = (["\(1 + rng.below(10))", Self.statuses[rng.below(4)]] + to).joined(separator: " ")
        for bench in [sqlite, memory] { await bench.quarantine(written: text) }
      }
    }

    private mutating func cancelJob() async throws {
      guard let job = try memory.journal.jobs().randomElement(using: &rng) else { return }
      for bench in [sqlite, memory] { try await bench.cancel(job) }
    }

    private mutating func restart() throws {
      try both { try $0.restart() }
      (handed, seen) = ([], (0, 0))
      try name()
    }

    /// Waits until the store has done all that it was asked, and compares everything.
    private mutating func compare() async throws {
      // A round for what was asked, one for the step of a job or a page after it.
      for _ in 0..<2 { sqlite.nudge() }
      var (a, b) = (sqlite.standing, memory.standing)
      (a.bytes, b.bytes) = (0, 0)
      try expectEqual(a, b)
      let waiting = try sqlite.journal.waiting()
      try expectEqual(waiting, try memory.journal.waiting())
      for lane in a.lanes { try expectEqual(waiting.filter { $0.lane == lane.id }.reduce(0) { $0 + $1.count }, lane.pending) }
      try compareHistory()
      try takeHandovers()
      if rng.chance(0.1) {
        try compareReports()
        for _ in 0..<6 { try compareSearch() }
        try checkHeld()
      }
      await Task.yield()
    }

    /// Without a commit the store takes the sample of a minute a few seconds later than the collections.
    private func compareHistory() throws {
      let ofMemory = try memory.journal.history(since: Instant(microseconds: 0))
      let ofStore = try sqlite.journal.history(since: Instant(microseconds: 0))
      let minutes = Set(ofStore.map(\.at))
      try expectEqual(ofStore, ofMemory.filter { minutes.contains($0.at) })
      try #require(ofStore.count >= ofMemory.count - 1 || sqlite.clock.now - sqlite.clock.now.minute < Sampler.aloneAfter)
    }

    private mutating func takeHandovers() throws {
      let new = (
        sqlite: Array(sqlite.receiver.seen.handovers[seen.sqlite...]), memory: Array(memory.receiver.seen.handovers[seen.memory...])
      )
      seen = (seen.sqlite + new.sqlite.count, seen.memory + new.memory.count)
      try expectEqual(Told(new.sqlite), Told(new.memory))
      for delivery in new.sqlite.flatMap({ $0.deliveries + $0.pages.flatMap(\.deliveries) }) {
        handed.append(delivery)
        if isStrict { try checkOrder(delivery) }
      }
    }

    /// However a journal groups what it tells.
    private struct Told: Equatable {
      var deliveries: [Delivery]
      var pages: [Page.Words]
      var spilled: [LaneID]
      var withdrawn: Set<String>
      /// The earliest of each lane and queue.
      var due: [Handover.Due]
      var held: [Handover.Due]

      init(_ handovers: [Handover]) {
        deliveries = handovers.flatMap(\.deliveries)
        pages = handovers.flatMap(\.pages).map(Page.Words.init)
        spilled = handovers.flatMap(\.spilled)
        withdrawn = Set(handovers.flatMap(\.withdrawn).flatMap { one in one.seqs.map { "\($0) of \(one.lane) in \(one.queue)" } })
        var told = Handover()
        for due in handovers.flatMap(\.due) { told.tell(due: due) }
        for held in handovers.flatMap(\.held) { told.tell(held: held) }
        due = told.due.sorted { ($0.lane, $0.queue == .replay ? 1 : 0) < ($1.lane, $1.queue == .replay ? 1 : 0) }
        held = told.held.sorted { $0.lane < $1.lane }
      }
    }

    /// Unlike `#expect` it takes no words for what is equal.
    private func expectEqual<T: Equatable>(_ a: T, _ b: T) throws {
      guard a != b else { return }
      Issue.record("the store has \(String("\(a)".prefix(2_000))), the collections have \(String("\(b)".prefix(2_000)))")
      throw Different()
    }

    private struct Different: Error {}

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
        try expectEqual(try sqlite.journal.report(id), try memory.journal.report(id))
      }
      for packet in 0..<3 as Range<Int64> {
        try expectEqual(try sqlite.journal.claims(of: packet), try memory.journal.claims(of: packet))
      }
      for state in DeliveryState.allCases {
        try expectEqual(try sqlite.journal.count(Selection(state: state)).count, try memory.journal.count(Selection(state: state)).count)
      }
      let ends = (0..<5).map { sqlite.clock.now - .seconds($0 * 40) }
      try expectEqual(try sqlite.journal.waiting(apart: ends), try memory.journal.waiting(apart: ends))
      try expectEqual(try sqlite.journal.jobs(), try memory.journal.jobs())
      try expectEqual(try sqlite.journal.unmatched(after: 0, limit: 1_000), try memory.journal.unmatched(after: 0, limit: 1_000))
      try expectEqual(try sqlite.journal.quarantined(after: 0, limit: 1_000), try memory.journal.quarantined(after: 0, limit: 1_000))
    }

    /// In pages of any length, the same reports; each is the other's oracle.
    private mutating func compareSearch() throws {
      let search = ReportSearch.random(around: sqlite.clock.now, lanes: lanes, using: &rng)
      let bounds = SearchBounds(rows: 1 + rng.below(12), bytes: 1 + rng.below(200))
      let store = try #require(sqlite.journal as? SQLiteJournal)
      let ofStore = try ReportSearch.pages(search) { try store.operatorReader().search($0, bounds) }
      try expectEqual(ofStore, try ReportSearch.pages(search) { try memory.journal.search($0) })
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
        // One at a time: what shares a commit is told in another order.
        for lane in lanes {
          for queue in Model.Queue.allKinds {
            fetch(queue, of: lane)
            try await compare()
          }
        }
        while let delivery = handed.popLast() {
          give(delivery, .delivered, isLate: false)
          try await compare()
        }
      }
      #expect(memory.standing.lanes.map(\.pending) == [0, 0, 0])
      try compareReports()
    }
  }
}

extension Page {
  fileprivate struct Words: Equatable {
    var lane: LaneID
    var queue: Model.Queue
    var deliveries: [Delivery]
    var isMore: Bool
    var nextDue: Instant?
    var heldSince: Instant?

    init(_ page: Page) {
      (lane, queue, deliveries) = (page.lane, page.queue, page.deliveries)
      (isMore, nextDue, heldSince) = (page.isMore, page.nextDue, page.heldSince)
    }
  }
}

extension Model.Queue {
  fileprivate static let allKinds: [Model.Queue] = [.ready, .retry, .replay]
}
