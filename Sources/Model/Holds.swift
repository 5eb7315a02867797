/// The times in which a lane could not send because its breaker was open or it was paused.
///
/// A value. Bounded: beyond `Limits.holdSpansMax` the two neighbours with the shortest time between them become one, so that
/// what is forgotten counts as held, and no delivery is given up too early.
package struct Holds: Sendable, Equatable {
  package struct Span: Sendable, Equatable {
    package var from: Instant
    package var to: Instant

    package init(from: Instant, to: Instant) {
      self.from = from
      self.to = to
    }
  }

  /// Those that are over, in the order of time, without overlap.
  package private(set) var spans: [Span] = []
  /// When the present one began; nil while the lane may send.
  package private(set) var since: Instant?

  package init(spans: [Span] = [], since: Instant? = nil) {
    for span in spans { append(span) }
    self.since = since.map { max($0, self.spans.last?.to ?? $0) }
  }

  package mutating func begin(at now: Instant) {
    guard since == nil else { return }
    // A clock that was set back does not make spans overlap.
    since = max(now, spans.last?.to ?? now)
  }

  package mutating func end(at now: Instant) {
    guard let since = since.take() else { return }
    append(Span(from: since, to: max(since, now)))
  }

  /// How much of the time between two instants was held.
  package func held(from: Instant, to: Instant) -> Duration {
    var sum: Duration = .zero
    for span in spans.reversed() {
      guard span.to > from else { break }
      sum += overlap(span, from, to)
    }
    if let since { sum += overlap(Span(from: since, to: max(since, to)), from, to) }
    return sum
  }

  /// The instant from which on the lane could send for `duration` until `now`. What began to wait no later has waited that long.
  package func instant(_ duration: Duration, ofSendingBefore now: Instant) -> Instant {
    var (end, left) = (min(now, since ?? now), duration)
    for span in spans.reversed() where span.to <= end {
      if end - span.to >= left { break }
      left -= end - span.to
      end = span.from
    }
    return end - left
  }

  /// Forgets what ended before an instant.
  package mutating func forget(before instant: Instant) { spans.removeAll { $0.to < instant } }

  private func overlap(_ span: Span, _ from: Instant, _ to: Instant) -> Duration {
    max(.zero, min(span.to, to) - max(span.from, from))
  }

  private mutating func append(_ span: Span) {
    precondition(span.from <= span.to && span.from >= spans.last?.to ?? span.from, "holds are in the order of time")
    guard span.from < span.to else { return }
    spans.append(span)
    guard spans.count > Limits.holdSpansMax else { return }
    let gaps = spans.indices.dropLast().map { spans[$0 + 1].from - spans[$0].to }
    let shortest = gaps.indices.min { gaps[$0] < gaps[$1] }!
    spans[shortest].to = spans[shortest + 1].to
    spans.remove(at: shortest + 1)
  }
}
