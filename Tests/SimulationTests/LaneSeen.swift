import Model

/// What a lane must be like, after what its app answered and what its operator said: the contract once more, without the relay's
/// own values, so that a mistake in one of them is not made here too.
struct LaneSeen {
  /// What outlives the process.
  struct Lasting {
    var pause: Pause.Reason?
    var pausedAt: Instant?
    var waitsUntil: Instant?
    /// When nothing could be sent.
    var spans: [(from: Instant, to: Instant)] = []
    var heldSince: Instant?

    func isAsKept(_ state: LaneState, now: Instant) -> Bool {
      state.pause?.reason == pause && future(state.notBefore, now) == future(waitsUntil, now) && state.holds.since == heldSince
        && (spans.count >= Limits.holdSpansMax / 2 || sum(state.holds.spans.map { $0.to - $0.from }) == sum(spans.map { $0.to - $0.from }))
    }

    func isAsGood(as other: Lasting, now: Instant) -> Bool {
      other.pause == pause && future(other.waitsUntil, now) == future(waitsUntil, now) && other.heldSince == heldSince
        && other.spans.count == spans.count
    }

    private func future(_ instant: Instant?, _ now: Instant) -> Instant? { instant.flatMap { $0 > now ? $0 : nil } }
    private func sum(_ durations: [Duration]) -> Duration { durations.reduce(.zero, +) }
  }

  private(set) var route: RouteSettings
  private var isInFile = true
  /// False in a process that has not seen the route in its file yet.
  private var isKnown = true
  /// How often its app has moved.
  private(set) var moves = 0
  private var limitedAt: Instant?
  var lasting = Lasting()
  /// What the journal was given to keep, the first of it acknowledged; the process may end with any of it on disk.
  private var given: [(number: Int, lasting: Lasting)] = []

  private(set) var inFlight = 0
  private(set) var breaker = Breaker.State.closed
  private(set) var probeAt = Scenario.start
  private var probeWait: Duration = .seconds(1)
  private(set) var lastProbed: ReportKey?
  private var outagesInRow = 0
  /// The same, if what an app asks for is neither an outage nor the end of a row of them.
  private var outagesAtMost = 0
  private var recent: [(key: ReportKey, failed: Bool)] = []
  private var goneProbe: ReportKey?
  private(set) var goneProbeAt = Scenario.start
  private var window: Int
  private var answersUntilShrink = 0
  private var answers = 0
  private var failures = 0
  private var starts: [Instant] = []

  init(route: RouteSettings) {
    self.route = route
    window = route.concurrency
    given = [(0, lasting)]
  }

  /// A new process, that knows of the lane what was kept.
  init?(_ before: LaneSeen, bootedWith state: LaneState, at now: Instant) {
    self.init(route: before.route)
    (isInFile, isKnown) = (before.isInFile, before.isInFile)
    let possible = before.given.map(\.lasting).map { kept in
      var kept = kept
      if kept.pause == nil, let since = kept.heldSince.take() { kept.spans.append((since, now)) }
      return kept
    }
    guard let kept = possible.last(where: { $0.isAsKept(state, now: now) }) else { return nil }
    lasting = kept
    given = [(0, kept)]
    goneProbeAt = (kept.pausedAt ?? now) + .minutes(15)
    note(now)
  }

  // MARK: - The rule file

  mutating func reload(_ new: RouteSettings?, at now: Instant) {
    isInFile = new != nil
    if let new {
      if isKnown, new.url != route.url { move(at: now) }
      if !isKnown { (isKnown, window) = (true, new.concurrency) }
      if new.rateLimit != route.rateLimit { (starts, limitedAt) = ([], now) }
      window = min(window, new.concurrency)
      route = new
    }
    note(now)
  }

  /// What the app before did says nothing of the one that is there now, which is asked at once.
  private mutating func move(at now: Instant) {
    moves += 1
    (outagesInRow, outagesAtMost, recent, probeWait, lastProbed) = (0, 0, [], .seconds(1), nil)
    if breaker != .closed { (breaker, probeAt) = (.open, breaker == .open ? min(probeAt, now) : now) }
    (lasting.waitsUntil, goneProbe, goneProbeAt) = (nil, nil, now)
  }

  mutating func endsElsewhere() { inFlight -= 1 }

  // MARK: - What is kept

  mutating func gives(_ number: Int) { given.append((number, lasting)) }
  mutating func kept(_ number: Int) { given.removeAll { $0.number < number } }
  /// True if all that must outlive the process was given to the journal.
  func isGiven(now: Instant) -> Bool { given.last!.lasting.isAsGood(as: lasting, now: now) }

  // MARK: - The operator

  mutating func pause(at now: Instant) {
    if lasting.pause != .operator { (lasting.pause, lasting.pausedAt) = (.operator, now) }
    note(now)
  }

  mutating func resume(at now: Instant) {
    (lasting.waitsUntil, lasting.pause, lasting.pausedAt, goneProbe) = (nil, nil, nil, nil)
    probeWait = .seconds(1)
    if breaker == .open { probeAt = min(probeAt, now) }
    note(now)
  }

  // MARK: - Attempts

  /// - Returns: what is wrong with an attempt that begins now.
  mutating func begins(_ key: ReportKey, isProbe: Bool, at now: Instant) -> String? {
    let wrong = wrongness(at: now, isProbe: isProbe)
    inFlight += 1
    starts = starts.suffix(60) + [now]
    if breaker == .open { (breaker, lastProbed) = (.probing, key) }
    if lasting.pause == .gone { goneProbe = key }
    return wrong ?? route.rateLimit.flatMap { paceBroken($0, now) }
  }

  private func wrongness(at now: Instant, isProbe: Bool) -> String? {
    if inFlight >= min(window, route.concurrency) { return "with \(inFlight) in flight in a window of \(window)" }
    if isProbe != (breaker == .open) { return "as \(isProbe ? "a probe" : "no probe") while the breaker is \(breaker)" }
    if breaker == .probing { return "beside a probe" }
    return forbids(at: now)
  }

  private func forbids(at now: Instant) -> String? {
    if !isInFile { return "though the rule file does not have the route" }
    if route.paused { return "though the rule file pauses the route" }
    if lasting.pause == .operator { return "though the operator paused the route" }
    if let until = lasting.waitsUntil, now < until { return "\((until - now).seconds) s before the time that the app asked for" }
    if breaker == .open, now < probeAt { return "as a probe \((probeAt - now).seconds) s too early" }
    guard lasting.pause == .gone else { return nil }
    if goneProbe != nil { return "beside a probe of an app that is gone" }
    return now < goneProbeAt ? "\((goneProbeAt - now).seconds) s too early for an app that is gone" : nil
  }

  /// True if nothing forbids an attempt; with nothing in flight there must be one then, if there is anything to send.
  func mustSend(at now: Instant) -> Bool {
    guard inFlight == 0, forbids(at: now) == nil else { return false }
    guard let limit = route.rateLimit, let last = [starts.last, limitedAt].compactMap({ $0 }).max() else { return true }
    return (now - last).seconds >= 1 / limit.perSecond + 0.001
  }

  private func paceBroken(_ limit: RateLimit, _ now: Instant) -> String? {
    for (index, start) in starts.enumerated() {
      let (count, seconds) = (starts.count - index, (now - start).seconds)
      if Double(count) > Double(limit.burst) + seconds * limit.perSecond + 0.001 { return "as one of \(count) attempts in \(seconds) s" }
    }
    return nil
  }

  /// - Parameter isOpen: whether the relay's breaker is open after this, where the contract leaves it free.
  mutating func ends(_ ending: Ending, of key: ReportKey, isProbe: Bool, isOpen: Bool, at now: Instant) {
    inFlight -= 1
    countAnswer(ending.outcome)
    if ending.outcome.isDelivered { delivers(key) } else { fails(ending, of: key, isProbe: isProbe, isOpen: isOpen, at: now) }
    if let retryAfter = ending.retryAfter { lasting.waitsUntil = max(lasting.waitsUntil ?? now, now + min(retryAfter, .hours(1))) }
    hearsOfGone(ending.outcome, from: key, at: now)
    note(now)
  }

  private mutating func delivers(_ key: ReportKey) {
    (outagesInRow, outagesAtMost, probeWait) = (0, 0, .seconds(1))
    if breaker == .closed { watch(key, failed: false) } else { (breaker, recent, lastProbed) = (.closed, [], nil) }
  }

  private mutating func fails(_ ending: Ending, of key: ReportKey, isProbe: Bool, isOpen: Bool, at now: Instant) {
    switch breaker {
    case .closed:
      outagesInRow = ending.outcome.isOutage ? outagesInRow + 1 : 0
      if !ending.isInstruction {
        watch(key, failed: true)
        outagesAtMost = ending.outcome.isOutage ? outagesAtMost + 1 : 0
      }
      let isRefused = recent.count == 20 && recent.count(where: \.failed) >= 16
      let mustOpen = !ending.isInstruction && (outagesInRow >= 5 || isRefused)
      if mustOpen || (outagesAtMost >= 5 && isOpen) { opens(at: now) }
    case .probing where isProbe:
      probeWait = min(probeWait + probeWait, .minutes(5))
      opens(at: now)
    case .open, .probing: break
    }
  }

  private mutating func watch(_ key: ReportKey, failed: Bool) {
    recent = (recent.filter { $0.key != key } + [(key, failed)]).suffix(20)
  }

  private mutating func opens(at now: Instant) {
    (breaker, probeAt) = (.open, now + probeWait)
    restartWindow()
  }

  private mutating func hearsOfGone(_ outcome: Outcome, from key: ReportKey, at now: Instant) {
    if outcome.status == 410, lasting.pause == nil {
      (lasting.pause, lasting.pausedAt, goneProbeAt) = (.gone, now, now + .minutes(15))
      restartWindow()
    } else if goneProbe == key {
      (goneProbe, goneProbeAt) = (nil, now + .minutes(15))
      if lasting.pause == .gone, outcome.isDelivered { (lasting.pause, lasting.pausedAt) = (nil, nil) }
    }
  }

  // MARK: - The window

  /// Grows by one with each delivery; halves on trouble, at most once in a window's worth of answers.
  private mutating func countAnswer(_ outcome: Outcome) {
    answersUntilShrink = max(0, answersUntilShrink - 1)
    (answers, failures) = (answers + 1, failures + (outcome.isDelivered ? 0 : 1))
    var isTrouble = outcome.isOutage || outcome.status == 429
    if answers >= window {
      isTrouble = isTrouble || failures > answers - failures
      (answers, failures) = (0, 0)
    }
    if isTrouble, answersUntilShrink == 0 {
      (answersUntilShrink, window, answers, failures) = (window, max(1, window / 2), 0, 0)
    } else if !isTrouble, outcome.isDelivered {
      window = min(window + 1, route.concurrency)
    }
  }

  private mutating func restartWindow() { (window, answersUntilShrink, answers, failures) = (1, 0, 0, 0) }

  // MARK: - Time in which nothing could be sent

  private mutating func note(_ now: Instant) {
    let isHeld = !isInFile || route.paused || lasting.pause != nil || breaker != .closed
    if isHeld {
      lasting.heldSince = lasting.heldSince ?? now
    } else if let since = lasting.heldSince.take(), since < now {
      lasting.spans.append((since, now))
    }
  }

  /// For how long the lane could send between two instants.
  func sending(from: Instant, to: Instant) -> Duration {
    let held = lasting.spans + (lasting.heldSince.map { [($0, max(to, $0))] } ?? [])
    return held.reduce(to - from) { $0 - max(.zero, min($1.to, to) - max($1.from, from)) }
  }

  /// True if the relay may count more as held than was: of too many spans it forgets what lies between.
  var isVague: Bool { lasting.spans.count >= Limits.holdSpansMax }

  /// - Returns: in what the relay's own view is another.
  func differs(from gauge: LaneGauge, at now: Instant) -> String? {
    let notBefore = lasting.waitsUntil.flatMap { $0 > now ? $0 : nil }
    if gauge.isInFile != isInFile { return "it is \(gauge.isInFile ? "" : "not ")in the file, and should \(isInFile ? "" : "not ")be" }
    if gauge.breaker != breaker { return "its breaker is \(gauge.breaker), and should be \(breaker)" }
    if gauge.pause?.reason != lasting.pause {
      return "its pause is \(gauge.pause.map { "\($0.reason)" } ?? "none"), and should be \(lasting.pause.map { "\($0)" } ?? "none")"
    }
    if gauge.notBefore != notBefore { return "it does not wait for as long as the app asked" }
    if isKnown, gauge.window != window { return "its window is \(gauge.window), and should be \(window)" }
    if gauge.inFlight != inFlight { return "it counts \(gauge.inFlight) in flight, and there are \(inFlight)" }
    return nil
  }
}
