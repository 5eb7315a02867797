import Model

/// What is known of one copy that a route is owed, from what the provider was answered, what its app was sent and what the journal
/// confirmed.
struct CopySeen {
  enum State: String { case waiting, delivered, dead }

  let key: ReportKey
  let isStale: Bool
  /// Its report's place among all that were stored.
  let number: Int
  /// When it came to be owed, the last time: its place among all that came to be owed, and the time at the earliest and the latest.
  var owedNumber: Int
  var owedAt: Instant
  var owedAtLatest: Instant
  /// Not to be sent before; and to be sent once the second has come.
  var due: Instant
  var dueAtLatest: Instant
  var state = State.waiting
  var isReplay = false
  var isInFlight = false
  /// By its lane's `moves` then.
  var sentAfterMoves = 0
  /// Failed ones on disk since it came to be owed, and all results ever.
  var tries = 0
  var results = 0
  var firstFailureAt: Instant?
  var isMarked = false
  var settledAt: Instant?

  // What the app has seen.
  var taken = 0
  var mayTake = 1
  /// Its first taking was of a copy that was not marked as out of order.
  var wasTakenInOrder = false
  var mayComeLate = false

  init(key: ReportKey, isStale: Bool, number: Int, owedNumber: Int, at now: Instant) {
    (self.key, self.isStale, self.number, self.owedNumber) = (key, isStale, number, owedNumber)
    (owedAt, owedAtLatest, due, dueAtLatest) = (now, now, now, now)
  }

  mutating func isReplayed(owedNumber: Int, at now: Instant, latest: Instant) {
    self.owedNumber = owedNumber
    (owedAt, owedAtLatest, due, dueAtLatest) = (now, latest, now, latest)
    (state, isReplay, tries, firstFailureAt, isMarked) = (.waiting, true, 0, nil, false)
    mayTake += 1
    mayComeLate = true
  }

  mutating func isSettled(_ settlement: Settlement) {
    let endedAt = settlement.startedAt + settlement.took
    results += 1
    switch settlement.result {
    case .delivered: (state, settledAt) = (.delivered, endedAt)
    case .dead: (state, settledAt, mayComeLate) = (.dead, endedAt, true)
    case .retry(let due):
      (self.due, dueAtLatest) = (due, due)
      tries += 1
      firstFailureAt = firstFailureAt ?? endedAt
    }
  }
}
