import GRDB
import Model

/// What other threads ask for, beside reports and results. Runs between two commits.
extension Writer {
  /// Of what was dropped unsent.
  func giveBack(_ bytes: Int, of lane: LaneID, from queue: Model.Queue) { book.released(bytes, of: lane, from: queue) }

  func change(_ retention: Retention) { sweeper.change(retention) }

  func start(_ kind: QueueJob.Kind, _ selection: Selection, rate: Double?) -> Result<QueueJob, JournalError> {
    operate { db, now in try QueueJob.insert(db, kind, selection, rate: rate, lastSeq: lastSeq, at: now) }
  }

  func adopt(_ rules: JournalRules) {
    journalRules = rules
    // A job may have waited for them, and so may claims.
    nextJobStepAt = Instant(microseconds: .min)
    nextClaimStepAt = Instant(microseconds: .min)
  }

  /// - Parameter kind: `.reroute` or `.readmit`.
  func start(_ kind: QueueJob.Kind) -> Result<QueueJob, JournalError> {
    operate { db, now in try QueueJob.insert(db, kind, lastSeq: lastSeq, at: now) }
  }

  func cancel(job id: Int64) -> Result<QueueJob?, JournalError> { operate { db, now in try QueueJob.cancel(db, id, at: now) } }

  func operate<T>(_ body: (Database, Instant) throws -> T) -> Result<T, JournalError> {
    guard !isBroken else { return .failure(Self.notOpened) }
    let now = clock()
    // Whatever the answer, a commit that failed may have reached the disk.
    nextJobStepAt = Instant(microseconds: .min)
    do {
      let job = try connection.slowly { db in
        var job: T?
        try db.inTransaction {
          job = try body(db, now)
          return .commit
        }
        return job!
      }
      return .success(job)
    } catch {
      let failure = SQLiteFailure(error)
      commitAsideFailed(failure)
      return .failure(failure.journalError)
    }
  }

  func lanes(for terms: [LaneTerms]) throws(JournalError) -> [LaneID] {
    guard !isBroken else { throw Self.notOpened }
    let names = terms.map(\.name)
    var known = Dictionary(uniqueKeysWithValues: ledger.standing().lanes.map { ($0.name, $0.id) })
    let new = names.filter { known[$0] == nil }
    do {
      try connection.slowly { db in
        try db.inTransaction {
          for (i, name) in new.enumerated() {
            try db.execute(sql: "INSERT INTO lane (id, name) VALUES (?, ?)", arguments: [known.count + i + 1, name])
          }
          try markPackets(db, areEntered: terms.contains(where: \.takesOrders))
          return .commit
        }
      }
    } catch {
      let failure = SQLiteFailure(error)
      commitAsideFailed(failure)
      throw failure.journalError
    }
    for name in new {
      let lane = LaneStanding(id: LaneID(known.count + 1), name: name)
      known[name] = lane.id
      ledger.added(lane)
    }
    rules.set(terms.map { (known[$0.name]!, $0) })
    // By the rules before, what a lane takes from now on would seem to be nobody's: claims of it would be caught up with nothing.
    journalRules = nil
    return names.map { known[$0]! }
  }

  /// From when on a search may trust that the reports of a packet are known by it.
  private func markPackets(_ db: Database, areEntered: Bool) throws {
    let isUnbroken = areEntered && (rules.anyTakesOrders || lastSeq == lastSeqAtStart)
    if !isUnbroken { try db.execute(sql: "DELETE FROM counter WHERE name = ?", arguments: [CounterName.packetsFrom]) }
    guard areEntered else { return }
    let sql = "INSERT INTO counter (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING"
    try db.execute(sql: sql, arguments: [CounterName.packetsFrom, lastSeq + 1])
  }
}
