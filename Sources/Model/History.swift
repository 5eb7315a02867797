/// What the relay had counted by the beginning of a minute, and what waited then. The counts go on over restarts, so the difference of
/// two samples is what happened between them, whether the relay ran or not.
package struct HistorySample: Sendable, Equatable {
  /// The beginning of a minute.
  package var at: Instant
  /// Distinct reports.
  package var reports: Int
  /// Copies delivered, over all lanes, and likewise the next three.
  package var delivered: Int
  package var failedAttempts: Int
  package var waiting: Int
  package var dead: Int

  package init(at: Instant, reports: Int, delivered: Int, failedAttempts: Int, waiting: Int, dead: Int) {
    self.at = at
    self.reports = reports
    self.delivered = delivered
    self.failedAttempts = failedAttempts
    self.waiting = waiting
    self.dead = dead
  }
}

extension HistorySample {
  /// Of what is counted now: a sum over every lane.
  package init(at minute: Instant, of standing: Standing) {
    self.init(at: minute, reports: standing.reports, delivered: 0, failedAttempts: 0, waiting: 0, dead: 0)
    for lane in standing.lanes {
      delivered += lane.delivered
      failedAttempts += lane.failedAttempts
      waiting += lane.pending
      dead += lane.dead
    }
  }
}
