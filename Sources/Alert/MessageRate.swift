import Model

/// Keeps one hook from being flooded: see `Limits.alertEvery` and `Limits.alertsPerHourMax`. A value; the time comes from outside.
struct MessageRate: Sendable {
  struct Leave: Equatable {
    /// A message on the same topic was sent before.
    var isMore: Bool
    /// Until when nothing more is sent, about whatever; nil if more may be.
    var nothingBefore: Instant?
  }

  private var lastOn: [Topic: Instant] = [:]
  /// Of the past hour, in their order.
  private var sent: [Instant] = []

  /// True while nothing more may be sent, about whatever.
  mutating func isUsedUp(at now: Instant) -> Bool {
    // What lies in the future was sent before somebody set the clock back.
    sent.removeAll { now - $0 >= .hours(1) || $0 > now }
    return sent.count >= Limits.alertsPerHourMax
  }

  /// Leave to send a message now, which is then counted as sent; nil if it has to wait.
  mutating func take(_ topic: Topic, at now: Instant) -> Leave? {
    guard !isUsedUp(at: now) else { return nil }
    let last = lastOn[topic]
    if let last, last <= now, now - last < Limits.alertEvery { return nil }
    lastOn[topic] = now
    sent.append(now)
    return Leave(isMore: last != nil, nothingBefore: sent.count == Limits.alertsPerHourMax ? sent[0] + .hours(1) : nil)
  }
}
