import Foundation
import GRDB
import Model

/// A store as a program beside the relay sees it: read-only, a little at a time.
///
/// A connection that is opened read-only neither writes nor checkpoints, so that the relay may run or not, and start or stop meanwhile; the
/// store's lock is not asked for. Each call is a read of its own that ends with the call: none lasts, since what a reader still sees cannot
/// leave the WAL. Of a store that nobody has open, SQLite makes the files -wal and -shm anew (sqlite.org/wal.html, "Read-Only Databases").
package struct StoreView: Sendable {
  private let reader: StoreReader

  /// - Throws: `.missing`, `.notAStore`, `.newer`, `.older`, or `.unusable`.
  package init(path: String) throws(StoreError) {
    guard FileManager.default.fileExists(atPath: path) else { throw .missing(path: path) }
    do {
      reader = try StoreReader(path: path)
      let fault: StoreError? = try reader.read { db in
        guard try StoreConnection.isOurs(db) else { return .notAStore(path: path) }
        guard try !Schema.migrator.hasBeenSuperseded(db) else { return .newer(path: path) }
        return try Schema.migrator.appliedIdentifiers(db).contains(Schema.oldestReadable) ? nil : .older(path: path)
      }
      if let fault { throw fault }
    } catch {
      throw StoreConnection.explain(error, path: path)
    }
  }

  /// The numbers of the reports that came not before `since` and before `until`, of those that are stored now; nil if there are none.
  package func seqs(since: Instant?, until: Instant?) throws(JournalError) -> ClosedRange<Int64>? {
    try reader.read { try Selection(state: .delivered, since: since, until: until).seqs($0) }
  }

  /// The first `limit` reports with these numbers, in the order of arrival, with their bytes.
  package func reports(_ seqs: ClosedRange<Int64>, limit: Int) throws(JournalError) -> [StoredReport] {
    try reader.read { db in
      let sql = "SELECT * FROM report LEFT JOIN payload USING (seq) WHERE seq BETWEEN ? AND ? ORDER BY seq LIMIT ?"
      return try Row.fetchAll(db, sql: sql, arguments: [seqs.lowerBound, seqs.upperBound, limit]).map(StoredReport.init)
    }
  }

  /// Every status of a report, with what became of it.
  package func report(_ id: Int64) throws(JournalError) -> [ReportRecord] { try reader.report(id) }

  /// The routes, by name, for which each of the packets was claimed; packets that nobody claimed are left out.
  package func claimants(of packetIDs: Set<Int64>) throws(JournalError) -> [Int64: Set<String>] {
    try reader.read { db in
      // A store that was not opened since there are claims has no table for them.
      guard !packetIDs.isEmpty, try db.tableExists("claim") else { return [:] }
      let statement = try db.makeStatement(sql: "SELECT name FROM claim JOIN lane ON lane.id = claim.lane WHERE packet_id = ?")
      var claimants: [Int64: Set<String>] = [:]
      for packetID in packetIDs {
        let names = try String.fetchSet(statement, arguments: [packetID])
        if !names.isEmpty { claimants[packetID] = names }
      }
      return claimants
    }
  }
}
