import Model

/// What a journal in memory has "on disk": the tables of a store as plain collections, changed by whole commits.
struct MemoryTables: Sendable {
  struct Stored {
    var key: ReportKey
    var packetID: Int64?
    var receivedAt: Instant
    var lastSeenAt: Instant
    var seen = 1
    var destiny: Destiny
    var isStale: Bool
    /// nil where `unmatched: drop` kept none.
    var payload: Payload?
    var readmittedAt: Instant?
  }

  /// An unsettled delivery.
  struct Owed {
    enum Place { case ready, retry, replay, held }
    /// What a replay began from; diedAt is nil if it had been delivered.
    struct Past {
      var job: Int64
      var tries: Int
      var owedAt: Instant
      var diedAt: Instant?
    }

    var place: Place
    /// Its place in the retry or replay queue; meaningless in the ready queue.
    var due = Instant(microseconds: .min)
    var tries = 0
    var owedAt: Instant
    var isOutOfOrder = false
    var past: Past?
    /// Of a held one.
    var after: Int64 = 0
    var since: Instant?

    var queue: Queue { place == .ready ? .ready : past == nil ? .retry : .replay }
  }

  struct Ended {
    var tries: Int
    var owedAt: Instant
    var at: Instant
  }

  /// Statuses are compared byte by byte; String compares by canonical equivalence.
  private struct Key: Hashable {
    var id: Int64
    var status: [UInt8]

    init(_ key: ReportKey) {
      id = key.id
      status = Array(key.status.utf8)
    }
  }

  var standing = Standing()
  private(set) var lastSeq: Int64 = 0
  var reports: [Int64: Stored] = [:]
  private var seqOf: [Key: Int64] = [:]
  private(set) var seqsOf: [Int64: [Int64]] = [:]
  private(set) var terms: [LaneID: LaneTerms] = [:]
  /// The reports of a packet that came while a lane took orders, by seq.
  private(set) var packets: [Int64: [Int64]] = [:]
  var claims: [Claim: ClaimRecord] = [:]
  /// Claims that are to be caught up, and the last report that had come before each.
  var unfinished: [Claim: Int64] = [:]
  /// Everything unsettled.
  var owed: [LaneID: [Int64: Owed]] = [:]
  var dead: [LaneID: [Int64: Ended]] = [:]
  var done: [LaneID: [Int64: Ended]] = [:]
  private(set) var attempts: [LaneID: [Int64: [AttemptRecord]]] = [:]
  var jobs: [QueueJob] = []
  /// In the order of arrival.
  var quarantine: [QuarantinedRecord] = []
  /// By minute.
  var samples: [Instant: HistorySample] = [:]
  private(set) var lastQuarantineID: Int64 = 0
  /// Of the jobs on them: the last report or body that each means.
  var means: [Int64: Int64] = [:]
  /// nil until somebody has said them.
  var rules: JournalRules?
  private var told = Handover()

  /// What became due or held in lanes that were named, since it was asked last.
  mutating func takeTold() -> Handover {
    defer { told = Handover() }
    told.tellOnly { terms[$0] != nil }
    return told
  }

  mutating func lanes(for terms: [LaneTerms]) -> [LaneID] {
    for lane in self.terms.keys { self.terms[lane]!.takesOrders = false }
    rules = nil
    return terms.map { term in
      let lane = lane(term.name)
      self.terms[lane] = term
      return lane
    }
  }

  private mutating func lane(_ name: String) -> LaneID {
    if let known = standing.lanes.first(where: { $0.name == name }) { return known.id }
    let id = LaneID(standing.lanes.count + 1)
    standing.lanes.append(LaneStanding(id: id, name: name))
    return id
  }

  mutating func keep(_ state: LaneState, of lane: LaneID) { change(lane) { $0.state = state } }

  /// The process that begins knows no terms yet.
  mutating func endHolds(at now: Instant) {
    (terms, rules) = ([:], nil)
    _ = standing.endHolds(at: now)
  }

  mutating func change(_ lane: LaneID, _ body: (inout LaneStanding) -> Void) { body(&standing.lanes[lane.number - 1]) }

  // MARK: - Arrivals

  /// - Returns: what a new report owes.
  mutating func store(_ arrival: Arrival, _ book: LaneBook) -> [Delivery] {
    let key = arrival.report.key
    standing.lastReportAt = arrival.receivedAt
    if let seq = seqOf[Key(key)] {
      storeRepeat(arrival, of: seq, book, at: arrival.receivedAt)
      return []
    }
    let (resolved, isStale) = insert(arrival)
    return lanesOwed(resolved.targets, isStale).compactMap { lane in
      let entry = Owed(place: .ready, due: arrival.receivedAt, owedAt: arrival.receivedAt)
      if let before = unsettled(before: lastSeq, in: lane) {
        hold(entry, lastSeq, in: lane, behind: before, from: arrival.receivedAt)
        return nil
      }
      owed[lane, default: [:]][lastSeq] = entry
      return delivery(lane, lastSeq, entry)
    }
  }

  private mutating func insert(_ arrival: Arrival, readmittedAt: Instant? = nil) -> (resolved: Routing<LaneID>.Resolved, isStale: Bool) {
    let (key, resolved) = (arrival.report.key, resolve(arrival.routing, of: arrival.report.packetID))
    lastSeq += 1
    let isStale = key.isStale(after: seqsOf[key.id, default: []].map { reports[$0]!.key.status })
    seqOf[Key(key)] = lastSeq
    seqsOf[key.id, default: []].append(lastSeq)
    if let packetID = arrival.report.packetID, terms.values.contains(where: \.takesOrders) {
      packets[packetID, default: []].append(lastSeq)
    }
    reports[lastSeq] = Stored(
      key: key, packetID: arrival.report.packetID, receivedAt: arrival.receivedAt, lastSeenAt: arrival.receivedAt,
      destiny: resolved.destiny, isStale: isStale,
      payload: resolved.destiny == .unmatched && rules?.dropsUnmatched == true ? nil : arrival.payload, readmittedAt: readmittedAt)
    standing.reports += 1
    if resolved.destiny == .unmatched { standing.unmatched += 1 }
    if resolved.destiny == .filtered { standing.filtered += 1 }
    return (resolved, isStale)
  }

  private mutating func storeRepeat(_ arrival: Arrival, of seq: Int64, _ book: LaneBook, at owedAt: Instant) {
    standing.duplicates += 1
    reports[seq]!.seen += 1
    reports[seq]!.lastSeenAt = max(reports[seq]!.lastSeenAt, arrival.receivedAt)
    let resolved = resolve(arrival.routing, of: arrival.report.packetID)
    guard reports[seq]!.destiny == .unmatched, resolved.destiny == .matched else { return }
    reports[seq]!.destiny = .matched
    reports[seq]!.payload = reports[seq]!.payload ?? arrival.payload
    _ = oweLate(seq, to: resolved.targets, book, at: owedAt)
  }

  /// - Returns: how many copies.
  mutating func oweLate(_ seq: Int64, to targets: [LaneID], _ book: LaneBook, at owedAt: Instant) -> Int {
    let lanes = lanesOwed(targets, reports[seq]!.isStale)
    for lane in lanes { place(Owed(place: .retry, due: owedAt, owedAt: owedAt), seq, in: lane, book, from: owedAt) }
    return lanes.count
  }

  mutating func readmit(_ arrival: Arrival, _ book: LaneBook, _ now: Instant) {
    if let seq = seqOf[Key(arrival.report.key)] { return storeRepeat(arrival, of: seq, book, at: now) }
    let resolved = insert(arrival, readmittedAt: now).resolved
    _ = oweLate(lastSeq, to: resolved.targets, book, at: now)
  }

  private mutating func lanesOwed(_ targets: [LaneID], _ isStale: Bool) -> [LaneID] {
    let dropping = isStale ? targets.filter { terms[$0]?.dropsStale ?? false } : []
    for lane in dropping { change(lane) { $0.staleDropped += 1 } }
    let owing = targets.filter { !dropping.contains($0) }
    for lane in owing { change(lane) { $0.matched += 1 } }
    return owing
  }

  // MARK: - Order

  /// The latest earlier status that the lane is still owed; what is being replayed counts only for replays.
  private func unsettled(before seq: Int64, in lane: LaneID, isReplay: Bool = false) -> Int64? {
    guard terms[lane]?.isOrdered ?? true else { return nil }
    return seqsOf[reports[seq]!.key.id]!.filter { earlier in
      guard earlier < seq, let entry = owed[lane]?[earlier] else { return false }
      return isReplay || entry.past == nil
    }.max()
  }

  /// Puts a delivery into its queue, or holds it back if an earlier status is owed.
  mutating func place(_ entry: Owed, _ seq: Int64, in lane: LaneID, _ book: LaneBook, from: Instant) {
    if let before = unsettled(before: seq, in: lane, isReplay: entry.past != nil) {
      hold(entry, seq, in: lane, behind: before, from: from)
    } else {
      queue(entry, seq, in: lane, book)
    }
  }

  private mutating func hold(_ entry: Owed, _ seq: Int64, in lane: LaneID, behind before: Int64, from: Instant) {
    var entry = entry
    entry.since = owed[lane]![before]!.tries > 0 ? entry.since ?? from : nil
    (entry.place, entry.after) = (.held, before)
    owed[lane, default: [:]][seq] = entry
    change(lane) { $0.held += 1 }
    if let since = entry.since { told.tell(held: Handover.Due(lane: lane, at: since)) }
  }

  private mutating func queue(_ entry: Owed, _ seq: Int64, in lane: LaneID, _ book: LaneBook) {
    var entry = entry
    entry.place = entry.past == nil ? .retry : .replay
    entry.due = book.dueAfterCursor(entry.due, of: lane, in: entry.queue)
    owed[lane, default: [:]][seq] = entry
    told.tell(due: Handover.Due(lane: lane, queue: entry.queue, at: entry.due))
  }

  /// A delivery is owed no more: what it held back is sent, or held by another.
  mutating func placeAgain(behind seq: Int64, in lane: LaneID, _ book: LaneBook, _ now: Instant) {
    for (held, _) in owed[lane, default: [:]].filter({ $0.value.place == .held && $0.value.after == seq }).sorted(by: { $0.key < $1.key }) {
      place(takeFromHeld(held, in: lane, now), held, in: lane, book, from: now)
    }
  }

  private mutating func takeFromHeld(_ seq: Int64, in lane: LaneID, _ now: Instant) -> Owed {
    var entry = owed[lane]!.removeValue(forKey: seq)!
    entry.due = max(entry.due, now)
    change(lane) { $0.held -= 1 }
    return entry
  }

  mutating func release(_ lane: LaneID, heldSince: Instant, _ book: LaneBook, _ now: Instant) {
    let held = owed[lane, default: [:]].filter { $0.value.place == .held && $0.value.since ?? .distantFuture <= heldSince }
    for (seq, _) in held.sorted(by: { ($0.value.since!, $0.key) < ($1.value.since!, $1.key) }).prefix(Limits.releasedMax) {
      var entry = takeFromHeld(seq, in: lane, now)
      entry.isOutOfOrder = true
      queue(entry, seq, in: lane, book)
    }
    if let since = self.heldSince(lane) { told.tell(held: Handover.Due(lane: lane, at: since)) }
  }

  /// - Returns: true if anything was held in a lane that is not ordered any more.
  mutating func releaseUnordered(_ book: LaneBook, _ now: Instant) -> Bool {
    var isAny = false
    for (lane, entries) in owed where !(terms[lane]?.isOrdered ?? true) {
      for (seq, _) in entries.filter({ $0.value.place == .held }).sorted(by: { $0.key < $1.key }) {
        queue(takeFromHeld(seq, in: lane, now), seq, in: lane, book)
        isAny = true
      }
    }
    return isAny
  }

  func heldSince(_ lane: LaneID) -> Instant? { owed[lane, default: [:]].values.filter { $0.place == .held }.compactMap(\.since).min() }

  /// A waiting one is owed no more, though it was handed over.
  mutating func withdraw(_ entry: Owed, _ seq: Int64, of lane: LaneID, _ book: LaneBook) {
    guard entry.place != .held, book.wasHandedOver(seq, of: lane, in: entry.queue, due: entry.due) else { return }
    told.tell(withdrawn: seq, of: lane, from: entry.queue)
  }

  // MARK: - Results

  mutating func settle(_ settlement: Settlement, _ book: LaneBook, _ now: Instant) {
    let (lane, seq, endedAt) = (settlement.lane, settlement.seq, settlement.startedAt + settlement.took)
    guard var entry = owed[lane]?[seq], entry.place != .held, entry.queue == settlement.queue, entry.tries == settlement.tries - 1 else {
      return deliverAfterAll(settlement, endedAt)
    }
    let tries = (entry.past?.tries ?? 0) + settlement.tries
    if settlement.result != .delivered { failed(settlement, number: tries, endedAt) }
    switch settlement.result {
    case .delivered: delivered(lane, seq, tries: tries, endedAt)
    case .dead:
      dead[lane, default: [:]][seq] = Ended(tries: tries, owedAt: entry.owedAt, at: endedAt)
      change(lane) { $0.dead += 1 }
    case .retry(let due):
      entry.place = entry.past == nil ? .retry : .replay
      (entry.due, entry.tries) = (book.dueAfterCursor(due, of: lane, in: entry.queue), settlement.tries)
      owed[lane]![seq] = entry
      return beginHolding(behind: seq, in: lane, from: endedAt)
    }
    owed[lane]![seq] = nil
    placeAgain(behind: seq, in: lane, book, now)
  }

  private mutating func failed(_ settlement: Settlement, number: Int, _ endedAt: Instant) {
    change(settlement.lane) { lane in
      lane.failedAttempts += 1
      (lane.lastError, lane.lastErrorAt) = (settlement.detail, endedAt)
    }
    let attempt = AttemptRecord(
      number: number, startedAt: settlement.startedAt, took: settlement.took, outcome: settlement.outcome.label,
      status: settlement.outcome.status, detail: settlement.detail, answer: settlement.answer)
    let kept = attempts[settlement.lane]?[settlement.seq] ?? []
    precondition(!kept.contains { $0.number == number }, "an attempt is numbered like another of the same delivery")
    attempts[settlement.lane, default: [:]][settlement.seq] =
      kept.filter { $0.number == 1 || $0.number > number - Limits.attemptsKeptLast } + [attempt]
  }

  private mutating func beginHolding(behind seq: Int64, in lane: LaneID, from: Instant) {
    for (held, entry) in owed[lane]! where entry.place == .held && entry.after == seq && entry.since == nil {
      owed[lane]![held]!.since = from
      told.tell(held: Handover.Due(lane: lane, at: from))
    }
  }

  private mutating func delivered(_ lane: LaneID, _ seq: Int64, tries: Int, _ endedAt: Instant) {
    done[lane, default: [:]][seq] = Ended(tries: tries, owedAt: endedAt, at: endedAt)
    change(lane) { lane in
      lane.delivered += 1
      lane.lastDeliveredAt = endedAt
    }
  }

  private mutating func deliverAfterAll(_ settlement: Settlement, _ endedAt: Instant) {
    guard settlement.result == .delivered, let given = dead[settlement.lane]?.removeValue(forKey: settlement.seq) else { return }
    change(settlement.lane) { $0.dead -= 1 }
    delivered(settlement.lane, settlement.seq, tries: given.tries + 1, endedAt)
  }

  mutating func quarantine(_ body: Quarantined) {
    standing.quarantined[body.reason, default: 0] += 1
    lastQuarantineID += 1
    quarantine.append(
      QuarantinedRecord(id: lastQuarantineID, receivedAt: body.receivedAt, reason: body.reason, payload: body.payload))
  }

  mutating func count(refused reason: String) { standing.refused[reason, default: 0] += 1 }

  // MARK: - What waits

  /// What waits in the ready queue after this seq, in its order.
  func ready(_ lane: LaneID, after seq: Int64) -> [Delivery] {
    owed[lane, default: [:]].filter { $0.value.place == .ready && $0.key > seq }.sorted { $0.key < $1.key }
      .map { delivery(lane, $0.key, $0.value) }
  }

  /// What waits in the retry or the replay queue after this place, in its order.
  func waiting(_ queue: Queue, of lane: LaneID, after cursor: LaneBook.RetryCursor) -> [(delivery: Delivery, due: Instant)] {
    let place: Owed.Place = queue == .replay ? .replay : .retry
    return owed[lane, default: [:]].filter { $0.value.place == place && ($0.value.due, $0.key) > (cursor.due, cursor.seq) }
      .sorted { ($0.value.due, $0.key) < ($1.value.due, $1.key) }
      .map { (delivery(lane, $0.key, $0.value), $0.value.due) }
  }

  func oldestWaiting() -> [LaneID: Instant] { owed.compactMapValues { $0.values.map(\.owedAt).min() } }

  func waiting(apart ends: [Instant]?) -> [WaitingCount] {
    func span(_ minute: Instant) -> Instant { ends.map { $0.filter { $0 <= minute }.max() ?? Instant(microseconds: .min) } ?? minute }
    return owed.sorted { $0.key < $1.key }.flatMap { lane, entries in
      Dictionary(grouping: entries.values.map(\.owedAt.minute), by: span).sorted { $0.key < $1.key }.map { _, minutes in
        WaitingCount(lane: lane, minute: minutes.max()!, count: minutes.count)
      }
    }
  }

  private func delivery(_ lane: LaneID, _ seq: Int64, _ entry: Owed) -> Delivery {
    let stored = reports[seq]!
    var delivery = Delivery(
      lane: lane, seq: seq, key: stored.key, receivedAt: stored.receivedAt, owedAt: entry.owedAt, payload: stored.payload!,
      tries: entry.tries, queue: entry.queue)
    (delivery.isStale, delivery.isOutOfOrder) = (stored.isStale, entry.isOutOfOrder)
    return delivery
  }
}
