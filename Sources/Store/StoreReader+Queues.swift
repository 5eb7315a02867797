import Foundation
import GRDB
import Model

/// What an operator asks about the queues.
extension StoreReader {
  func jobs() throws(JournalError) -> [QueueJob] {
    try read { db in
      let sql = "SELECT * FROM job ORDER BY id DESC LIMIT ?"
      return try Row.fetchAll(db, sql: sql, arguments: [Limits.jobsShownMax]).map(QueueJob.init)
    }
  }

  func claims(of packetID: Int64) throws(JournalError) -> [ClaimRecord] {
    try read { db in
      let sql = "SELECT * FROM claim WHERE packet_id = ? ORDER BY lane"
      return try Row.fetchAll(db, sql: sql, arguments: [packetID]).map { row in
        ClaimRecord(
          claim: Claim(packetID: packetID, lane: LaneID(row["lane"])), firstAt: Instant(microseconds: row["first_at"]),
          lastAt: Instant(microseconds: row["last_at"]), caughtUp: row["caught_up"], isCaughtUp: row["next_seq"] as Int64? == nil)
      }
    }
  }

  // MARK: - Counting

  func count(_ selection: Selection) throws(JournalError) -> Int {
    try read { db in
      guard let seqs = try selection.seqs(db) else { return 0 }
      var ranges = [seqs]
      if let id = selection.reportID {
        ranges = try Int64.fetchAll(db, sql: "SELECT seq FROM report WHERE report_id = ?", arguments: [id])
          .filter(seqs.contains).map { $0...$0 }
      }
      let lanes = try selection.lane.map { [$0.number] } ?? Int.fetchAll(db, sql: "SELECT id FROM lane")
      return try ranges.reduce(0) { try $0 + count(db, selection, $1, lanes) }
    }
  }

  private func count(_ db: Database, _ selection: Selection, _ seqs: ClosedRange<Int64>, _ lanes: [Int]) throws -> Int {
    switch selection.state {
    case .waiting: try count(db, Self.waitingTables, seqs, lanes)
    case .dead: try count(db, ["dead"], seqs, lanes)
    case .delivered:
      try Int.fetchOne(db, sql: Self.deliveredSQL, arguments: [seqs.lowerBound, seqs.upperBound, selection.lane?.number])!
    }
  }

  private func count(_ db: Database, _ tables: [String], _ seqs: ClosedRange<Int64>, _ lanes: [Int]) throws -> Int {
    var sum = 0
    for (table, lane) in tables.flatMap({ table in lanes.map { (table, $0) } }) {
      let sql = "SELECT count(*) FROM \(table) WHERE lane = ? AND seq BETWEEN ? AND ?"
      sum += try Int.fetchOne(db, sql: sql, arguments: [lane, seqs.lowerBound, seqs.upperBound])!
    }
    return sum
  }

  private static let waitingTables = ["ready", "retry", "replay", "held"]

  private static let deliveredSQL = """
    SELECT count(*) FROM done
    WHERE seq BETWEEN ?1 AND ?2 AND lane = coalesce(?3, lane)
      AND EXISTS (SELECT 1 FROM payload WHERE payload.seq = done.seq)
      AND NOT EXISTS (SELECT 1 FROM retry WHERE retry.lane = done.lane AND retry.seq = done.seq)
      AND NOT EXISTS (SELECT 1 FROM replay WHERE replay.lane = done.lane AND replay.seq = done.seq)
      AND NOT EXISTS (SELECT 1 FROM held WHERE held.lane = done.lane AND held.seq = done.seq)
      AND NOT EXISTS (SELECT 1 FROM dead WHERE dead.lane = done.lane AND dead.seq = done.seq)
    """

  // MARK: - One report

  func report(_ id: Int64) throws(JournalError) -> [ReportRecord] {
    try read { db in
      let sql = "SELECT * FROM report LEFT JOIN payload USING (seq) WHERE report_id = ?"
      return try Row.fetchAll(db, sql: sql, arguments: [id]).map { row in
        try ReportRecord(row, shares: shares(db, row["seq"]))
      }.sorted { $0.seq < $1.seq }
    }
  }

  /// Of each route the first that is true: it waits, is dead, or is delivered.
  private func shares(_ db: Database, _ seq: Int64) throws -> [ReportRecord.Share] {
    let attempts = Dictionary(
      grouping: try Row.fetchAll(db, sql: "SELECT * FROM attempt WHERE seq = ? ORDER BY lane, try", arguments: [seq]),
      by: { $0["lane"] as Int })
    var shares: [Int: ReportRecord.Share] = [:]
    for row in try Row.fetchAll(db, sql: Self.sharesSQL, arguments: [seq]) {
      let lane: Int = row["lane"]
      guard shares[lane] == nil else { continue }
      shares[lane] = ReportRecord.Share(row, attempts: attempts[lane, default: []].map(AttemptRecord.init))
    }
    return shares.sorted { $0.key < $1.key }.map(\.value)
  }

  private static let sharesSQL = """
    SELECT id AS lane, name, 'waiting' AS state, 'ready' AS queue, 0 AS tries, NULL AS at
    FROM lane JOIN ready ON ready.lane = id AND seq = ?1
    UNION ALL SELECT id, name, 'waiting', 'retry', tries, due FROM lane JOIN retry ON retry.lane = id AND seq = ?1
    UNION ALL SELECT id, name, 'waiting', 'replay', past_tries + tries, due FROM lane JOIN replay ON replay.lane = id AND seq = ?1
    UNION ALL SELECT id, name, 'waiting', 'held', past_tries, NULL FROM lane JOIN held ON held.lane = id AND seq = ?1
    UNION ALL SELECT id, name, 'dead', 'dead', tries, died_at FROM lane JOIN dead ON dead.lane = id AND seq = ?1
    UNION ALL SELECT id, name, 'delivered', 'delivered', tries, settled_at FROM lane JOIN done ON done.lane = id AND seq = ?1
    """
}

extension ReportRecord {
  fileprivate init(_ row: Row, shares: [Share]) {
    let payload = (row["bytes"] as Data?).map { Payload(bytes: Array($0), contentType: row["content_type"]) }
    self.init(
      key: ReportKey(id: row["report_id"], status: row["status"]), seq: row["seq"], packetID: row["packet_id"], payload: payload,
      receivedAt: Instant(microseconds: row["received_at"]), lastSeenAt: Instant(microseconds: row["last_seen_at"]), seen: row["seen"],
      destiny: Destiny(rawValue: row["destiny"])!, isStale: row["stale"], shares: shares)
  }
}

extension ReportRecord.Share {
  fileprivate init(_ row: Row, attempts: [AttemptRecord]) {
    self.init(
      route: row["name"], state: DeliveryState(rawValue: row["state"])!, queue: row["queue"], tries: row["tries"],
      at: (row["at"] as Int64?).map(Instant.init(microseconds:)), attempts: attempts)
  }
}

extension AttemptRecord {
  fileprivate init(_ row: Row) {
    self.init(
      number: row["try"], startedAt: Instant(microseconds: row["started_at"]), took: .microseconds(row["took"] as Int64),
      outcome: row["outcome"], status: row["status"], detail: row["detail"], answer: row["answer"])
  }
}
