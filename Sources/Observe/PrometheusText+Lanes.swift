import Model

/// What there is of each route.
extension PrometheusText {
  /// From a local app to one that was down for days.
  private static let lagBounds = BucketBounds([
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 60, 300, 900, 3_600, 21_600, 86_400, 259_200,
  ])

  /// A lane with its labels, which are many times written and once escaped.
  struct Lane {
    var standing: LaneStanding
    var labels: Exposition.Labels
    var gauge: LaneGauge?
    var record: LaneRecord
    var pause: PauseCause?
    var isHeld: Bool
  }

  var lanes: [Lane] {
    let gauges = Dictionary(self.gauges.map { ($0.lane, $0) }) { _, last in last }
    return standing.lanes.map { lane in
      Lane(
        standing: lane, labels: Exposition.Labels(route: lane.name), gauge: gauges[lane.id], record: record.lanes[lane.id] ?? LaneRecord(),
        pause: pauses[lane.id], isHeld: heldLanes.contains(lane.id))
    }
  }

  func writeDeliveries(_ lanes: [Lane], to out: inout Exposition) {
    let deliveries = "dlr_relay_deliveries_total"
    out.head(
      deliveries, .counter, "Copies that came to their end: taken by the app, given up (since the start), or discarded by an operator.")
    for lane in lanes {
      out.sample(deliveries, lane.labels, ("result", "delivered"), lane.standing.delivered)
      out.sample(deliveries, lane.labels, ("result", "dead"), lane.record.deaths)
      out.sample(deliveries, lane.labels, ("result", "discarded"), lane.standing.discarded)
    }

    let stale = "dlr_relay_stale_dropped_total"
    out.head(stale, .counter, "Copies not owed, since a final status came first.")
    for lane in lanes { out.sample(stale, lane.labels, lane.standing.staleDropped) }

    let attempts = "dlr_relay_attempts_total"
    out.head(attempts, .counter, "Attempts to deliver, by how they ended: an HTTP class, or why there was no answer.")
    for lane in lanes {
      for (outcome, count) in lane.record.attempts.byLabel { out.sample(attempts, lane.labels, ("outcome", outcome), count) }
    }

    let lag = "dlr_relay_delivery_lag_seconds"
    out.head(lag, .histogram, "From a report's arrival to the app's 2xx.")
    for lane in lanes { out.histogram(lag, lane.labels, lane.record.lag, Self.lagBounds) }

    let last = "dlr_relay_last_delivery_timestamp_seconds"
    out.head(last, .gauge, "When the app last took a copy, in Unix time; absent before the first.")
    for lane in lanes {
      if let at = lane.standing.lastDeliveredAt { out.sample(last, lane.labels, at.unixSeconds) }
    }
  }

  func writeLanes(_ lanes: [Lane], to out: inout Exposition) {
    func gauge(_ name: String, _ help: String, _ value: (Lane) -> Int?) {
      out.head(name, .gauge, help)
      for lane in lanes {
        if let value = value(lane) { out.sample(name, lane.labels, value) }
      }
    }
    gauge("dlr_relay_pending", "Copies that wait or are in flight.") { $0.standing.pending }

    let age = "dlr_relay_oldest_pending_age_seconds"
    out.head(age, .gauge, "Age of the oldest copy that waits; 0 if none does.")
    for lane in lanes {
      guard let oldestWaiting else { break }
      out.sample(age, lane.labels, oldestWaiting[lane.standing.id].map { max(0, (now - $0).seconds) } ?? 0)
    }

    gauge("dlr_relay_order_held", "Of the copies that wait, those that an earlier status of the same report holds back.") {
      $0.standing.held
    }
    gauge("dlr_relay_dead", "Copies that were given up, and neither sent again nor discarded.") { $0.standing.dead }
    gauge("dlr_relay_in_flight", "Copies sent and not answered yet.") { $0.gauge?.inFlight }
    gauge("dlr_relay_window", "Copies that may be in flight at once: the route's `concurrency`, or fewer.") { $0.gauge?.window }

    let breaker = "dlr_relay_breaker_state"
    out.head(breaker, .gauge, "1 for the state the breaker is in, 0 for the others. Open: the app fails, and is probed.")
    for lane in lanes {
      guard let gauge = lane.gauge else { continue }
      for state in [Breaker.State.closed, .open, .probing] {
        out.sample(breaker, lane.labels, ("state", state.rawValue), gauge.breaker == state ? 1 : 0)
      }
    }

    let paused = "dlr_relay_paused"
    out.head(paused, .gauge, "1 for the reason why nothing is sent to the route, 0 for the others.")
    for lane in lanes {
      for cause in PauseCause.allCases { out.sample(paused, lane.labels, ("reason", cause.rawValue), lane.pause == cause ? 1 : 0) }
    }

    gauge("dlr_relay_spilled", "1 while what waits is read from disk, as more of it waits than memory holds.") { lane in
      lane.gauge.map { $0.isSpilled ? 1 : 0 }
    }
    gauge("dlr_relay_route_in_file", "0 for a route that left the rule file; what waited for it is held.") { $0.isHeld ? 0 : 1 }
  }
}
