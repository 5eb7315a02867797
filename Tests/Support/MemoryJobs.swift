import Model

/// What an operator may ask of the tables. Jobs are done in one step.
extension MemoryTables {
  private struct Meant {
    var lane: LaneID
    var seq: Int64
  }

  // MARK: - Reading

  func count(_ selection: Selection) -> Int { meant(selection).count }

  func report(_ id: Int64) -> [ReportRecord] {
    seqsOf[id, default: []].map(record)
  }

  func record(_ seq: Int64) -> ReportRecord {
    let stored = reports[seq]!
    return ReportRecord(
      key: stored.key, seq: seq, packetID: stored.packetID, payload: stored.payload, receivedAt: stored.receivedAt,
      lastSeenAt: stored.lastSeenAt, seen: stored.seen, destiny: stored.destiny, isStale: stored.isStale,
      shares: standing.lanes.compactMap { share($0, seq) })
  }

  func share(_ lane: LaneStanding, _ seq: Int64) -> ReportRecord.Share? {
    let attempts = attempts[lane.id]?[seq] ?? []
    func share(_ state: DeliveryState, _ queue: String, _ tries: Int, _ at: Instant?) -> ReportRecord.Share {
      ReportRecord.Share(route: lane.name, state: state, queue: queue, tries: tries, at: at, attempts: attempts)
    }
    if let entry = owed[lane.id]?[seq] {
      let tries = (entry.past?.tries ?? 0) + entry.tries
      return share(.waiting, "\(entry.place)", tries, [.retry, .replay].contains(entry.place) ? entry.due : nil)
    }
    if let given = dead[lane.id]?[seq] { return share(.dead, "dead", given.tries, given.at) }
    return done[lane.id]?[seq].map { share(.delivered, "delivered", $0.tries, $0.at) }
  }

  /// In the order of lanes and then of arrival; delivered ones in the order of arrival.
  private func meant(_ selection: Selection) -> [Meant] {
    let meant = standing.lanes.map(\.id).filter { selection.lane == nil || $0 == selection.lane }.flatMap { lane -> [Meant] in
      let waiting = Set(owed[lane, default: [:]].keys)
      let seqs: Set<Int64> =
        switch selection.state {
        case .waiting: waiting
        case .dead: Set(dead[lane, default: [:]].keys)
        case .delivered: Set(done[lane, default: [:]].keys).subtracting(waiting).subtracting(dead[lane, default: [:]].keys)
        }
      return seqs.filter { isMeant($0, selection) }.sorted().map { Meant(lane: lane, seq: $0) }
    }
    guard selection.state == .delivered else { return meant }
    return meant.sorted { ($0.seq, $0.lane) < ($1.seq, $1.lane) }
  }

  private func isMeant(_ seq: Int64, _ selection: Selection) -> Bool {
    let stored = reports[seq]!
    let cameAt = stored.readmittedAt ?? stored.receivedAt
    return (selection.reportID ?? stored.key.id) == stored.key.id && cameAt >= selection.since ?? cameAt
      && cameAt < selection.until ?? .distantFuture
  }

  // MARK: - Jobs

  mutating func start(_ kind: QueueJob.Kind, _ selection: Selection, rate: Double?, _ book: LaneBook, _ now: Instant) -> QueueJob {
    let job = QueueJob(id: Int64(jobs.count + 1), kind: kind, selection: selection, rate: rate, createdAt: now)
    // What is held goes first, so that nothing is told to be due that goes with it.
    let meant = kind == .discard ? heldFirst(meant(selection)) : meant(selection)
    var due = now
    for one in meant {
      switch kind {
      case .replay: replay(one, job.id, due: due, book, now)
      case .discard: discard(one, book, now)
      case .reroute, .readmit: preconditionFailure("a \(kind) selects no deliveries")
      }
      due = due + job.pause
    }
    jobs.append(job)
    (jobs[jobs.count - 1].count, jobs[jobs.count - 1].endedAt, jobs[jobs.count - 1].hasWork) = (meant.count, now, false)
    return job
  }

  private func heldFirst(_ meant: [Meant]) -> [Meant] {
    func isHeld(_ one: Meant) -> Bool { owed[one.lane]?[one.seq]?.place == .held }
    return standing.lanes.flatMap { lane in
      let ofLane = meant.filter { $0.lane == lane.id }
      return ofLane.filter(isHeld) + ofLane.filter { !isHeld($0) }
    }
  }

  private mutating func replay(_ one: Meant, _ job: Int64, due: Instant, _ book: LaneBook, _ now: Instant) {
    let given = dead[one.lane]?.removeValue(forKey: one.seq)
    let before = given ?? done[one.lane]![one.seq]!
    change(one.lane) { if given != nil { $0.dead -= 1 } else { $0.matched += 1 } }
    var entry = Owed(place: .replay, due: due, owedAt: due)
    let tries = max(before.tries, attempts[one.lane]?[one.seq]?.map(\.number).max() ?? 0)
    entry.past = Owed.Past(job: job, tries: tries, owedAt: before.owedAt, diedAt: given?.at)
    place(entry, one.seq, in: one.lane, book, from: now)
  }

  private mutating func discard(_ one: Meant, _ book: LaneBook, _ now: Instant) {
    change(one.lane) { $0.discarded += 1 }
    if dead[one.lane]?.removeValue(forKey: one.seq) != nil {
      change(one.lane) { $0.dead -= 1 }
    } else {
      remove(one, book, now)
    }
  }

  /// Takes a waiting one out.
  private mutating func remove(_ one: Meant, _ book: LaneBook, _ now: Instant) {
    let entry = owed[one.lane]!.removeValue(forKey: one.seq)!
    if entry.place == .held { change(one.lane) { $0.held -= 1 } }
    withdraw(entry, one.seq, of: one.lane, book)
    placeAgain(behind: one.seq, in: one.lane, book, now)
  }

  mutating func cancel(_ id: Int64, _ book: LaneBook, _ now: Instant) -> QueueJob? {
    guard let index = jobs.firstIndex(where: { $0.id == id }) else { return nil }
    guard jobs[index].kind == .replay || jobs[index].hasWork, !jobs[index].isCancelled else { return jobs[index] }
    jobs[index].isCancelled = true
    if jobs[index].hasWork { (jobs[index].endedAt, jobs[index].hasWork) = (now, false) }
    for lane in standing.lanes.map(\.id) {
      // What is held first, so that nothing of the job takes the place of what goes back.
      for place in [Owed.Place.held, .replay] {
        for (seq, entry) in owed[lane, default: [:]].sorted(by: { $0.key < $1.key }) where entry.place == place && entry.past?.job == id {
          guard isUntouched(entry, seq, in: lane, book) else { continue }
          takeBack(Meant(lane: lane, seq: seq), entry.past!, book, now)
          jobs[index].count -= 1
        }
      }
    }
    return jobs[index]
  }

  private func isUntouched(_ entry: Owed, _ seq: Int64, in lane: LaneID, _ book: LaneBook) -> Bool {
    let cursor = book.retryCursor(lane, in: .replay)
    return entry.tries == 0 && (entry.place == .held || (entry.due, seq) > (cursor.due, cursor.seq))
  }

  private mutating func takeBack(_ one: Meant, _ past: Owed.Past, _ book: LaneBook, _ now: Instant) {
    if let diedAt = past.diedAt {
      dead[one.lane, default: [:]][one.seq] = Ended(tries: past.tries, owedAt: past.owedAt, at: diedAt)
    }
    change(one.lane) { if past.diedAt != nil { $0.dead += 1 } else { $0.matched -= 1 } }
    remove(one, book, now)
  }
}
