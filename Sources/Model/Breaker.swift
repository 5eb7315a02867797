/// Keeps a lane from sending to an app that is down.
///
/// A value without I/O. While open there is one "not before" time for the whole lane, so that nothing is rewritten row by
/// row; at that time a single probe goes out.
package struct Breaker: Sendable, Equatable {
  package enum State: String, Sendable, Equatable {
    /// Everything may be sent. Exits: `open` after `errorsMax` outages in a row.
    case closed
    /// Nothing may be sent before a time. Exits: `probing` when it has come.
    case open
    /// One attempt is out. Exits: `closed` on an answer, `open` on another outage.
    case probing
  }

  /// What an input changed, for the event.
  package enum Change: Sendable, Equatable { case none, opened(until: Instant), closed }

  package static let errorsMax = 5
  package static let probeWaitFirst: Duration = .seconds(1)
  package static let probeWaitMax: Duration = .minutes(5)

  package private(set) var state: State = .closed
  /// Meaningful while open.
  package private(set) var notBefore: Instant = .distantFuture
  private var errorsInRow = 0
  private var probeWait = Breaker.probeWaitFirst

  package init() {}

  package func allowsAttempt(at now: Instant) -> Bool {
    switch state {
    case .closed: true
    case .open: now >= notBefore
    case .probing: false
    }
  }

  /// When to ask again: nil while closed or while the probe is out, since its answer comes by itself.
  package var nextAttempt: Instant? { state == .open ? notBefore : nil }

  /// - Returns: true if the attempt is the probe; `settled` wants to be told.
  package mutating func attemptStarted() -> Bool {
    guard state == .open else { return false }
    state = .probing
    return true
  }

  /// An attempt ended. Outages of attempts that began before the breaker opened come late and tell nothing new; any answer is
  /// news of life.
  package mutating func settled(_ outcome: Outcome, isProbe: Bool, at now: Instant) -> Change {
    guard outcome.isOutage else {
      errorsInRow = 0
      probeWait = Self.probeWaitFirst
      guard state != .closed else { return .none }
      state = .closed
      return .closed
    }
    switch state {
    case .closed:
      errorsInRow += 1
      return errorsInRow >= Self.errorsMax ? open(at: now) : .none
    case .probing where isProbe:
      probeWait = min(probeWait + probeWait, Self.probeWaitMax)
      return open(at: now)
    case .open, .probing:
      return .none
    }
  }

  private mutating func open(at now: Instant) -> Change {
    state = .open
    notBefore = now + probeWait
    return .opened(until: notBefore)
  }
}
