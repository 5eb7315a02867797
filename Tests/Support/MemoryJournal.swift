import Model
import Synchronization

/// A journal without a disk and without a thread, for tests that want the contract and nothing by chance.
///
/// Every call commits at once, and has called back and handed over when it returns; a call made from a callback is done when
/// the outermost one returns. Results whose commit failed are kept and go with the next commit. Used from one thread.
package final class MemoryJournal: StrayOperations, OrderOperations, LookupOperations {
  private struct State {
    var tables: MemoryTables
    var book: LaneBook
    /// Results that no commit has taken yet.
    var kept: [Settlement] = []
    /// And states of lanes.
    var states: [LaneID: LaneState] = [:]
    /// Pages asked for, answered once `kept` is empty.
    var fetches: [(queue: Queue, lane: LaneID)] = []
    var fallenBehind: Set<LaneID> = []
    /// By the number of the commit.
    var faults: [Int: JournalError] = [:]
    var commits = 0
    var isHealthy = true
    var isClosed = false
    var receive: (@Sendable (Handover) -> Void)?
    /// Callbacks to be made, in order, without the lock.
    var effects: [@Sendable () -> Void] = []
    var isCallingBack = false
  }

  private enum Arriving {
    case report(Arrival)
    case body(Quarantined)
    /// Anything else that is a commit of its own.
    case change((inout MemoryTables, LaneBook, Instant) -> Void)

    var isReportOrBody: Bool { if case .change = self { false } else { true } }
  }

  private let state: Mutex<State>
  private let clock: Clock
  private let observer: Observer

  package init(clock: @escaping Clock, book: LaneBook = LaneBook(), observer: @escaping Observer = { _ in }) {
    state = Mutex(State(tables: MemoryTables(), book: book))
    self.clock = clock
    self.observer = observer
  }

  /// What starts after `ended` ended, in whatever way: it finds what had been committed, and nothing else.
  package init(after ended: MemoryJournal, book: LaneBook = LaneBook(), observer: @escaping Observer = { _ in }) {
    let tables = ended.state.withLock { old in
      old.isClosed = true
      return old.tables
    }
    var now = tables
    now.endHolds(at: ended.clock())
    state = Mutex(State(tables: now, book: book))
    clock = ended.clock
    self.observer = observer
  }

  // MARK: - Faults

  /// The `n`-th commit from now stores nothing and fails with `error`; 1 is the next one. Commits are made by `append`,
  /// `quarantine`, `settle`, `claim`, `withdraw` and `commitKept`.
  package func failCommit(_ n: Int = 1, with error: JournalError) {
    precondition(n >= 1, "what is past cannot fail any more")
    state.withLock { $0.faults[$0.commits + n] = error }
  }

  /// Tries results again whose commit failed: what a writer with a thread does by itself after a moment.
  package func commitKept() {
    change { state in
      if !state.kept.isEmpty || !state.states.isEmpty { commit(nil, &state) { _ in } }
    }
  }

  // MARK: - Journal

  package func adopt(_ rules: JournalRules) {
    change { state in
      guard !state.isClosed else { return }
      state.tables.sample(at: clock())
      state.tables.adopt(rules, state.book, clock())
      state.tables.catchUpUnfinished(state.book, clock())
      handOver([], &state)
    }
  }

  package func lanes(for terms: [LaneTerms]) throws(JournalError) -> [LaneID] {
    let lanes = state.withLock { $0.isClosed ? nil : $0.tables.lanes(for: terms) }
    guard let lanes else { throw .closed }
    change { state in
      state.tables.sample(at: clock())
      _ = state.tables.releaseUnordered(state.book, clock())
      state.tables.catchUpUnfinished(state.book, clock())
      handOver([], &state)
    }
    return lanes
  }

  package func keep(_ laneState: LaneState, of lane: LaneID, then: @escaping @Sendable (JournalError?) -> Void) {
    change { state in
      if !state.isClosed { state.states[lane] = laneState }
      commit(nil, &state, then: then)
    }
  }

  package func release(_ lane: LaneID, heldSince: Instant) {
    change { state in
      guard !state.isClosed else { return }
      state.tables.release(lane, heldSince: heldSince, state.book, clock())
      handOver([], &state)
    }
  }

  package func connect(_ receive: @escaping @Sendable (Handover) -> Void) { state.withLock { $0.receive = receive } }

  package func append(_ arrival: Arrival, then: @escaping @Sendable (JournalError?) -> Void) {
    change { commit(.report(arrival), &$0, then: then) }
  }

  package func quarantine(_ body: Quarantined, then: @escaping @Sendable (JournalError?) -> Void) {
    change { commit(.body(body), &$0, then: then) }
  }

  package func settle(_ results: [Settlement]) {
    change { state in
      guard !results.isEmpty, !state.isClosed else { return }
      state.kept += results
      commit(nil, &state) { _ in }
    }
  }

  package func giveBack(_ bytes: Int, of lane: LaneID, from queue: Queue) {
    change { state in
      guard !state.isClosed else { return }
      state.book.released(bytes, of: lane, from: queue)
      answerFetches(&state)
    }
  }

  package func fetch(_ queue: Queue, of lane: LaneID) {
    change { state in
      guard !state.isClosed else { return }
      state.fetches.append((queue, lane))
      answerFetches(&state)
    }
  }

  package func count(refused reason: String) {
    change { state in
      if !state.isClosed { state.tables.count(refused: reason) }
    }
  }

  package func standing() -> Standing { state.withLock { $0.tables.standing } }

  package func oldestWaiting() throws(JournalError) -> [LaneID: Instant] { try read { $0.oldestWaiting() } }

  package func waiting(apart ends: [Instant]?) throws(JournalError) -> [WaitingCount] { try read { $0.waiting(apart: ends) } }

  package var isHealthy: Bool { state.withLock { $0.isHealthy } }

  package func close() {
    commitKept()
    state.withLock { $0.isClosed = true }
  }

  // MARK: - For an operator

  package func report(_ id: Int64) throws(JournalError) -> [ReportRecord] { try read { $0.report(id) } }
  package func count(_ selection: Selection) throws(JournalError) -> CopyCount { try read { CopyCount($0.count(selection)) } }

  package func jobs(before id: Int64?, limit: Int) throws(JournalError) -> [QueueJob] {
    try read { $0.jobs.filter { $0.id < id ?? .max }.suffix(limit).reversed() }
  }

  package func start(
    _ kind: QueueJob.Kind, _ selection: Selection, rate: Double?, then: @escaping @Sendable (Result<QueueJob, JournalError>) -> Void
  ) {
    precondition(kind.allows(selection.state), "a replay selects what is dead or delivered, a discard what waits or is dead")
    operate(then) { state in state.tables.start(kind, selection, rate: rate, state.book, clock()) }
  }

  package func cancel(job id: Int64, then: @escaping @Sendable (Result<QueueJob?, JournalError>) -> Void) {
    operate(then) { state in state.tables.cancel(id, state.book, clock()) }
  }

  package func unmatched(after seq: Int64, limit: Int) throws(JournalError) -> UnmatchedPage {
    try read { tables in
      let found = tables.unmatched(after: seq, limit: limit + 1)
      return UnmatchedPage(reports: Array(found.prefix(limit)), next: found.count > limit ? found.prefix(limit).last?.seq ?? seq : nil)
    }
  }

  package func quarantined(after id: Int64, limit: Int) throws(JournalError) -> [QuarantinedRecord] {
    try read { $0.quarantined(after: id, limit: limit) }
  }

  package func quarantined(_ id: Int64) throws(JournalError) -> QuarantinedRecord? {
    try read { tables in tables.quarantine.first { $0.id == id } }
  }

  package func reroute(then: @escaping @Sendable (Result<QueueJob, JournalError>) -> Void) {
    operate(then) { state in state.tables.start(.reroute, state.book, clock()) }
  }

  package func readmit(then: @escaping @Sendable (Result<QueueJob, JournalError>) -> Void) {
    operate(then) { state in state.tables.start(.readmit, state.book, clock()) }
  }

  private func operate<T: Sendable>(_ then: @escaping @Sendable (Result<T, JournalError>) -> Void, _ body: (inout State) -> T) {
    change { state in
      guard !state.isClosed else { return state.effects.append { then(.failure(.closed)) } }
      state.tables.sample(at: clock())
      let job = body(&state)
      state.effects.append { then(.success(job)) }
      handOver([], &state)
    }
  }

  // MARK: - Looking up

  package func search(_ search: ReportSearch) throws(JournalError) -> SearchPage { try read { $0.search(search) } }

  /// Without a thread no minute is noticed before somebody asks or changes something.
  package func history(since: Instant) throws(JournalError) -> [HistorySample] {
    change { state in
      if !state.isClosed { state.tables.sample(at: clock()) }
    }
    return try read { $0.history(since: since) }
  }

  // MARK: - Orders

  package func claim(_ claims: [Claim], then: @escaping @Sendable (Result<[ClaimRecord], JournalError>) -> Void) {
    precondition(claims.count <= Limits.claimsTogetherMax, "who claims more does so in parts")
    answer(then) { tables, book, now in tables.claim(claims, book, now) }
  }

  package func withdraw(packetID: Int64, lane: LaneID?, then: @escaping @Sendable (Result<Int, JournalError>) -> Void) {
    answer(then) { tables, _, _ in tables.withdraw(packetID: packetID, lane: lane) }
  }

  package func claims(of packetID: Int64) throws(JournalError) -> [ClaimRecord] { try read { $0.claims(of: packetID) } }

  private func answer<T: Sendable>(
    _ then: @escaping @Sendable (Result<T, JournalError>) -> Void, _ body: @escaping (inout MemoryTables, LaneBook, Instant) -> T
  ) {
    change { state in
      let answer = Answer<T>()
      let change = Arriving.change { tables, book, now in answer.value = body(&tables, book, now) }
      commit(change, &state) { error in then(error.map(Result.failure) ?? .success(answer.value!)) }
    }
  }

  /// Filled by a commit and read by the callback after it, both on the one thread.
  private final class Answer<T>: @unchecked Sendable { var value: T? }

  // MARK: - One commit

  private func commit(_ arriving: Arriving?, _ state: inout State, then: @escaping @Sendable (JournalError?) -> Void) {
    guard !state.isClosed else { return state.effects.append { then(.closed) } }
    state.commits += 1
    if let error = state.faults.removeValue(forKey: state.commits) {
      state.isHealthy = false
      state.effects += [{ [observer] in observer(.commitFailed(error)) }, { then(error) }]
      return
    }
    state.isHealthy = true
    state.tables.sample(at: clock())
    for result in state.kept { state.tables.settle(result, state.book, clock()) }
    var owed: [Delivery] = []
    let unmatched = state.tables.standing.unmatched
    switch arriving {
    case .report(let arrival): owed = state.tables.store(arrival, state.book)
    case .body(let body): state.tables.quarantine(body)
    case .change(let body): body(&state.tables, state.book, clock())
    case nil: break
    }
    for (lane, laneState) in state.states { state.tables.keep(laneState, of: lane) }
    state.states = [:]
    state.effects.append { then(nil) }
    let (reports, results) = (arriving?.isReportOrBody == true ? 1 : 0, state.kept.count)
    handOver(owed, settled: state.kept, &state)
    state.effects.append { [observer] in observer(.committed(reports: reports, results: results, took: .zero)) }
    let new = state.tables.standing.unmatched - unmatched
    if new > 0, state.tables.rules?.dropsUnmatched != true { state.effects.append { [observer] in observer(.unmatched(new)) } }
    answerFetches(&state)
  }

  private func handOver(_ owed: [Delivery], settled: [Settlement] = [], _ state: inout State) {
    var handover = state.tables.takeTold()
    handover.settled = settled.count
    for result in settled { state.book.released(result.cost, of: result.lane, from: result.queue) }
    state.kept.removeFirst(settled.count)
    for delivery in owed {
      switch state.book.committed(delivery) {
      case .handOver: handover.deliveries.append(delivery)
      case .spill: handover.spilled.append(delivery.lane)
      case .stay: break
      }
    }
    state.fallenBehind.formUnion(handover.spilled)
    for lane in handover.spilled { state.effects.append { [observer] in observer(.spilled(lane)) } }
    send(handover, &state)
  }

  // MARK: - Pages

  private func answerFetches(_ state: inout State) {
    guard state.kept.isEmpty else { return }
    let asked = state.fetches
    state.fetches = []
    for (queue, lane) in asked {
      guard state.book.mayPage(queue, of: lane) else {
        state.fetches.append((queue, lane))
        continue
      }
      var handover = Handover()
      handover.pages = [queue == .ready ? readyPage(lane, &state) : duePage(queue, of: lane, &state)]
      send(handover, &state)
      if queue == .ready, state.book.isLive(lane), state.fallenBehind.remove(lane) != nil {
        state.effects.append { [observer] in observer(.caughtUp(lane)) }
      }
    }
  }

  private func readyPage(_ lane: LaneID, _ state: inout State) -> Page {
    var page = Page(lane: lane, queue: .ready, deliveries: [], isMore: false, nextDue: nil)
    guard !state.book.isLive(lane) else { return page }
    let waiting = state.tables.ready(lane, after: state.book.readyCursor(lane))
    for delivery in waiting.prefix(Limits.pageRowsMax) {
      guard state.book.pageTakes(delivery, isFirst: page.deliveries.isEmpty) else { break }
      state.book.paged(delivery)
      page.deliveries.append(delivery)
    }
    page.isMore = page.deliveries.count < waiting.count
    if !page.isMore { state.book.caughtUp(lane) }
    return page
  }

  private func duePage(_ queue: Queue, of lane: LaneID, _ state: inout State) -> Page {
    var page = Page(lane: lane, queue: queue, deliveries: [], isMore: false, nextDue: nil)
    let (waiting, now) = (state.tables.waiting(queue, of: lane, after: state.book.retryCursor(lane, in: queue)), clock())
    for (delivery, due) in waiting.prefix(Limits.pageRowsMax) where due <= now {
      guard state.book.pageTakes(delivery, isFirst: page.deliveries.isEmpty) else { break }
      state.book.paged(delivery, due: due)
      page.deliveries.append(delivery)
    }
    page.nextDue = waiting.dropFirst(page.deliveries.count).first?.due
    if queue == .retry { page.heldSince = state.tables.heldSince(lane) }
    return page
  }

  // MARK: - Outside the lock

  private func send(_ handover: Handover, _ state: inout State) {
    guard !handover.isEmpty, let receive = state.receive else { return }
    state.effects.append { receive(handover) }
  }

  private func change(_ body: (inout State) -> Void) {
    let isOutermost = state.withLock { state in
      body(&state)
      defer { state.isCallingBack = true }
      return !state.isCallingBack
    }
    guard isOutermost else { return }
    while let effect = nextEffect() { effect() }
  }

  private func nextEffect() -> (@Sendable () -> Void)? {
    state.withLock { state in
      guard state.effects.isEmpty else { return state.effects.removeFirst() }
      state.isCallingBack = false
      return nil
    }
  }

  private func read<T>(_ body: (MemoryTables) -> sending T) throws(JournalError) -> sending T {
    let tables = state.withLock { $0.isClosed ? nil : $0.tables }
    guard let tables else { throw .closed }
    return body(tables)
  }
}
