import Foundation
import GRDB
import Model

/// Reports as a person asks for them, from the rows of `report` beside those of `payload`.
extension ReportRecord {
  static let wholeSQL = "SELECT * FROM report LEFT JOIN payload USING (seq) WHERE seq = ?1"

  /// In the order of the rows, each with what became of its copies.
  static func all(_ db: Database, _ rows: [Row]) throws -> [ReportRecord] {
    let shares = try Share.all(db, rows.map { $0["seq"] })
    return rows.map { ReportRecord($0, shares: shares[$0["seq"], default: []]) }
  }

  static func payload(_ row: Row) -> Payload? {
    (row["bytes"] as Data?).map { Payload(bytes: Array($0), contentType: row["content_type"]) }
  }

  private init(_ row: Row, shares: [Share]) {
    self.init(
      key: ReportKey(id: row["report_id"], status: row["status"]), seq: row["seq"], packetID: row["packet_id"], payload: Self.payload(row),
      receivedAt: Instant(microseconds: row["received_at"]), lastSeenAt: Instant(microseconds: row["last_seen_at"]), seen: row["seen"],
      destiny: Destiny(rawValue: row["destiny"])!, isStale: row["stale"], shares: shares)
  }
}

extension ReportRecord.Share {
  /// Of each report by lane; of each lane the first that is true: it waits, is dead, or is delivered.
  fileprivate static func all(_ db: Database, _ seqs: [Int64]) throws -> [Int64: [ReportRecord.Share]] {
    guard let first = seqs.min(), let last = seqs.max() else { return [:] }
    let lanes = try LaneLoad.all(db)
    // Of a thousand lanes most have nothing in their queues, or nothing of these reports.
    let busy = try lanes.filter { lane in
      guard lane.pending > 0 || lane.dead > 0 else { return false }
      return try Bool.fetchOne(db.cachedStatement(sql: anySQL), arguments: [lane.lane, first, last])!
    }
    let names = Dictionary(uniqueKeysWithValues: lanes.map { ($0.lane, $0.name) })
    return try Dictionary(uniqueKeysWithValues: Set(seqs).map { seq in (seq, try of(seq, db, busy: busy, names)) })
  }

  private static func of(_ seq: Int64, _ db: Database, busy: [LaneLoad], _ names: [Int: String]) throws -> [ReportRecord.Share] {
    let attempts = Dictionary(
      grouping: try Row.fetchAll(db.cachedStatement(sql: attemptsSQL), arguments: [seq]), by: { $0["lane"] as Int })
    var rows: [Int: Row] = [:]
    for row in try Row.fetchAll(db.cachedStatement(sql: doneSQL), arguments: [seq]) { rows[row["lane"]] = row }
    for lane in busy {
      if let row = try Row.fetchOne(db.cachedStatement(sql: queuedSQL), arguments: [lane.lane, seq]) { rows[lane.lane] = row }
    }
    return rows.sorted { $0.key < $1.key }.map { lane, row in
      ReportRecord.Share(row, route: names[lane]!, attempts: attempts[lane, default: []].map(AttemptRecord.init))
    }
  }

  static let attemptsSQL = "SELECT * FROM attempt WHERE seq = ?1 ORDER BY lane, try"
  static let doneSQL = "SELECT lane, 'delivered' AS state, 'delivered' AS queue, tries, settled_at AS at FROM done WHERE seq = ?1"
  static let anySQL = """
    SELECT EXISTS (SELECT 1 FROM ready WHERE lane = ?1 AND seq BETWEEN ?2 AND ?3)
      OR EXISTS (SELECT 1 FROM retry WHERE lane = ?1 AND seq BETWEEN ?2 AND ?3)
      OR EXISTS (SELECT 1 FROM replay WHERE lane = ?1 AND seq BETWEEN ?2 AND ?3)
      OR EXISTS (SELECT 1 FROM held WHERE lane = ?1 AND seq BETWEEN ?2 AND ?3)
      OR EXISTS (SELECT 1 FROM dead WHERE lane = ?1 AND seq BETWEEN ?2 AND ?3)
    """
  static let queuedSQL = """
    SELECT 'waiting' AS state, 'ready' AS queue, 0 AS tries, NULL AS at FROM ready WHERE lane = ?1 AND seq = ?2
    UNION ALL SELECT 'waiting', 'retry', tries, due FROM retry WHERE lane = ?1 AND seq = ?2
    UNION ALL SELECT 'waiting', 'replay', past_tries + tries, due FROM replay WHERE lane = ?1 AND seq = ?2
    UNION ALL SELECT 'waiting', 'held', past_tries, NULL FROM held WHERE lane = ?1 AND seq = ?2
    UNION ALL SELECT 'dead', 'dead', tries, died_at FROM dead WHERE lane = ?1 AND seq = ?2
    LIMIT 1
    """

  private init(_ row: Row, route: String, attempts: [AttemptRecord]) {
    self.init(
      route: route, state: DeliveryState(rawValue: row["state"])!, queue: row["queue"], tries: row["tries"],
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
