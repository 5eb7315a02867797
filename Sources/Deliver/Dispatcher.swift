import DequeModule
import HeapModule
import Model

/// One attempt that is to be made.
struct Attempt: Sendable {
  var delivery: Delivery
  /// Into the lanes, which keep their places as long as the process runs.
  var route: Int
  var isProbe: Bool
  var startedAt: Instant
  /// `Lane.destination` at its start.
  var destination = 0
}

/// Decides what is sent when: every lane's turn, the bounds over all of them, and what becomes of a delivery after an attempt.
///
/// A value without I/O: its inputs are handovers, ends of attempts, an operator's commands and the time; its outputs are attempts
/// to start, pages to fetch, settlements and lanes' states to store, and what held deliveries to let go. Work is proportional to what happened, not to the number of lanes.
struct Dispatcher<RNG: RandomNumberGenerator> {
  struct Output {
    var start: [Attempt] = []
    var fetch: [(queue: Queue, lane: LaneID)] = []
    var settle: [Settlement] = []
    /// Memory of what was dropped because it had been withdrawn.
    var giveBack: [(lane: LaneID, queue: Queue, bytes: Int)] = []
    /// Each lane at most once, as it is now.
    var keep: [(lane: LaneID, state: LaneState)] = []
    var release: [(lane: LaneID, heldSince: Instant)] = []
  }

  private struct Wake: Comparable {
    var at: Instant
    var lane: Int
    static func < (a: Wake, b: Wake) -> Bool { (a.at, a.lane) < (b.at, b.lane) }
  }

  private static var startsPerTurn: Int { 8 }

  private var lanes: [Lane]
  private var indexOf: [LaneID: Int]
  private var rng: RNG
  private let observer: Observer
  private(set) var inFlight = 0
  /// Settlements given out and not known to be on disk.
  private(set) var unsettled = 0
  private(set) var isStopping = false
  /// Lanes to look at, each once.
  private var dirty: Deque<Int> = []
  private var isDirty: [Bool]
  private var wakes = Heap<Wake>()
  /// The earliest wake in the heap for each lane, so that a lane is not pushed twice for the same or a later time.
  private var wakeOf: [Instant?]
  private var settlements: [Settlement] = []
  private var dropped: [(lane: LaneID, queue: Queue, bytes: Int)] = []
  private var advancedTo: Instant

  /// - Parameters:
  ///   - lanes: of the routes, in the same order.
  ///   - states: as they were kept; of lanes that have none it is the initial one. Those of no route are held until the rule file has
  ///     theirs again.
  init(
    routes: [RouteSettings], lanes ids: [LaneID], states: [LaneID: LaneState] = [:], at now: Instant, observer: @escaping Observer, rng: RNG
  ) {
    precondition(routes.count == ids.count, "every route has a lane")
    let named = Set(ids)
    let others = states.keys.filter { !named.contains($0) }.sorted()
    let known: [(LaneID, RouteSettings?)] = Array(zip(ids, routes)) + others.map { ($0, nil) }
    lanes = known.map { Lane(id: $0, route: $1, state: states[$0] ?? LaneState(), at: now) }
    indexOf = Dictionary(uniqueKeysWithValues: lanes.enumerated().map { ($1.id, $0) })
    isDirty = Array(repeating: true, count: lanes.count)
    dirty = Deque(lanes.indices)
    wakeOf = Array(repeating: nil, count: lanes.count)
    advancedTo = now
    self.observer = observer
    self.rng = rng
  }

  // MARK: - Inputs

  mutating func receive(_ handover: Handover) {
    unsettled -= handover.settled
    precondition(unsettled >= 0, "more settlements are on disk than were given out")
    for delivery in handover.deliveries { change(delivery.lane) { $0.handed(delivery) } }
    for lane in handover.spilled { change(lane) { $0.spilled() } }
    for page in handover.pages { change(page.lane) { $0.paged(page) } }
    for withdrawn in handover.withdrawn {
      let bytes = change(withdrawn.lane) { $0.withdrawn(withdrawn.seqs, from: withdrawn.queue) }
      if bytes > 0 { dropped.append((withdrawn.lane, withdrawn.queue, bytes)) }
    }
    // A lane may be new to the journal and not yet known here: then everything of it is asked for when it is.
    for due in handover.due where indexOf[due.lane] != nil { change(due.lane) { $0.isDue(due.queue, at: due.at) } }
    for held in handover.held where indexOf[held.lane] != nil { change(held.lane) { $0.holds(since: held.at) } }
  }

  mutating func ended(_ attempt: Attempt, _ ending: Ending, at now: Instant) {
    inFlight -= 1
    let (delivery, took) = (attempt.delivery, now - attempt.startedAt)
    let changes = change(delivery.lane) { lane -> [Lane.Change] in
      guard attempt.destination == lane.destination else {
        lane.endedElsewhere()
        return []
      }
      return lane.settled(ending, of: delivery.seq, isProbe: attempt.isProbe, at: now)
    }
    let result = verdict(attempt, ending.outcome, at: now)
    let settlement = Settlement(
      of: delivery, result: result, outcome: ending.outcome, detail: ending.detail, answer: ending.answer, startedAt: attempt.startedAt,
      took: took)
    settlements.append(settlement)
    unsettled += 1
    // A replay that failed stays one.
    if case .retry(let due) = result { change(delivery.lane) { $0.isDue(delivery.queue == .replay ? .replay : .retry, at: due) } }
    observer(.attempted(delivery.lane, ending.outcome, detail: ending.detail, took: took))
    // Before the delivery that shows it, so that who waits for a lane's first one after its pause sees this one.
    for change in changes { tell(change, of: delivery.lane) }
    if result == .delivered { observer(.delivered(delivery.lane, tries: settlement.tries, lag: now - delivery.owedAt)) }
    if result == .dead { observer(.died(delivery.lane, tries: settlement.tries)) }
  }

  /// The rule file was read anew. What starts from here on goes by its settings, in new lanes and in known ones; what is in flight ends as
  /// it began. Lanes of other routes stay, with all that they have in memory, and start nothing until the file has their routes again.
  /// - Parameter ids: of the routes, in the same order.
  mutating func reload(routes: [RouteSettings], lanes ids: [LaneID], at now: Instant) {
    precondition(routes.count == ids.count, "every route has a lane")
    let named = Set(ids)
    for index in lanes.indices where !named.contains(lanes[index].id) {
      lanes[index].leaveFile(at: now)
      mark(index)
    }
    for (id, route) in zip(ids, routes) {
      if indexOf[id] == nil { add(Lane(id: id, route: route, at: now)) } else { change(id) { $0.reload(route, at: now) } }
    }
  }

  private mutating func add(_ lane: Lane) {
    indexOf[lane.id] = lanes.count
    lanes.append(lane)
    isDirty.append(false)
    wakeOf.append(nil)
    mark(lanes.count - 1)
  }

  /// Nothing of the lane starts until it is resumed.
  mutating func pause(_ lane: LaneID, at now: Instant) {
    if let paused = change(lane, { $0.pause(at: now) }) { tell(paused, of: lane) }
  }

  /// Ends the lane's pause, and what its app and its breaker have asked to wait.
  mutating func resume(_ lane: LaneID, at now: Instant) {
    if let resumed = change(lane, { $0.resume(at: now) }) { tell(resumed, of: lane) }
  }

  /// What was given out to be kept of the lane could not be: it is given out again.
  mutating func keepAgain(_ lane: LaneID) { change(lane) { $0.keepAgain() } }

  /// Nothing starts from here on.
  mutating func stop() { isStopping = true }

  // MARK: - Output

  /// What is to be done now. To be called after inputs, and when `nextWake` has come.
  mutating func advance(to now: Instant) -> Output {
    var output = Output()
    swap(&output.settle, &settlements)
    swap(&output.giveBack, &dropped)
    for index in dirty { if let state = lanes[index].takeState() { output.keep.append((lanes[index].id, state)) } }
    guard !isStopping else { return output }
    if now < advancedTo { forgetWakes() }
    advancedTo = now
    while let wake = wakes.min, wake.at <= now {
      _ = wakes.removeMin()
      wakeOf[wake.lane] = nil
      mark(wake.lane)
    }
    // Lanes that must wait for room are looked at again next time, in turn.
    var waiting: Deque<Int> = []
    while let index = dirty.popFirst() {
      isDirty[index] = false
      switch serve(index, &output, at: now) {
      case .done: schedule(index, at: now)
      case .again: mark(index)
      case .waits: waiting.append(index)
      }
    }
    for index in waiting { mark(index) }
    return output
  }

  var nextWake: Instant? { isStopping ? nil : wakes.min?.at }

  /// Bounded by `wakesMax`.
  var wakesKept: Int { wakes.count }

  func gauges(at now: Instant) -> [LaneGauge] { lanes.map { $0.gauge(at: now) } }

  private enum Turn {
    /// The lane may start nothing more now.
    case done
    /// It may, after the others had theirs.
    case again
    /// A bound over all lanes keeps it from starting more.
    case waits
  }

  /// Starts what the lane may start in one turn. Room is handed out in turns, so that a lane with much to send does not take
  /// all that comes free.
  private mutating func serve(_ index: Int, _ output: inout Output, at now: Instant) -> Turn {
    for _ in 0..<Self.startsPerTurn {
      guard hasRoom(for: lanes[index]) else { return .waits }
      guard let (delivery, isProbe) = lanes[index].next(at: now) else {
        ask(index, &output, at: now)
        return .done
      }
      inFlight += 1
      output.start.append(
        Attempt(delivery: delivery, route: index, isProbe: isProbe, startedAt: now, destination: lanes[index].destination))
    }
    return .again
  }

  /// Asks the journal for what the lane wants of it.
  private mutating func ask(_ index: Int, _ output: inout Output, at now: Instant) {
    for queue in lanes[index].pagesToFetch(at: now) { output.fetch.append((queue, lanes[index].id)) }
    if let heldSince = lanes[index].takeRelease(at: now) { output.release.append((lanes[index].id, heldSince)) }
  }

  /// A lane with nothing in flight may always send one, so that no number of hanging apps keeps a copy from any other.
  private func hasRoom(for lane: Lane) -> Bool {
    unsettled < Limits.unsettledMax && (inFlight < Limits.transfersMax || lane.inFlight == 0)
  }

  /// After the clock was set back: they are times of the other clock, and every lane knows its own by the new one.
  private mutating func forgetWakes() {
    wakes = Heap()
    for index in lanes.indices {
      wakeOf[index] = nil
      mark(index)
    }
  }

  private mutating func schedule(_ index: Int, at now: Instant) {
    guard let wake = lanes[index].nextWake(at: now) else { return }
    if let known = wakeOf[index], known <= wake { return }
    wakeOf[index] = wake
    wakes.insert(Wake(at: wake, lane: index))
    // Those that are out of force lie in the heap until their time comes, which may be hours away.
    if wakes.count > Self.wakesMax(lanes.count) { keepOneWakeEach() }
  }

  private static func wakesMax(_ lanes: Int) -> Int { 4 * lanes + 64 }

  private mutating func keepOneWakeEach() {
    wakes = Heap(wakeOf.enumerated().compactMap { lane, at in at.map { Wake(at: $0, lane: lane) } })
  }

  private mutating func verdict(_ attempt: Attempt, _ outcome: Outcome, at now: Instant) -> Settlement.Result {
    guard !outcome.isDelivered else { return .delivered }
    let (index, owedAt) = (attempt.route, attempt.delivery.owedAt)
    let policy = lanes[index].route.retry
    let tries = attempt.delivery.tries + 1
    if policy.isGivenUp(owedAt: owedAt, held: lanes[index].held(since: owedAt, at: now), tries: tries, at: now) { return .dead }
    // While the app is down it is the lane that waits: the delivery must be there for one of its next probes, or soon after the
    // outage, and not after hours because it failed often.
    return .retry(due: now + policy.wait(afterTries: lanes[index].isDown ? 1 : tries, using: &rng))
  }

  private func tell(_ change: Lane.Change, of lane: LaneID) {
    switch change {
    case .breakerOpened(let until): observer(.breakerOpened(lane, until: until))
    case .breakerClosed: observer(.breakerClosed(lane))
    case .paused(let reason): observer(.paused(lane, reason))
    case .resumed: observer(.resumed(lane))
    case .askedToWait(let until): observer(.askedToWait(lane, until: until))
    }
  }

  private mutating func change<T>(_ id: LaneID, _ body: (inout Lane) -> T) -> T {
    guard let index = indexOf[id] else { preconditionFailure("the journal hands over only lanes that were asked for") }
    mark(index)
    return body(&lanes[index])
  }

  private mutating func mark(_ index: Int) {
    guard !isDirty[index] else { return }
    isDirty[index] = true
    dirty.append(index)
  }
}
