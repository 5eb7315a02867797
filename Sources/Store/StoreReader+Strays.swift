import Foundation
import GRDB
import Model

/// What an operator asks about reports that nobody got.
extension StoreReader {
  func unmatched(after seq: Int64, limit: Int, _ bounds: SearchBounds = SearchBounds()) throws(JournalError) -> UnmatchedPage {
    try read { db in
      var (page, left, at) = (UnmatchedPage(reports: [], next: nil), bounds, seq)
      let rows = try Row.fetchCursor(db, sql: Self.unmatchedSQL, arguments: [seq])
      // There may be millions whose bytes were never kept, or are gone.
      while let row = try rows.next() {
        guard page.reports.count < limit, !left.isSpent else {
          page.next = at
          break
        }
        left.rows -= 1
        at = row["seq"]
        guard row["content"] as Int64? != nil else { continue }
        page.reports.append(try stored(db, at))
        left.bytes -= page.reports.last!.payload?.bytes.count ?? 0
      }
      return page
    }
  }

  private func stored(_ db: Database, _ seq: Int64) throws -> StoredReport {
    let statement = try db.cachedStatement(sql: "SELECT * FROM report JOIN payload USING (seq) WHERE seq = ?")
    guard let row = try Row.fetchOne(statement, arguments: [seq]) else { preconditionFailure("one read sees one state of the store") }
    return StoredReport(row)
  }

  func quarantined(after id: Int64, limit: Int) throws(JournalError) -> [QuarantinedRecord] {
    try read { db in
      let sql = "SELECT * FROM quarantine WHERE id > ? ORDER BY id LIMIT ?"
      return try Row.fetchAll(db, sql: sql, arguments: [id, limit]).map(QuarantinedRecord.init)
    }
  }

  /// Keys outlive bytes: what is older than all bytes is not looked at.
  static let unmatchedSQL = """
    SELECT report.seq, payload.seq AS content
    FROM report INDEXED BY report_unmatched LEFT JOIN payload ON payload.seq = report.seq
    WHERE destiny = 1 AND report.seq > ?1 AND report.seq >= (SELECT min(seq) FROM payload) ORDER BY report.seq
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
