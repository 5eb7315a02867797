import Model

extension Arrival {
  /// Of a report whose way does not depend on whose order it is.
  package init(report: Report, payload: Payload, receivedAt: Instant, destiny: Destiny, lanes: [LaneID]) {
    self.init(
      report: report, payload: payload, receivedAt: receivedAt, routing: Routing(targets: lanes, isOwned: destiny != .unmatched))
  }

  /// Where it goes if nobody claimed its packet.
  package var resolved: Routing<LaneID>.Resolved { routing.resolved { _ in false } }
}
