/// Keeps a lane from sending to an app that is down, or that refuses nearly everything.
///
/// A value without I/O. While open there is one "not before" time for the whole lane, so that nothing is rewritten row by
/// row; at that time a single probe goes out, each with another report. Only a delivery closes it: one that answers every probe
/// with an error is no better off with more of them.
package struct Breaker: Sendable, Equatable {
  package enum State: String, Sendable, Equatable {
    /// Everything may be sent. Exits: `open` after `outagesMax` attempts in a row without an answer, or when `failuresMax` of the
    /// last `reportsWatched` different reports failed.
    case closed
    /// Nothing may be sent before a time. Exits: `probing` when it has come; `closed` when an older attempt delivers.
    case open
    /// One attempt is out. Exits: `closed` when one delivers, `open` when the probe fails.
    case probing
  }

  /// What an input changed, for the event.
  package enum Change: Sendable, Equatable { case none, opened(until: Instant), closed }

  package static let outagesMax = 5
  package static let reportsWatched = 20
  /// 80 %: a few reports that an app can never take do not close its lane.
  package static let failuresMax = 16
  package static let probeWaitFirst: Duration = .seconds(1)
  package static let probeWaitMax: Duration = .minutes(5)

  package private(set) var state: State = .closed
  /// Meaningful while open.
  package private(set) var notBefore: Instant = .distantFuture
  private var outagesInRow = 0
  /// The last different reports tried, the oldest first.
  private var recent: [(seq: Int64, failed: Bool)] = []
  private var probeWait = Breaker.probeWaitFirst

  package init() {}

  package static func == (a: Breaker, b: Breaker) -> Bool {
    (a.state, a.notBefore, a.outagesInRow, a.probeWait) == (b.state, b.notBefore, b.outagesInRow, b.probeWait)
      && a.recent.elementsEqual(b.recent, by: ==)
  }

  package func allowsAttempt(at now: Instant) -> Bool {
    switch state {
    case .closed: true
    case .open: earliest(at: now) <= now
    case .probing: false
    }
  }

  /// When to ask again: nil while closed or while the probe is out, since its answer comes by itself.
  package func nextAttempt(at now: Instant) -> Instant? { state == .open ? earliest(at: now) : nil }

  /// A time that is further away than the wait was at its beginning is one of a clock that was set back since.
  private func earliest(at now: Instant) -> Instant { notBefore - now <= probeWait ? notBefore : now }

  /// - Returns: true if the attempt is the probe; `settled` wants to be told.
  package mutating func attemptStarted() -> Bool {
    guard state == .open else { return false }
    state = .probing
    return true
  }

  /// An attempt with the report `seq` ended. Failures of attempts that began before the breaker opened come late and tell nothing
  /// new; a delivery is news of life whenever it comes.
  package mutating func settled(_ ending: Ending, of seq: Int64, isProbe: Bool, at now: Instant) -> Change {
    if ending.outcome.isDelivered { return delivered(seq) }
    switch state {
    case .closed:
      guard !ending.isInstruction else {
        // No sign of the app's health, but an answer.
        outagesInRow = 0
        return .none
      }
      note(seq, failed: true)
      outagesInRow = ending.outcome.isOutage ? outagesInRow + 1 : 0
      return looksDown ? open(at: now) : .none
    case .probing where isProbe:
      probeWait = min(probeWait + probeWait, Self.probeWaitMax)
      return open(at: now)
    case .open, .probing:
      return .none
    }
  }

  /// Somebody says that the app is well again: the next probe may go at once, and waits begin from the first.
  package mutating func askNow(at now: Instant) {
    probeWait = Self.probeWaitFirst
    if state == .open { notBefore = min(notBefore, now) }
  }

  /// The app is another one from here on, perhaps: how this one failed says nothing of it, and if nothing is sent to this one, that one
  /// is asked at once. The end of a probe that is out must not be told.
  package mutating func appMoved(at now: Instant) {
    (outagesInRow, recent) = (0, [])
    if state == .probing { (state, notBefore) = (.open, now) }
    askNow(at: now)
  }

  private var looksDown: Bool {
    outagesInRow >= Self.outagesMax || recent.count == Self.reportsWatched && recent.count(where: \.failed) >= Self.failuresMax
  }

  private mutating func delivered(_ seq: Int64) -> Change {
    outagesInRow = 0
    probeWait = Self.probeWaitFirst
    guard state != .closed else {
      note(seq, failed: false)
      return .none
    }
    // What failed before says nothing of the app as it is now.
    recent = []
    state = .closed
    return .closed
  }

  private mutating func note(_ seq: Int64, failed: Bool) {
    recent.removeAll { $0.seq == seq }
    recent.append((seq, failed))
    if recent.count > Self.reportsWatched { recent.removeFirst() }
  }

  private mutating func open(at now: Instant) -> Change {
    state = .open
    notBefore = now + probeWait
    return .opened(until: notBefore)
  }
}
