import Model
import Support
import Testing

/// What every journal promises an app that claims its packets.
@Suite("Journal contract: orders", .timeLimit(.minutes(10)))
struct JournalContractOrders {
  private let packet: Int64 = 312_891_245

  private func key(_ id: Int64, _ status: String = "delivered") -> ReportKey { ReportKey(id: id, status: status) }

  private func expectBalance(_ bench: Bench) throws {
    for lane in bench.standing.lanes {
      let waiting = try bench.journal.waiting().filter { $0.lane == lane.id }.reduce(0) { $0 + $1.count }
      #expect(waiting == lane.pending)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a report of a claimed packet is the claimant's, and handed over like any other`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lanes = try bench.takers("shop", "bank")
      let rules = OrderRules(takers: lanes)
      bench.journal.adopt(rules.ofJournal)
      for lane in lanes { _ = try await bench.catchUp(lane) }
      let now = bench.clock.now
      let record = ClaimRecord(claim: Claim(packetID: packet, lane: lanes[0]), firstAt: now, lastAt: now, caughtUp: 0, isCaughtUp: true)
      #expect(try await bench.claim(packet, for: lanes[0]) == [record])
      #expect(try bench.journal.claims(of: packet) == [record])
      await bench.append(1, in: packet, by: rules)
      await bench.append(2, in: packet + 1, by: rules)
      await bench.append(3, in: nil, by: rules)
      try await bench.receiver.wait { !$0.deliveries.isEmpty }
      #expect(bench.receiver.seen.deliveries.map { "\($0.key.id) for \($0.lane.number)" } == ["1 for 1"])
      #expect(bench.standing.unmatched == 2)
      #expect(try bench.journal.report(1).map(\.destiny) == [.matched])
      #expect(try bench.journal.claims(of: packet + 1).isEmpty)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a claim finds what came before it, whoever else got that, and owes it at once`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lanes = try bench.takers("shop", "all")
      let rules = OrderRules(takers: [lanes[0]], everything: [lanes[1]])
      bench.journal.adopt(rules.ofJournal)
      for lane in lanes { _ = try await bench.catchUp(lane) }
      for id in 1...3 as ClosedRange<Int64> { await bench.append(id, in: id == 2 ? packet + 1 : packet, by: rules) }
      bench.clock.advance(by: .hours(2))
      let record = try await bench.claim(packet, for: lanes[0])[0]
      #expect((record.caughtUp, record.isCaughtUp) == (2, true))
      try await bench.receiver.wait { !$0.due.isEmpty }
      #expect(bench.receiver.seen.due == [Handover.Due(lane: lanes[0], at: bench.clock.now)])
      let page = try await bench.fetch(.retry, of: lanes[0]).deliveries
      #expect(page.map(\.key.id) == [1, 3])
      #expect(page.allSatisfy { $0.owedAt == bench.clock.now && $0.receivedAt == bench.clock.now - .hours(2) && $0.tries == 0 })
      #expect(lanes.map { bench.standing(of: $0).matched } == [2, 3])
      try expectBalance(bench)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `what was unmatched or filtered when it came is matched by a claim, and stays counted`(
    _ implementation: Implementation
  ) async throws {
    try await Bench.with(implementation) { bench in
      let lane = try bench.takers("shop")[0]
      let rules = OrderRules { report in
        Routing(targets: [], isOwned: false, conditional: [.init(lane, ifClaimed: .copy, ifNot: report.key.id == 1 ? .no : .unwanted)])
      }
      bench.journal.adopt(rules.ofJournal)
      await bench.append(1, in: packet, by: rules)
      await bench.append(2, in: packet, by: rules)
      #expect((bench.standing.unmatched, bench.standing.filtered) == (1, 1))
      #expect(try await bench.claim(packet, for: lane)[0].caughtUp == 2)
      #expect(try await bench.caughtUp(lane) == [key(1), key(2)])
      #expect((bench.standing.unmatched, bench.standing.filtered) == (1, 1))
      for id in 1...2 as ClosedRange<Int64> { #expect(try bench.journal.report(id)[0].destiny == .matched) }
      await bench.append(1, in: packet, by: rules)
      #expect(bench.standing(of: lane).matched == 2, "a repeat of it is a repeat")
    }
  }

  @Test(arguments: Implementation.allCases)
  func `several routes may claim a packet, and each gets all of it`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lanes = try bench.takers("shop", "bank", "other")
      let rules = OrderRules(takers: lanes)
      bench.journal.adopt(rules.ofJournal)
      await bench.append(1, in: packet, by: rules)
      try await bench.claim(packet, for: lanes[1])
      await bench.append(2, in: packet, by: rules)
      try await bench.claim(packet, for: lanes[0])
      await bench.append(3, in: packet, by: rules)
      #expect(lanes.map { bench.standing(of: $0).matched } == [3, 3, 0])
      #expect(try bench.journal.claims(of: packet).map(\.claim.lane) == [lanes[0], lanes[1]])
      #expect(try bench.journal.claims(of: packet).map(\.caughtUp) == [2, 1])
      try expectBalance(bench)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `to claim again refreshes the time and owes nothing more`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lane = try bench.takers("shop")[0]
      let rules = OrderRules(takers: [lane])
      bench.journal.adopt(rules.ofJournal)
      await bench.append(1, in: packet, by: rules)
      let first = try await bench.claim(packet, for: lane)[0]
      bench.clock.advance(by: .days(1))
      await bench.append(2, in: packet, by: rules)
      var again = try await bench.claim([Claim(packetID: packet, lane: lane), Claim(packetID: packet, lane: lane)]).get()
      #expect(again[0] == again[1], "to say it twice is to say it")
      #expect(again[0].lastAt == bench.clock.now)
      again[0].lastAt = first.lastAt
      #expect(again[0] == first)
      #expect(bench.standing(of: lane).matched == 2)
      bench.clock.advance(by: .days(-2))
      #expect(
        try await bench.claim(packet, for: lane)[0].lastAt == first.firstAt + .days(1), "a clock that was set back takes nothing away")
    }
  }

  @Test(arguments: Implementation.allCases)
  func `who has a copy, whatever became of it, is not owed another`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lane = try bench.takers("shop")[0]
      let (everything, onlyClaimed) = (OrderRules(takers: [], everything: [lane]), OrderRules(takers: [lane]))
      _ = try await bench.catchUp(lane)
      for id in 1...5 as ClosedRange<Int64> { await bench.append(id, in: packet, by: everything) }
      await bench.append(5, "late", in: packet, by: everything)
      await bench.append(6, in: packet, by: onlyClaimed)
      try await bench.receiver.wait { $0.deliveries.count == 5 }
      let deliveries = bench.receiver.seen.deliveries
      try await bench.settle(deliveries[0], .delivered)
      try await bench.settle(deliveries[1], .dead)
      try await bench.settle(deliveries[2], .retry(due: bench.clock.now))
      #expect(try await bench.run(.replay, Selection(state: .delivered)).count == 1)
      try await bench.settle(try await bench.fetch(.replay, of: lane).deliveries[0], .delivered)
      bench.journal.adopt(onlyClaimed.ofJournal)
      let states = try bench.journal.report(5).flatMap(\.shares).map(\.queue)
      #expect(states == ["ready", "held"])
      let before = bench.standing(of: lane)
      #expect(try await bench.claim(packet, for: lane)[0].caughtUp == 1, "of seven only the one that it had not")
      #expect(bench.standing(of: lane).matched == before.matched + 1)
      try expectBalance(bench)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `the statuses that a claim finds keep their order`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lane = try bench.takers("shop")[0]
      let rules = OrderRules(takers: [lane])
      bench.journal.adopt(rules.ofJournal)
      await bench.append(1, "accepted", in: packet, by: rules)
      await bench.append(2, "accepted", in: packet, by: rules)
      await bench.append(1, "delivered", in: packet, by: rules)
      #expect(try await bench.claim(packet, for: lane)[0].caughtUp == 3)
      #expect(bench.standing(of: lane).held == 1)
      let first = try await bench.fetch(.retry, of: lane).deliveries
      #expect(first.map(\.key) == [key(1, "accepted"), key(2, "accepted")])
      try await bench.settle(first[0], .delivered)
      bench.clock.advance(by: .seconds(1))
      #expect(try await bench.caughtUp(lane) == [key(1, "delivered")])
      await bench.append(2, "delivered", in: packet, by: rules)
      #expect(bench.standing(of: lane).held == 1, "and so do those that come after it")
      try expectBalance(bench)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a stale status is not owed where it would not have been`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lanes = try bench.journal.lanes(for: [
        LaneTerms(name: "drops", dropsStale: true, takesOrders: true), LaneTerms(name: "forwards", takesOrders: true),
      ])
      let (drops, forwards) = (lanes[0], lanes[1])
      let rules = OrderRules(takers: [drops, forwards])
      bench.journal.adopt(rules.ofJournal)
      await bench.append(1, "delivered", in: packet, by: rules)
      await bench.append(1, "accepted", in: packet, by: rules)
      #expect(try await bench.claim(packet, for: drops, forwards).map(\.caughtUp) == [1, 2])
      #expect(bench.standing(of: drops).staleDropped == 1)
      #expect(bench.standing(of: drops).matched == 1)
      let first = try await bench.fetch(.retry, of: forwards).deliveries
      try await bench.settle(first[0], .delivered)
      bench.clock.advance(by: .seconds(1))
      #expect(try await bench.fetch(.retry, of: forwards).deliveries.map(\.isStale) == [true])
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a claim gets what the rules send the claimant, and nothing else`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lane = try bench.takers("shop")[0]
      let rules = OrderRules { report in
        let isWanted = report.key.status == "delivered"
        return Routing(targets: [], isOwned: false, conditional: [.init(lane, ifClaimed: isWanted ? .copy : .unwanted, ifNot: .no)])
      }
      bench.journal.adopt(rules.ofJournal)
      await bench.append(1, "accepted", in: packet, by: rules)
      await bench.append(1, "delivered", in: packet, by: rules)
      #expect(try await bench.claim(packet, for: lane)[0].caughtUp == 1)
      #expect(try await bench.caughtUp(lane) == [key(1)])
      #expect(try bench.journal.report(1).map(\.destiny) == [.unmatched, .matched])
      await bench.append(2, "accepted", in: packet, by: rules)
      #expect(bench.standing.filtered == 1)
      // What the rules of today do not read as a report stays as it is.
      await bench.append(
        Arrival(
          report: Report(key: key(9), packetID: packet + 1), payload: Payload(bytes: [0]), receivedAt: bench.clock.now,
          destiny: .unmatched, lanes: []))
      #expect(try await bench.claim(packet + 1, for: lane).map(\.caughtUp) == [0])
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a claim that is withdrawn is as if it had ended there`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lanes = try bench.takers("shop", "bank")
      let rules = OrderRules(takers: lanes)
      bench.journal.adopt(rules.ofJournal)
      await bench.append(1, in: packet, by: rules)
      try await bench.claim(packet, for: lanes[0], lanes[1])
      #expect(try await bench.withdraw(packet, of: lanes[0]) == 1)
      #expect(try await bench.withdraw(packet, of: lanes[0]) == 0)
      await bench.append(2, in: packet, by: rules)
      #expect(try await bench.caughtUp(lanes[0]) == [key(1)], "what was owed stays owed")
      #expect(lanes.map { bench.standing(of: $0).matched } == [1, 2])
      #expect(try bench.journal.claims(of: packet).map(\.claim.lane) == [lanes[1]])
      #expect(try await bench.claim(packet, for: lanes[0])[0].caughtUp == 1, "claimed once more it finds what came meanwhile")
      #expect(try await bench.withdraw(packet) == 2)
      #expect(try bench.journal.claims(of: packet).isEmpty)
      try expectBalance(bench)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `claims outlive a restart, and what is to be caught up waits for the rules`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lane = try bench.takers("shop")[0]
      let rules = OrderRules(takers: [lane])
      await bench.append(1, in: packet, by: rules)
      let record = try await bench.claim(packet, for: lane)[0]
      #expect((record.caughtUp, record.isCaughtUp) == (0, false), "no rules are in force yet")
      await bench.append(2, in: packet, by: rules)
      try bench.restart()
      #expect(try bench.journal.claims(of: packet) == [record])
      _ = try bench.lanes("shop")
      bench.journal.adopt(rules.ofJournal)
      for _ in 0..<3 { bench.nudge() }
      #expect(try bench.journal.claims(of: packet) == [record], "nor of a route that takes no orders")
      _ = try bench.takers("shop")
      for _ in 0..<3 { bench.nudge() }
      #expect(try bench.journal.claims(of: packet) == [record], "nor by rules that may be of the time when it took none")
      bench.journal.adopt(rules.ofJournal)
      for _ in 0..<3 { bench.nudge() }
      #expect(try bench.journal.claims(of: packet).map(\.isCaughtUp) == [true])
      #expect(try await bench.caughtUp(lane) == [key(1)])
      #expect(try await bench.catchUp(lane).map(\.key) == [key(2)])
      await bench.append(3, in: packet, by: rules)
      #expect(bench.standing(of: lane).matched == 3)
      try expectBalance(bench)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `reports are known by their packet while a route takes orders, and a repeat asks whose it is now`(
    _ implementation: Implementation
  ) async throws {
    try await Bench.with(implementation) { bench in
      let lane = try bench.lanes("shop")[0]
      let rules = OrderRules(takers: [lane])
      await bench.append(1, in: packet, by: rules)
      _ = try bench.takers("shop")
      bench.journal.adopt(rules.ofJournal)
      await bench.append(2, in: packet, by: rules)
      #expect(try await bench.claim(packet, for: lane)[0].caughtUp == 1)
      #expect(try await bench.caughtUp(lane) == [key(2)])
      bench.clock.advance(by: .seconds(1))
      await bench.append(1, in: packet, by: rules)
      #expect(try await bench.caughtUp(lane) == [key(1)])
      try expectBalance(bench)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `claims are answered in their order, all at once`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lanes = try bench.takers("shop", "bank")
      bench.journal.adopt(OrderRules(takers: lanes).ofJournal)
      let claims = (0..<Limits.claimsTogetherMax).map { Claim(packetID: .max - Int64($0), lane: lanes[$0 % 2]) }
      let records = try await bench.claim(claims).get()
      #expect(records.map(\.claim) == claims)
      #expect(records.allSatisfy { $0.isCaughtUp })
      #expect(await bench.claim([]) == .success([]))
      #expect(try bench.journal.claims(of: .max).map(\.claim) == [claims[0]])
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a closed journal takes no claims`(_ implementation: Implementation) async throws {
    let bench = try Bench(implementation)
    let lane = try bench.takers("shop")[0]
    bench.journal.close()
    #expect(await bench.claim([Claim(packetID: packet, lane: lane)]) == .failure(.closed))
    await #expect(throws: JournalError.closed) { try await bench.withdraw(packet) }
    #expect(throws: JournalError.closed) { try bench.journal.claims(of: packet) }
  }
}
