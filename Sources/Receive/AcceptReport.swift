import Model
import Route

/// From the bytes of a request to what the store is asked to keep. Everything before was the token; everything after is the
/// commit, and then the answer.
package struct AcceptReport: Sendable {
  private let rules: RuleSet
  /// Of the routes, in the same order.
  private let lanes: [LaneID]
  private let journal: any Journal
  private let observer: Observer

  package init(rules: RuleSet, lanes: [LaneID], journal: any Journal, observer: @escaping Observer) {
    self.rules = rules
    self.lanes = lanes
    self.journal = journal
    self.observer = observer
  }

  /// - Parameter then: gets nil once the report, or the body that is none, is on disk with every copy it owes; with an error
  ///   nothing was stored. Called once, on the store's thread or on this one.
  func callAsFunction(_ payload: Payload, at now: Instant, then: @escaping @Sendable (JournalError?) -> Void) {
    let report: Report
    do {
      report = try readReport(payload.bytes)
    } catch {
      let reason = error.reason
      return journal.quarantine(Quarantined(payload: payload, receivedAt: now, reason: reason)) { [observer] failure in
        if failure == nil { observer(.quarantined(reason)) }
        then(failure)
      }
    }
    journal.append(Arrival(report: report, payload: payload, receivedAt: now, routing: rules.route(report).map { lanes[$0] }), then: then)
  }
}
