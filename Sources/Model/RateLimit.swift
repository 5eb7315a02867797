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
  private let limit: RateLimit
  private var tokens: Double
  private var filledAt: Instant?

  /// Full at first.
  package init(_ limit: RateLimit) {
    precondition(limit.perSecond > 0 && limit.burst >= 1, "a route that may never send is a paused one")
    self.limit = limit
    tokens = Double(limit.burst)
  }

  /// When the next token is there; not after `now` if one is there already.
  package func nextToken(at now: Instant) -> Instant {
    let have = tokens(at: now)
    guard have < 1 else { return now }
    return now + .microseconds(Int64(((1 - have) / limit.perSecond * 1_000_000).rounded(.up)))
  }

  /// - Precondition: `nextToken` has come.
  package mutating func take(at now: Instant) {
    tokens = tokens(at: now) - 1
    // A hair below none is what rounding to microseconds leaves.
    assert(tokens > -0.01, "more was sent than the rate limit allows")
    tokens = max(0, tokens)
    filledAt = now
  }

  private func tokens(at now: Instant) -> Double {
    guard let filledAt, now > filledAt else { return tokens }
    return min(Double(limit.burst), tokens + (now - filledAt).seconds * limit.perSecond)
  }
}
