import Model
import Support

/// Rules for journals under test. A payload tells its report in words, so that it can be routed anew.
struct OrderRules: Sendable {
  var routing: @Sendable (Report) -> Routing<LaneID>

  init(_ routing: @escaping @Sendable (Report) -> Routing<LaneID>) { self.routing = routing }

  /// Some lanes get what is claimed for them, and others everything.
  init(takers: [LaneID], everything: [LaneID] = []) {
    self.init { _ in
      Routing(
        targets: everything, isOwned: !everything.isEmpty, conditional: takers.map { .init($0, ifClaimed: .copy, ifNot: .no) })
    }
  }

  var ofJournal: JournalRules {
    JournalRules { payload in Self.report(in: payload).map { JournalRules.Routed(report: $0, routing: routing($0)) } }
  }

  private static func payload(of report: Report) -> Payload {
    Payload(bytes: Array("packet \(report.key.id) \(report.packetID.map(String.init) ?? "-") \(report.key.status)".utf8))
  }

  private static func report(in payload: Payload) -> Report? {
    let words = String(decoding: payload.bytes, as: UTF8.self).split(separator: " ")
    guard words.count == 4, words[0] == "packet", let id = Int64(words[1]) else { return nil }
    return Report(key: ReportKey(id: id, status: String(words[3])), packetID: Int64(words[2]))
  }

  func arrival(_ id: Int64, _ status: String, in packet: Int64?, at now: Instant) -> Arrival {
    let report = Report(key: ReportKey(id: id, status: status), packetID: packet)
    return Arrival(report: report, payload: Self.payload(of: report), receivedAt: now, routing: routing(report))
  }
}

extension Bench {
  /// Lanes that take orders.
  func takers(_ names: String..., ordered: Bool = true, dropsStale: Bool = false) throws -> [LaneID] {
    try journal.lanes(for: names.map { LaneTerms(name: $0, isOrdered: ordered, dropsStale: dropsStale, takesOrders: true) })
  }

  @discardableResult
  func append(_ id: Int64, _ status: String = "delivered", in packet: Int64?, by rules: OrderRules) async -> JournalError? {
    await append(rules.arrival(id, status, in: packet, at: clock.now))
  }

  func claim(_ claims: [Claim]) async -> Result<[ClaimRecord], JournalError> {
    await withCheckedContinuation { continuation in journal.claim(claims) { continuation.resume(returning: $0) } }
  }

  @discardableResult
  func claim(_ packet: Int64, for lanes: LaneID...) async throws -> [ClaimRecord] {
    try await claim(lanes.map { Claim(packetID: packet, lane: $0) }).get()
  }

  @discardableResult
  func withdraw(_ packet: Int64, of lane: LaneID? = nil) async throws -> Int {
    try await withCheckedContinuation { continuation in
      journal.withdraw(packetID: packet, lane: lane) { continuation.resume(returning: $0) }
    }.get()
  }

  /// Ids and statuses of what waits in the retry queue, in its order.
  func caughtUp(_ lane: LaneID) async throws -> [ReportKey] { try await fetch(.retry, of: lane).deliveries.map(\.key) }
}
