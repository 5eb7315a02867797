import Model
import Synchronization

/// What only this process knows and no store keeps: how long things took, and how attempts ended, since the start.
///
/// Counts of reports, refusals and deliveries are not here: the store keeps them (`Standing`), so that they survive a restart
/// and no number has two owners. `observe` is called on the data path from every thread: it takes one uncontended lock and
/// adds to a few integers. The door, the store and the lanes have a lock each, since each of them is a thread of its own.
package final class Recorder: Sendable {
  private let door = Mutex(DoorRecord())
  private let store = Mutex(StoreRecord())
  private let lanes = Mutex<[LaneID: LaneRecord]>([:])
  private let file = Mutex(FileRecord())
  private let gate = Mutex<[GateRefusal: Int]>([:])

  package init() {}

  package func observe(_ event: Event) {
    switch event {
    case .accepted(let duration, _): door.withLock { $0.accept.record(duration) }
    case .notStored(let error, _): door.withLock { $0.notStored[error.kind, default: 0] += 1 }
    case .committed(let reports, let results, let took): store.withLock { $0.committed(reports + results, took: took) }
    case .commitFailed(let error): store.withLock { $0.commitFailed(error) }
    case .storeRecovered: store.withLock { $0.lastError = nil }
    case .attempted(let lane, let outcome, _, _): lanes.withLock { $0[lane, default: LaneRecord()].attempts.count(outcome) }
    case .delivered(let lane, _, let lag): lanes.withLock { $0[lane, default: LaneRecord()].delivered(after: lag) }
    case .died(let lane, _): lanes.withLock { $0[lane, default: LaneRecord()].deaths += 1 }
    case .swept(let rows): store.withLock { $0.sweptRows += rows }
    case .turnedAway(let refusal, _): gate.withLock { $0[refusal, default: 0] += 1 }
    case .reloaded: file.withLock { $0.noted(isTaken: true) }
    case .reloadFailed: file.withLock { $0.noted(isTaken: false) }
    case .started, .stopping, .stopped, .stuck, .refused, .quarantined, .unmatched, .breakerOpened, .breakerClosed, .paused,
      .resumed, .askedToWait, .spilled, .caughtUp, .reloadNeedsRestart, .reloadWarned, .alertFailed, .answered, .changed,
      .backedUp, .backupFailed:
      break
    }
  }

  /// Begins a new generation of what is recent, if the present one is old enough. Called now and then by whoever tells the time, so that
  /// the data path needs no clock.
  package func turn(at now: Instant) {
    lanes.withLock { lanes in
      for lane in lanes.keys { lanes[lane]!.recentLag.turn(at: now) }
    }
  }

  package func snapshot() -> Record {
    Record(
      door: door.withLock { $0 }, store: store.withLock { $0 }, lanes: lanes.withLock { $0 }, file: file.withLock { $0 },
      gate: gate.withLock { $0 })
  }
}

/// A copy of all that the recorder holds. Its parts are each of one moment, though not of the same.
package struct Record: Sendable {
  package var door: DoorRecord
  package var store: StoreRecord
  package var lanes: [LaneID: LaneRecord]
  package var file: FileRecord
  /// Requests at the operator's door that got no further than its gate.
  package var gate: [GateRefusal: Int]
}

/// Readings of the rule file since the start, which read it first and is not counted.
package struct FileRecord: Sendable {
  package private(set) var taken = 0
  package private(set) var refused = 0
  package private(set) var isLastTaken = true

  fileprivate mutating func noted(isTaken: Bool) {
    if isTaken { taken += 1 } else { refused += 1 }
    isLastTaken = isTaken
  }
}

package struct DoorRecord: Sendable {
  /// From a request's first byte to its 200.
  package var accept = Histogram()
  /// Answered 503, by `JournalError.kind`.
  package var notStored: [String: Int] = [:]
}

package struct StoreRecord: Sendable {
  /// From BEGIN to the end of fsync.
  package var commit = Histogram()
  package var batches = BatchSizes()
  package var failedCommits = 0
  /// Rows that retention deleted.
  package var sweptRows = 0
  /// Of the last commit; nil once one succeeded again.
  package var lastError: JournalError?

  fileprivate mutating func committed(_ size: Int, took: Duration) {
    commit.record(took)
    batches.record(size)
    lastError = nil
  }

  fileprivate mutating func commitFailed(_ error: JournalError) {
    failedCommits += 1
    lastError = error
  }
}

package struct LaneRecord: Sendable {
  /// From the report's arrival to the app's 2xx.
  package private(set) var lag = Histogram()
  package fileprivate(set) var recentLag = RecentLag()
  package var attempts = AttemptCounts()
  /// Copies given up, also those that were sent again and given up again.
  package var deaths = 0

  mutating func delivered(after duration: Duration) {
    lag.record(duration)
    recentLag.record(duration)
  }
}

/// How long it took in the last minutes: two histograms, of which the older one is forgotten when the younger has been filled for so long.
package struct RecentLag: Sendable, Equatable {
  /// What is shown is between once and twice as old.
  package static let generation: Duration = .seconds(150)
  private var current = Histogram()
  private var previous = Histogram()
  /// nil until it is turned for the first time.
  private var begun: Instant?

  package init() {}

  package mutating func record(_ duration: Duration) { current.record(duration) }

  package mutating func turn(at now: Instant) {
    guard let begun else { return begun = now }
    // A clock that was set back begins anew.
    guard now - begun >= Self.generation || now < begun else { return }
    // With nobody to turn it for long, neither is recent.
    previous = now - begun >= Self.generation * 2 ? Histogram() : current
    current = Histogram()
    self.begun = now
  }

  package var histogram: Histogram {
    var both = previous
    both.merge(current)
    return both
  }
}

/// Counts transactions by how many reports and results were in them, in buckets that end at 1, 3, 7, ... 2047.
package struct BatchSizes: Sendable {
  package static let bounds = (1...11).map { (1 << $0) - 1 }
  /// One more than there are bounds: what is larger.
  package private(set) var buckets = Array(repeating: 0, count: bounds.count + 1)
  package private(set) var sum = 0

  mutating func record(_ size: Int) {
    let bitWidth = Int.bitWidth - max(0, size).leadingZeroBitCount
    buckets[min(Self.bounds.count, max(0, bitWidth - 1))] += 1
    sum += max(0, size)
  }
}

/// Counts attempts by `Outcome.label`, without making the label: that is a string, and this is the data path.
package struct AttemptCounts: Sendable {
  private static let classes = 10
  private var answered = Array(repeating: 0, count: classes)
  private var failed: [TransportFailure: Int] = [:]

  mutating func count(_ outcome: Outcome) {
    switch outcome {
    case .answered(let status): answered[min(max(0, status / 100), Self.classes - 1)] += 1
    case .failed(let failure): failed[failure, default: 0] += 1
    }
  }

  /// Outcomes that occurred, in a fixed order.
  package var byLabel: [(label: String, count: Int)] {
    let answers = answered.enumerated().filter { $0.element > 0 }
      .map { (label: Outcome.answered(status: $0.offset * 100).label, count: $0.element) }
    let failures = TransportFailure.allCases.compactMap { failure in
      failed[failure].map { (label: Outcome.failed(failure).label, count: $0) }
    }
    return answers + failures
  }
}

extension JournalError {
  /// A short constant word for metrics, and for telling one cause from another.
  package var kind: String {
    switch self {
    case .full: "full"
    case .overloaded: "overloaded"
    case .late: "late"
    case .failed: "failed"
    case .closed: "closed"
    }
  }
}
