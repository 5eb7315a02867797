import Model
import Observe

/// /status.json. Members are in snake case; what is not known is null, never absent.
package struct StatusReport: Codable, Sendable, Equatable {
  package struct Config: Codable, Sendable, Equatable {
    package var fingerprint: String
    package var loadedAt: String
    @OrNull package var lastError: String?
    @OrNull package var lastErrorAt: String?
    /// Keys such as `receive.listen`: the file says something else than what is in force.
    package var needsRestart: [String]
  }

  package struct Received: Codable, Sendable, Equatable {
    package var reports: Int
    package var duplicates: Int
    package var unmatched: Int
    package var filtered: Int
    package var quarantined: Int
    package var rejected: [String: Int]
    @OrNull package var lastAt: String?
  }

  /// Of what was delivered since the relay started, in milliseconds.
  package struct Lag: Codable, Sendable, Equatable {
    @OrNull package var p50: Double?
    @OrNull package var p95: Double?
    @OrNull package var p99: Double?
  }

  package struct Route: Codable, Sendable, Equatable {
    package var name: String
    package var matched: Int
    package var delivered: Int
    package var failedAttempts: Int
    package var dead: Int
    /// Taken out by an operator.
    package var discarded: Int
    /// Never owed, because of `stale: drop`.
    package var staleDropped: Int
    package var pending: Int
    package var inFlight: Int
    /// How many copies may be in flight at this moment; null for a route that is no longer in the file.
    @OrNull package var window: Int?
    @OrNull package var oldestPendingSeconds: Double?
    /// `closed`, `open` or `probing`; `held` for a route that is no longer in the file.
    @OrNull package var breaker: String?
    package var paused: Bool
    /// Who paused it: `operator`, `gone` (the app answered 410) or `rule_file`.
    @OrNull package var pause: PauseCause?
    /// When sending goes on, if the app asked with Retry-After to be left alone.
    @OrNull package var notBefore: String?
    package var lagMs: Lag
    @OrNull package var lastError: String?
  }

  package struct Store: Codable, Sendable, Equatable {
    package var backend: String
    package var bytes: Int
  }

  package struct Token: Codable, Sendable, Equatable {
    package var label: String
    /// Since the relay started.
    @OrNull package var lastUsedAt: String?
  }

  package var version: String
  package var startedAt: String
  package var config: Config
  package var received: Received
  package var tokens: [Token]
  package var routes: [Route]
  package var store: Store
}

extension StatusReport {
  init(_ snapshot: Snapshot) {
    let standing = snapshot.standing
    version = snapshot.version
    startedAt = snapshot.startedAt.rfc3339
    config = Config(
      fingerprint: snapshot.configuration.fingerprint, loadedAt: snapshot.configuration.loadedAt.rfc3339,
      lastError: snapshot.configuration.lastError, lastErrorAt: snapshot.configuration.lastErrorAt?.rfc3339,
      needsRestart: snapshot.configuration.needsRestart)
    received = Received(
      reports: standing.reports, duplicates: standing.duplicates, unmatched: standing.unmatched, filtered: standing.filtered,
      quarantined: snapshot.quarantined, rejected: standing.refused, lastAt: standing.lastReportAt?.rfc3339)
    tokens = snapshot.tokenUses.map { Token(label: $0.label, lastUsedAt: $0.lastUsedAt?.rfc3339) }
    routes = snapshot.routes.map { Route($0, at: snapshot.now) }
    store = Store(backend: snapshot.storeBackend, bytes: standing.bytes)
  }
}

extension StatusReport.Route {
  init(_ route: Snapshot.Route, at now: Instant) {
    name = route.lane.name
    matched = route.lane.matched
    delivered = route.lane.delivered
    failedAttempts = route.lane.failedAttempts
    dead = route.lane.dead
    discarded = route.lane.discarded
    staleDropped = route.lane.staleDropped
    pending = route.lane.pending
    inFlight = route.gauge?.inFlight ?? 0
    window = route.isHeld ? nil : route.gauge?.window
    oldestPendingSeconds = route.oldestWaiting.map { max(0, (now - $0).seconds) }
    breaker = route.isHeld ? "held" : route.gauge?.breaker.rawValue
    paused = route.pause != nil
    pause = route.pause
    notBefore = route.notBefore?.rfc3339
    lagMs = StatusReport.Lag(
      p50: route.lag.quantile(0.5)?.milliseconds, p95: route.lag.quantile(0.95)?.milliseconds,
      p99: route.lag.quantile(0.99)?.milliseconds)
    lastError = route.lane.lastError.map(masked(phonesIn:))
  }
}

/// Encodes nil as null, where Codable would leave the member out.
@propertyWrapper
package struct OrNull<Value: Codable & Sendable & Equatable>: Codable, Sendable, Equatable {
  package var wrappedValue: Value?

  package init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    wrappedValue = container.decodeNil() ? nil : try container.decode(Value.self)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let wrappedValue { try container.encode(wrappedValue) } else { try container.encodeNil() }
  }
}

/// Every row of /status.json by itself.
package struct RouteList: Codable, Sendable, Equatable {
  package var routes: [StatusReport.Route]
}
