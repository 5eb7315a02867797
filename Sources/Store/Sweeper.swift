import GRDB
import Model

/// Deletes what has been kept long enough, a few hundred rows at a time between two commits.
///
/// A pass walks each table once in its own order, so that a step costs the same whatever the tables hold; between two passes
/// it rests.
struct Sweeper {
  struct Step {
    var deleted = 0
    /// Deliveries that waited longer than `retention.waiting`, given up.
    var expired: [Settlement] = []
    fileprivate var isPhaseOver = false
  }

  private enum Phase: CaseIterable { case waiting, payloads, keys, dead, quarantine, claims, jobs }

  static let rowsMax = Limits.stepRowsMax
  private static let betweenSteps: Duration = .milliseconds(50)
  private static let betweenPasses: Duration = .minutes(5)
  private static let afterFailure: Duration = .seconds(10)

  private var retention: Retention
  private var phases = Phase.allCases
  /// Where in the present phase: up to this seq, and for phases that go by lane, this lane.
  private var cursor: Int64 = 0
  private var laneIndex = 0
  /// Of the queues of that lane.
  private var queueIndex = 0
  private(set) var nextStepAt = Instant(microseconds: .min)

  /// - Parameter retention: nil to delete nothing and give nothing up.
  init(retention: Retention?) {
    self.retention = retention ?? Retention()
    if retention == nil { nextStepAt = .distantFuture }
  }

  mutating func clockWasSetBack(to now: Instant) {
    if nextStepAt != .distantFuture { nextStepAt = min(nextStepAt, now + Self.betweenPasses) }
  }

  /// Takes force with the next step. Not for one that deletes nothing.
  mutating func change(_ retention: Retention) { self.retention = retention }

  /// - Throws: with nothing deleted, and the next step some time away: without room every step fails.
  mutating func step(_ db: Database, lanes: [LaneStanding], now: Instant) throws -> Step {
    let phase = phases[0]
    var step = Step()
    nextStepAt = now + Self.afterFailure
    try db.inTransaction {
      switch phase {
      case .waiting: step = try expireWaiting(db, lanes, now)
      case .payloads: step = try deletePayloads(db, lanes, now)
      case .keys: step = try deleteKeys(db, before: now - retention.keys, now)
      case .dead: step = try deleteDead(db, lanes, before: now - retention.dead)
      case .quarantine: step = try deleteQuarantine(db, before: now - retention.quarantine, now)
      case .claims: step = try deleteClaims(db, before: now - retention.orders)
      case .jobs: step = try deleteJobs(db, before: now - retention.keys)
      }
      return .commit
    }
    nextStepAt = now + Self.betweenSteps
    if step.isPhaseOver { beginNextPhase(now) }
    return step
  }

  private mutating func beginNextPhase(_ now: Instant) {
    phases.removeFirst()
    cursor = 0
    laneIndex = 0
    queueIndex = 0
    guard phases.isEmpty else { return }
    phases = Phase.allCases
    nextStepAt = now + Self.betweenPasses
  }

  /// Of one queue of one lane. What is found is settled before the next step, which goes on behind it.
  private mutating func expireWaiting(_ db: Database, _ lanes: [LaneStanding], _ now: Instant) throws -> Step {
    var step = Step()
    while laneIndex < lanes.count, lanes[laneIndex].pending == 0 { beginNextLane() }
    guard laneIndex < lanes.count else {
      step.isPhaseOver = true
      return step
    }
    let (lane, oldest) = (lanes[laneIndex].id, now - retention.waiting)
    let rows = try Row.fetchAll(db, sql: Self.waitingSQL[queueIndex], arguments: [lane.number, cursor, Self.rowsMax])
    let expired = rows.filter { Instant(microseconds: $0["owed_at"]) <= oldest }
    step.expired = expired.map { Settlement(expired: $0, lane: lane, now: now) }
    if rows.count == Self.rowsMax {
      cursor = rows.last!["seq"]
    } else if queueIndex + 1 < Self.waitingSQL.count {
      (queueIndex, cursor) = (queueIndex + 1, 0)
    } else {
      beginNextLane()
    }
    return step
  }

  private mutating func beginNextLane() { (laneIndex, queueIndex, cursor) = (laneIndex + 1, 0, 0) }

  /// Bytes that no delivery needs: every copy was delivered, and the last one long enough ago.
  private mutating func deletePayloads(_ db: Database, _ lanes: [LaneStanding], _ now: Instant) throws -> Step {
    var step = Step()
    let rows = try Row.fetchAll(db, sql: Self.payloadsSQL, arguments: [cursor, Self.rowsMax])
    guard let first = rows.first?["seq"] as Int64?, let last = rows.last?["seq"] as Int64? else {
      step.isPhaseOver = true
      return step
    }
    let oldest = now - max(retention.payloads, retention.unmatched)
    let newest = now - min(retention.payloads, retention.unmatched)
    let owed = try unsettled(db, lanes, first...last)
    for row in rows {
      let lastNeededAt = Instant(microseconds: row["needed_at"])
      guard lastNeededAt <= newest, !owed.contains(row["seq"]) else { continue }
      let isUnmatched = row["destiny"] as Int == Destiny.unmatched.rawValue
      guard lastNeededAt <= max(oldest, now - (isUnmatched ? retention.unmatched : retention.payloads)) else { continue }
      try db.execute(sql: "DELETE FROM payload WHERE seq = ?", arguments: [row["seq"] as Int64])
      step.deleted += 1
    }
    cursor = last
    step.isPhaseOver = isYoung(rows.last!["came_at"], since: newest, now)
    return step
  }

  /// The reports in a range that some route has not been delivered, a probe for each lane that owes or buried anything.
  private func unsettled(_ db: Database, _ lanes: [LaneStanding], _ range: ClosedRange<Int64>) throws -> Set<Int64> {
    var found: Set<Int64> = []
    for lane in lanes where lane.pending > 0 || lane.dead > 0 {
      let arguments: StatementArguments = [lane.id.number, range.lowerBound, range.upperBound]
      for table in ["ready", "retry", "replay", "held", "dead"] {
        let sql = "SELECT seq FROM \(table) WHERE lane = ? AND seq BETWEEN ? AND ?"
        found.formUnion(try Int64.fetchAll(db, sql: sql, arguments: arguments))
      }
    }
    return found
  }

  /// Ids and what is known of their settled deliveries, once their bytes are gone.
  private mutating func deleteKeys(_ db: Database, before: Instant, _ now: Instant) throws -> Step {
    var step = Step()
    let rows = try Row.fetchAll(db, sql: Self.keysSQL, arguments: [cursor, Self.rowsMax])
    for row in rows where Instant(microseconds: row["came_at"]) <= before && !(row["has_payload"] as Bool) {
      let seq: StatementArguments = [row["seq"] as Int64]
      try db.execute(sql: "DELETE FROM done WHERE seq = ?", arguments: seq)
      try db.execute(sql: "DELETE FROM attempt WHERE seq = ?", arguments: seq)
      if let packetID = row["packet_id"] as Int64? {
        try db.execute(sql: "DELETE FROM packet WHERE packet_id = ? AND seq = ?", arguments: [packetID, row["seq"] as Int64])
      }
      try db.execute(sql: "DELETE FROM report WHERE seq = ?", arguments: seq)
      step.deleted += 1
    }
    cursor = rows.last?["seq"] ?? cursor
    step.isPhaseOver = rows.last.map { isYoung($0["came_at"], since: before, now) } ?? true
    return step
  }

  private mutating func deleteDead(_ db: Database, _ lanes: [LaneStanding], before: Instant) throws -> Step {
    var step = Step()
    let dead = lanes.filter { $0.dead > 0 }
    guard laneIndex < dead.count else {
      step.isPhaseOver = true
      return step
    }
    let lane = dead[laneIndex].id.number
    let rows = try Row.fetchAll(
      db, sql: "SELECT seq, died_at FROM dead WHERE lane = ? AND seq > ? ORDER BY seq LIMIT ?", arguments: [lane, cursor, Self.rowsMax])
    for row in rows where Instant(microseconds: row["died_at"]) <= before {
      try db.execute(sql: "DELETE FROM dead WHERE lane = ? AND seq = ?", arguments: [lane, row["seq"] as Int64])
      step.deleted += 1
    }
    if let last = rows.last {
      cursor = last["seq"]
    } else {
      laneIndex += 1
      cursor = 0
    }
    return step
  }

  private mutating func deleteQuarantine(_ db: Database, before: Instant, _ now: Instant) throws -> Step {
    var step = Step()
    let rows = try Row.fetchAll(
      db, sql: "SELECT id, received_at FROM quarantine WHERE id > ? ORDER BY id LIMIT ?", arguments: [cursor, Self.rowsMax])
    for row in rows where Instant(microseconds: row["received_at"]) <= before {
      try db.execute(sql: "DELETE FROM quarantine WHERE id = ?", arguments: [row["id"] as Int64])
      step.deleted += 1
    }
    cursor = rows.last?["id"] ?? cursor
    step.isPhaseOver = rows.last.map { isYoung($0["received_at"], since: before, now) } ?? true
    return step
  }

  private func deleteClaims(_ db: Database, before: Instant) throws -> Step {
    var step = Step()
    try db.execute(sql: Self.claimsSQL, arguments: [before.microseconds, Self.rowsMax])
    step.deleted = db.changesCount
    step.isPhaseOver = step.deleted < Self.rowsMax
    return step
  }

  private mutating func deleteJobs(_ db: Database, before: Instant) throws -> Step {
    var step = Step()
    let ids = try Int64.fetchAll(db, sql: "SELECT id FROM job WHERE id > ? ORDER BY id LIMIT ?", arguments: [cursor, Self.rowsMax])
    guard let last = ids.last else {
      step.isPhaseOver = true
      return step
    }
    try db.execute(
      sql: "DELETE FROM job WHERE id > ? AND id <= ? AND has_work = 0 AND ended_at <= ?", arguments: [cursor, last, before.microseconds])
    step.deleted = db.changesCount
    cursor = last
    return step
  }

  /// Rows are in the order of arrival: after a young one come only young ones. One of a time to come says nothing of the others: the
  /// clock was wrong for a while.
  private func isYoung(_ cameAt: Int64, since oldest: Instant, _ now: Instant) -> Bool {
    Instant(microseconds: cameAt) > oldest && cameAt <= now.microseconds
  }

  /// What is held came to be owed after what it is held by, and waits on in a queue when that is given up.
  private static let waitingSQL = [
    """
    SELECT ready.seq, 0 AS tries, received_at AS owed_at, 0 AS queue FROM ready JOIN report ON report.seq = ready.seq
    WHERE lane = ? AND ready.seq > ? ORDER BY ready.seq LIMIT ?
    """,
    "SELECT seq, tries, owed_at, 1 AS queue FROM retry WHERE lane = ? AND seq > ? ORDER BY seq LIMIT ?",
    "SELECT seq, tries, owed_at, 2 AS queue FROM replay WHERE lane = ? AND seq > ? ORDER BY seq LIMIT ?",
  ]

  private static let payloadsSQL = """
    SELECT payload.seq, destiny, coalesce(readmitted_at, received_at) AS came_at,
      max(coalesce(readmitted_at, received_at), coalesce((SELECT max(settled_at) FROM done WHERE done.seq = payload.seq), 0)) AS needed_at
    FROM payload JOIN report ON report.seq = payload.seq WHERE payload.seq > ? ORDER BY payload.seq LIMIT ?
    """

  private static let claimsSQL = """
    DELETE FROM claim WHERE (packet_id, lane) IN (SELECT packet_id, lane FROM claim WHERE last_at <= ? ORDER BY last_at LIMIT ?)
    """

  private static let keysSQL = """
    SELECT seq, packet_id, coalesce(readmitted_at, received_at) AS came_at,
      EXISTS (SELECT 1 FROM payload WHERE payload.seq = report.seq) AS has_payload
    FROM report WHERE seq > ? ORDER BY seq LIMIT ?
    """
}

extension Settlement {
  /// Given up without another try. Whether the delivery is held in memory is not known here, so that none is given back: if it
  /// is, its own settlement comes late and does that.
  fileprivate init(expired row: Row, lane: LaneID, now: Instant) {
    let delivery = Delivery(
      lane: lane, seq: row["seq"], key: ReportKey(id: 0, status: ""), receivedAt: Instant(microseconds: row["owed_at"]),
      payload: Payload(bytes: []), tries: row["tries"], queue: [Queue.ready, .retry, .replay][row["queue"] as Int])
    self.init(
      of: delivery, result: .dead, outcome: .failed(.expired), detail: "waited longer than retention.waiting", startedAt: now,
      took: .zero)
    cost = 0
  }
}
