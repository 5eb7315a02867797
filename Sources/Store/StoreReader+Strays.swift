import Foundation
import GRDB
import Model

/// What an operator asks about reports that nobody got.
extension StoreReader {
  func unmatched(after seq: Int64, limit: Int) throws(JournalError) -> [StoredReport] {
    try read { db in try Row.fetchAll(db, sql: Self.unmatchedSQL, arguments: [seq, limit]).map(StoredReport.init) }
  }

  func quarantined(after id: Int64, limit: Int) throws(JournalError) -> [QuarantinedRecord] {
    try read { db in
      let sql = "SELECT * FROM quarantine WHERE id > ? ORDER BY id LIMIT ?"
      return try Row.fetchAll(db, sql: sql, arguments: [id, limit]).map(QuarantinedRecord.init)
    }
  }

  /// Keys outlive bytes: what is older than all bytes is not looked at.
  static let unmatchedSQL = """
    SELECT report.*, content_type, bytes
    FROM report INDEXED BY report_unmatched CROSS JOIN payload ON payload.seq = report.seq
    WHERE destiny = 1 AND report.seq > ?1 AND report.seq >= (SELECT min(seq) FROM payload) ORDER BY report.seq LIMIT ?2
    """
}

extension StoredReport {
  /// Of a row of `report` beside that of `payload`, if there is one.
  init(_ row: Row) {
    let payload = (row["bytes"] as Data?).map { Payload(bytes: Array($0), contentType: row["content_type"]) }
    self.init(
      seq: row["seq"], key: ReportKey(id: row["report_id"], status: row["status"]), packetID: row["packet_id"],
      receivedAt: Instant(microseconds: row["received_at"]), lastSeenAt: Instant(microseconds: row["last_seen_at"]), seen: row["seen"],
      destiny: Destiny(rawValue: row["destiny"])!, payload: payload)
  }
}

extension QuarantinedRecord {
  fileprivate init(_ row: Row) {
    self.init(
      id: row["id"], receivedAt: Instant(microseconds: row["received_at"]), reason: QuarantineReason(rawValue: row["reason"])!,
      payload: Payload(bytes: Array(row["bytes"] as Data), contentType: row["content_type"]))
  }
}
