import Model

/// Whose order a packet is. Claims are caught up in one step.
extension MemoryTables {
  func resolve(_ routing: Routing<LaneID>, of packetID: Int64?) -> Routing<LaneID>.Resolved {
    routing.resolved { lane in packetID.map { claims[Claim(packetID: $0, lane: lane)] != nil } ?? false }
  }

  func claims(of packetID: Int64) -> [ClaimRecord] {
    claims.values.filter { $0.claim.packetID == packetID }.sorted { $0.claim.lane < $1.claim.lane }
  }

  mutating func claim(_ new: [Claim], _ book: LaneBook, _ now: Instant) -> [ClaimRecord] {
    for claim in new {
      if claims[claim] == nil {
        claims[claim] = ClaimRecord(claim: claim, firstAt: now, lastAt: now, caughtUp: 0, isCaughtUp: false)
        unfinished[claim] = lastSeq
      }
      claims[claim]!.lastAt = max(claims[claim]!.lastAt, now)
    }
    for claim in new { catchUp(claim, book, now) }
    return new.map { claims[$0]! }
  }

  mutating func withdraw(packetID: Int64, lane: LaneID?) -> Int {
    let withdrawn = claims.keys.filter { $0.packetID == packetID && (lane == nil || lane == $0.lane) }
    for claim in withdrawn { (claims[claim], unfinished[claim]) = (nil, nil) }
    return withdrawn.count
  }

  mutating func catchUpUnfinished(_ book: LaneBook, _ now: Instant) {
    for claim in unfinished.keys.sorted(by: { ($0.lane, $0.packetID) < ($1.lane, $1.packetID) }) { catchUp(claim, book, now) }
  }

  private mutating func catchUp(_ claim: Claim, _ book: LaneBook, _ now: Instant) {
    guard let rules, terms[claim.lane]?.takesOrders ?? false, let last = unfinished.removeValue(forKey: claim) else { return }
    for seq in packets[claim.packetID, default: []] where seq <= last && !hasCopy(of: seq, claim.lane) {
      let stored = reports[seq]!
      guard let payload = stored.payload, let routed = rules.route(payload) else { continue }
      guard resolve(routed.routing, of: claim.packetID).targets.contains(claim.lane) else { continue }
      reports[seq]!.destiny = .matched
      claims[claim]!.caughtUp += oweLate(seq, to: [claim.lane], book, at: now)
    }
    claims[claim]!.isCaughtUp = true
  }

  private func hasCopy(of seq: Int64, _ lane: LaneID) -> Bool {
    owed[lane]?[seq] != nil || dead[lane]?[seq] != nil || done[lane]?[seq] != nil
  }
}
