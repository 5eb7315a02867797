/// A moment of the wall clock, in microseconds since 1970-01-01T00:00:00Z.
///
/// One unit everywhere: what is stored, what is compared and what is shown are the same number.
package struct Instant: Sendable, Hashable, Comparable {
  package var microseconds: Int64

  package init(microseconds: Int64) { self.microseconds = microseconds }

  package static let distantFuture = Instant(microseconds: .max)

  package static func < (a: Instant, b: Instant) -> Bool { a.microseconds < b.microseconds }

  /// Saturates instead of overflowing, so that "now + for ever" is simply the distant future.
  package static func + (instant: Instant, duration: Duration) -> Instant {
    let (sum, overflow) = instant.microseconds.addingReportingOverflow(duration.microseconds)
    guard overflow else { return Instant(microseconds: sum) }
    return Instant(microseconds: duration.microseconds > 0 ? .max : .min)
  }

  package static func - (instant: Instant, duration: Duration) -> Instant {
    Instant(microseconds: instant.microseconds.subtractingSaturating(duration.microseconds))
  }

  /// The beginning of its minute.
  package var minute: Instant {
    let rest = microseconds % 60_000_000
    return Instant(microseconds: microseconds - (rest < 0 ? rest + 60_000_000 : rest))
  }

  package static func - (a: Instant, b: Instant) -> Duration { .microseconds(a.microseconds.subtractingSaturating(b.microseconds)) }
}

extension Int64 {
  fileprivate func subtractingSaturating(_ other: Int64) -> Int64 {
    let (difference, overflow) = subtractingReportingOverflow(other)
    guard overflow else { return difference }
    return other < 0 ? .max : .min
  }
}

/// Tells the time. Passed in everywhere; the real one is made only by the command that serves.
package typealias Clock = @Sendable () -> Instant

extension Duration {
  /// Whole microseconds, saturating at the ends of Int64 (292,000 years).
  package var microseconds: Int64 {
    let (seconds, attoseconds) = components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
    guard !overflow else { return seconds > 0 ? .max : .min }
    let (sum, carried) = product.addingReportingOverflow(attoseconds / 1_000_000_000_000)
    return carried ? (seconds > 0 ? .max : .min) : sum
  }

  package var milliseconds: Double { Double(microseconds) / 1_000 }
  package var seconds: Double { Double(microseconds) / 1_000_000 }

  package static func minutes(_ n: Int) -> Duration { .seconds(n * 60) }
  package static func hours(_ n: Int) -> Duration { .seconds(n * 3_600) }
  package static func days(_ n: Int) -> Duration { .seconds(n * 86_400) }
}
