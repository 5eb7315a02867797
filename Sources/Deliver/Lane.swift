import DequeModule
import Model

/// What one route has in memory and may send now. A value without I/O and without a clock.
///
/// Deliveries wait here in the order in which the journal handed them over. The lane is *spilled* while more waits on disk;
/// then it asks for a page whenever it runs low and may send.
struct Lane {
  /// A lane that is catching up asks for the next page when it has no more than this left.
  static let lowWater = 64
  /// Of this many picks, one is a retry even if first tries wait: none starves the other.
  private static let picksPerRetry = 5

  let id: LaneID
  private(set) var window: Window
  private(set) var breaker = Breaker()
  private(set) var inFlight = 0
  private(set) var isPaused: Bool
  private(set) var isSpilled = true
  private var ready: Deque<Delivery> = []
  private var retries: Deque<Delivery> = []
  private var isReadyAsked = false
  private var isRetryAsked = false
  /// When the first delivery of the retry queue that is still on disk is due; nil if there is none. Unknown at first, hence now.
  private var nextRetryAt: Instant? = Instant(microseconds: .min)
  private var picks = 0

  init(id: LaneID, concurrency: Int, isPaused: Bool) {
    self.id = id
    self.isPaused = isPaused
    window = Window(sizeMax: concurrency)
  }

  // MARK: - From the journal

  mutating func handed(_ delivery: Delivery) { ready.append(delivery) }
  mutating func spilled() { isSpilled = true }
  mutating func dueInStore(_ at: Instant) { nextRetryAt = min(nextRetryAt ?? .distantFuture, at) }

  mutating func paged(_ page: Page) {
    switch page.queue {
    case .ready:
      isReadyAsked = false
      isSpilled = page.isMore
      ready += page.deliveries
    case .retry, .replay:
      isRetryAsked = false
      retries += page.deliveries
      if let due = page.nextDue { dueInStore(due) }
    }
  }

  // MARK: - Sending

  /// Takes the next delivery to send now, if there is one and the window and the breaker allow it.
  mutating func next(at now: Instant) -> (delivery: Delivery, isProbe: Bool)? {
    guard mayStart(at: now), let delivery = pick() else { return nil }
    inFlight += 1
    return (delivery, breaker.attemptStarted())
  }

  mutating func settled(_ ending: Ending, of seq: Int64, isProbe: Bool, at now: Instant) -> Breaker.Change {
    inFlight -= 1
    precondition(inFlight >= 0, "an attempt ended that had not started")
    window.settled(ending.outcome)
    let change = breaker.settled(ending, of: seq, isProbe: isProbe, at: now)
    if case .opened = change { window.restart() }
    return change
  }

  /// The pages to ask the journal for now. Asked once each, until answered.
  mutating func pagesToFetch(at now: Instant) -> [Queue] {
    // Also while the window is full, so that the next page is there before the lane has run dry.
    guard !isPaused, breaker.allowsAttempt(at: now) else { return [] }
    var queues: [Queue] = []
    if isSpilled, !isReadyAsked, ready.count <= Self.lowWater {
      isReadyAsked = true
      queues.append(.ready)
    }
    if let due = nextRetryAt, due <= now, !isRetryAsked, retries.isEmpty {
      isRetryAsked = true
      nextRetryAt = nil
      queues.append(.retry)
    }
    return queues
  }

  /// When to look at this lane again even if nothing comes in; nil if not before something does. Once it has come there is
  /// something to do: to send, or to ask for a page, which then comes by itself.
  func nextWake(at now: Instant) -> Instant? {
    guard !isPaused, inFlight < window.size, breaker.state != .probing else { return nil }
    let notBefore = breaker.nextAttempt ?? now
    let hasWork = !ready.isEmpty || !retries.isEmpty || isSpilled && !isReadyAsked
    if breaker.state == .open, hasWork { return notBefore }
    guard let nextRetryAt, retries.isEmpty, !isRetryAsked else { return nil }
    return max(notBefore, nextRetryAt)
  }

  func gauge() -> LaneGauge {
    var gauge = LaneGauge(lane: id)
    gauge.inFlight = inFlight
    gauge.window = window.size
    gauge.breaker = breaker.state
    gauge.paused = isPaused
    gauge.isSpilled = isSpilled
    return gauge
  }

  private func mayStart(at now: Instant) -> Bool { !isPaused && inFlight < window.size && breaker.allowsAttempt(at: now) }

  /// First tries before retries, by weight.
  private mutating func pick() -> Delivery? {
    guard !ready.isEmpty, !retries.isEmpty else { return ready.popFirst() ?? retries.popFirst() }
    picks += 1
    return picks % Self.picksPerRetry == 0 ? retries.popFirst() : ready.popFirst()
  }
}
