import Model

/// When a sample of what was counted is taken: one a minute, with the first commit that changes a number. A value.
struct Sampler {
  /// Where no commit comes for so long, the sample is one by itself. Until then nothing has changed, so that it says the same.
  static let aloneAfter: Duration = .seconds(5)
  /// Of those that are too old, or later than a clock that was set back, deleted with one that is taken.
  static let deletedMax = Limits.stepRowsMax

  private let isOn: Bool
  /// The minute of the last one; nil before the first, which waits for nothing.
  private var last: Instant?

  /// - Parameter isOn: false for a visit to the store of a stopped relay.
  init(isOn: Bool) { self.isOn = isOn }

  /// The minute whose sample is to be taken with a commit; nil if it was taken.
  func due(at now: Instant) -> Instant? { isOn && last != now.minute ? now.minute : nil }

  /// The same, where there is no commit.
  func dueAlone(at now: Instant) -> Instant? { nextAloneAt(now) <= now ? due(at: now) : nil }

  func nextAloneAt(_ now: Instant) -> Instant {
    guard isOn else { return .distantFuture }
    guard let last else { return now }
    return (last == now.minute ? last + .minutes(1) : now.minute) + Self.aloneAfter
  }

  /// Also of one that could not be: a minute without a sample is better than a disk that is asked again and again.
  mutating func took(_ minute: Instant) { last = minute }
}

extension HistorySample {
  /// Together with the numbers it was taken of, before they change.
  func write(_ statements: Statements) throws(SQLiteFailure) {
    try statements.insertSample.run(.instant(at), .count(reports), .count(delivered), .count(failedAttempts), .count(waiting), .count(dead))
    try statements.deleteSamplesBefore.run(.instant(at - Limits.historyKept), .count(Sampler.deletedMax))
    try statements.deleteSamplesAfter.run(.instant(at), .count(Sampler.deletedMax))
  }
}
