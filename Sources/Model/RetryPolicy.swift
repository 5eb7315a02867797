/// When a failed delivery is tried again, and when it is given up.
package struct RetryPolicy: Sendable, Equatable {
  /// Before the second try.
  package var first: Duration = .seconds(5)
  /// Each wait is this many times the one before.
  package var factor: Double = 3
  package var max: Duration = .hours(4)
  /// Dead when the lane could send for so long since the copy was owed, after at least `Limits.triesBeforeDeadMin` tries.
  package var giveUpAfter: Duration = .days(3)

  package init() {}

  /// How long to wait after the `tries`-th failed try.
  ///
  /// Half of the wait is fixed and half is drawn, so that deliveries which failed together do not come back together, and
  /// none comes back at once. Never more than `max`.
  package func wait(afterTries tries: Int, using rng: inout some RandomNumberGenerator) -> Duration {
    precondition(tries >= 1, "a wait follows a try")
    var seconds = first.seconds
    for _ in 1..<tries where seconds < max.seconds { seconds *= factor }
    let whole = Swift.min(seconds, max.seconds)
    return .microseconds(Int64((whole / 2 + Double.random(in: 0...(whole / 2), using: &rng)) * 1_000_000))
  }

  /// - Parameter held: how much of the time since `owedAt` the lane could not send.
  package func isGivenUp(owedAt: Instant, held: Duration, tries: Int, at now: Instant) -> Bool {
    tries >= Limits.triesBeforeDeadMin && now - owedAt - held >= giveUpAfter
  }
}
