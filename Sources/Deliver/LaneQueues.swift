import DequeModule
import Model

/// What one lane has in memory and what it knows of the rest, which waits on disk. A value without I/O and without a clock.
///
/// Deliveries wait here in the order in which the journal handed them over. The lane is *spilled* while more that was never tried
/// waits on disk; then, and whenever a retry or a replay on disk is due, it asks for a page as soon as it runs low.
struct LaneQueues {
  /// A queue is asked for its next page when it has no more than this left in memory.
  static let lowWater = 64
  /// Who is picked while all three wait, over and over: of 20 picks 15 are first tries, 4 retries and 1 is a replay. A queue that has
  /// nothing leaves its picks to the first of the others.
  static let turns: [Queue] = (0..<20).map { $0 == 10 ? .replay : $0 % 5 == 4 ? .retry : .ready }

  /// The retry or the replay queue.
  private struct Timed {
    var deliveries: Deque<Delivery> = []
    var isAsked = false
    /// When the first one that is still on disk is due; nil if there is none. Unknown at first, hence now.
    var nextDue: Instant? = Instant(microseconds: .min)

    mutating func paged(_ page: Page) {
      isAsked = false
      deliveries += page.deliveries
      if let due = page.nextDue { isDue(at: due) }
    }

    mutating func isDue(at due: Instant) { nextDue = min(nextDue ?? .distantFuture, due) }

    /// When to ask for a page; nil if not before something changes.
    var askAt: Instant? { isAsked || deliveries.count > LaneQueues.lowWater ? nil : nextDue }

    mutating func asks(at now: Instant) -> Bool {
      guard let askAt, askAt <= now else { return false }
      (isAsked, nextDue) = (true, nil)
      return true
    }
  }

  private var ready: Deque<Delivery> = []
  private var retry = Timed()
  private var replay = Timed()
  private(set) var isSpilled = true
  private var isReadyAsked = false
  private var turn = 0

  // MARK: - From the journal

  mutating func handed(_ delivery: Delivery) { ready.append(delivery) }
  mutating func spilled() { isSpilled = true }

  mutating func paged(_ page: Page) {
    switch page.queue {
    case .ready:
      isReadyAsked = false
      isSpilled = page.isMore
      ready += page.deliveries
    case .retry: retry.paged(page)
    case .replay: replay.paged(page)
    }
  }

  /// These are owed no more.
  /// - Returns: what was dropped of them, in bytes of `Delivery.cost`; nothing for those that are not here, but in flight.
  mutating func withdrawn(_ seqs: Set<Int64>, from queue: Queue) -> Int {
    switch queue {
    case .ready: Self.drop(seqs, from: &ready)
    case .retry: Self.drop(seqs, from: &retry.deliveries)
    case .replay: Self.drop(seqs, from: &replay.deliveries)
    }
  }

  private static func drop(_ seqs: Set<Int64>, from deliveries: inout Deque<Delivery>) -> Int {
    let before = deliveries.reduce(0) { $0 + $1.cost }
    deliveries.removeAll { seqs.contains($0.seq) }
    return before - deliveries.reduce(0) { $0 + $1.cost }
  }

  /// A delivery is in the queue on disk, to be sent at a time.
  mutating func isDue(_ queue: Queue, at due: Instant) {
    switch queue {
    case .ready: preconditionFailure("what was never tried is not put off")
    case .retry: retry.isDue(at: due)
    case .replay: replay.isDue(at: due)
    }
  }

  // MARK: - To the app and to the journal

  var isEmpty: Bool { ready.isEmpty && retry.deliveries.isEmpty && replay.deliveries.isEmpty }

  /// The next in turn.
  mutating func pick() -> Delivery? {
    let waiting = (ready.isEmpty ? 0 : 1) + (retry.deliveries.isEmpty ? 0 : 1) + (replay.deliveries.isEmpty ? 0 : 1)
    guard waiting > 1 else { return pickFirst() }
    let queue = Self.turns[turn]
    turn = (turn + 1) % Self.turns.count
    return take(queue) ?? pickFirst()
  }

  /// The next for a probe, always another one: what failed goes to the end of the retry queue.
  mutating func pickFirst() -> Delivery? { take(.ready) ?? take(.retry) ?? take(.replay) }

  /// The pages to ask the journal for now. Asked once each, until answered.
  mutating func pagesToFetch(at now: Instant) -> [Queue] {
    var queues: [Queue] = []
    if wantsReady {
      isReadyAsked = true
      queues.append(.ready)
    }
    if retry.asks(at: now) { queues.append(.retry) }
    if replay.asks(at: now) { queues.append(.replay) }
    return queues
  }

  /// When there is something to send or to ask for; nil if not before something comes in.
  var nextWork: Instant? {
    if !isEmpty || wantsReady { return Instant(microseconds: .min) }
    return [retry.askAt, replay.askAt].compactMap { $0 }.min()
  }

  private var wantsReady: Bool { isSpilled && !isReadyAsked && ready.count <= Self.lowWater }

  private mutating func take(_ queue: Queue) -> Delivery? {
    switch queue {
    case .ready: ready.popFirst()
    case .retry: retry.deliveries.popFirst()
    case .replay: replay.deliveries.popFirst()
    }
  }
}
