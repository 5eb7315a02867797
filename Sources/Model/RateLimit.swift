/// How often a route may be sent something: on the long run `perSecond` times a second, and at most `burst` at once.
package struct RateLimit: Sendable, Equatable {
  package var perSecond: Double
  package var burst: Int

  package init(perSecond: Double, burst: Int) {
    self.perSecond = perSecond
    self.burst = burst
  }
}

/// Counts what a rate limit allows. A value: the time comes from outside.
package struct TokenBucket: Sendable, Equatable {
  /// What counts as a whole token: a hair less than one, which is what adding fractions up leaves. The hair is owed, so that
  /// many of them never make a token.
  private static let whole = 1 - 1e-6
  /// No wait needs to be told from a longer one.
  private static let waitMax: Duration = .days(365)

  private var limit: RateLimit
  private var tokens: Double
  private var filledAt: Instant?

  /// Full at first.
  package init(_ limit: RateLimit) {
    precondition(limit.perSecond > 0 && limit.burst >= 1, "a route that may never send is a paused one")
    self.limit = limit
    tokens = Double(limit.burst)
  }

  /// When the next token is there; not after `now` if one is there already.
  package mutating func nextToken(at now: Instant) -> Instant {
    fill(at: now)
    guard tokens < Self.whole else { return now }
    let microseconds = (1 - tokens) / limit.perSecond * 1_000_000
    return now + .microseconds(Int64(min(microseconds, Double(Self.waitMax.microseconds)).rounded(.up)))
  }

  /// What is left by the old limit is left by the new one, as far as it may have so many at once.
  package mutating func change(to limit: RateLimit, at now: Instant) {
    precondition(limit.perSecond > 0 && limit.burst >= 1, "a route that may never send is a paused one")
    fill(at: now)
    self.limit = limit
    tokens = min(tokens, Double(limit.burst))
  }

  /// - Precondition: `nextToken` has come.
  package mutating func take(at now: Instant) {
    fill(at: now)
    precondition(tokens >= Self.whole, "more was sent than the rate limit allows")
    tokens -= 1
  }

  /// A clock that was set back brings no tokens, and takes none: they come on from there.
  private mutating func fill(at now: Instant) {
    if let filledAt, now > filledAt { tokens = min(Double(limit.burst), tokens + (now - filledAt).seconds * limit.perSecond) }
    filledAt = now
  }
}
