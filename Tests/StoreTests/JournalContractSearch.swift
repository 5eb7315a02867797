import Model
import Support
import Testing
import Traffic

@testable import Store

/// What every journal promises about looking for reports.
@Suite("Journal contract: search", .ownThread, .timeLimit(.minutes(10)))
struct JournalContractSearch {
  private static let start = Instant(microseconds: 0)

  private static func search(limit: Int = 10, _ change: (inout ReportSearch) -> Void = { _ in }) -> ReportSearch {
    var search = ReportSearch(since: start, until: .distantFuture, limit: limit)
    change(&search)
    return search
  }

  private func seqs(_ bench: Bench, limit: Int = 10, _ change: (inout ReportSearch) -> Void) throws -> [Int64] {
    try bench.journal.search(Self.search(limit: limit, change)).reports.map(\.seq)
  }

  @Test(arguments: Implementation.allCases)
  func `reports are found by what they are, where they went and how their copies stand`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lanes = try bench.lanes("shop", "clinic")
      for lane in lanes { _ = try await bench.catchUp(lane) }
      await bench.append(15, to: lanes, bytes: 40)
      await bench.append(15, "accepted", to: [lanes[0]])
      await bench.append(30, to: [])
      await bench.append(31, to: [], as: .filtered)
      await bench.append(32, to: [lanes[1]])
      try await bench.receiver.wait { $0.deliveries.count == 3 }
      let deliveries = bench.receiver.seen.deliveries
      try await bench.settle(deliveries.first { $0.seq == 1 && $0.lane == lanes[0] }!, .delivered)
      try await bench.settle(deliveries.first { $0.seq == 1 && $0.lane == lanes[1] }!, .dead)
      #expect(try seqs(bench) { _ in } == [5, 4, 3, 2, 1])
      #expect(try seqs(bench) { $0.reportID = 15 } == [2, 1])
      #expect(try seqs(bench) { $0.packetID = 2 } == [5, 4, 3])
      #expect(try seqs(bench) { $0.status = "accepted" } == [2])
      #expect(try seqs(bench) { $0.destiny = .unmatched } == [3])
      #expect(try seqs(bench) { $0.destiny = .filtered } == [4])
      #expect(try seqs(bench) { $0.lane = lanes[0] } == [2, 1])
      #expect(try seqs(bench) { $0.state = .waiting } == [5, 2])
      #expect(try seqs(bench) { $0.state = .dead } == [1])
      #expect(try seqs(bench) { $0.state = .delivered } == [1])
      #expect(try seqs(bench) { ($0.state, $0.lane) = (.delivered, lanes[1]) } == [])
      #expect(try seqs(bench) { ($0.state, $0.lane) = (.waiting, lanes[1]) } == [5])
      #expect(try seqs(bench) { ($0.reportID, $0.state) = (15, .waiting) } == [2])
      #expect(try seqs(bench) { $0.matches = { $0.bytes.count == 40 } } == [1])
      #expect(try bench.journal.search(Self.search { $0.reportID = 15 }).reports == bench.journal.report(15).reversed())
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a page goes on behind another, also where the report it ended with is not there`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lane = try bench.lanes("shop")[0]
      for id in 1...5 as ClosedRange<Int64> {
        await bench.append(id, to: [lane])
        bench.clock.advance(by: .minutes(1))
      }
      let now = bench.clock.now
      let first = try bench.journal.search(Self.search(limit: 2))
      #expect(first.reports.map(\.seq) == [5, 4])
      #expect(first.next == 4)
      #expect(first.searchedBackTo == now - .minutes(2))
      let last = try bench.journal.search(Self.search(limit: 3) { $0.before = 4 })
      #expect(last.reports.map(\.seq) == [3, 2, 1])
      #expect((last.next, last.searchedBackTo) == (nil, nil))
      #expect(try seqs(bench) { $0.before = 1_000 } == [5, 4, 3, 2, 1])
      #expect(try seqs(bench) { $0.before = .max } == [5, 4, 3, 2, 1])
      let empty = SearchPage(reports: [], next: nil, searchedBackTo: nil)
      for before in [1, 0, -5, .min] as [Int64] { #expect(try bench.journal.search(Self.search { $0.before = before }) == empty) }
      for limit in [0, -1] { #expect(try bench.journal.search(Self.search(limit: limit)) == empty) }
      #expect(try bench.journal.search(Self.search { ($0.since, $0.until) = (now, now) }) == empty)
      #expect(try bench.journal.search(Self.search { ($0.since, $0.until) = (now, Self.start) }) == empty)
      #expect(try seqs(bench) { $0.since = now - .minutes(4) } == [5, 4, 3, 2], "not before")
      #expect(try seqs(bench) { $0.until = now - .minutes(4) } == [1], "and before")
      #expect(try bench.journal.search(Self.search { $0.reportID = 99 }) == empty)
      #expect(try bench.journal.search(Self.search(limit: .max)).reports.count == 5)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `the reports of a packet are found, whether or not a lane took orders when they came`(
    _ implementation: Implementation
  ) async throws {
    try await Bench.with(implementation) { bench in
      var id: Int64 = 0
      func append(_ count: Int64) async {
        for _ in 0..<count {
          id += 1
          await bench.append(15 + id % 15, "status \(id)", to: [])
        }
      }
      for takesOrders in [false, true, true, false, true] {
        _ = try bench.lanes(for: [LaneTerms(name: "shop", takesOrders: takesOrders)])
        await append(3)
        try bench.restart()
      }
      _ = try bench.lanes(for: [LaneTerms(name: "shop", takesOrders: true)])
      await append(2)
      #expect(try seqs(bench, limit: 100) { $0.packetID = 1 } == (1...17).reversed())
      #expect(try seqs(bench, limit: 4) { ($0.packetID, $0.before) = (1, 15) } == [14, 13, 12, 11])
      #expect(try seqs(bench) { $0.packetID = 2 } == [])
    }
  }

  @Test(arguments: Implementation.allCases)
  func `what was in quarantine is found by when it was readmitted`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      _ = try bench.lanes("shop")
      await bench.quarantine(written: "7 delivered 1")
      let receivedAt = bench.clock.now
      bench.clock.advance(by: .hours(2))
      bench.journal.adopt(.written())
      #expect(try await bench.readmit().count == 1)
      let found = try bench.journal.search(Self.search { $0.since = bench.clock.now })
      #expect(found.reports.map(\.receivedAt) == [receivedAt])
      for id in [nil, 7] as [Int64?] {
        #expect(try seqs(bench) { ($0.reportID, $0.since, $0.until) = (id, receivedAt, bench.clock.now) } == [])
      }
    }
  }

  @Test(arguments: Implementation.allCases, 1...8 as ClosedRange<UInt64>)
  func `pages have no gap and no repeat, also while reports arrive and are delivered between them`(
    _ implementation: Implementation, _ seed: UInt64
  ) async throws {
    try await Bench.with(implementation) { bench in
      var run = Run(bench: bench, rng: SplitMix64(seed: seed), lanes: try bench.lanes("a", "b", "c"))
      for lane in run.lanes { _ = try await bench.catchUp(lane) }
      bench.journal.adopt(.written())
      for _ in 0..<60 { try await run.change() }
      for _ in 0..<25 { try await run.search() }
    }
  }

  private struct Run {
    let bench: Bench
    var rng: SplitMix64
    let lanes: [LaneID]
    private var cameAt: [Int64: Instant] = [:]
    private var handed = 0
    private static let statuses = ["accepted", "sent", "delivered", "undelivered"]

    init(bench: Bench, rng: SplitMix64, lanes: [LaneID]) { (self.bench, self.rng, self.lanes) = (bench, rng, lanes) }

    mutating func change() async throws {
      switch rng.below(10) {
      case 0..<5:
        let to = lanes.filter { _ in rng.chance(0.5) }
        let destiny: Destiny? = to.isEmpty && rng.chance(0.3) ? .filtered : nil
        await bench.append(1 + Int64(rng.below(40)), Self.statuses[rng.below(4)], to: to, as: destiny, bytes: rng.below(60))
      case 5..<8:
        let deliveries = bench.receiver.seen.handovers.flatMap { $0.deliveries + $0.pages.flatMap(\.deliveries) }
        guard handed < deliveries.count else { return }
        let result: [Settlement.Result] = [.delivered, .delivered, .dead, .retry(due: bench.clock.now)]
        try await bench.settle(deliveries[handed], result[rng.below(4)])
        handed += 1
      case 8: bench.clock.advance(by: .seconds(rng.below(10)))
      default:
        let kind = rng.below(4)
        if kind == 0 { _ = try await bench.run(.replay, Selection(state: .delivered, reportID: 1 + Int64(rng.below(40)))) }
        if kind == 1 { await bench.quarantine(written: "\(1 + rng.below(40)) \(Self.statuses[rng.below(4)]) \(1 + rng.below(3))") }
        if kind == 2 { _ = try await bench.readmit() }
        if kind == 3 { _ = try await bench.fetch(.retry, of: lanes[rng.below(3)]) }
      }
      for record in try all() where cameAt[record.seq] == nil { cameAt[record.seq] = bench.clock.now }
    }

    /// Everything, the newest first.
    private func all() throws -> [ReportRecord] {
      try (1...40 as ClosedRange<Int64>).flatMap { try bench.journal.report($0) }.sorted { $0.seq > $1.seq }
    }

    mutating func search() async throws {
      var search = ReportSearch.random(around: bench.clock.now, lanes: lanes, using: &rng)
      if search.reportID != nil { search.reportID = 1 + Int64(rng.below(40)) }
      while true {
        let page = try page(search)
        let expected = try all().filter { $0.seq < search.before ?? .max && $0.seq >= page.next ?? 0 && isMeant($0, search) }
        try #require(page.reports == expected, "\(search) behind \(String(describing: search.before))")
        #expect(page.reports.count <= search.limit)
        #expect(page.searchedBackTo == page.next.map { cameAt[$0]! })
        guard let next = page.next else { return }
        try #require(next < search.before ?? .max)
        search.before = next
        if rng.chance(0.5) { try await change() }
      }
    }

    private mutating func page(_ search: ReportSearch) throws -> SearchPage {
      guard let store = bench.journal as? SQLiteJournal else { return try bench.journal.search(search) }
      return try store.operatorReader().search(search, SearchBounds(rows: 1 + rng.below(12), bytes: 1 + rng.below(200)))
    }

    private func isMeant(_ record: ReportRecord, _ search: ReportSearch) -> Bool {
      let names = ["a", "b", "c"]
      let shares = record.shares.filter { share in search.lane.map { names[$0.number - 1] == share.route } ?? true }
      let asksForCopies = search.lane != nil || search.state != nil
      return cameAt[record.seq]! >= search.since && cameAt[record.seq]! < search.until
        && record.key.id == search.reportID ?? record.key.id && record.key.status == search.status ?? record.key.status
        && record.destiny == search.destiny ?? record.destiny && (search.packetID == nil || record.packetID == search.packetID)
        && (!asksForCopies || shares.contains { $0.state == search.state ?? $0.state })
        && (search.matches.map { matches in record.payload.map(matches) ?? false } ?? true)
    }
  }
}
