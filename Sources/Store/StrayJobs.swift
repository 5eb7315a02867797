import Model

/// The work of the jobs on reports that nobody got: it walks no lanes, and is routed by the rules in force at each step.
extension Transaction {
  /// The unmatched reports that were there when the job started, in the order of arrival.
  mutating func stepReroute(_ job: inout OpenJob, rowsMax: Int) throws(SQLiteFailure) -> Bool {
    try step(&job, over: statements.walkUnmatched, rowsMax: rowsMax, body: Unmatched.init, bytes: { $0.payload?.bytes.count ?? 0 }) {
      transaction, report throws(SQLiteFailure) in
      (report.seq, try transaction.reroute(report))
    }
  }

  mutating func stepReadmission(_ job: inout OpenJob, rowsMax: Int) throws(SQLiteFailure) -> Bool {
    try step(&job, over: statements.walkQuarantine, rowsMax: rowsMax, body: InQuarantine.init, bytes: { $0.payload.bytes.count }) {
      transaction, body throws(SQLiteFailure) in
      (body.id, try transaction.readmit(body) ? 1 : 0)
    }
  }

  /// - Parameter work: gives where the job is then, and how much it has done.
  /// - Returns: true if nothing is left to do.
  private mutating func step<Found>(
    _ job: inout OpenJob, over statement: Statement, rowsMax: Int, body: (borrowing StatementRow) -> Found, bytes: (Found) -> Int,
    work: (inout Transaction, Found) throws(SQLiteFailure) -> (at: Int64, count: Int)
  ) throws(SQLiteFailure) -> Bool {
    var (found, bytesLeft) = ([Found](), Limits.stepBytesMax)
    try statement.rows(.integer(job.atSeq), .integer(job.seqs.upperBound), .count(rowsMax)) { row in
      found.append(body(row))
      bytesLeft -= bytes(found.last!)
      return bytesLeft > 0
    }
    for one in found {
      let done = try work(&self, one)
      job.atSeq = done.at
      job.count += done.count
    }
    return found.count < rowsMax && bytesLeft > 0
  }

  // MARK: - Unmatched reports

  private struct Unmatched {
    var seq: Int64
    var isStale: Bool
    /// nil where `unmatched: drop` kept none, or retention took them.
    var payload: Payload?

    init(_ row: borrowing StatementRow) {
      (seq, isStale) = (row.integer(0), row.integer(1) != 0)
      if !row.isNull(3) { payload = Payload(bytes: row.blob(3), contentType: row.isNull(2) ? nil : row.text(2)) }
    }
  }

  /// - Returns: how many copies it owes now.
  private mutating func reroute(_ unmatched: Unmatched) throws(SQLiteFailure) -> Int {
    guard let payload = unmatched.payload, let routed = journalRules?.route(payload) else { return 0 }
    let resolved = try resolve(routed.routing, of: routed.report.packetID)
    guard resolved.destiny == .matched else { return 0 }
    try statements.matchReport.run(.integer(unmatched.seq))
    let earlier = try statements.earlierStatuses.all(.integer(unmatched.seq), .count(Limits.statusesOrderedMax)) { $0.integer(0) }
    return try oweLate(unmatched.seq, isStale: unmatched.isStale, to: resolved.targets, behind: earlier, at: now)
  }

  // MARK: - Quarantine

  private struct InQuarantine {
    var id: Int64
    var receivedAt: Instant
    var payload: Payload

    init(_ row: borrowing StatementRow) {
      (id, receivedAt) = (row.integer(0), row.instant(1))
      payload = Payload(bytes: row.blob(3), contentType: row.isNull(2) ? nil : row.text(2))
    }
  }

  /// - Returns: false if it still is no report.
  private mutating func readmit(_ body: InQuarantine) throws(SQLiteFailure) -> Bool {
    guard let routed = journalRules?.route(body.payload) else { return false }
    try readmit(Arrival(report: routed.report, payload: body.payload, receivedAt: body.receivedAt, routing: routed.routing))
    try statements.deleteQuarantine.run(.integer(body.id))
    return true
  }
}
