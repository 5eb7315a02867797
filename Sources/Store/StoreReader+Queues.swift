import GRDB
import Model

/// What an operator asks about the queues.
extension StoreReader {
  func jobs(before id: Int64?, limit: Int) throws(JournalError) -> [QueueJob] {
    try read { db in
      let sql = "SELECT * FROM job WHERE id < ? ORDER BY id DESC LIMIT ?"
      return try Row.fetchAll(db, sql: sql, arguments: [id ?? .max, limit]).map(QueueJob.init)
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

  func report(_ id: Int64) throws(JournalError) -> [ReportRecord] {
    try read { db in
      let sql = "SELECT * FROM report LEFT JOIN payload USING (seq) WHERE report_id = ? LIMIT ?"
      return try ReportRecord.all(db, Row.fetchAll(db, sql: sql, arguments: [id, Limits.statusesShownMax])).sorted { $0.seq < $1.seq }
    }
  }
}
