/// What is known of a lane beyond its deliveries, and is kept over a restart.
package struct LaneState: Sendable, Equatable {
  /// nil while copies are sent. A pause of the rule file (`paused: true`) is not here: it is where the operator wrote it.
  package var pause: Pause?
  /// The app asked with Retry-After not to be sent anything before this.
  package var notBefore: Instant?
  /// When nothing could be sent, whatever the reason; none of it counts toward `RetryPolicy.giveUpAfter`.
  package var holds = Holds()

  package init() {}
}

/// Nothing is sent to a route until it is resumed; its copies wait.
package struct Pause: Sendable, Equatable {
  package enum Reason: String, Sendable, CaseIterable {
    /// Somebody said so, and somebody must say that it is over.
    case `operator`
    /// The app answered 410. One delivery probes every `Limits.goneProbeEvery`, and a 2xx resumes.
    case gone
  }

  package var reason: Reason
  package var since: Instant

  package init(_ reason: Reason, since: Instant) {
    self.reason = reason
    self.since = since
  }
}

/// Why nothing is sent to a route, wherever it was said. The raw value is the word in /status.json and in metrics.
package enum PauseCause: String, Sendable, CaseIterable, Codable {
  /// `Pause.Reason.operator`.
  case `operator`
  /// `Pause.Reason.gone`.
  case gone
  /// `paused: true` in the rule file, which alone can end it.
  case ruleFile = "rule_file"

  package init(_ reason: Pause.Reason) {
    switch reason {
    case .operator: self = .operator
    case .gone: self = .gone
    }
  }
}

/// How the journal treats the deliveries of a lane. From the rule file.
package struct LaneTerms: Sendable, Equatable {
  package var name: String
  /// A status of a report is settled before a later one of the same report is handed over.
  package var isOrdered: Bool
  /// A first `accepted` that comes after a final status is not owed.
  package var dropsStale: Bool

  /// Packets may be claimed for it. While that is true of any lane, reports are found by their packet.
  package var takesOrders: Bool

  package init(name: String, isOrdered: Bool = true, dropsStale: Bool = false, takesOrders: Bool = false) {
    self.name = name
    self.isOrdered = isOrdered
    self.dropsStale = dropsStale
    self.takesOrders = takesOrders
  }

  package init(_ route: RouteSettings) {
    self.init(name: route.name, isOrdered: route.ordering == .report, dropsStale: route.stale == .drop, takesOrders: route.asksForOrders)
  }
}
