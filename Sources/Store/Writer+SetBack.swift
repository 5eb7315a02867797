import GRDB
import Model

/// The clock was set back: what waits for a time would wait for one of the clock before.
extension Writer {
  /// Less is what corrects a clock bit by bit, and not worth a transaction.
  private static let setBackMin: Duration = .seconds(1)

  /// To be called before anything goes by the time. If the clock was set back since the last call, or since the last report before the
  /// store was opened, all that something in the queues waits for goes back by as much. That keeps the order, and what was handed over.
  func followClock() {
    let now = clock()
    let setBack = lastTurnAt - now
    guard setBack >= Self.setBackMin else {
      lastTurnAt = now
      return
    }
    // Later, when it can be written.
    guard !isBroken else { return }
    do {
      try connection.slowly { db in
        try db.inTransaction {
          for sql in Self.setBackSQL { try db.execute(sql: sql, arguments: [setBack.microseconds]) }
          return .commit
        }
      }
    } catch {
      return commitAsideFailed(SQLiteFailure(error))
    }
    lastTurnAt = now
    book.clockWasSetBack(by: setBack)
    sweeper.clockWasSetBack(to: now)
    for step in [\Writer.nextJobStepAt, \.nextClaimStepAt, \.nextBackupStepAt] where self[keyPath: step] != .distantFuture {
      self[keyPath: step] = min(self[keyPath: step], now)
    }
    // What they were told to wait for is of the clock before, too.
    var handover = Handover()
    for lane in book.knownLanes {
      for queue in [Model.Queue.retry, .replay] { handover.tell(due: Handover.Due(lane: lane, queue: queue, at: now)) }
    }
    handOver(handover)
  }

  /// In proportion to what waits, once, and rare. Times that are none stay what they are.
  private static let setBackSQL = [
    "UPDATE retry SET due = due - ?1 WHERE due > ?1",
    "UPDATE replay SET due = due - ?1 WHERE due > ?1",
    "UPDATE held SET due = due - ?1 WHERE due > ?1",
    "UPDATE held SET since = since - ?1 WHERE since > ?1",
    "UPDATE job SET due = due - ?1 WHERE has_work = 1 AND due > ?1",
    "UPDATE job SET next_at = next_at - ?1 WHERE has_work = 1 AND next_at > ?1",
  ]
}
