import Model
import Support
import Testing

/// The rules change while the journal runs: lanes are named anew, in the middle of what goes on.
@Suite("Journal contract: reloads", .timeLimit(.minutes(10)))
struct JournalContractReload {
  @Test(arguments: Implementation.allCases)
  func `a lane that is named later begins at its beginning, and the others go on as they were`(
    _ implementation: Implementation
  ) async throws {
    try await Bench.with(implementation) { bench in
      let shop = try bench.lanes("shop")[0]
      _ = try await bench.catchUp(shop)
      await bench.append(1, to: [shop])
      let lanes = try bench.lanes("bank", "shop")
      #expect(lanes == [LaneID(2), shop])
      await bench.append(2, to: lanes)
      try await bench.receiver.wait { $0.deliveries.count == 2 }
      #expect(bench.receiver.seen.deliveries.map(\.lane) == [shop, shop], "the new one stays on disk until it is asked for")
      #expect(try await bench.catchUp(lanes[0]).map(\.seq) == [2])
    }
  }

  @Test(arguments: Implementation.allCases)
  func `whoever has deliveries of a lane in memory is told of it after its route has gone, too`(
    _ implementation: Implementation
  ) async throws {
    try await Bench.with(implementation) { bench in
      let lanes = try bench.lanes("shop", "bank")
      for lane in lanes { _ = try await bench.catchUp(lane) }
      for id in 1...2 { await bench.append(Int64(id), to: [lanes[0]]) }
      try await bench.receiver.wait { $0.deliveries.count == 2 }
      _ = try bench.lanes("bank")
      _ = try await bench.run(.discard, Selection(state: .waiting, lane: lanes[0], reportID: 1))
      try await bench.receiver.wait { !$0.withdrawn.isEmpty }
      #expect(bench.receiver.seen.withdrawn.flatMap(\.seqs) == [1])
      try await bench.settle(bench.receiver.seen.deliveries[1], .delivered)
      #expect(bench.standing(of: lanes[0]).pending == 0)
      await bench.append(3, to: [lanes[0]])
      #expect(try bench.lanes("bank", "shop") == [lanes[1], lanes[0]])
      try await bench.receiver.wait { $0.deliveries.count == 3 }
      #expect(bench.receiver.seen.deliveries[2].seq == 3, "nothing is handed over twice, and nothing left out")
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a lane that is ordered no more lets go what was held, and one that is ordered now holds what comes`(
    _ implementation: Implementation
  ) async throws {
    try await Bench.with(implementation) { bench in
      let (ordered, not) = (LaneTerms(name: "shop"), LaneTerms(name: "shop", isOrdered: false))
      let shop = try bench.lanes(for: [ordered])[0]
      _ = try await bench.catchUp(shop)
      await bench.append(1, "accepted", to: [shop])
      await bench.append(1, "delivered", to: [shop])
      try await bench.receiver.wait { $0.deliveries.count == 1 }
      #expect(bench.standing(of: shop).held == 1)
      _ = try bench.lanes(for: [not])
      for _ in 0..<2 { bench.nudge() }
      #expect(bench.standing(of: shop).held == 0)
      #expect(try await bench.fetch(.retry, of: shop).deliveries.map(\.key.status) == ["delivered"])
      _ = try bench.lanes(for: [ordered])
      await bench.append(2, "accepted", to: [shop])
      await bench.append(2, "delivered", to: [shop])
      #expect(bench.standing(of: shop).held == 1)
    }
  }
}
