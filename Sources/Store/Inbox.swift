import Model
import Synchronization
import Wakeup

/// What waits for the writer: the one queue between every other thread and the store.
///
/// Bounded: beyond `Limits.waitingCommitsMax` or `Limits.waitingCommitBytesMax` arrivals, and requests about orders with them, are turned
/// away at once; the latter also beyond `Limits.waitingClaimsMax`, so that reports wait behind few of them. Results are bounded by who sends
/// (`Limits.unsettledMax`), fetches by three a lane, releases by one; states are few.
final class Inbox: Sendable {
  enum Arriving: Sendable {
    case report(Arrival)
    case body(Quarantined)
    case claims([Claim], Answer<[ClaimRecord]>)
    /// - lane: nil: whoever claimed it.
    case withdrawal(packetID: Int64, lane: LaneID?, Answer<Int>)
  }

  /// What the transaction that stores a request says to it. Given again if it is stored in another one.
  final class Answer<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)

    func give(_ value: Value) { self.value.withLock { $0 = value } }

    /// - Precondition: the transaction is on disk.
    func taken() -> Value {
      guard let value = value.withLock({ $0 }) else { preconditionFailure("who is stored is answered") }
      return value
    }
  }

  struct Waiting: Sendable {
    var arriving: Arriving
    var then: @Sendable (JournalError?) -> Void
  }

  struct Work: Sendable {
    var arrivals: [Waiting] = []
    var kept = Kept()
    /// Of `kept.states`.
    var stateThens: [@Sendable (JournalError?) -> Void] = []
    var fetches: [(queue: Queue, lane: LaneID)] = []
    var refused: [String: Int] = [:]
    var tasks: [@Sendable (Writer) -> Void] = []
    /// Nothing comes after this.
    var isLast = false
  }

  fileprivate struct State: Sendable {
    var work = Work()
    /// Of the arrivals in `work`.
    var bytes = 0
    /// In the requests in `work`.
    var claims = 0
    var oldestResultAt: ContinuousClock.Instant?
    var oldestRefusalAt: ContinuousClock.Instant?
    var isWriterWaiting = false
  }

  private let state = Mutex(State())
  /// Wakes the writer.
  private let wake = Wakeup()
  fileprivate static let refusalDelayMax: Duration = .seconds(1)

  func put(_ arriving: Arriving, then: @escaping @Sendable (JournalError?) -> Void) {
    let refusal: JournalError? = change { state in
      if state.work.isLast { return .closed }
      let bytes = arriving.bytes
      guard state.work.arrivals.count < Limits.waitingCommitsMax, state.bytes + bytes <= Limits.waitingCommitBytesMax else {
        return .overloaded
      }
      guard state.claims + arriving.claims <= Limits.waitingClaimsMax else { return .overloaded }
      state.bytes += bytes
      state.claims += arriving.claims
      state.work.arrivals.append(Waiting(arriving: arriving, then: then))
      return nil
    }
    if let refusal { then(refusal) }
  }

  func put<Value: Sendable>(
    _ arriving: Arriving, answer: Answer<Value>, then: @escaping @Sendable (Result<Value, JournalError>) -> Void
  ) {
    put(arriving) { error in then(error.map(Result.failure) ?? .success(answer.taken())) }
  }

  func put(_ results: [Settlement]) {
    changeQuietly { state in
      state.work.kept.results += results
      guard state.oldestResultAt == nil else { return false }
      // Only the first needs to be noticed: it sets the time by which all are written.
      state.oldestResultAt = .now
      return true
    }
  }

  func put(fetch queue: Queue, of lane: LaneID) { change { $0.work.fetches.append((queue, lane)) } }

  func put(_ laneState: LaneState, of lane: LaneID, then: @escaping @Sendable (JournalError?) -> Void) {
    let isTaken = change { state in
      guard !state.work.isLast else { return false }
      state.work.kept.states[lane] = laneState
      state.work.stateThens.append(then)
      return true
    }
    if !isTaken { then(.closed) }
  }

  func put(release lane: LaneID, heldSince: Instant) { change { $0.work.kept.add(Kept(releases: [lane: heldSince])) } }

  func put(refused reason: String) {
    changeQuietly { state in
      state.work.refused[reason, default: 0] += 1
      guard state.oldestRefusalAt == nil else { return false }
      state.oldestRefusalAt = .now
      return true
    }
  }

  /// Runs `task` on the writer's thread, between two commits, unless the inbox was closed.
  /// - Returns: false if it was closed, and the task will not run.
  func put(task: @escaping @Sendable (Writer) -> Void) -> Bool {
    change { state in
      guard !state.work.isLast else { return false }
      state.work.tasks.append(task)
      return true
    }
  }

  func close() { change { $0.work.isLast = true } }

  /// Waits until there is something to do, but no longer than `longest`, and takes it: of the arrivals at most
  /// `Limits.commitBatchMax`, of results all or none, of everything else all.
  func take(within longest: Duration) -> Work {
    let deadline = ContinuousClock.now + longest
    while true {
      let now = ContinuousClock.now
      let (work, wait) = state.withLock { state -> (Work?, Duration) in
        let wakeAt = min(deadline, state.dueAt(now) ?? deadline)
        state.isWriterWaiting = wakeAt > now
        return state.isWriterWaiting ? (nil, wakeAt - now) : (state.takeDue(now), .zero)
      }
      if let work { return work }
      wake.wait(atMost: wait)
    }
  }

  private func change<T: Sendable>(_ body: (inout sending State) -> T) -> T {
    let (result, mustWake) = state.withLock { state in
      let result = body(&state)
      return (result, state.stopWaiting())
    }
    if mustWake { wake.signal() }
    return result
  }

  /// - Parameter body: returns true if the writer must hear of it.
  private func changeQuietly(_ body: (inout State) -> Bool) {
    let mustWake = state.withLock { state in body(&state) && state.stopWaiting() }
    if mustWake { wake.signal() }
  }
}

extension Inbox.State {
  /// When the writer must come; nil if nothing waits.
  fileprivate func dueAt(_ now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
    let isUrgent = !work.arrivals.isEmpty || !work.fetches.isEmpty || !work.tasks.isEmpty || !work.stateThens.isEmpty
    if isUrgent || !work.kept.releases.isEmpty || work.isLast { return now }
    let times = [oldestResultAt.map { $0 + Limits.settleDelayMax }, oldestRefusalAt.map { $0 + Inbox.refusalDelayMax }]
    return times.compactMap { $0 }.min()
  }

  /// - Returns: true if the writer was waiting, and is to be woken: by whoever asked first, and once.
  fileprivate mutating func stopWaiting() -> Bool {
    defer { isWriterWaiting = false }
    return isWriterWaiting
  }

  /// Results touch other pages than arrivals do. Together and 50 times a second they cost the disk a fraction of what they
  /// would with every commit; whoever asks for anything else sees them stored first.
  private func mayKeepResults(_ now: ContinuousClock.Instant) -> Bool {
    guard let oldestResultAt, now < oldestResultAt + Limits.settleDelayMax else { return false }
    let onlyArrivals = work.fetches.isEmpty && work.tasks.isEmpty && work.stateThens.isEmpty && work.kept.releases.isEmpty
    return onlyArrivals && !work.isLast && work.kept.results.count < Limits.settlementsTogetherMax
  }

  fileprivate mutating func takeDue(_ now: ContinuousClock.Instant) -> Inbox.Work {
    var taken = Inbox.Work()
    let resultsWait = mayKeepResults(now)
    swap(&taken, &work)
    // Closed stays closed: what comes after is turned away.
    work.isLast = taken.isLast
    if resultsWait { swap(&taken.kept.results, &work.kept.results) } else { oldestResultAt = nil }
    oldestRefusalAt = nil
    let fitting = taken.arrivals.countThatFits
    if taken.arrivals.count > fitting {
      work.arrivals = Array(taken.arrivals[fitting...])
      taken.arrivals.removeSubrange(fitting...)
      taken.isLast = false
    }
    bytes = work.arrivals.reduce(0) { $0 + $1.arriving.bytes }
    claims = work.arrivals.reduce(0) { $0 + $1.arriving.claims }
    return taken
  }
}

extension [Inbox.Waiting] {
  /// How many of the first are one commit's: one at least.
  fileprivate var countThatFits: Int {
    var room = Limits.commitBatchMax
    let overflowing = indices.first { index in
      room -= self[index].arriving.weight
      return room < 0 && index > 0
    }
    return overflowing ?? count
  }
}

extension Inbox.Arriving {
  /// In reports.
  fileprivate var weight: Int { max(1, claims) }

  fileprivate var claims: Int { if case .claims(let claims, _) = self { claims.count } else { 0 } }

  var isReportOrBody: Bool {
    switch self {
    case .report, .body: true
    case .claims, .withdrawal: false
    }
  }

  /// What it holds in memory while it waits: its bytes, the decoded text, and what depends on claims.
  fileprivate var bytes: Int {
    switch self {
    case .report(let arrival): arrival.payload.size + (arrival.report.body?.count ?? 0) + arrival.routing.bytes
    case .body(let body): body.payload.size
    case .claims(let claims, _): claims.count * MemoryLayout<Claim>.stride
    case .withdrawal: MemoryLayout<Claim>.stride
    }
  }
}

extension Routing<LaneID> {
  /// Of its lists.
  fileprivate var bytes: Int {
    conditional.count * MemoryLayout<Conditional>.stride + (targets.count + otherwise.count) * MemoryLayout<LaneID>.stride
  }
}
