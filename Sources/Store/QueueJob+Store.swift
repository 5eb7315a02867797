import GRDB
import Model

/// The rows of `job`.
extension QueueJob {
  /// Starts one. What comes after it is not meant.
  static func insert(
    _ db: Database, _ kind: Kind, _ selection: Selection, rate: Double?, lastSeq: Int64, at now: Instant
  ) throws -> QueueJob {
    let seqs = try selection.seqs(db)
    let (first, last) = (seqs?.lowerBound ?? lastSeq + 1, min(seqs?.upperBound ?? lastSeq, lastSeq))
    let isDelivered = selection.state == .delivered
    let endedAt = first <= last ? nil : now
    try db.execute(
      sql: """
        INSERT INTO job (kind, state, lane, report_id, since, until, rate, created_at, first_seq, last_seq, at_lane, at_seq, due,
          next_at, ended_at, has_work)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        kind.rawValue, selection.state.rawValue, selection.lane?.number, selection.reportID, selection.since?.microseconds,
        selection.until?.microseconds, rate, now.microseconds, first, last, isDelivered ? 0 : selection.lane?.number ?? 1, first - 1,
        now.microseconds, now.microseconds, endedAt?.microseconds, endedAt == nil,
      ])
    return QueueJob(id: db.lastInsertedRowID, kind: kind, selection: selection, rate: rate, createdAt: now, endedAt: endedAt)
  }

  /// Starts one that selects no deliveries. What comes after it is not meant.
  static func insert(_ db: Database, _ kind: Kind, lastSeq: Int64, at now: Instant) throws -> QueueJob {
    let last = kind == .reroute ? lastSeq : try Int64.fetchOne(db, sql: "SELECT coalesce(max(id), 0) FROM quarantine")!
    let endedAt = last > 0 ? nil : now
    try db.execute(
      sql: """
        INSERT INTO job (kind, created_at, first_seq, last_seq, at_seq, due, next_at, ended_at, has_work)
        VALUES (?1, ?2, 1, ?3, 0, ?2, ?2, ?4, ?5)
        """,
      arguments: [kind.rawValue, now.microseconds, last, endedAt?.microseconds, endedAt == nil])
    return QueueJob(id: db.lastInsertedRowID, kind: kind, selection: nil, rate: nil, createdAt: now, endedAt: endedAt)
  }

  /// Ends it; what a replay has queued is taken back from here on.
  static func cancel(_ db: Database, _ id: Int64, at now: Instant) throws -> QueueJob? {
    let sql = """
      UPDATE job SET is_cancelled = 1, ended_at = coalesce(ended_at, ?2), has_work = kind = 'replay', at_lane = coalesce(lane, 1),
        at_phase = 0, at_seq = first_seq - 1, next_at = 0
      WHERE id = ?1 AND is_cancelled = 0 AND (kind = 'replay' OR has_work = 1)
      """
    try db.execute(sql: sql, arguments: [id, now.microseconds])
    return try Row.fetchOne(db, sql: "SELECT * FROM job WHERE id = ?", arguments: [id]).map(QueueJob.init)
  }

  init(_ row: Row) {
    func instant(_ column: String) -> Instant? { (row[column] as Int64?).map(Instant.init(microseconds:)) }
    let selection = (row["state"] as String?).map { state in
      Selection(
        state: DeliveryState(rawValue: state)!, lane: (row["lane"] as Int?).map(LaneID.init), reportID: row["report_id"],
        since: instant("since"), until: instant("until"))
    }
    self.init(
      id: row["id"], kind: Kind(rawValue: row["kind"])!, selection: selection, rate: row["rate"], createdAt: instant("created_at")!,
      count: row["count"], endedAt: instant("ended_at"), isCancelled: row["is_cancelled"],
      hasWork: row["has_work"])
  }
}

extension Selection {
  /// The reports that came within its time, by number; nil if none did. Found by halves, since the time of arrival grows with seq:
  /// where a clock was set back, to that accuracy. What was in quarantine came when it was readmitted.
  func seqs(_ db: Database) throws -> ClosedRange<Int64>? {
    guard let last = try Int64.fetchOne(db, sql: "SELECT max(seq) FROM report") else { return nil }
    let first = try since.map { try Self.first(db, from: $0, last) } ?? 1
    let end = try until.map { try Self.first(db, from: $0, last) } ?? last + 1
    return first < end ? first...(end - 1) : nil
  }

  /// - Returns: the number of the first report that came at `instant` or later; `last` + 1 if there is none.
  private static func first(_ db: Database, from instant: Instant, _ last: Int64) throws -> Int64 {
    // Everything below `low` came earlier; `high` and everything above came later. Numbers may be missing.
    var (low, high): (Int64, Int64) = (1, last + 1)
    while low < high {
      let middle = low + (high - low) / 2
      let sql = "SELECT seq, coalesce(readmitted_at, received_at) FROM report WHERE seq >= ? ORDER BY seq LIMIT 1"
      let row = try Row.fetchOne(db, sql: sql, arguments: [middle])!
      if Instant(microseconds: row[1]) < instant { low = row[0] + 1 } else { high = middle }
    }
    return low
  }
}
