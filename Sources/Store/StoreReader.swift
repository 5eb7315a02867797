import GRDB
import Model

/// A read-only connection, for what is not on the data path. Open as long as anybody holds it.
///
/// In WAL mode a reader neither waits for the writer nor makes it wait: it sees the store as of its first look, and commits are appended to the WAL
/// meanwhile. What it sees keeps the WAL from beginning anew, though, which grows for as long as one read lasts (sqlite.org/wal.html,
/// "Avoiding Excessively Large WAL Files"). So every read is bounded in rows and bytes, and ends with the call: what is large is read a page
/// at a time.
struct StoreReader: Sendable {
  private let database: DatabaseQueue

  init(path: String) throws {
    var configuration = GRDB.Configuration()
    configuration.label = "store reader"
    configuration.readonly = true
    // A WAL database makes a reader wait only while the file is being recovered (sqlite.org/wal.html).
    configuration.busyMode = .timeout(1)
    database = try DatabaseQueue(path: path, configuration: configuration)
  }

  func read<T>(_ body: (Database) throws -> T) throws(JournalError) -> T {
    do {
      return try database.read(body)
    } catch let error as DatabaseError {
      throw .failed(code: Int(error.extendedResultCode.rawValue), words: error.message ?? "\(error.resultCode)")
    } catch {
      throw .failed(code: 0, words: "\(error)")
    }
  }

  /// - Parameter ends: of spans, the latest first; nil: each minute.
  func waiting(_ lane: LaneID, apart ends: [Instant]?) throws(JournalError) -> [WaitingCount] {
    try read { db in
      guard let ends else {
        let sql = "SELECT minute, count FROM waiting WHERE lane = ? AND count > 0 ORDER BY minute"
        return try Row.fetchAll(db, sql: sql, arguments: [lane.number]).map {
          WaitingCount(lane: lane, minute: Instant(microseconds: $0[0]), count: $0[1])
        }
      }
      let statement = try db.cachedStatement(sql: Self.waitingWithinSQL)
      let spans = zip(ends + [Instant(microseconds: .min)], [.distantFuture] + ends)
      return try spans.compactMap { from, to -> WaitingCount? in
        let row = try Row.fetchOne(statement, arguments: [lane.number, from.microseconds, to.microseconds])!
        return (row[0] as Int64?).map { WaitingCount(lane: lane, minute: Instant(microseconds: $0), count: row[1]) }
      }.reversed()
    }
  }

  static let waitingWithinSQL = """
    SELECT max(minute), sum(count) FROM waiting WHERE lane = ?1 AND minute >= ?2 AND minute < ?3 AND count > 0
    """

  func oldestWaiting() throws(JournalError) -> [LaneID: Instant] {
    try read { db in
      var oldest: [LaneID: Instant] = [:]
      for row in try Row.fetchAll(db, sql: Self.oldestWaitingSQL) {
        guard let minute = row[1] as Int64?, let end = row[2] as Int64? else { continue }
        oldest[LaneID(row[0])] = Instant(microseconds: end < minute + 60_000_000 ? end : minute)
      }
      return oldest
    }
  }

  /// By the ends of the queues, two index probes each for a lane. A report that was routed later is at the end of its queue without
  /// being the oldest; then the minutes know better.
  static let oldestWaitingSQL = """
    SELECT lane.id, (SELECT min(minute) FROM waiting WHERE waiting.lane = lane.id), (
      SELECT min(at) FROM (
        SELECT received_at AS at FROM report WHERE seq = (SELECT min(seq) FROM ready WHERE ready.lane = lane.id)
        UNION ALL
        SELECT owed_at FROM retry WHERE retry.lane = lane.id AND seq = (SELECT min(seq) FROM retry AS r WHERE r.lane = lane.id)
        UNION ALL
        SELECT owed_at FROM replay WHERE replay.lane = lane.id AND seq = (SELECT min(seq) FROM replay AS r WHERE r.lane = lane.id)
        UNION ALL
        SELECT owed_at FROM held WHERE held.lane = lane.id AND seq = (SELECT min(seq) FROM held AS h WHERE h.lane = lane.id)))
    FROM lane
    """
}
