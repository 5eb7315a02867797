import Model

/// What a journal in memory has "on disk": the tables of a store as plain collections, changed by whole commits.
struct MemoryTables: Sendable {
  private struct Stored {
    var key: ReportKey
    var receivedAt: Instant
    var destiny: Destiny
    var payload: Payload
  }

  private struct Owed {
    var queue: Queue
    /// Its place in the retry queue; meaningless in the ready queue.
    var due = Instant(microseconds: .min)
    var tries = 0
    var owedAt: Instant
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

  private(set) var standing = Standing()
  private(set) var lastSeq: Int64 = 0
  private var reports: [Int64: Stored] = [:]
  private var seqOf: [Key: Int64] = [:]
  /// Everything unsettled.
  private var owed: [LaneID: [Int64: Owed]] = [:]
  private var dead: [LaneID: Set<Int64>] = [:]

  mutating func lanes(for names: [String]) -> [LaneID] {
    names.map { name in
      if let known = standing.lanes.first(where: { $0.name == name }) { return known.id }
      let id = LaneID(standing.lanes.count + 1)
      standing.lanes.append(LaneStanding(id: id, name: name))
      return id
    }
  }

  /// - Returns: what a new report owes, and what a repeat of an unmatched one put into retry queues.
  mutating func store(_ arrival: Arrival, _ book: LaneBook) -> (owed: [Delivery], due: [Handover.Due]) {
    let key = arrival.report.key
    standing.lastReportAt = arrival.receivedAt
    if let seq = seqOf[Key(key)] { return ([], storeRepeat(arrival, of: seq, book)) }
    lastSeq += 1
    seqOf[Key(key)] = lastSeq
    reports[lastSeq] = Stored(key: key, receivedAt: arrival.receivedAt, destiny: arrival.destiny, payload: arrival.payload)
    standing.reports += 1
    if arrival.destiny == .unmatched { standing.unmatched += 1 }
    if arrival.destiny == .filtered { standing.filtered += 1 }
    return (arrival.lanes.map { owe(lastSeq, to: $0, Owed(queue: .ready, owedAt: arrival.receivedAt)) }, [])
  }

  private mutating func storeRepeat(_ arrival: Arrival, of seq: Int64, _ book: LaneBook) -> [Handover.Due] {
    standing.duplicates += 1
    guard reports[seq]!.destiny == .unmatched, arrival.destiny == .matched else { return [] }
    reports[seq]!.destiny = .matched
    return arrival.lanes.map { lane in
      let due = book.dueAfterCursor(arrival.receivedAt, of: lane)
      _ = owe(seq, to: lane, Owed(queue: .retry, due: due, owedAt: arrival.receivedAt))
      return Handover.Due(lane: lane, at: due)
    }
  }

  private mutating func owe(_ seq: Int64, to lane: LaneID, _ entry: Owed) -> Delivery {
    owed[lane, default: [:]][seq] = entry
    standing.lanes[lane.number - 1].matched += 1
    return delivery(lane, seq, entry)
  }

  mutating func settle(_ settlement: Settlement, _ book: LaneBook) {
    let (lane, endedAt) = (settlement.lane, settlement.startedAt + settlement.took)
    guard var entry = owed[lane]?[settlement.seq], entry.queue == settlement.queue, entry.tries == settlement.tries - 1 else {
      return deliverAfterAll(settlement, endedAt)
    }
    switch settlement.result {
    case .delivered:
      owed[lane]![settlement.seq] = nil
      standing.lanes[lane.number - 1].delivered += 1
      standing.lanes[lane.number - 1].lastDeliveredAt = endedAt
      return
    case .dead:
      owed[lane]![settlement.seq] = nil
      dead[lane, default: []].insert(settlement.seq)
      standing.lanes[lane.number - 1].dead += 1
    case .retry(let due):
      (entry.queue, entry.due, entry.tries) = (.retry, book.dueAfterCursor(due, of: lane), settlement.tries)
      owed[lane]![settlement.seq] = entry
    }
    standing.lanes[lane.number - 1].failedAttempts += 1
    standing.lanes[lane.number - 1].lastError = settlement.detail
    standing.lanes[lane.number - 1].lastErrorAt = endedAt
  }

  private mutating func deliverAfterAll(_ settlement: Settlement, _ endedAt: Instant) {
    guard settlement.result == .delivered, dead[settlement.lane]?.remove(settlement.seq) != nil else { return }
    standing.lanes[settlement.lane.number - 1].dead -= 1
    standing.lanes[settlement.lane.number - 1].delivered += 1
    standing.lanes[settlement.lane.number - 1].lastDeliveredAt = endedAt
  }

  mutating func quarantine(_ body: Quarantined) { standing.quarantined[body.reason, default: 0] += 1 }
  mutating func count(refused reason: String) { standing.refused[reason, default: 0] += 1 }

  /// What waits in the ready queue after this seq, in its order.
  func ready(_ lane: LaneID, after seq: Int64) -> [Delivery] {
    owed[lane, default: [:]].filter { $0.value.queue == .ready && $0.key > seq }.sorted { $0.key < $1.key }
      .map { delivery(lane, $0.key, $0.value) }
  }

  /// What waits in the retry queue after this place, in its order.
  func retries(_ lane: LaneID, after cursor: LaneBook.RetryCursor) -> [(delivery: Delivery, due: Instant)] {
    owed[lane, default: [:]].filter { $0.value.queue == .retry && ($0.value.due, $0.key) > (cursor.due, cursor.seq) }
      .sorted { ($0.value.due, $0.key) < ($1.value.due, $1.key) }
      .map { (delivery(lane, $0.key, $0.value), $0.value.due) }
  }

  func oldestWaiting() -> [LaneID: Instant] { owed.compactMapValues { $0.values.map(\.owedAt).min() } }

  func waiting() -> [WaitingCount] {
    owed.sorted { $0.key < $1.key }.flatMap { lane, entries in
      Dictionary(grouping: entries.values, by: { $0.owedAt.microseconds / 60_000_000 }).sorted { $0.key < $1.key }.map {
        WaitingCount(lane: lane, minute: Instant(microseconds: $0.key * 60_000_000), count: $0.value.count)
      }
    }
  }

  private func delivery(_ lane: LaneID, _ seq: Int64, _ entry: Owed) -> Delivery {
    let stored = reports[seq]!
    return Delivery(
      lane: lane, seq: seq, key: stored.key, receivedAt: stored.receivedAt, owedAt: entry.owedAt, payload: stored.payload,
      tries: entry.tries, queue: entry.queue)
  }
}
