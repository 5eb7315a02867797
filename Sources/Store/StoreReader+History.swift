import GRDB
import Model

extension StoreReader {
  /// What is too old goes with the next sample: a relay that was off for a while has it until then.
  func history(since: Instant) throws(JournalError) -> [HistorySample] {
    try read { db in
      guard let newest = try Int64.fetchOne(db, sql: "SELECT max(minute) FROM sample") else { return [] }
      let from = max(since, Instant(microseconds: newest) - Limits.historyKept)
      return try Row.fetchAll(db, sql: "SELECT * FROM sample WHERE minute >= ? ORDER BY minute", arguments: [from.microseconds]).map {
        HistorySample(
          at: Instant(microseconds: $0["minute"]), reports: $0["reports"], delivered: $0["delivered"],
          failedAttempts: $0["failed_attempts"], waiting: $0["waiting"], dead: $0["dead"])
      }
    }
  }
}
