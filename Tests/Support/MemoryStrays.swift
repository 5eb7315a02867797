import Model

/// Reports that nobody got, and the jobs on them.
extension MemoryTables {
  func unmatched(after seq: Int64, limit: Int) -> [StoredReport] {
    let found = reports.filter { $0.key > seq && $0.value.destiny == .unmatched && $0.value.payload != nil }.sorted { $0.key < $1.key }
    return found.prefix(limit).map { seq, stored in
      StoredReport(
        seq: seq, key: stored.key, packetID: stored.packetID, receivedAt: stored.receivedAt, lastSeenAt: stored.lastSeenAt,
        seen: stored.seen, destiny: stored.destiny, payload: stored.payload)
    }
  }

  func quarantined(after id: Int64, limit: Int) -> [QuarantinedRecord] { Array(quarantine.filter { $0.id > id }.prefix(limit)) }

  // MARK: - Jobs

  /// Done in one step; put off until there are rules.
  mutating func start(_ kind: QueueJob.Kind, _ book: LaneBook, _ now: Instant) -> QueueJob {
    let upTo = kind == .reroute ? lastSeq : quarantine.last?.id ?? 0
    let job = QueueJob(id: Int64(jobs.count + 1), kind: kind, selection: nil, rate: nil, createdAt: now, endedAt: upTo > 0 ? nil : now)
    jobs.append(job)
    means[job.id] = upTo
    doWhatWaited(book, now)
    return job
  }

  mutating func adopt(_ rules: JournalRules, _ book: LaneBook, _ now: Instant) {
    self.rules = rules
    doWhatWaited(book, now)
  }

  private mutating func doWhatWaited(_ book: LaneBook, _ now: Instant) {
    guard let rules else { return }
    for index in jobs.indices where jobs[index].hasWork && jobs[index].selection == nil {
      let upTo = means[jobs[index].id]!
      jobs[index].count = jobs[index].kind == .reroute ? reroute(upTo, rules, book, now) : readmit(upTo, rules, book, now)
      (jobs[index].endedAt, jobs[index].hasWork) = (now, false)
    }
  }

  private mutating func reroute(_ upTo: Int64, _ rules: JournalRules, _ book: LaneBook, _ now: Instant) -> Int {
    var count = 0
    for report in unmatched(after: 0, limit: .max) where report.seq <= upTo {
      guard let routed = rules.route(report.payload!) else { continue }
      let resolved = resolve(routed.routing, of: routed.report.packetID)
      guard resolved.destiny == .matched else { continue }
      reports[report.seq]!.destiny = .matched
      count += oweLate(report.seq, to: resolved.targets, book, at: now)
    }
    return count
  }

  private mutating func readmit(_ upTo: Int64, _ rules: JournalRules, _ book: LaneBook, _ now: Instant) -> Int {
    var count = 0
    for body in quarantine where body.id <= upTo {
      guard let routed = rules.route(body.payload) else { continue }
      readmit(Arrival(report: routed.report, payload: body.payload, receivedAt: body.receivedAt, routing: routed.routing), book, now)
      quarantine.removeAll { $0.id == body.id }
      count += 1
    }
    return count
  }
}
