/// What the store has counted since it was made. Survives restarts, because each number is part of the commit that changed it.
package struct Standing: Sendable, Equatable {
  /// Distinct reports.
  package var reports = 0
  package var duplicates = 0
  package var unmatched = 0
  package var filtered = 0
  package var quarantined: [QuarantineReason: Int] = [:]
  package var refused: [String: Int] = [:]
  package var lastReportAt: Instant?
  package var lanes: [LaneStanding] = []
  /// Size of the store's files, in bytes.
  package var bytes = 0

  package init() {}

  /// The relay starts: time that it was off while a breaker was open counts as held, and what comes now does not. A pause goes on.
  /// - Returns: the lanes whose state changed.
  package mutating func endHolds(at now: Instant) -> [LaneID] {
    let ended = lanes.indices.filter { lanes[$0].state.pause == nil && lanes[$0].state.holds.since != nil }
    for index in ended { lanes[index].state.holds.end(at: now) }
    return ended.map { lanes[$0].id }
  }
}

/// One route's share. `matched` = `delivered` + `dead` + `discarded` + `pending`, always.
package struct LaneStanding: Sendable, Equatable {
  package var id: LaneID
  package var name: String
  /// Copies owed, ever.
  package var matched = 0
  package var delivered = 0
  package var dead = 0
  package var failedAttempts = 0
  /// Taken out by an operator.
  package var discarded = 0
  /// Never owed, because `stale: drop` says so. Not part of `matched`.
  package var staleDropped = 0
  /// Of the pending ones, those that an earlier status of the same report holds back.
  package var held = 0
  package var lastDeliveredAt: Instant?
  /// Of the last failed attempt, in words; kept after a success, with its time, because "what was it last night" is asked too.
  package var lastError: String?
  package var lastErrorAt: Instant?
  package var state = LaneState()

  package init(id: LaneID, name: String) {
    self.id = id
    self.name = name
  }

  package var pending: Int { matched - delivered - dead - discarded }

  /// False once the store has nothing left of what was owed to the route, so that one that left the rule file need not be shown.
  /// - Parameter deadKept: `Retention.dead`. What died is counted for ever, and was not tried after that.
  package func holdsAnything(at now: Instant, deadKept: Duration) -> Bool {
    if pending > 0 { return true }
    guard dead > 0 else { return false }
    return lastErrorAt.map { now - $0 <= deadKept } ?? true
  }
}

/// One lane as it is at this moment in memory.
package struct LaneGauge: Sendable, Equatable {
  package var lane: LaneID
  package var inFlight = 0
  package var window = 0
  package var breaker: Breaker.State = .closed
  /// True while nothing is sent until somebody or something resumes it.
  package var paused = false
  /// Why; nil while it is not paused, or is by the rule file.
  package var pause: Pause?
  /// The app asked not to be sent anything before this.
  package var notBefore: Instant?
  /// True while deliveries are read from disk instead of being handed over.
  package var isSpilled = false
  /// False while the rule file does not have its route: then nothing starts, and what is in flight ends.
  package var isInFile = true

  package init(lane: LaneID) { self.lane = lane }
}
