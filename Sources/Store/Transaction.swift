import Model

/// One transaction as it is being written, and what is to be done once it is on disk. Thrown away whole if it fails.
struct Transaction {
  private(set) var lastSeq: Int64
  var tally = Tally()
  /// Deliveries of new reports, in the order of arrival.
  private(set) var owed: [Delivery] = []
  private(set) var due: [Handover.Due] = []

  init(lastSeq: Int64) { self.lastSeq = lastSeq }

  mutating func store(_ arriving: Inbox.Arriving, _ statements: Statements, _ book: LaneBook) throws(SQLiteFailure) {
    switch arriving {
    case .report(let arrival): try store(arrival, statements, book)
    case .body(let body):
      try statements.insertQuarantine.run(
        .instant(body.receivedAt), .text(body.reason.rawValue), .optional(body.payload.contentType), .blob(body.payload.bytes))
      tally.quarantined[body.reason, default: 0] += 1
    }
  }

  private mutating func store(_ arrival: Arrival, _ statements: Statements, _ book: LaneBook) throws(SQLiteFailure) {
    let (report, seq) = (arrival.report, lastSeq + 1)
    tally.lastReportAt = arrival.receivedAt
    let isNew = try statements.insertReport.run(
      .integer(seq), .integer(report.key.id), .text(report.key.status), .optional(report.packetID),
      .count(arrival.destiny.rawValue), .instant(arrival.receivedAt))
    guard isNew == 1 else { return try storeRepeat(arrival, statements, book) }

    lastSeq = seq
    tally.reports += 1
    if arrival.destiny == .unmatched { tally.unmatched += 1 }
    if arrival.destiny == .filtered { tally.filtered += 1 }
    try statements.insertPayload.run(.integer(seq), .optional(arrival.payload.contentType), .blob(arrival.payload.bytes))
    for lane in arrival.lanes {
      try statements.insertReady.run(.lane(lane), .integer(seq))
      tally.owed(lane, at: arrival.receivedAt)
      owed.append(Delivery(lane: lane, seq: seq, key: report.key, receivedAt: arrival.receivedAt, payload: arrival.payload))
    }
  }

  /// The same report.id and status again: known, counted, and sent to nobody. Only if the first matched no route is it routed
  /// by the present rules; its copies then start in the retry queue, since the ready queue is in the order of arrival.
  private mutating func storeRepeat(_ arrival: Arrival, _ statements: Statements, _ book: LaneBook) throws(SQLiteFailure) {
    let key = arrival.report.key
    var found: (seq: Int64, destiny: Destiny)?
    try statements.findReport.rows(.integer(key.id), .text(key.status)) { row in
      found = (row.integer(0), Destiny(rawValue: Int(row.integer(1)))!)
      return false
    }
    guard let (seq, destiny) = found else { preconditionFailure("a report that conflicts with another one exists") }
    tally.duplicates += 1
    let isMatchedNow = destiny == .unmatched && arrival.destiny == .matched
    let destinyNow = isMatchedNow ? .matched : destiny
    try statements.refreshReport.run(.integer(seq), .instant(arrival.receivedAt), .count(destinyNow.rawValue))
    guard isMatchedNow else { return }

    // Unless retention took them, the bytes of the first are there and stay.
    try statements.insertPayload.run(.integer(seq), .optional(arrival.payload.contentType), .blob(arrival.payload.bytes))
    for lane in arrival.lanes {
      let dueAt = book.dueAfterCursor(arrival.receivedAt, of: lane)
      try statements.insertRetry.run(.lane(lane), .integer(seq), .instant(dueAt), .count(0), .instant(arrival.receivedAt))
      tally.owed(lane, at: arrival.receivedAt)
      due.append(Handover.Due(lane: lane, at: dueAt))
    }
  }

  /// Late and repeated settlements are ordinary: what was settled since the delivery was handed over, or tried again, stays as
  /// it is. Only a copy that an app took after it was given up is delivered after all.
  /// - Returns: false if nothing changed.
  @discardableResult
  mutating func settle(_ settlement: Settlement, _ statements: Statements, _ book: LaneBook) throws(SQLiteFailure) -> Bool {
    let (lane, seq) = (Value.lane(settlement.lane), Value.integer(settlement.seq))
    guard try takeFromQueue(settlement, statements) else { return try takeFromDead(settlement, statements) }
    let endedAt = settlement.startedAt + settlement.took
    switch settlement.result {
    case .delivered:
      try statements.insertDone.run(seq, lane, .count(settlement.tries), .instant(endedAt))
    case .retry(let due):
      let dueAt = book.dueAfterCursor(due, of: settlement.lane)
      try statements.insertRetry.run(lane, seq, .instant(dueAt), .count(settlement.tries), .instant(settlement.owedAt))
    case .dead:
      try statements.insertDead.run(lane, seq, .count(settlement.tries), .instant(settlement.owedAt), .instant(endedAt))
    }
    if settlement.result != .delivered { try storeAttempt(settlement, statements) }
    tally.settled(settlement)
    return true
  }

  private func takeFromQueue(_ settlement: Settlement, _ statements: Statements) throws(SQLiteFailure) -> Bool {
    let (lane, seq) = (Value.lane(settlement.lane), Value.integer(settlement.seq))
    switch settlement.queue {
    case .ready: return try statements.deleteReady.run(lane, seq) == 1
    case .retry, .replay: return try statements.deleteRetry.run(lane, seq, .count(settlement.tries - 1)) == 1
    }
  }

  private mutating func takeFromDead(_ settlement: Settlement, _ statements: Statements) throws(SQLiteFailure) -> Bool {
    let (lane, seq) = (Value.lane(settlement.lane), Value.integer(settlement.seq))
    guard settlement.result == .delivered, try statements.deleteDead.run(lane, seq) == 1 else { return false }
    let endedAt = settlement.startedAt + settlement.took
    try statements.insertDone.run(seq, lane, .count(settlement.tries), .instant(endedAt))
    tally.revived(settlement.lane, at: endedAt)
    return true
  }

  private func storeAttempt(_ settlement: Settlement, _ statements: Statements) throws(SQLiteFailure) {
    let (lane, seq) = (Value.lane(settlement.lane), Value.integer(settlement.seq))
    try statements.insertAttempt.run(
      seq, lane, .count(settlement.tries), .instant(settlement.startedAt), .integer(settlement.took.microseconds),
      .text(settlement.outcome.label), .count(settlement.outcome.status), .text(settlement.detail))
    if settlement.tries > Limits.attemptsKeptLast + 1 {
      try statements.thinAttempts.run(seq, lane, .count(settlement.tries - Limits.attemptsKeptLast))
    }
  }
}
