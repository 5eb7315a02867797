import Model

/// One route: what it has to send, and whether and how fast it may. A value without I/O and without a clock.
///
/// What it is told of the app and by the operator ends in one question, `gate`: nothing is sent before. Whenever the lane cannot send
/// because it is paused or its breaker is not closed, that is noted as held time, which no delivery is made to pay for.
struct Lane {
  /// What an attempt's end changed beyond its delivery.
  enum Change: Equatable {
    case breakerOpened(until: Instant)
    case breakerClosed
    case paused(Pause.Reason)
    case resumed
    case askedToWait(until: Instant)
  }

  let id: LaneID
  /// As the rule file has it, or had it last; meaningless before it ever did.
  private(set) var route: RouteSettings
  private var isInFile: Bool
  /// Counts the changes of the route's URL: attempts that began with another number went elsewhere.
  private(set) var destination = 0
  /// nil until the file has had the route.
  private var url: Secret?
  private var queues = LaneQueues()
  private(set) var window: Window
  private(set) var breaker = Breaker()
  private var bucket: TokenBucket?
  private(set) var inFlight = 0
  /// To be kept over a restart: see `takeState`.
  private(set) var state: LaneState
  private var isStateNew = false
  /// Of a lane that is paused because it was gone: when to ask again, and the report that asks now.
  private var goneProbeAt: Instant
  private var goneProbe: Int64?
  /// Since when the first of the deliveries that earlier statuses hold back has been held; nil while none is known.
  private var heldSince: Instant?

  /// - Parameter route: nil if the rule file does not have it; then nothing is sent until it does.
  init(id: LaneID, route known: RouteSettings?, state: LaneState = LaneState(), at now: Instant) {
    let route = known ?? RouteSettings(name: "", url: Secret(""))
    (self.id, self.state, self.route) = (id, state, route)
    (isInFile, url) = (known != nil, known?.url)
    window = Window(sizeMax: Self.windowMax(route))
    bucket = route.rateLimit.map(TokenBucket.init)
    goneProbeAt = max(now, min(state.pause?.since ?? now, now) + Limits.goneProbeEvery)
    noteHold(at: now)
  }

  // MARK: - From the rule file

  /// The file has the route, still or again or for the first time, with these settings. They hold for what starts from here on.
  mutating func reload(_ new: RouteSettings, at now: Instant) {
    if let url {
      if url != new.url { move(at: now) }
      window.resize(sizeMax: Self.windowMax(new))
    } else {
      window = Window(sizeMax: Self.windowMax(new))
    }
    if new.rateLimit != route.rateLimit { limit(new.rateLimit, at: now) }
    (route, url, isInFile) = (new, new.url, true)
    noteHold(at: now)
  }

  /// The file does not have the route any more: nothing starts until it has it again, and nothing is lost.
  mutating func leaveFile(at now: Instant) {
    isInFile = false
    noteHold(at: now)
  }

  private static func windowMax(_ route: RouteSettings) -> Int { min(route.concurrency, Limits.transfersOfLaneMax) }

  /// What the app before asked for, and how it failed, says nothing of the one that is there.
  private mutating func move(at now: Instant) {
    destination += 1
    breaker.appMoved(at: now)
    state.notBefore = nil
    (goneProbe, goneProbeAt) = (nil, now)
    isStateNew = true
  }

  private mutating func limit(_ limit: RateLimit?, at now: Instant) {
    guard let limit, bucket != nil else {
      bucket = limit.map(TokenBucket.init)
      return
    }
    bucket?.change(to: limit, at: now)
  }

  // MARK: - From the journal

  mutating func handed(_ delivery: Delivery) { queues.handed(delivery) }
  mutating func spilled() { queues.spilled() }
  mutating func isDue(_ queue: Queue, at due: Instant) { queues.isDue(queue, at: due) }
  mutating func withdrawn(_ seqs: Set<Int64>, from queue: Queue) -> Int { queues.withdrawn(seqs, from: queue) }

  mutating func paged(_ page: Page) {
    queues.paged(page)
    if page.queue == .retry { heldSince = page.heldSince }
  }

  /// An earlier status began to hold a later one back.
  mutating func holds(since: Instant) { heldSince = min(heldSince ?? since, since) }

  // MARK: - From the operator

  mutating func pause(at now: Instant) -> Change? {
    isStateNew = true
    guard state.pause?.reason != .operator else { return nil }
    state.pause = Pause(.operator, since: now)
    noteHold(at: now)
    return .paused(.operator)
  }

  /// Ends a pause, whoever made it, except one in the rule file; and asks the app at once, whatever it or the breaker said.
  mutating func resume(at now: Instant) -> Change? {
    isStateNew = true
    state.notBefore = nil
    breaker.askNow(at: now)
    guard state.pause != nil else { return nil }
    endPause(at: now)
    return .resumed
  }

  // MARK: - Sending

  /// Takes the next delivery to send now, if there is one and nothing forbids it.
  mutating func next(at now: Instant) -> (delivery: Delivery, isProbe: Bool)? {
    guard inFlight < window.size, isOpen(at: now), bucketAllows(now) else { return nil }
    guard let delivery = isDown ? queues.pickFirst() : queues.pick() else { return nil }
    bucket?.take(at: now)
    inFlight += 1
    if isGone { goneProbe = delivery.seq }
    return (delivery, breaker.attemptStarted())
  }

  /// An attempt ended that began before the route's URL changed.
  mutating func endedElsewhere() {
    inFlight -= 1
    precondition(inFlight >= 0, "an attempt ended that had not started")
  }

  mutating func settled(_ ending: Ending, of seq: Int64, isProbe: Bool, at now: Instant) -> [Change] {
    inFlight -= 1
    precondition(inFlight >= 0, "an attempt ended that had not started")
    var changes: [Change] = []
    window.settled(ending.outcome)
    switch breaker.settled(ending, of: seq, isProbe: isProbe, at: now) {
    case .none: break
    case .closed: changes.append(.breakerClosed)
    case .opened(let until):
      window.restart()
      changes.append(.breakerOpened(until: until))
    }
    if let retryAfter = ending.retryAfter, let until = wait(retryAfter, at: now) { changes.append(.askedToWait(until: until)) }
    if let change = goneSettled(ending, of: seq, at: now) { changes.append(change) }
    noteHold(at: now)
    return changes
  }

  /// True while a failure is not the delivery's own: it waits for the lane, and not for its next turn.
  var isDown: Bool { isGone || breaker.state != .closed }

  func held(since: Instant, at now: Instant) -> Duration { state.holds.held(from: since, to: now) }

  /// The pages to ask the journal for now. Asked once each, until answered.
  ///
  /// Also while the window is full, so that the next page is there before the lane has run dry.
  mutating func pagesToFetch(at now: Instant) -> [Queue] { isOpen(at: now) ? queues.pagesToFetch(at: now) : [] }

  /// - Returns: an instant once there is something that earlier statuses have held back since then or longer and that the lane has
  ///   waited for long enough. Then the journal is to be asked to let it go, and tells what else is held.
  mutating func takeRelease(at now: Instant) -> Instant? {
    guard let heldSince, !isHeld, isOpen(at: now) else { return nil }
    let longEnough = state.holds.instant(route.orderHold, ofSendingBefore: now)
    guard heldSince <= longEnough else { return nil }
    self.heldSince = nil
    return longEnough
  }

  /// When to look at this lane again even if nothing comes in; nil if not before something does. Once it has come there is
  /// something to do: to send, or to ask the journal for something, which then comes by itself.
  func nextWake(at now: Instant) -> Instant? {
    guard let gate = gate(at: now) else { return nil }
    return [workWake(gate, at: now), releaseWake(gate, at: now)].compactMap { $0 }.min()
  }

  // MARK: - To show and to keep

  /// - Returns: what is to be kept, if it has changed since the last call.
  mutating func takeState() -> LaneState? {
    guard isStateNew else { return nil }
    isStateNew = false
    return state
  }

  /// What was to be kept could not be: it is to be kept again.
  mutating func keepAgain() { isStateNew = true }

  func gauge(at now: Instant) -> LaneGauge {
    var gauge = LaneGauge(lane: id)
    gauge.inFlight = inFlight
    gauge.window = window.size
    gauge.breaker = breaker.state
    gauge.paused = isPausedByFile || state.pause != nil
    gauge.pause = state.pause
    gauge.notBefore = askedToWait(at: now)
    gauge.isSpilled = queues.isSpilled
    gauge.isInFile = isInFile
    return gauge
  }

  // MARK: - Whether it may

  private var isGone: Bool { state.pause?.reason == .gone }
  private var isPausedByFile: Bool { isInFile && route.paused }
  private var isHeld: Bool { !isInFile || isPausedByFile || state.pause != nil || breaker.state != .closed }

  /// Nothing is sent before; nil while that depends on what comes in.
  private func gate(at now: Instant) -> Instant? {
    guard isInFile, !isPausedByFile, state.pause?.reason != .operator, breaker.state != .probing, goneProbe == nil else { return nil }
    return max(askedToWait(at: now) ?? now, breaker.nextAttempt(at: now) ?? now, isGone ? nextGoneProbe(at: now) : now)
  }

  /// As with Retry-After, a time too far away is one of a clock that was set back.
  private func nextGoneProbe(at now: Instant) -> Instant { goneProbeAt - now <= Limits.goneProbeEvery ? goneProbeAt : now }

  private func isOpen(at now: Instant) -> Bool { gate(at: now).map { $0 <= now } ?? false }

  /// A time that is further away than anybody may ask for is one of a clock that was set back since.
  private func askedToWait(at now: Instant) -> Instant? {
    state.notBefore.flatMap { $0 > now && $0 <= now + Limits.retryAfterMax ? $0 : nil }
  }

  private mutating func bucketAllows(_ now: Instant) -> Bool {
    guard let token = bucket?.nextToken(at: now) else { return true }
    return token <= now
  }

  private func workWake(_ gate: Instant, at now: Instant) -> Instant? {
    // Otherwise an attempt ends first.
    guard inFlight < window.size, let work = queues.nextWork else { return nil }
    guard !queues.isEmpty, var bucket else { return max(gate, work) }
    return max(gate, work, bucket.nextToken(at: now))
  }

  private func releaseWake(_ gate: Instant, at now: Instant) -> Instant? {
    guard let heldSince, !isHeld else { return nil }
    return max(gate, heldSince + route.orderHold + state.holds.held(from: heldSince, to: now))
  }

  // MARK: - What changes it

  /// - Returns: until when to wait, if that is news.
  private mutating func wait(_ retryAfter: Duration, at now: Instant) -> Instant? {
    let (known, until) = (askedToWait(at: now) ?? now, now + min(retryAfter, Limits.retryAfterMax))
    guard until > known else { return nil }
    state.notBefore = until
    isStateNew = true
    // Several that were in flight are answered at about the same time.
    return until - known >= .seconds(1) ? until : nil
  }

  private mutating func goneSettled(_ ending: Ending, of seq: Int64, at now: Instant) -> Change? {
    if ending.outcome.status == Outcome.gone, state.pause == nil {
      state.pause = Pause(.gone, since: now)
      goneProbeAt = now + Limits.goneProbeEvery
      isStateNew = true
      window.restart()
      return .paused(.gone)
    }
    guard goneProbe == seq else { return nil }
    goneProbe = nil
    goneProbeAt = now + Limits.goneProbeEvery
    guard isGone, ending.outcome.isDelivered else { return nil }
    endPause(at: now)
    return .resumed
  }

  private mutating func endPause(at now: Instant) {
    state.pause = nil
    goneProbe = nil
    noteHold(at: now)
  }

  private mutating func noteHold(at now: Instant) {
    guard isHeld != (state.holds.since != nil) else { return }
    if isHeld { state.holds.begin(at: now) } else { state.holds.end(at: now) }
    state.holds.forget(before: now - Limits.holdsKept)
    isStateNew = true
  }
}
