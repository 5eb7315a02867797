import Model

/// What one transaction changes of the numbers in `Standing`. Written with the transaction; applied to the numbers in memory
/// only once it is on disk.
struct Tally {
  struct Lane {
    var matched = 0
    var delivered = 0
    var dead = 0
    var failedAttempts = 0
    var discarded = 0
    var staleDropped = 0
    var held = 0
    var lastDeliveredAt: Instant?
    var lastError: (text: String, at: Instant)?
  }

  struct Minute: Hashable {
    var lane: LaneID
    var start: Instant

    init(_ lane: LaneID, _ owedAt: Instant) {
      self.lane = lane
      start = owedAt.minute
    }
  }

  var reports = 0
  var duplicates = 0
  var unmatched = 0
  var filtered = 0
  var quarantined: [QuarantineReason: Int] = [:]
  var refused: [String: Int] = [:]
  var lastReportAt: Instant?
  var lanes: [LaneID: Lane] = [:]
  var waiting: [Minute: Int] = [:]
  var states: [LaneID: LaneState] = [:]

  mutating func owed(_ lane: LaneID, at owedAt: Instant) {
    lanes[lane, default: Lane()].matched += 1
    waiting[Minute(lane, owedAt), default: 0] += 1
  }

  mutating func settled(_ settlement: Settlement) {
    var lane = lanes[settlement.lane, default: Lane()]
    let endedAt = settlement.startedAt + settlement.took
    if settlement.result == .delivered {
      lane.delivered += 1
      lane.lastDeliveredAt = endedAt
    } else {
      lane.failedAttempts += 1
      lane.lastError = (settlement.detail, endedAt)
    }
    if settlement.result == .dead { lane.dead += 1 }
    lanes[settlement.lane] = lane
    if case .retry = settlement.result { return }
    waiting[Minute(settlement.lane, settlement.owedAt), default: 0] -= 1
  }

  /// A delivery that was given up, or had been delivered, is owed again since `owedAt`.
  mutating func replayed(_ lane: LaneID, wasDead: Bool, at owedAt: Instant) {
    if wasDead { lanes[lane, default: Lane()].dead -= 1 } else { lanes[lane, default: Lane()].matched += 1 }
    waiting[Minute(lane, owedAt), default: 0] += 1
  }

  /// A replay is as if it had never been.
  mutating func unreplayed(_ lane: LaneID, wasDead: Bool, at owedAt: Instant) {
    if wasDead { lanes[lane, default: Lane()].dead += 1 } else { lanes[lane, default: Lane()].matched -= 1 }
    waiting[Minute(lane, owedAt), default: 0] -= 1
  }

  /// An operator took one out.
  mutating func discarded(_ lane: LaneID, wasDead: Bool, at owedAt: Instant) {
    lanes[lane, default: Lane()].discarded += 1
    if wasDead { lanes[lane, default: Lane()].dead -= 1 } else { waiting[Minute(lane, owedAt), default: 0] -= 1 }
  }

  /// A copy that was given up was delivered after all.
  mutating func revived(_ lane: LaneID, at endedAt: Instant) {
    lanes[lane, default: Lane()].dead -= 1
    lanes[lane, default: Lane()].delivered += 1
    lanes[lane, default: Lane()].lastDeliveredAt = endedAt
  }

  /// Writes the numbers as they will be, with the transaction that changes them.
  func write(_ statements: Statements, onto standing: Standing) throws(SQLiteFailure) {
    for (id, change) in lanes {
      var lane = standing.lanes[id.number - 1]
      lane.add(change)
      try statements.updateLane.run(
        .lane(id), .count(lane.matched), .count(lane.delivered), .count(lane.dead), .count(lane.failedAttempts),
        .optional(lane.lastDeliveredAt), .optional(lane.lastError), .optional(lane.lastErrorAt), .count(lane.discarded),
        .count(lane.staleDropped), .count(lane.held))
    }
    for (minute, change) in waiting where change > 0 {
      try statements.addWaiting.run(.lane(minute.lane), .instant(minute.start), .count(change))
    }
    for (minute, change) in waiting where change < 0 {
      let place = (Value.lane(minute.lane), Value.instant(minute.start))
      let left = try statements.takeWaiting.first(place.0, place.1, .count(-change)) { $0.integer(0) }
      if left == 0 { try statements.clearWaiting.run(place.0, place.1) }
    }
    func add(_ change: Int, to value: Int, _ name: String) throws(SQLiteFailure) {
      if change != 0 { try statements.setCounter.run(.text(name), .count(value + change)) }
    }
    try add(reports, to: standing.reports, CounterName.reports)
    try add(duplicates, to: standing.duplicates, CounterName.duplicates)
    try add(unmatched, to: standing.unmatched, CounterName.unmatched)
    try add(filtered, to: standing.filtered, CounterName.filtered)
    if let lastReportAt { try statements.setCounter.run(.text(CounterName.lastReportAt), .instant(lastReportAt)) }
    for (reason, change) in quarantined {
      try add(change, to: standing.quarantined[reason, default: 0], CounterName.quarantined + reason.rawValue)
    }
    for (reason, change) in refused {
      try add(change, to: standing.refused[reason, default: 0], CounterName.refused + reason)
    }
  }
}

/// Rows of the table `counter`.
enum CounterName {
  /// Also the seq of the last one: they are numbered from 1 without gaps.
  static let reports = "reports"
  static let duplicates = "duplicates"
  static let unmatched = "unmatched"
  static let filtered = "filtered"
  /// Not a count: every report from this seq on that has a packet is in `packet`. Only there while a lane takes orders.
  static let packetsFrom = "packets_from"
  static let lastReportAt = "last_report_at"
  /// Not a count: another value each time that it is tried whether anything reaches the disk.
  static let tried = "tried"
  static let quarantined = "quarantined."
  static let refused = "refused."
}

extension Standing {
  mutating func add(_ tally: Tally) {
    reports += tally.reports
    duplicates += tally.duplicates
    unmatched += tally.unmatched
    filtered += tally.filtered
    quarantined.merge(tally.quarantined, uniquingKeysWith: +)
    refused.merge(tally.refused, uniquingKeysWith: +)
    lastReportAt = tally.lastReportAt ?? lastReportAt
    for (id, change) in tally.lanes { lanes[id.number - 1].add(change) }
    for (id, state) in tally.states { lanes[id.number - 1].state = state }
  }
}

extension LaneStanding {
  mutating func add(_ change: Tally.Lane) {
    matched += change.matched
    delivered += change.delivered
    dead += change.dead
    failedAttempts += change.failedAttempts
    discarded += change.discarded
    staleDropped += change.staleDropped
    held += change.held
    lastDeliveredAt = change.lastDeliveredAt ?? lastDeliveredAt
    lastError = change.lastError?.text ?? lastError
    lastErrorAt = change.lastError?.at ?? lastErrorAt
  }
}
