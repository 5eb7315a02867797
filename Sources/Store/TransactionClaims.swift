import Model

/// Whose order a packet is, and what had come before its claim.
extension Transaction {
  /// Where a report of the packet goes, by the claims as they are now.
  func resolve(_ routing: Routing<LaneID>, of packetID: Int64?) throws(SQLiteFailure) -> Routing<LaneID>.Resolved {
    guard !routing.conditional.isEmpty, let packetID else { return routing.resolved { _ in false } }
    let claimants = try statements.claimants.all(.integer(packetID)) { LaneID(Int($0.integer(0))) }
    return routing.resolved(claimants.contains)
  }

  // MARK: - Requests

  mutating func claim(_ claims: [Claim]) throws(SQLiteFailure) -> [ClaimRecord] {
    for claim in claims {
      try statements.claim.run(.integer(claim.packetID), .lane(claim.lane), .instant(now), .integer(lastSeq))
    }
    for claim in claims { try catchUp(claim) }
    var records: [ClaimRecord] = []
    for claim in claims { records.append(try open(claim)!.record) }
    return records
  }

  func withdraw(packetID: Int64, lane: LaneID?) throws(SQLiteFailure) -> Int {
    guard let lane else { return try statements.withdrawClaims.run(.integer(packetID)) }
    return try statements.withdrawClaim.run(.integer(packetID), .lane(lane))
  }

  // MARK: - Catching up

  /// Goes on with what claims have left to look at, as far as `catchUpRowsLeft` goes. Claims of routes that take no orders now, perhaps
  /// because they left the rule file, wait until they do again.
  mutating func catchUpUnfinished() throws(SQLiteFailure) {
    guard journalRules != nil else { return }
    var from = LaneID(0)
    while let claim = try unfinished(from: from) {
      if rules.takesOrders(claim.lane) {
        // One that finds nothing costs something too.
        catchUpRowsLeft -= 1
        try catchUp(claim)
        if hasUnfinishedClaims { return }
      } else {
        from = LaneID(claim.lane.number + 1)
      }
    }
  }

  private func unfinished(from lane: LaneID) throws(SQLiteFailure) -> Claim? {
    try statements.unfinishedClaim.first(.lane(lane)) { Claim(packetID: $0.integer(1), lane: LaneID(Int($0.integer(0)))) }
  }

  private mutating func catchUp(_ claim: Claim) throws(SQLiteFailure) {
    guard let journalRules, var open = try open(claim), let from = open.nextSeq, rules.takesOrders(claim.lane) else { return }
    guard catchUpRowsLeft > 0 else {
      hasUnfinishedClaims = true
      return
    }
    let found = try statements.walkPacket.all(
      .integer(claim.packetID), .integer(from), .integer(open.lastSeq), .count(catchUpRowsLeft), body: PastReport.init)
    for past in found where try isWanted(past, claim, journalRules) {
      if try owe(past, claim.lane) { open.record.caughtUp += 1 }
    }
    let isOver = found.count < catchUpRowsLeft
    catchUpRowsLeft -= found.count
    if !isOver { hasUnfinishedClaims = true }
    try statements.saveClaim.run(
      .integer(claim.packetID), .lane(claim.lane), .count(open.record.caughtUp), .optional(isOver ? nil : found.last!.seq + 1))
  }

  /// True if the rules send the report to the lane now, and it has no copy of it in any state.
  private func isWanted(_ past: PastReport, _ claim: Claim, _ journalRules: JournalRules) throws(SQLiteFailure) -> Bool {
    guard try !hasCopy(of: past.seq, claim.lane) else { return false }
    // Without its bytes it cannot be sent.
    guard let payload = try statements.readPayload.first(.integer(past.seq), body: Payload.init) else { return false }
    guard let routed = journalRules.route(payload) else { return false }
    return try resolve(routed.routing, of: claim.packetID).targets.contains(claim.lane)
  }

  private func hasCopy(of seq: Int64, _ lane: LaneID) throws(SQLiteFailure) -> Bool {
    if try statements.findUnsettled.first(.lane(lane), .integer(seq), body: { _ in true }) != nil { return true }
    if try statements.findDead.first(.lane(lane), .integer(seq), body: { _ in true }) != nil { return true }
    return try statements.findDone.first(.integer(seq), .lane(lane), body: { _ in true }) != nil
  }

  /// What was unmatched or filtered when it came stays counted so, and is matched from here on.
  /// - Returns: false if `stale: drop` says otherwise.
  private mutating func owe(_ past: PastReport, _ lane: LaneID) throws(SQLiteFailure) -> Bool {
    if past.destiny != .matched { try statements.matchReport.run(.integer(past.seq)) }
    let earlier = try statements.earlierStatuses.all(.integer(past.seq), .count(Limits.statusesOrderedMax)) { $0.integer(0) }
    return try oweLate(past.seq, isStale: past.isStale, to: [lane], behind: earlier, at: now) > 0
  }

  // MARK: - Rows

  private struct OpenClaim {
    var record: ClaimRecord
    /// nil: all were looked at.
    var nextSeq: Int64?
    var lastSeq: Int64
  }

  private func open(_ claim: Claim) throws(SQLiteFailure) -> OpenClaim? {
    try statements.findClaim.first(.integer(claim.packetID), .lane(claim.lane)) { row in
      let record = ClaimRecord(
        claim: claim, firstAt: row.instant(0), lastAt: row.instant(1), caughtUp: Int(row.integer(2)), isCaughtUp: row.isNull(3))
      return OpenClaim(record: record, nextSeq: row.isNull(3) ? nil : row.integer(3), lastSeq: row.integer(4))
    }
  }

  private struct PastReport {
    var seq: Int64
    var destiny: Destiny
    var isStale: Bool

    init(_ row: borrowing StatementRow) {
      (seq, destiny, isStale) = (row.integer(0), Destiny(rawValue: Int(row.integer(1)))!, row.integer(2) != 0)
    }
  }
}

extension Payload {
  /// Of a row of `payload`.
  fileprivate init(_ row: borrowing StatementRow) {
    self.init(bytes: row.blob(1), contentType: row.isNull(0) ? nil : row.text(0))
  }
}
