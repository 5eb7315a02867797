import GRDB
import Model

/// A read-only connection, for what is not on the data path. In WAL mode it neither waits for the writer nor makes it wait.
/// Open as long as anybody holds it.
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

  func waiting() throws(JournalError) -> [WaitingCount] {
    try read { db in
      try Row.fetchAll(db, sql: "SELECT lane, minute, count FROM waiting WHERE count > 0 ORDER BY lane, minute").map {
        WaitingCount(lane: LaneID($0[0]), minute: Instant(microseconds: $0[1]), count: $0[2])
      }
    }
  }

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
