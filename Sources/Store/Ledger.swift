import GRDB
import Model
import Synchronization

/// What the writer shows to other threads: the numbers as of the last commit, whether it succeeded, and who gets the handovers.
/// Only the writer changes it.
final class Ledger: Sendable {
  private struct State {
    var standing: Standing
    var isHealthy = true
    var receive: (@Sendable (Handover) -> Void)?
  }

  private let state: Mutex<State>
  init(_ standing: Standing) { state = Mutex(State(standing: standing)) }

  var isHealthy: Bool { state.withLock { $0.isHealthy } }
  var laneCount: Int { state.withLock { $0.standing.lanes.count } }
  func standing() -> Standing { state.withLock { $0.standing } }
  func connect(_ receive: @escaping @Sendable (Handover) -> Void) { state.withLock { $0.receive = receive } }

  func committed(_ tally: Tally, isHealthy: Bool) {
    state.withLock {
      $0.standing.add(tally)
      $0.isHealthy = isHealthy
    }
  }

  func recovered() { state.withLock { $0.isHealthy = true } }

  func commitFailed() { state.withLock { $0.isHealthy = false } }
  func reloaded(_ standing: Standing) { state.withLock { $0.standing = standing } }
  func added(_ lane: LaneStanding) { state.withLock { $0.standing.lanes.append(lane) } }

  func handOver(_ handover: Handover) {
    guard !handover.isEmpty else { return }
    state.withLock { $0.receive }?(handover)
  }

  /// Writes with the numbers at hand, without copying them.
  func write(_ tally: Tally, _ statements: Statements) throws(SQLiteFailure) {
    let result = state.withLock { state in
      Result { () throws(SQLiteFailure) in try tally.write(statements, onto: state.standing) }
    }
    try result.get()
  }

  /// What is counted as of the last commit.
  func sample(at minute: Instant) -> HistorySample { state.withLock { HistorySample(at: minute, of: $0.standing) } }
}

extension Standing {
  /// Reads every number: a row a lane with a few of its holds, a row a counter.
  static func read(_ db: Database) throws -> Standing {
    var standing = Standing()
    for row in try Row.fetchAll(db, sql: "SELECT * FROM lane ORDER BY id") {
      let lane = LaneStanding(row)
      standing.lanes.append(lane)
      precondition(lane.id.number == standing.lanes.count, "lanes are numbered from 1 without gaps, and never deleted")
    }
    for lane in standing.lanes.indices { standing.lanes[lane].state.holds = try Holds.read(db, standing.lanes[lane].id) }
    for row in try Row.fetchAll(db, sql: "SELECT name, value FROM counter") {
      let (name, value): (String, Int64) = (row[0], row[1])
      switch name {
      case CounterName.reports: standing.reports = Int(value)
      case CounterName.duplicates: standing.duplicates = Int(value)
      case CounterName.unmatched: standing.unmatched = Int(value)
      case CounterName.filtered: standing.filtered = Int(value)
      case CounterName.lastReportAt: standing.lastReportAt = Instant(microseconds: value)
      default: standing.readLabelled(name, Int(value))
      }
    }
    return standing
  }

  private mutating func readLabelled(_ name: String, _ value: Int) {
    if name.hasPrefix(CounterName.refused) {
      refused[String(name.dropFirst(CounterName.refused.count))] = value
    } else if name.hasPrefix(CounterName.quarantined),
      let reason = QuarantineReason(rawValue: String(name.dropFirst(CounterName.quarantined.count)))
    {
      quarantined[reason] = value
    }
  }
}

extension LaneStanding {
  fileprivate init(_ row: Row) {
    self.init(id: LaneID(row["id"]), name: row["name"])
    matched = row["matched"]
    delivered = row["delivered"]
    dead = row["dead"]
    failedAttempts = row["failed_attempts"]
    lastDeliveredAt = (row["last_delivered_at"] as Int64?).map(Instant.init(microseconds:))
    lastError = row["last_error"]
    lastErrorAt = (row["last_error_at"] as Int64?).map(Instant.init(microseconds:))
    discarded = row["discarded"]
    staleDropped = row["stale_dropped"]
    held = row["held"]
    state.notBefore = (row["not_before"] as Int64?).map(Instant.init(microseconds:))
    if let reason = (row["paused_by"] as String?).flatMap(Pause.Reason.init), let since = row["paused_at"] as Int64? {
      state.pause = Pause(reason, since: Instant(microseconds: since))
    }
  }
}

extension Holds {
  fileprivate static func read(_ db: Database, _ lane: LaneID) throws -> Holds {
    var (spans, since): ([Span], Instant?) = ([], nil)
    let sql = "SELECT began_at, ended_at FROM hold WHERE lane = ? ORDER BY began_at"
    for row in try Row.fetchAll(db, sql: sql, arguments: [lane.number]) {
      let beganAt = Instant(microseconds: row[0])
      if let endedAt = row[1] as Int64? {
        spans.append(Span(from: beganAt, to: Instant(microseconds: endedAt)))
      } else {
        since = beganAt
      }
    }
    return Holds(spans: spans, since: since)
  }
}
