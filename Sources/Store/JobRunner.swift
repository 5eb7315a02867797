import Model

/// A job as it is worked on.
struct OpenJob {
  /// What it walks over, lane by lane in the order of arrival. Nothing moves from a later one of these into an earlier one behind
  /// the job's back, so that one pass meets all that is meant.
  enum Phase {
    case held, ready, retry, replay, dead

    /// nil: nothing of it is ever handed over.
    var queue: Queue? {
      switch self {
      case .ready: .ready
      case .retry: .retry
      case .replay: .replay
      case .held, .dead: nil
      }
    }
  }

  let id: Int64
  let kind: QueueJob.Kind
  /// nil for the kinds that select no deliveries.
  let state: DeliveryState?
  let lane: LaneID?
  let reportID: Int64?
  /// Between two deliveries of a replay; nil: as fast as can be.
  let pause: Duration?
  let isCancelled: Bool
  /// Of a readmission ids in quarantine.
  let seqs: ClosedRange<Int64>
  var count: Int
  var atLane: LaneID
  var atPhase: Int
  var atSeq: Int64
  /// When the next delivery may be sent.
  var due: Instant
  /// When there is more to do.
  var nextAt: Instant
  var endedAt: Instant?

  init(_ row: borrowing StatementRow) {
    id = row.integer(0)
    kind = QueueJob.Kind(rawValue: row.text(1))!
    state = row.isNull(2) ? nil : DeliveryState(rawValue: row.text(2))!
    lane = row.isNull(3) ? nil : LaneID(Int(row.integer(3)))
    reportID = row.isNull(4) ? nil : row.integer(4)
    pause = row.isNull(5) ? nil : QueueJob.pause(rate: row.double(5))
    count = Int(row.integer(6))
    isCancelled = row.integer(7) != 0
    // A job that means nothing is over when it starts; cancelled, it finds nothing either.
    seqs = row.integer(8)...max(row.integer(8), row.integer(9))
    atLane = LaneID(Int(row.integer(10)))
    atPhase = Int(row.integer(11))
    atSeq = row.integer(12)
    due = row.instant(13)
    nextAt = row.instant(14)
    endedAt = row.optionalInstant(15)
  }

  var phases: [Phase] {
    if isCancelled { return [.held, .replay] }
    return state == .dead ? [.dead] : [.held, .ready, .retry, .replay]
  }
}

/// The work of jobs: a few rows between two commits, and how far it has come in the same transaction.
extension Transaction {
  /// Of what has something to do the one that waits longest.
  /// - Parameters:
  ///   - lanes: how many there are.
  ///   - freesOnly: true to do nothing that fills the disk.
  /// - Returns: when there is more to do, which may be now; nil if no job is left.
  mutating func stepJob(lanes: Int, rowsMax: Int, freesOnly: Bool = false) throws(SQLiteFailure) -> Instant? {
    let hasRules = journalRules != nil
    if var job = try statements.openJob.first(.instant(now), .flag(freesOnly), .flag(hasRules), body: OpenJob.init) {
      let isOver = try step(&job, lanes: lanes, rowsMax: rowsMax)
      if isOver, job.endedAt == nil { job.endedAt = now }
      try statements.saveJob.run(
        .integer(job.id), .count(job.count), .lane(job.atLane), .count(job.atPhase), .integer(job.atSeq), .instant(job.due),
        .instant(job.nextAt), .optional(job.endedAt), .flag(!isOver))
    }
    return try (hasRules ? statements.nextJob : statements.nextJobWithoutRules).first { $0.instant(0) }
  }

  /// - Returns: true if nothing is left to do.
  private mutating func step(_ job: inout OpenJob, lanes: Int, rowsMax: Int) throws(SQLiteFailure) -> Bool {
    switch job.kind {
    case .reroute: return try stepReroute(&job, rowsMax: rowsMax)
    case .readmit: return try stepReadmission(&job, rowsMax: rowsMax)
    case .discard: return try stepLanes(&job, lanes: lanes, rowsMax: rowsMax)
    case .replay where job.isCancelled: return try stepLanes(&job, lanes: lanes, rowsMax: rowsMax)
    case .replay: break
    }
    let rowsMax = min(rowsMax, rowsAhead(of: job))
    let isOver =
      try job.state == .delivered ? stepDelivered(&job, rowsMax: rowsMax) : stepLanes(&job, lanes: lanes, rowsMax: rowsMax)
    rest(&job)
    return isOver
  }

  // MARK: - Its pace

  /// How many more of a paced replay are due soon enough to be queued. What is queued is due whatever happens until then, so that it
  /// is only for the next few seconds: after a gap the replay goes on from then, and does not catch up.
  private func rowsAhead(of job: OpenJob) -> Int {
    guard let pause = job.pause else { return .max }
    let left = now + Limits.replayAheadMax - max(job.due, now)
    guard left >= .zero else { return 0 }
    return Int(clamping: left.microseconds / max(1, pause.microseconds)) + 1
  }

  private func rest(_ job: inout OpenJob) {
    guard job.pause != nil, job.nextAt <= now else { return }
    // A commit for many deliveries rather than one for each.
    if job.due > now + Limits.replayAheadMax { job.nextAt = job.due - Limits.replayAheadMax / 2 }
  }

  /// True if a lane that somebody sends has not taken what the job queued: then the job as a whole waits.
  private func isBehind(_ lane: LaneID, _ job: inout OpenJob) throws(SQLiteFailure) -> Bool {
    guard job.pause != nil, job.kind == .replay, !job.isCancelled, rules.isSent(lane) else { return false }
    let first = try statements.firstReplayDue.first(.lane(lane)) { $0.instant(0) }
    guard let first, first < now - Limits.replayAheadMax else { return false }
    job.nextAt = now + Limits.replayAheadMax / 2
    return true
  }

  // MARK: - Where it is

  private mutating func stepLanes(_ job: inout OpenJob, lanes: Int, rowsMax: Int) throws(SQLiteFailure) -> Bool {
    let (statuses, lastLane) = (try statuses(of: job), job.lane ?? LaneID(lanes))
    var left = rowsMax
    while left > 0 {
      guard job.atLane <= lastLane else { return true }
      guard job.atPhase < job.phases.count else {
        (job.atLane, job.atPhase, job.atSeq) = (LaneID(job.atLane.number + 1), 0, job.seqs.lowerBound - 1)
        continue
      }
      guard let range = next(of: job, statuses) else {
        (job.atPhase, job.atSeq) = (job.atPhase + 1, job.seqs.lowerBound - 1)
        continue
      }
      if try isBehind(job.atLane, &job) { return false }
      let phase = job.phases[job.atPhase]
      let found = try walk(phase, job.atLane, range, left)
      for waiting in found { try work(on: waiting, in: job.atLane, phase, &job) }
      job.atSeq = found.count == left ? found.last!.seq : range.upperBound
      left -= max(1, found.count)
    }
    return false
  }

  /// What was delivered is in the order of arrival over all lanes.
  private mutating func stepDelivered(_ job: inout OpenJob, rowsMax: Int) throws(SQLiteFailure) -> Bool {
    let statuses = try statuses(of: job)
    var left = rowsMax
    while left > 0 {
      // A report's lanes may be met in two steps: then the rest of them comes first.
      guard let range = next(of: job, statuses, isWithinReport: job.atLane.number > 0) else { return true }
      let from = job.atLane.number > 0 ? (job.atSeq, job.atLane) : (range.lowerBound - 1, LaneID(Int(Int32.max)))
      let found = try statements.walkDone.all(.integer(from.0), .lane(from.1), .integer(range.upperBound), .count(left)) { row in
        (waiting: Waiting(row), lane: LaneID(Int(row.integer(9))))
      }
      for (waiting, lane) in found where job.lane == nil || job.lane == lane {
        if try isBehind(lane, &job) { return false }
        (job.atSeq, job.atLane) = (waiting.seq, lane)
        let isElsewhere = try statements.findUnsettled.first(.lane(lane), .integer(waiting.seq), body: { _ in true }) ?? false
        let isDead = try statements.findDead.first(.lane(lane), .integer(waiting.seq), body: { _ in true }) ?? false
        if !isElsewhere, !isDead { try replay(waiting, in: lane, &job) }
      }
      if found.count == left {
        (job.atSeq, job.atLane) = (found.last!.waiting.seq, found.last!.lane)
      } else {
        (job.atSeq, job.atLane) = (range.upperBound, LaneID(0))
      }
      left -= max(1, found.count)
    }
    return false
  }

  /// Of a job for one report, its statuses; nil for one that means a range.
  private func statuses(of job: OpenJob) throws(SQLiteFailure) -> [Int64]? {
    guard let reportID = job.reportID else { return nil }
    let found = try statements.statusesUpTo.all(
      .integer(reportID), .integer(job.seqs.upperBound), .count(Limits.stepRowsMax)
    ) { $0.integer(0) }
    return found.sorted()
  }

  private func next(of job: OpenJob, _ statuses: [Int64]?, isWithinReport: Bool = false) -> ClosedRange<Int64>? {
    let from = isWithinReport ? job.atSeq : job.atSeq + 1
    guard let statuses else { return from <= job.seqs.upperBound ? from...job.seqs.upperBound : nil }
    return statuses.first { $0 >= from && job.seqs.contains($0) }.map { $0...$0 }
  }

  private func walk(
    _ phase: OpenJob.Phase, _ lane: LaneID, _ range: ClosedRange<Int64>, _ rowsMax: Int
  ) throws(SQLiteFailure) -> [Waiting] {
    let statement =
      switch phase {
      case .held: statements.walkHeld
      case .ready: statements.walkReady
      case .retry: statements.walkRetry
      case .replay: statements.walkReplay
      case .dead: statements.walkDead
      }
    return try statement.all(.lane(lane), .integer(range.lowerBound), .integer(range.upperBound), .count(rowsMax)) { row in
      var waiting = Waiting(row)
      waiting.tries = Int(row.integer(8))
      return waiting
    }
  }

  // MARK: - What it does

  private mutating func work(on waiting: Waiting, in lane: LaneID, _ phase: OpenJob.Phase, _ job: inout OpenJob) throws(SQLiteFailure) {
    switch (job.isCancelled, job.kind) {
    case (true, _): try takeBack(waiting, in: lane, phase, &job)
    case (false, .replay): try replay(waiting, in: lane, &job)
    case (false, .discard): try discard(waiting, in: lane, phase, &job)
    case (false, .reroute), (false, .readmit): preconditionFailure("a \(job.kind) walks no deliveries")
    }
  }

  private mutating func replay(_ past: Waiting, in lane: LaneID, _ job: inout OpenJob) throws(SQLiteFailure) {
    guard try statements.findPayload.first(.integer(past.seq), body: { _ in true }) != nil else { return }
    let wasDead = past.replay?.diedAt != nil
    if wasDead { _ = try statements.deleteDead.first(.lane(lane), .integer(past.seq)) { $0.integer(0) } }
    // What a rate puts off is owed from its turn on: until then it neither waits nor grows old.
    let due = max(job.due, now)
    var waiting = Waiting(seq: past.seq, due: due, owedAt: due, replay: past.replay)
    waiting.replay!.job = job.id
    // An earlier replay may have failed and been discarded: its attempts are kept and are no part of how the copy was delivered.
    let lastAttempt = try statements.lastAttempt.first(.integer(past.seq), .lane(lane)) { Int($0.integer(0)) }
    waiting.replay!.pastTries = max(waiting.replay!.pastTries, lastAttempt ?? 0)
    tally.replayed(lane, wasDead: wasDead, at: due)
    let earlier = try statements.earlierStatuses.all(.integer(past.seq), .count(Limits.statusesOrderedMax)) { $0.integer(0) }
    try place(waiting, in: lane, behind: earlier, from: now)
    job.due = due + (job.pause ?? .zero)
    job.count += 1
  }

  private mutating func discard(_ waiting: Waiting, in lane: LaneID, _ phase: OpenJob.Phase, _ job: inout OpenJob) throws(SQLiteFailure) {
    try remove(waiting.seq, from: phase, in: lane)
    if let queue = phase.queue, book.wasHandedOver(waiting.seq, of: lane, in: queue, due: waiting.due) {
      told.tell(withdrawn: waiting.seq, of: lane, from: queue)
    }
    tally.discarded(lane, wasDead: phase == .dead, at: waiting.owedAt)
    job.count += 1
    if phase != .dead { try placeAgain(behind: waiting.seq, in: lane) }
  }

  /// Undoes a replay that nobody was handed yet.
  private mutating func takeBack(_ waiting: Waiting, in lane: LaneID, _ phase: OpenJob.Phase, _ job: inout OpenJob) throws(SQLiteFailure) {
    guard let replay = waiting.replay, replay.job == job.id, waiting.tries == 0 else { return }
    guard phase == .held || !book.wasHandedOver(waiting.seq, of: lane, in: .replay, due: waiting.due) else { return }
    try remove(waiting.seq, from: phase, in: lane)
    if let diedAt = replay.diedAt {
      try statements.insertDead.run(
        .lane(lane), .integer(waiting.seq), .count(replay.pastTries), .instant(replay.pastOwedAt), .instant(diedAt))
    }
    tally.unreplayed(lane, wasDead: replay.diedAt != nil, at: waiting.owedAt)
    job.count -= 1
    try placeAgain(behind: waiting.seq, in: lane)
  }

  private mutating func remove(_ seq: Int64, from phase: OpenJob.Phase, in lane: LaneID) throws(SQLiteFailure) {
    switch phase {
    case .held: try takeFromHeld(seq, in: lane)
    case .ready: try statements.deleteReady.run(.lane(lane), .integer(seq))
    case .retry: try statements.discardRetry.run(.lane(lane), .integer(seq))
    case .replay: try statements.discardReplay.run(.lane(lane), .integer(seq))
    case .dead: _ = try statements.deleteDead.first(.lane(lane), .integer(seq)) { $0.integer(0) }
    }
  }
}
