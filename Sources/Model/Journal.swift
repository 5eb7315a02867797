/// A report on its way into the store, with everything it owes.
package struct Arrival: Sendable {
  package var report: Report
  package var payload: Payload
  package var receivedAt: Instant
  /// In terms of the routes' lanes. Whose order the packet is, is asked in the transaction that stores the report.
  package var routing: Routing<LaneID>

  package init(report: Report, payload: Payload, receivedAt: Instant, routing: Routing<LaneID>) {
    self.report = report
    self.payload = payload
    self.receivedAt = receivedAt
    self.routing = routing
  }
}

/// The rules, as the journal can ask them.
package struct JournalRules: Sendable {
  /// Reads and routes stored bytes anew. Pure, and quick enough for the writer's thread.
  /// - Returns: nil if the bytes are no report to this version.
  package var route: @Sendable (Payload) -> Routed?
  /// Of an unmatched report only the key is kept: it is known again, and counted, but neither listed nor rerouted.
  package var dropsUnmatched: Bool

  package struct Routed: Sendable {
    package var report: Report
    package var routing: Routing<LaneID>

    package init(report: Report, routing: Routing<LaneID>) {
      self.report = report
      self.routing = routing
    }
  }

  package init(dropsUnmatched: Bool = false, route: @escaping @Sendable (Payload) -> Routed?) {
    self.route = route
    self.dropsUnmatched = dropsUnmatched
  }

  /// Knows no report: nothing is routed anew.
  package static let none = JournalRules { _ in nil }
}

/// A body that is no report, on its way into the store.
package struct Quarantined: Sendable {
  package var payload: Payload
  package var receivedAt: Instant
  package var reason: QuarantineReason

  package init(payload: Payload, receivedAt: Instant, reason: QuarantineReason) {
    self.payload = payload
    self.receivedAt = receivedAt
    self.reason = reason
  }
}

/// Which of a lane's queues. They are handed over in this order of weight.
package enum Queue: Sendable, Hashable, CaseIterable {
  /// Never tried.
  case ready
  /// Tried in vain, or ready later than its place in the order of arrival; sent when due.
  case retry
  /// Sent again because an operator wants it; sent when due.
  case replay
}

/// The answer to `Journal.fetch`.
package struct Page: Sendable {
  package var lane: LaneID
  package var queue: Queue
  package var deliveries: [Delivery]
  /// For `.ready`: true while more waits on disk. False means that the lane is live from here on.
  package var isMore: Bool
  /// For `.retry` and `.replay`: when the next one, not in this page, is due.
  package var nextDue: Instant?
  /// For `.retry`: since when the first of the deliveries that an earlier status holds back has been held; nil if none is, or only
  /// by ones that were never tried.
  package var heldSince: Instant?

  package init(lane: LaneID, queue: Queue, deliveries: [Delivery], isMore: Bool, nextDue: Instant?) {
    self.lane = lane
    self.queue = queue
    self.deliveries = deliveries
    self.isMore = isMore
    self.nextDue = nextDue
  }
}

/// What a commit means for the side that sends. Made by the writer only, in the order of commits.
package struct Handover: Sendable {
  /// Just committed, of lanes that are live, in the order of arrival.
  package var deliveries: [Delivery] = []
  /// Lanes that were live until this commit and whose next deliveries stay on disk until fetched.
  package var spilled: [LaneID] = []
  package var pages: [Page] = []
  /// Lanes whose retry or replay queue got a delivery by another way than a settlement, and when it is due.
  package var due: [Due] = []
  /// Lanes in which an earlier status began to hold a later one back, and when.
  package var held: [Due] = []
  /// Handed over before and owed no more, though not by a settlement. What is not in flight is to be dropped, and its memory given
  /// back by `Journal.giveBack`; what is in flight gives it back by its settlement, as ever.
  package var withdrawn: [Withdrawn] = []
  /// How many settlements are on disk now that were not before.
  package var settled = 0

  package init() {}

  /// Of several of one queue only the earliest is told.
  package mutating func tell(due new: Due) { Self.keepEarliest(new, in: &due) }
  package mutating func tell(held new: Due) { Self.keepEarliest(new, in: &held) }

  package mutating func tell(withdrawn seq: Int64, of lane: LaneID, from queue: Queue) {
    if let index = withdrawn.firstIndex(where: { $0.lane == lane && $0.queue == queue }) {
      withdrawn[index].seqs.insert(seq)
    } else {
      withdrawn.append(Withdrawn(lane: lane, queue: queue, seqs: [seq]))
    }
  }

  /// Takes out what is told of lanes that nobody asked for.
  package mutating func tellOnly(of isNamed: (LaneID) -> Bool) {
    due.removeAll { !isNamed($0.lane) }
    held.removeAll { !isNamed($0.lane) }
    withdrawn.removeAll { !isNamed($0.lane) }
  }

  private static func keepEarliest(_ new: Due, in list: inout [Due]) {
    if let index = list.firstIndex(where: { $0.lane == new.lane && $0.queue == new.queue }) {
      list[index].at = min(list[index].at, new.at)
    } else {
      list.append(new)
    }
  }

  package var isEmpty: Bool {
    deliveries.isEmpty && spilled.isEmpty && pages.isEmpty && due.isEmpty && held.isEmpty && withdrawn.isEmpty && settled == 0
  }

  package struct Due: Sendable, Equatable {
    package var lane: LaneID
    package var queue: Queue
    package var at: Instant

    package init(lane: LaneID, queue: Queue = .retry, at: Instant) {
      self.lane = lane
      self.queue = queue
      self.at = at
    }
  }

  package struct Withdrawn: Sendable, Equatable {
    package var lane: LaneID
    package var queue: Queue
    package var seqs: Set<Int64>

    package init(lane: LaneID, queue: Queue, seqs: Set<Int64>) {
      self.lane = lane
      self.queue = queue
      self.seqs = seqs
    }
  }
}

package enum JournalError: Error, Sendable, Hashable, CustomStringConvertible {
  /// No room on the disk. Nothing was stored; there will be room again.
  case full
  /// The commit queue is at its bound. Nothing was stored.
  case overloaded
  /// Not on disk by the deadline. It may get there yet; then the provider's retry is a repeat.
  case late
  /// The store answered with an error of its own: an SQLite result code, and words without any stored value.
  case failed(code: Int, words: String)
  /// The journal was closed. Nothing was stored.
  case closed

  package var description: String {
    switch self {
    case .full: "no space is left for the store"
    case .overloaded: "too many reports wait for the store"
    case .late: "the commit took longer than receive.deadline"
    case .failed(let code, let words): "the store failed with code \(code): \(words)"
    case .closed: "the store is closed"
    }
  }
}

/// Where reports and deliveries are kept. The one thing that the parts know of storage.
///
/// Every implementation passes the same contract suite. One writer orders everything; the calls below only put into its
/// queue and return at once, from any thread. Callbacks come on the writer's thread and must not block.
///
/// Order: in an ordered lane a delivery is in no queue, and so is never handed over, while an earlier status of the same report is
/// owed to that lane. It is *held*, enters the retry queue with the commit that settles the earlier one, or is let go by
/// `release`. Holding counts from the earlier one's first failed attempt: to be behind a long queue is no reason to overtake.
/// What was in a queue before the earlier one came to be owed (routed later, or replayed) stays there. What is being replayed may take
/// hours and holds back only other replays, which wait for whatever is owed.
///
/// Lanes and memory: a lane is *live* while committed deliveries are handed over in memory, and *spilled* while they stay on
/// disk until fetched. Every lane starts spilled from its beginning, which is the whole of recovery. Only the writer
/// switches, between commits, so that nothing is handed over twice or overtaken; it counts what each lane holds in memory
/// (`Delivery.cost`, given back by `settle`, or by `giveBack` for what is dropped without an attempt) and spills a lane at its bound.
package protocol Journal: Sendable {
  /// The lanes of the named routes, in the same order, which are treated by these terms from here on; new names get new lanes.
  /// Lanes of other names keep the terms that they had, except that they take no orders; their deliveries are kept, and an operator may work
  /// on them. Handovers tell of them only if they were named since the start. Called again whenever the rules change, at any time after `connect`;
  /// until `adopt` says the new rules, the journal routes nothing by itself.
  /// Blocks until it is on disk.
  func lanes(for terms: [LaneTerms]) throws(JournalError) -> [LaneID]

  /// The rules in force from here on, for what the journal routes by itself: reports that a claim, a reroute or another attempt at the
  /// quarantine means. What was appended before was routed by whoever appended it. Returns at once.
  func adopt(_ rules: JournalRules)

  /// Keeps what is known of a lane beyond its deliveries; `standing` shows it.
  /// - Parameter then: gets nil after the commit is on disk; with an error it is not there yet, and is tried again like a result.
  func keep(_ state: LaneState, of lane: LaneID, then: @escaping @Sendable (JournalError?) -> Void)

  /// Lets go what earlier statuses have been holding back since `heldSince` or longer: it moves to the retry queue, to be sent out of
  /// order. A few at a time; `Handover.held` tells of the rest.
  func release(_ lane: LaneID, heldSince: Instant)

  /// Whoever sends. Called once, before the first `fetch`; `receive` gets every handover in order.
  func connect(_ receive: @escaping @Sendable (Handover) -> Void)

  /// Stores the report, its key and its deliveries in one transaction. A repeat refreshes what is known of the first and
  /// owes nothing, unless the first was unmatched: then it is routed by this arrival's routing.
  /// - Parameter then: gets nil after the commit is on disk, so that no crash can lose it; with an error nothing was stored.
  func append(_ arrival: Arrival, then: @escaping @Sendable (JournalError?) -> Void)

  /// Keeps a body that is no report. `then` as in `append`.
  func quarantine(_ body: Quarantined, then: @escaping @Sendable (JournalError?) -> Void)

  /// Takes results, to be on disk with the next commit and at most `Limits.settleDelayMax` from now. They are kept and tried
  /// again if a commit fails. A settlement of what is settled already changes nothing.
  func settle(_ results: [Settlement])

  /// Deliveries that were handed over from the queue and then withdrawn are gone from memory, which held so many bytes of `Delivery.cost`.
  func giveBack(_ bytes: Int, of lane: LaneID, from queue: Queue)

  /// Asks for a page. The answer is in a handover that comes after all results settled before this call, and not before the lane
  /// has given back enough of the memory it holds (`LaneBook.mayPage`).
  func fetch(_ queue: Queue, of lane: LaneID)

  /// Counts requests that were refused, by reason. On disk with one of the next commits.
  func count(refused reason: String)

  /// Everything counted, as of the last commit.
  func standing() -> Standing

  /// When the oldest waiting delivery of each lane was received. Reads the store; not for the data path.
  func oldestWaiting() throws(JournalError) -> [LaneID: Instant]

  /// How many deliveries wait, by lane and by age. Reads the store, a lane at a time; not for the data path.
  /// - Parameter ends: what is told apart. Minutes between two of them are summed, under the latest in which anything came; those that
  ///   begin at one belong to what is after it. nil: every minute, which of a lane that has been down for two weeks are 20,000.
  func waiting(apart ends: [Instant]?) throws(JournalError) -> [WaitingCount]

  /// True if the last commit succeeded, or nothing was ever tried.
  var isHealthy: Bool { get }

  /// Commits what waits, and ends. Calls after this answer `.closed`. Blocks until done.
  func close()
}

/// Deliveries of one lane that came within one minute, or within a span of which it is the last, and still wait.
package struct WaitingCount: Sendable, Equatable {
  package var lane: LaneID
  /// The beginning of the minute in which they were received.
  package var minute: Instant
  package var count: Int

  package init(lane: LaneID, minute: Instant, count: Int) {
    self.lane = lane
    self.minute = minute
    self.count = count
  }
}
