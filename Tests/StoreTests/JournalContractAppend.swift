import GRDB
import Model
import Support
import Synchronization
import Testing

/// What every journal promises of what arrives.
@Suite("Journal contract: arrivals", .timeLimit(.minutes(10)))
struct JournalContractAppend {
  @Test(arguments: Implementation.allCases)
  func `lanes are numbered by name and keep their numbers`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lanes = try bench.lanes("shop", "clinic")
      #expect(lanes == [LaneID(1), LaneID(2)])
      #expect(try bench.lanes("bank", "shop") == [LaneID(3), LaneID(1)])
      try bench.restart()
      #expect(try bench.lanes("clinic", "bank") == [LaneID(2), LaneID(3)])
      #expect(bench.standing.lanes.map(\.name) == ["shop", "clinic", "bank"])
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a live lane is handed its deliveries in the order of arrival, after the answer`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let (lanes, order) = (try bench.lanes("shop", "clinic"), Tape<String>())
      for lane in lanes { _ = try await bench.catchUp(lane) }
      bench.journal.connect { handover in for delivery in handover.deliveries { order.append("handed \(delivery.key.id)") } }
      for id in 1...20 as ClosedRange<Int64> {
        bench.journal.append(bench.arrival(id, to: [lanes[0]])) { error in order.append("answered \(id) \(error == nil)") }
      }
      await bench.append(21, to: [lanes[1]])
      bench.journal.close()
      for id in 1...20 {
        let answered = try #require(order.all.firstIndex(of: "answered \(id) true"))
        let handed = try #require(order.all.firstIndex(of: "handed \(id)"))
        #expect(answered < handed)
      }
      #expect(order.all.filter { $0.hasPrefix("handed") } == (1...21).map { "handed \($0)" })
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a delivery is handed over as it came`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lane = try bench.lanes("shop")[0]
      _ = try await bench.catchUp(lane)
      let key = ReportKey(id: .max, status: "teslim edildi \u{0}\u{1F4E9}")
      let bytes: [UInt8] = [0, 0xff, 0x7b, 0x0d, 0x0a, 0x00]
      let arrival = Arrival(
        report: Report(key: key, packetID: nil), payload: Payload(bytes: bytes, contentType: "application/json; charset=latin5"),
        receivedAt: bench.clock.now, destiny: .matched, lanes: [lane])
      #expect(await bench.append(arrival) == nil)
      try await bench.receiver.wait { $0.deliveries.count == 1 }
      let expected = Delivery(lane: lane, seq: 1, key: key, receivedAt: bench.clock.now, payload: arrival.payload)
      #expect(bench.receiver.seen.deliveries == [expected])
      try bench.restart()
      #expect(try await bench.catchUp(lane) == [expected], "and reads the same from disk")
    }
  }

  @Test(arguments: Implementation.allCases)
  func `an empty body is kept as an empty body`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lane = try bench.lanes("shop")[0]
      await bench.append(1, "", to: [lane], bytes: 0)
      let delivery = try #require(try await bench.catchUp(lane).first)
      #expect(delivery.payload == Payload(bytes: []))
      #expect(delivery.key.status == "")
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a repeat owes nothing and is counted`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lanes = try bench.lanes("shop", "clinic")
      for lane in lanes { _ = try await bench.catchUp(lane) }
      await bench.append(7, to: [lanes[0]])
      bench.clock.advance(by: .seconds(60))
      #expect(await bench.append(7, to: lanes) == nil)
      await bench.append(7, "accepted", to: [lanes[1]])
      try await bench.receiver.wait { $0.deliveries.count >= 2 }
      #expect(bench.receiver.seen.deliveries.map(\.lane) == lanes, "another status is another report")
      #expect(bench.standing.reports == 2)
      #expect(bench.standing.duplicates == 1)
      #expect(bench.standing.lastReportAt == bench.clock.now)
      #expect(lanes.map { bench.standing(of: $0).matched } == [1, 1])
    }
  }

  @Test(arguments: Implementation.allCases)
  func `statuses are compared byte by byte`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lane = try bench.lanes("shop")[0]
      // The same text to String: one scalar, and two that compose.
      await bench.append(1, "re\u{E7}u", to: [lane])
      await bench.append(1, "rec\u{327}u", to: [lane])
      #expect(bench.standing.reports == 2)
      #expect(bench.standing.duplicates == 0)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `many repeats in one commit are one report`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lane = try bench.lanes("shop")[0]
      _ = try await bench.catchUp(lane)
      await withTaskGroup { group in
        for _ in 0..<40 { group.addTask { await bench.append(5, to: [lane]) } }
        for await error in group { #expect(error == nil) }
      }
      try await bench.receiver.wait { !$0.deliveries.isEmpty }
      #expect(bench.standing.duplicates == 39)
      #expect(bench.standing(of: lane).matched == 1)
      #expect(bench.receiver.seen.deliveries.count == 1)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a repeat of an unmatched report is routed by the present rules, once`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lanes = try bench.lanes("shop", "clinic")
      for lane in lanes { _ = try await bench.catchUp(lane) }
      let receivedAt = bench.clock.now
      await bench.append(9, to: [])
      #expect(bench.standing.unmatched == 1)
      bench.clock.advance(by: .hours(1))
      let owedAt = bench.clock.now
      await bench.append(9, to: lanes)
      try await bench.receiver.wait { $0.due.count == 2 }
      #expect(bench.receiver.seen.due == lanes.map { Handover.Due(lane: $0, at: owedAt) })
      #expect(bench.receiver.seen.deliveries.isEmpty, "the ready queue is in the order of arrival")
      await bench.append(9, to: lanes)
      for lane in lanes {
        let page = try await bench.fetch(.retry, of: lane)
        #expect(
          page.deliveries == [
            Delivery(
              lane: lane, seq: 1, key: ReportKey(id: 9, status: "delivered"), receivedAt: receivedAt, owedAt: owedAt,
              payload: Payload(bytes: Array(repeating: 9, count: 32)), tries: 0, queue: .retry)
          ])
        #expect(bench.standing(of: lane).matched == 1)
      }
      #expect(bench.standing.duplicates == 2)
      #expect(bench.standing.unmatched == 1, "what was counted stays counted")
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a filtered report is counted, owes nothing, and stays filtered`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let lane = try bench.lanes("shop")[0]
      _ = try await bench.catchUp(lane)
      await bench.append(3, to: [], as: .filtered)
      await bench.append(3, to: [lane])
      #expect(bench.standing.filtered == 1)
      #expect(bench.standing.unmatched == 0)
      #expect(bench.standing(of: lane).matched == 0)
      #expect(try await bench.fetch(.retry, of: lane).deliveries.isEmpty)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `what is no report is quarantined and counted by reason`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      #expect(await bench.quarantine(.notJSON) == nil)
      #expect(await bench.quarantine(.notJSON) == nil)
      #expect(await bench.quarantine(.noID) == nil)
      let counted: [QuarantineReason: Int] = [.notJSON: 2, .noID: 1]
      #expect(bench.standing.quarantined == counted)
      try bench.restart()
      #expect(bench.standing.quarantined == counted)
      #expect(bench.standing.reports == 0)
    }
  }

  @Test(arguments: Implementation.allCases)
  func `refused requests are counted by reason and survive a restart`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      for reason in ["token_wrong", "path", "token_wrong"] { bench.journal.count(refused: reason) }
      try bench.restart()
      #expect(bench.standing.refused == ["token_wrong": 2, "path": 1])
      bench.journal.count(refused: "token_wrong")
      try bench.restart()
      #expect(bench.standing.refused == ["token_wrong": 3, "path": 1])
    }
  }

  @Test(arguments: Implementation.allCases)
  func `a closed journal answers that it is closed`(_ implementation: Implementation) async throws {
    let bench = try Bench(implementation)
    let lane = try bench.lanes("shop")[0]
    bench.journal.close()
    #expect(await bench.append(1, to: [lane]) == .closed)
    #expect(await bench.quarantine(.notJSON) == .closed)
    #expect(throws: JournalError.closed) { try bench.journal.lanes(for: [LaneTerms(name: "shop")]) }
    #expect(throws: JournalError.closed) { try bench.journal.waiting() }
    #expect(throws: JournalError.closed) { try bench.journal.oldestWaiting() }
    bench.journal.close()
    try bench.restart()
    #expect(bench.standing.reports == 0)
    bench.journal.close()
  }

  @Test(arguments: Implementation.allCases)
  func `closing commits what waits`(_ implementation: Implementation) async throws {
    try await Bench.with(implementation) { bench in
      let (lane, answers) = (try bench.lanes("shop")[0], Tape<JournalError?>())
      _ = try await bench.catchUp(lane)
      await bench.append(1, to: [lane])
      try await bench.receiver.wait { $0.deliveries.count == 1 }
      let first = bench.receiver.seen.deliveries[0]
      // More than one transaction holds, so that closing meets a batch that goes on.
      for id in 2...3_000 as ClosedRange<Int64> { bench.journal.append(bench.arrival(id, to: [lane])) { answers.append($0) } }
      bench.journal.settle([bench.settlement(of: first, .delivered)])
      bench.journal.count(refused: "path")
      try bench.restart()
      #expect(answers.all.count == 2_999)
      #expect(answers.all.allSatisfy { $0 == nil })
      #expect(bench.standing.reports == 3_000)
      #expect(bench.standing(of: lane).delivered == 1)
      #expect(bench.standing.refused == ["path": 1])
    }
  }
}
