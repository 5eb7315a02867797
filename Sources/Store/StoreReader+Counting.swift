import GRDB
import Model

/// How many copies are meant, without counting more than anybody needs to know.
extension StoreReader {
  struct CountBounds {
    var copies = Limits.copiesCountedMax
    /// Of delivered copies, each of which must be looked at.
    var rows = Limits.rowsCountedMax
  }

  func count(_ selection: Selection, _ bounds: CountBounds = CountBounds()) throws(JournalError) -> CopyCount {
    try read { db in
      var count = CopyCount(0)
      guard let seqs = try selection.seqs(db) else { return count }
      var ranges = [seqs]
      if let id = selection.reportID {
        ranges = try Int64.fetchAll(db, sql: SQL.statusesUpTo, arguments: [id, seqs.upperBound, Limits.stepRowsMax])
          .filter(seqs.contains).map { $0...$0 }
      }
      let lanes = try LaneLoad.all(db).filter { selection.lane == nil || selection.lane?.number == $0.lane }
      for range in ranges where !count.isAtLeast {
        switch selection.state {
        case .waiting: try add(to: &count, db, LaneLoad.queues, lanes.filter { $0.pending > 0 }, range, bounds.copies)
        case .dead: try add(to: &count, db, ["dead"], lanes.filter { $0.dead > 0 }, range, bounds.copies)
        case .delivered: try addDelivered(to: &count, db, selection.lane, range, bounds)
        }
      }
      return count
    }
  }

  private func add(
    to count: inout CopyCount, _ db: Database, _ tables: [String], _ lanes: [LaneLoad], _ seqs: ClosedRange<Int64>, _ max: Int
  ) throws {
    for (table, lane) in tables.flatMap({ table in lanes.map { (table, $0.lane) } }) where !count.isAtLeast {
      // One more than is counted tells that there is more.
      let statement = try db.cachedStatement(sql: Self.queueCountSQL[table]!)
      count.add(try Int.fetchOne(statement, arguments: [lane, seqs.lowerBound, seqs.upperBound, max + 1 - count.count])!, max)
    }
  }

  /// The newest first: the bytes of old ones are gone.
  private func addDelivered(
    to count: inout CopyCount, _ db: Database, _ lane: LaneID?, _ seqs: ClosedRange<Int64>, _ bounds: CountBounds
  ) throws {
    let (from, to, max) = (seqs.lowerBound, seqs.upperBound, bounds.copies)
    let statement = try db.cachedStatement(sql: Self.deliveredSQL)
    count.add(try Int.fetchOne(statement, arguments: [from, to, lane?.number, bounds.rows, max + 1 - count.count])!, max)
    let rows = try Int.fetchOne(db.cachedStatement(sql: Self.rowsSQL), arguments: [from, to, bounds.rows + 1])!
    if rows > bounds.rows { count.isAtLeast = true }
  }

  private static let queueCountSQL = [
    "ready": "SELECT count(*) FROM (SELECT 1 FROM ready WHERE lane = ?1 AND seq BETWEEN ?2 AND ?3 LIMIT ?4)",
    "retry": "SELECT count(*) FROM (SELECT 1 FROM retry WHERE lane = ?1 AND seq BETWEEN ?2 AND ?3 LIMIT ?4)",
    "replay": "SELECT count(*) FROM (SELECT 1 FROM replay WHERE lane = ?1 AND seq BETWEEN ?2 AND ?3 LIMIT ?4)",
    "held": "SELECT count(*) FROM (SELECT 1 FROM held WHERE lane = ?1 AND seq BETWEEN ?2 AND ?3 LIMIT ?4)",
    "dead": "SELECT count(*) FROM (SELECT 1 FROM dead WHERE lane = ?1 AND seq BETWEEN ?2 AND ?3 LIMIT ?4)",
  ]
  private static let rowsSQL = "SELECT count(*) FROM (SELECT 1 FROM done WHERE seq BETWEEN ?1 AND ?2 LIMIT ?3)"
  private static let deliveredSQL = """
    SELECT count(*) FROM (
      SELECT 1 FROM (SELECT seq, lane FROM done WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq DESC LIMIT ?4) AS done
      WHERE lane = coalesce(?3, lane)
        AND EXISTS (SELECT 1 FROM payload WHERE payload.seq = done.seq)
        AND NOT EXISTS (SELECT 1 FROM retry WHERE retry.lane = done.lane AND retry.seq = done.seq)
        AND NOT EXISTS (SELECT 1 FROM replay WHERE replay.lane = done.lane AND replay.seq = done.seq)
        AND NOT EXISTS (SELECT 1 FROM held WHERE held.lane = done.lane AND held.seq = done.seq)
        AND NOT EXISTS (SELECT 1 FROM dead WHERE dead.lane = done.lane AND dead.seq = done.seq)
      LIMIT ?5)
    """
}

extension CopyCount {
  fileprivate mutating func add(_ more: Int, _ max: Int) {
    count += more
    guard count > max else { return }
    (count, isAtLeast) = (max, true)
  }
}
