import Model

/// What waits and is in no queue: it comes to be owed, is replayed, or was held back.
struct Waiting {
  /// What a replay began from.
  struct Replay {
    var job: Int64
    var pastTries: Int
    var pastOwedAt: Instant
    /// nil: it had been delivered.
    var diedAt: Instant?
  }

  var seq: Int64
  /// Not sent before this.
  var due: Instant
  var owedAt: Instant
  var replay: Replay?
  /// Since when it has been held back by one that was tried.
  var since: Instant?

  /// Failed tries, or since a replay began.
  var tries = 0

  var queue: Queue { replay == nil ? .retry : .replay }
}

/// The order of the statuses of one report within a lane.
extension Transaction {
  struct Unsettled {
    var seq: Int64
    var wasTried: Bool
  }

  /// The latest of these reports that the lane is still owed, if the lane is ordered. A replay may take hours and holds back only
  /// replays.
  func unsettled(_ earlier: [Int64], in lane: LaneID, isReplay: Bool = false) throws(SQLiteFailure) -> Unsettled? {
    guard !earlier.isEmpty, rules.isOrdered(lane) else { return nil }
    let find = isReplay ? statements.findUnsettled : statements.findUnsettledLive
    for seq in earlier.sorted(by: >) {
      let tries = try find.first(.lane(lane), .integer(seq)) { $0.integer(0) }
      if let tries { return Unsettled(seq: seq, wasTried: tries > 0) }
    }
    return nil
  }

  /// Puts a delivery into its queue, or holds it back if an earlier status is owed.
  /// - Parameter from: when holding begins, if what holds it back was tried already.
  mutating func place(_ waiting: Waiting, in lane: LaneID, behind earlier: [Int64], from: Instant) throws(SQLiteFailure) {
    if let before = try unsettled(earlier, in: lane, isReplay: waiting.replay != nil) {
      try hold(waiting, in: lane, behind: before, from: from)
    } else {
      try queue(waiting, in: lane, isOutOfOrder: false)
    }
  }

  mutating func hold(_ waiting: Waiting, in lane: LaneID, behind before: Unsettled, from: Instant) throws(SQLiteFailure) {
    let since = before.wasTried ? waiting.since ?? from : nil
    let replay = waiting.replay
    try statements.insertHeld.run(
      .lane(lane), .integer(waiting.seq), .integer(before.seq), .optional(since), .instant(waiting.due), .instant(waiting.owedAt),
      .optional(replay?.job), .count(replay?.pastTries ?? 0), .optional(replay?.pastOwedAt), .optional(replay?.diedAt))
    tally.lanes[lane, default: Tally.Lane()].held += 1
    if let since { told.tell(held: Handover.Due(lane: lane, at: since)) }
  }

  private mutating func queue(_ waiting: Waiting, in lane: LaneID, isOutOfOrder: Bool) throws(SQLiteFailure) {
    let dueAt = book.dueAfterCursor(waiting.due, of: lane, in: waiting.queue)
    if let replay = waiting.replay {
      try statements.insertReplay.run(
        .lane(lane), .integer(waiting.seq), .instant(dueAt), .instant(waiting.owedAt), .flag(isOutOfOrder), .integer(replay.job),
        .count(replay.pastTries), .instant(replay.pastOwedAt), .optional(replay.diedAt))
    } else {
      try statements.insertRetry.run(
        .lane(lane), .integer(waiting.seq), .instant(dueAt), .count(0), .instant(waiting.owedAt), .flag(isOutOfOrder))
    }
    told.tell(due: Handover.Due(lane: lane, queue: waiting.queue, at: dueAt))
  }

  /// An attempt failed: what the delivery holds back is held from here on.
  mutating func beginHolding(behind seq: Int64, in lane: LaneID, from: Instant) throws(SQLiteFailure) {
    guard heldCount(lane) > 0 else { return }
    if try statements.beginHolding.run(.lane(lane), .integer(seq), .instant(from)) > 0 {
      told.tell(held: Handover.Due(lane: lane, at: from))
    }
  }

  /// A delivery is owed no more: what it held back is sent, or held by another.
  mutating func placeAgain(behind seq: Int64, in lane: LaneID) throws(SQLiteFailure) {
    guard heldCount(lane) > 0 else { return }
    for waiting in try statements.heldBehind.all(.lane(lane), .integer(seq), body: Waiting.init) {
      try takeFromHeld(waiting.seq, in: lane)
      let earlier = try statements.earlierStatuses.all(.integer(waiting.seq), .count(Limits.statusesOrderedMax)) { $0.integer(0) }
      try place(waiting.dueFrom(now), in: lane, behind: earlier, from: now)
    }
  }

  /// See `Journal.release`.
  mutating func release(_ lane: LaneID, heldSince: Instant) throws(SQLiteFailure) {
    let held = try statements.heldSince.all(.lane(lane), .instant(heldSince), .count(Limits.releasedMax), body: Waiting.init)
    for waiting in held {
      try takeFromHeld(waiting.seq, in: lane)
      try queue(waiting.dueFrom(now), in: lane, isOutOfOrder: true)
    }
    guard let since = try statements.earliestHeld.first(.lane(lane), body: { $0.instant(0) }) else { return }
    told.tell(held: Handover.Due(lane: lane, at: since))
  }

  /// The lane is not ordered any more: a few of what is held there go.
  mutating func releaseUnordered(_ lane: LaneID) throws(SQLiteFailure) {
    for waiting in try statements.heldOfLane.all(.lane(lane), .count(Limits.releasedMax), body: Waiting.init) {
      try takeFromHeld(waiting.seq, in: lane)
      try queue(waiting.dueFrom(now), in: lane, isOutOfOrder: false)
    }
  }

  mutating func takeFromHeld(_ seq: Int64, in lane: LaneID) throws(SQLiteFailure) {
    try statements.deleteHeld.run(.lane(lane), .integer(seq))
    tally.lanes[lane, default: Tally.Lane()].held -= 1
  }

  private func heldCount(_ lane: LaneID) -> Int { rules.held(lane) + (tally.lanes[lane]?.held ?? 0) }
}

extension Waiting {
  /// Of a row of `held`, or of another that has the same columns.
  init(_ row: borrowing StatementRow) {
    self.init(seq: row.integer(0), due: row.instant(2), owedAt: row.instant(3), since: row.optionalInstant(1))
    guard !row.isNull(4) else { return }
    replay = Replay(job: row.integer(4), pastTries: Int(row.integer(5)), pastOwedAt: row.instant(6), diedAt: row.optionalInstant(7))
  }

  fileprivate func dueFrom(_ now: Instant) -> Waiting {
    var waiting = self
    waiting.due = max(due, now)
    return waiting
  }
}
