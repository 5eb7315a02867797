/// Which deliveries an operator means. Every condition that is set holds.
package struct Selection: Sendable, Equatable {
  /// All statuses of this report.
  package var reportID: Int64?
  /// nil: of every lane.
  package var lane: LaneID?
  package var state: DeliveryState
  /// By when the report was received: not before `since`, and before `until`.
  package var since: Instant?
  package var until: Instant?

  package init(state: DeliveryState, lane: LaneID? = nil, reportID: Int64? = nil, since: Instant? = nil, until: Instant? = nil) {
    self.state = state
    self.lane = lane
    self.reportID = reportID
    self.since = since
    self.until = until
  }
}

/// How many deliveries are meant.
package struct CopyCount: Sendable, Equatable {
  package var count: Int
  /// True if there may be more: a count looks at a bounded number of them.
  package var isAtLeast: Bool

  package init(_ count: Int, isAtLeast: Bool = false) {
    self.count = count
    self.isAtLeast = isAtLeast
  }
}

/// Where a delivery stands, in an operator's words.
package enum DeliveryState: String, Sendable, CaseIterable, Codable {
  /// Owed: never tried, to be tried again, held back by an earlier status, or being replayed.
  case waiting
  /// Given up, and kept.
  case dead
  case delivered
}

/// Work on many deliveries or reports that the journal does a few hundred at a time between two commits. Survives a restart.
package struct QueueJob: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable, Codable {
    /// Sends dead or delivered ones again, below live traffic.
    case replay
    /// Takes waiting or dead ones out, for good. They count as discarded.
    case discard
    /// Sends unmatched reports through the present rules: see `StrayOperations.reroute`.
    case reroute
    /// Reads the quarantine again: see `StrayOperations.readmit`.
    case readmit

    /// False for the kinds that select no deliveries.
    package func allows(_ state: DeliveryState) -> Bool {
      switch self {
      case .replay: state != .waiting
      case .discard: state != .delivered
      case .reroute, .readmit: false
      }
    }
  }

  package var id: Int64
  package var kind: Kind
  /// nil for the kinds that select no deliveries.
  package var selection: Selection?
  /// Of a replay: at most so many a second over all lanes, no faster than each of them takes its own, and without catching up after a
  /// pause; nil: all are queued at once, and sent as fast as the lanes take them.
  package var rate: Double?
  package var createdAt: Instant
  /// Deliveries that it has replayed or discarded so far, without those that went back when it was cancelled; of a reroute the copies that
  /// are owed because of it, of a readmission the reports.
  package var count: Int
  /// When all that were meant had been queued or discarded, or it was cancelled; nil while it works.
  package var endedAt: Instant?
  package var isCancelled: Bool
  /// False once nothing is left to do; of a replay that was cancelled, once all that is to go back has gone.
  package var hasWork: Bool

  /// - Parameter hasWork: nil: until it ends.
  package init(
    id: Int64, kind: Kind, selection: Selection?, rate: Double?, createdAt: Instant, count: Int = 0, endedAt: Instant? = nil,
    isCancelled: Bool = false, hasWork: Bool? = nil
  ) {
    precondition(selection.map { kind.allows($0.state) } ?? (kind == .reroute || kind == .readmit), "a \(kind) selects what it can")
    self.id = id
    self.kind = kind
    self.selection = selection
    self.rate = rate
    self.createdAt = createdAt
    self.count = count
    self.endedAt = endedAt
    self.isCancelled = isCancelled
    self.hasWork = hasWork ?? (endedAt == nil)
  }
}

/// A stored report with what became of it. For a person who asks about one report.
package struct ReportRecord: Sendable, Equatable {
  package struct Share: Sendable, Equatable {
    package var route: String
    package var state: DeliveryState
    /// Why it waits or when it ended, in a word: `ready`, `retry`, `held`, `replay`, `dead`, `delivered`.
    package var queue: String
    /// So far, those before a replay included.
    package var tries: Int
    /// When it is sent again, was delivered or was given up; nil where nothing of that is known.
    package var at: Instant?
    /// Failed ones that are kept, in their order.
    package var attempts: [AttemptRecord]

    package init(route: String, state: DeliveryState, queue: String, tries: Int, at: Instant?, attempts: [AttemptRecord]) {
      self.route = route
      self.state = state
      self.queue = queue
      self.tries = tries
      self.at = at
      self.attempts = attempts
    }
  }

  package var key: ReportKey
  package var seq: Int64
  package var packetID: Int64?
  /// The bytes as they came, phone number and message included; nil once retention took them.
  package var payload: Payload?
  package var receivedAt: Instant
  package var lastSeenAt: Instant
  /// How often it came.
  package var seen: Int
  package var destiny: Destiny
  package var isStale: Bool
  package var shares: [Share]

  package init(
    key: ReportKey, seq: Int64, packetID: Int64?, payload: Payload?, receivedAt: Instant, lastSeenAt: Instant, seen: Int, destiny: Destiny,
    isStale: Bool, shares: [Share]
  ) {
    self.key = key
    self.seq = seq
    self.packetID = packetID
    self.payload = payload
    self.receivedAt = receivedAt
    self.lastSeenAt = lastSeenAt
    self.seen = seen
    self.destiny = destiny
    self.isStale = isStale
    self.shares = shares
  }
}

/// A failed attempt as the journal keeps it.
package struct AttemptRecord: Sendable, Equatable {
  package var number: Int
  package var startedAt: Instant
  package var took: Duration
  /// `Outcome.label`.
  package var outcome: String
  /// 0 where no answer came.
  package var status: Int
  package var detail: String
  /// The beginning of the app's answer, without secrets; empty if there was none.
  package var answer: String

  package init(number: Int, startedAt: Instant, took: Duration, outcome: String, status: Int, detail: String, answer: String) {
    self.number = number
    self.startedAt = startedAt
    self.took = took
    self.outcome = outcome
    self.status = status
    self.detail = detail
    self.answer = answer
  }
}

/// What an operator may do to the queues of a journal. The calls that read walk at most what was asked for, on a connection of
/// their own; those that change are jobs of the writer. From any thread.
package protocol QueueOperations: Journal {
  /// Every status of a report, in the order of arrival; empty if it is not known (any more). At most `Limits.statusesShownMax`. Blocks; not
  /// for the data path.
  func report(_ id: Int64) throws(JournalError) -> [ReportRecord]

  /// How many deliveries are meant; of delivered ones those whose bytes are kept, since no other can be sent again. Counts up to
  /// `Limits.copiesCountedMax`, and of delivered ones looks at `Limits.rowsCountedMax`, the newest. Blocks; not for the data path.
  func count(_ selection: Selection) throws(JournalError) -> CopyCount

  /// Starts a job. Reports that come after it are not meant.
  /// - Precondition: a replay selects `.dead` or `.delivered`, a discard `.waiting` or `.dead`.
  /// - Parameter then: gets the job once it is on disk.
  func start(
    _ kind: QueueJob.Kind, _ selection: Selection, rate: Double?, then: @escaping @Sendable (Result<QueueJob, JournalError>) -> Void)

  /// Ends a job. What a replay has queued and nobody has tried yet goes back to where it was; what was discarded, rerouted or readmitted
  /// stays so.
  /// - Parameter then: gets the job as it is then, in which `hasWork` is true until all of that went back; nil if there is none of that
  ///   number. To cancel it again only tells how far that is.
  func cancel(job id: Int64, then: @escaping @Sendable (Result<QueueJob?, JournalError>) -> Void)

  /// The newest first, at most `limit`. Blocks; not for the data path.
  /// - Parameter before: only those with a smaller number; nil: all.
  func jobs(before id: Int64?, limit: Int) throws(JournalError) -> [QueueJob]
}

extension QueueJob {
  /// Between two deliveries of a replay.
  package var pause: Duration { Self.pause(rate: rate) }

  package static func pause(rate: Double?) -> Duration { rate.map { .seconds(1 / $0) } ?? .zero }
}
