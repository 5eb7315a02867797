/// The times in which a lane could not send because its breaker was open or it was paused.
///
/// A value. Bounded: beyond `Limits.holdSpansMax` the two neighbours with the shortest time between them become one, so that
/// what is forgotten counts as held, and no delivery is given up too early. So does a time that was held only once of twice, because
/// the clock was set back and it came again.
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

  /// - Precondition: the spans are in the order of time.
  package init(spans: [Span] = [], since: Instant? = nil) {
    for span in spans {
      precondition(span.from <= span.to && span.from >= self.spans.last?.from ?? span.from, "holds are in the order of time")
      append(span)
    }
    self.since = since
  }

  package mutating func begin(at now: Instant) {
    if since == nil { since = now }
  }

  package mutating func end(at now: Instant) {
    guard let since = since.take() else { return }
    append(Span(from: since, to: max(since, now)))
  }

  /// How much of the time between two instants was held.
  package func held(from: Instant, to: Instant) -> Duration {
    var sum: Duration = .zero
    for span in all(until: to).reversed() {
      guard span.to > from else { break }
      sum += max(.zero, min(span.to, to) - max(span.from, from))
    }
    return sum
  }

  /// The instant from which on the lane could send for `duration` until `now`. What began to wait no later has waited that long.
  package func instant(_ duration: Duration, ofSendingBefore now: Instant) -> Instant {
    var (end, left) = (now, duration)
    for span in all(until: now).reversed() where span.from < end {
      let sending = max(.zero, end - span.to)
      if sending >= left { break }
      left -= sending
      end = span.from
    }
    return end - left
  }

  /// Forgets what ended before an instant.
  package mutating func forget(before instant: Instant) { spans.removeAll { $0.to < instant } }

  /// With the present one, as far as it has come.
  private func all(until now: Instant) -> [Span] {
    guard let since, since < now else { return spans }
    var whole = Holds()
    whole.spans = spans
    whole.merge(Span(from: since, to: now))
    return whole.spans
  }

  private mutating func append(_ span: Span) {
    guard span.from < span.to else { return }
    merge(span)
    guard spans.count > Limits.holdSpansMax else { return }
    let gaps = spans.indices.dropLast().map { spans[$0 + 1].from - spans[$0].to }
    let shortest = gaps.indices.min { gaps[$0] < gaps[$1] }!
    spans[shortest].to = spans[shortest + 1].to
    spans.remove(at: shortest + 1)
  }

  /// Becomes one with those that it touches, which are none unless the clock was set back.
  private mutating func merge(_ span: Span) {
    let first = spans.firstIndex { $0.to >= span.from } ?? spans.endIndex
    let end = spans[first...].firstIndex { $0.from > span.to } ?? spans.endIndex
    let touched = spans[first..<end]
    let union = Span(from: min(span.from, touched.first?.from ?? span.from), to: max(span.to, touched.last?.to ?? span.to))
    spans.replaceSubrange(first..<end, with: [union])
  }
}
