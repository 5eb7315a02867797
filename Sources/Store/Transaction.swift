import Model

/// One transaction as it is being written, and what is to be done once it is on disk. Thrown away whole if it fails.
struct Transaction {
  let statements: Statements
  let rules: LaneRules
  /// nil until they are known: nothing is routed anew before.
  let journalRules: JournalRules?
  let book: LaneBook
  let now: Instant
  private(set) var lastSeq: Int64
  var tally = Tally()
  /// Deliveries of new reports, in the order of arrival.
  private(set) var owed: [Delivery] = []
  /// What became due or held.
  var told = Handover()
  /// True if a claim has reports left to look at.
  var hasUnfinishedClaims = false
  var catchUpRowsLeft: Int

  /// A status of a report that is stored.
  private struct Known {
    var seq: Int64
    var status: String
    var destiny: Destiny
    var isStale: Bool

    func has(_ other: String) -> Bool { status.utf8.elementsEqual(other.utf8) }
  }

  /// - Parameter catchUpRowsMax: how many reports its claims may look at.
  init(
    _ statements: Statements, _ rules: LaneRules, _ journalRules: JournalRules?, _ book: LaneBook, lastSeq: Int64, now: Instant,
    catchUpRowsMax: Int = Limits.stepRowsMax
  ) {
    self.statements = statements
    self.rules = rules
    self.journalRules = journalRules
    self.catchUpRowsLeft = catchUpRowsMax
    self.book = book
    self.lastSeq = lastSeq
    self.now = now
  }

  // MARK: - Arrivals

  mutating func store(_ arriving: Inbox.Arriving) throws(SQLiteFailure) {
    switch arriving {
    case .report(let arrival): try store(arrival)
    case .body(let body):
      try statements.insertQuarantine.run(
        .instant(body.receivedAt), .text(body.reason.rawValue), .optional(body.payload.contentType), .blob(body.payload.bytes))
      tally.quarantined[body.reason, default: 0] += 1
    case .claims(let claims, let answer): answer.give(try claim(claims))
    case .withdrawal(let packetID, let lane, let answer): answer.give(try withdraw(packetID: packetID, lane: lane))
    }
  }

  private mutating func store(_ arrival: Arrival) throws(SQLiteFailure) {
    tally.lastReportAt = arrival.receivedAt
    // One look answers both: is it a repeat, and what came before it. Nearly always there is nothing.
    let known = try statuses(of: arrival.report.key.id)
    if let first = try find(arrival.report.key, among: known) {
      try storeRepeat(arrival, of: first, earlier: known.map(\.seq).filter { $0 < first.seq }, at: arrival.receivedAt)
    } else {
      try storeNew(arrival, after: known)
    }
  }

  private mutating func storeNew(_ arrival: Arrival, after known: [Known]) throws(SQLiteFailure) {
    let resolved = try resolve(arrival.routing, of: arrival.report.packetID)
    let (seq, isStale) = try insert(arrival, resolved.destiny, after: known)
    let earlier = known.map(\.seq)
    for lane in resolved.targets {
      if isStale, rules.dropsStale(lane) {
        tally.lanes[lane, default: Tally.Lane()].staleDropped += 1
        continue
      }
      tally.owed(lane, at: arrival.receivedAt)
      if let before = try unsettled(earlier, in: lane) {
        try hold(Waiting(seq: seq, due: arrival.receivedAt, owedAt: arrival.receivedAt), in: lane, behind: before, from: arrival.receivedAt)
        continue
      }
      try statements.insertReady.run(.lane(lane), .integer(seq))
      var delivery = Delivery(lane: lane, seq: seq, key: arrival.report.key, receivedAt: arrival.receivedAt, payload: arrival.payload)
      delivery.isStale = isStale
      owed.append(delivery)
    }
  }

  /// The report by itself, under the next number.
  private mutating func insert(
    _ arrival: Arrival, _ destiny: Destiny, after known: [Known], readmittedAt: Instant? = nil
  ) throws(SQLiteFailure) -> (seq: Int64, isStale: Bool) {
    let (report, seq) = (arrival.report, lastSeq + 1)
    let isStale = report.key.isStale(after: known.lazy.map(\.status))
    try statements.insertReport.run(
      .integer(seq), .integer(report.key.id), .text(report.key.status), .optional(report.packetID), .count(destiny.rawValue),
      .instant(arrival.receivedAt), .flag(isStale), .optional(readmittedAt))
    if destiny != .unmatched || journalRules?.dropsUnmatched != true {
      try statements.insertPayload.run(.integer(seq), .optional(arrival.payload.contentType), .blob(arrival.payload.bytes))
    }
    if rules.anyTakesOrders, let packetID = report.packetID { try statements.insertPacket.run(.integer(packetID), .integer(seq)) }
    lastSeq = seq
    tally.reports += 1
    if destiny == .unmatched { tally.unmatched += 1 }
    if destiny == .filtered { tally.filtered += 1 }
    return (seq, isStale)
  }

  /// The same report.id and status again: known, counted, and sent to nobody. Only if the first matched no route is it routed
  /// by the present rules.
  private mutating func storeRepeat(_ arrival: Arrival, of first: Known, earlier: [Int64], at owedAt: Instant) throws(SQLiteFailure) {
    tally.duplicates += 1
    let resolved = try resolve(arrival.routing, of: arrival.report.packetID)
    let isMatchedNow = first.destiny == .unmatched && resolved.destiny == .matched
    let destinyNow = isMatchedNow ? .matched : first.destiny
    try statements.refreshReport.run(.integer(first.seq), .instant(arrival.receivedAt), .count(destinyNow.rawValue))
    guard isMatchedNow else { return }

    // Unless retention took them, the bytes of the first are there and stay.
    try statements.insertPayload.run(.integer(first.seq), .optional(arrival.payload.contentType), .blob(arrival.payload.bytes))
    try oweLate(first.seq, isStale: first.isStale, to: resolved.targets, behind: earlier, at: owedAt)
  }

  /// Copies that are owed later than the report came start in the retry queue, since the ready queue is in the order of arrival; and they
  /// grow old from here on, so that none is given up before its first try.
  /// - Returns: how many they are.
  @discardableResult
  mutating func oweLate(
    _ seq: Int64, isStale: Bool, to lanes: [LaneID], behind earlier: [Int64], at owedAt: Instant
  ) throws(SQLiteFailure) -> Int {
    var count = 0
    for lane in lanes {
      if isStale, rules.dropsStale(lane) {
        tally.lanes[lane, default: Tally.Lane()].staleDropped += 1
        continue
      }
      tally.owed(lane, at: owedAt)
      try place(Waiting(seq: seq, due: owedAt, owedAt: owedAt), in: lane, behind: earlier, from: owedAt)
      count += 1
    }
    return count
  }

  /// A body that was in quarantine is a report after all. It is new here, or the repeat of one, whenever it came.
  mutating func readmit(_ arrival: Arrival) throws(SQLiteFailure) {
    let known = try statuses(of: arrival.report.key.id)
    if let first = try find(arrival.report.key, among: known) {
      return try storeRepeat(arrival, of: first, earlier: known.map(\.seq).filter { $0 < first.seq }, at: now)
    }
    let resolved = try resolve(arrival.routing, of: arrival.report.packetID)
    let (seq, isStale) = try insert(arrival, resolved.destiny, after: known, readmittedAt: now)
    try oweLate(seq, isStale: isStale, to: resolved.targets, behind: known.map(\.seq), at: now)
  }

  private func statuses(of reportID: Int64) throws(SQLiteFailure) -> [Known] {
    try statements.findStatuses.all(.integer(reportID), .count(Limits.statusesOrderedMax)) { row in
      Known(seq: row.integer(0), status: row.text(1), destiny: Destiny(rawValue: Int(row.integer(2)))!, isStale: row.integer(3) != 0)
    }
  }

  private func find(_ key: ReportKey, among known: [Known]) throws(SQLiteFailure) -> Known? {
    if let found = known.first(where: { $0.has(key.status) }) { return found }
    guard known.count == Limits.statusesOrderedMax else { return nil }
    return try statements.findReport.first(.integer(key.id), .text(key.status)) { row in
      Known(seq: row.integer(0), status: key.status, destiny: Destiny(rawValue: Int(row.integer(1)))!, isStale: row.integer(2) != 0)
    }
  }

  // MARK: - Results

  /// Late and repeated settlements are ordinary: what was settled since the delivery was handed over, or tried again, stays as
  /// it is. Only a copy that an app took after it was given up is delivered after all.
  /// - Returns: false if nothing changed.
  @discardableResult
  mutating func settle(_ settlement: Settlement) throws(SQLiteFailure) -> Bool {
    let (lane, seq) = (Value.lane(settlement.lane), Value.integer(settlement.seq))
    guard let pastTries = try takeFromQueue(settlement) else { return try takeFromDead(settlement) }
    let tries = pastTries + settlement.tries
    let endedAt = settlement.startedAt + settlement.took
    tally.settled(settlement)
    if settlement.result != .delivered { try storeAttempt(settlement, number: tries) }
    switch settlement.result {
    case .delivered: try statements.insertDone.run(seq, lane, .count(tries), .instant(endedAt))
    case .dead: try statements.insertDead.run(lane, seq, .count(tries), .instant(settlement.owedAt), .instant(endedAt))
    case .retry:
      try beginHolding(behind: settlement.seq, in: settlement.lane, from: endedAt)
      return true
    }
    try placeAgain(behind: settlement.seq, in: settlement.lane)
    return true
  }

  /// Takes the delivery out of its queue, or for another try puts it further back there.
  /// - Returns: its tries before a replay began; nil if it is not in that queue, or not with as many tries.
  private func takeFromQueue(_ settlement: Settlement) throws(SQLiteFailure) -> Int? {
    let (lane, seq, tries) = (Value.lane(settlement.lane), Value.integer(settlement.seq), Value.count(settlement.tries - 1))
    switch (settlement.queue, settlement.result) {
    case (.ready, let result):
      guard try statements.deleteReady.run(lane, seq) == 1 else { return nil }
      if case .retry(let due) = result {
        let dueAt = book.dueAfterCursor(due, of: settlement.lane)
        try statements.insertRetry.run(lane, seq, .instant(dueAt), .count(settlement.tries), .instant(settlement.owedAt), .flag(false))
      }
      return 0
    case (.retry, .retry(let due)):
      let dueAt = book.dueAfterCursor(due, of: settlement.lane)
      return try statements.delayRetry.run(lane, seq, tries, .instant(dueAt)) == 1 ? 0 : nil
    case (.retry, _):
      return try statements.deleteRetry.run(lane, seq, tries) == 1 ? 0 : nil
    case (.replay, .retry(let due)):
      let dueAt = book.dueAfterCursor(due, of: settlement.lane, in: .replay)
      return try statements.delayReplay.first(lane, seq, tries, .instant(dueAt)) { Int($0.integer(0)) }
    case (.replay, _):
      return try statements.deleteReplay.first(lane, seq, tries) { Int($0.integer(0)) }
    }
  }

  private mutating func takeFromDead(_ settlement: Settlement) throws(SQLiteFailure) -> Bool {
    let (lane, seq) = (Value.lane(settlement.lane), Value.integer(settlement.seq))
    guard settlement.result == .delivered, let tries = try statements.deleteDead.first(lane, seq, body: { $0.integer(0) }) else {
      return false
    }
    let endedAt = settlement.startedAt + settlement.took
    try statements.insertDone.run(seq, lane, .integer(tries + 1), .instant(endedAt))
    tally.revived(settlement.lane, at: endedAt)
    return true
  }

  /// - Parameter number: counted on over replays, so that the first attempt ever and the last few are kept.
  private func storeAttempt(_ settlement: Settlement, number: Int) throws(SQLiteFailure) {
    let (lane, seq) = (Value.lane(settlement.lane), Value.integer(settlement.seq))
    try statements.insertAttempt.run(
      seq, lane, .count(number), .instant(settlement.startedAt), .integer(settlement.took.microseconds),
      .text(settlement.outcome.label), .count(settlement.outcome.status), .text(settlement.detail), .text(settlement.answer))
    if number > Limits.attemptsKeptLast + 1 {
      try statements.thinAttempts.run(seq, lane, .count(number - Limits.attemptsKeptLast))
    }
  }

  // MARK: - Lanes

  mutating func keep(_ state: LaneState, of lane: LaneID) throws(SQLiteFailure) {
    try statements.updateState.run(
      .lane(lane), .optional(state.pause?.reason.rawValue), .optional(state.pause?.since), .optional(state.notBefore))
    try statements.deleteHolds.run(.lane(lane))
    for span in state.holds.spans { try statements.insertHold.run(.lane(lane), .instant(span.from), .instant(span.to)) }
    if let since = state.holds.since { try statements.insertHold.run(.lane(lane), .instant(since), .null) }
    tally.states[lane] = state
  }
}
