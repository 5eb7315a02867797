import Model
import Observe

/// /status.json. Members are in snake case; what is not known is null, never absent.
package struct StatusReport: Codable, Sendable, Equatable {
  package struct Config: Codable, Sendable, Equatable {
    package var fingerprint: String
    package var loadedAt: String
    @OrNull package var lastError: String?
    @OrNull package var lastErrorAt: String?
    /// All that is wrong with the newer file, at most `LoadedConfiguration.diagnosticsShownMax`.
    package var diagnostics: [String]
    /// Keys such as `receive.listen`: the file says something else than what is in force.
    package var needsRestart: [String]
  }

  package struct Received: Codable, Sendable, Equatable {
    package var reports: Int
    package var duplicates: Int
    package var unmatched: Int
    package var filtered: Int
    package var quarantined: Int
    /// Reports within the last minute; null while the relay has not run for long enough to tell.
    @OrNull package var ratePerMinute: Double?
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
    /// The same of the last minutes.
    package var recentLagMs: Lag
    /// Copies delivered within the last minute; null while the relay has not run for long enough to tell.
    @OrNull package var ratePerMinute: Double?
    @OrNull package var lastError: String?
  }

  /// In English.
  package struct HealthAnswer: Codable, Sendable, Equatable {
    package struct Finding: Codable, Sendable, Equatable {
      package var text: String
      /// What to type to see more, or to mend it.
      package var commands: [String]
    }

    /// All is well, or the worst problem.
    package var sentence: String
    /// True now, and somebody should act. The worst first.
    package var problems: [Finding]
    /// Happened once; kept to be looked at.
    package var notes: [Finding]
  }

  package struct Store: Codable, Sendable, Equatable {
    package var backend: String
    package var bytes: Int
    /// Of its disk, as far as the relay may use it; null if the system does not say.
    @OrNull package var diskFreeBytes: Int?
  }

  package struct Token: Codable, Sendable, Equatable {
    package var label: String
    /// Since the relay started.
    @OrNull package var lastUsedAt: String?
  }

  package var version: String
  package var startedAt: String
  package var health: HealthAnswer
  package var config: Config
  package var received: Received
  package var tokens: [Token]
  package var routes: [Route]
  package var store: Store
}

extension StatusReport {
  init(_ snapshot: Snapshot, _ health: Health) {
    let standing = snapshot.standing
    version = snapshot.version
    startedAt = snapshot.startedAt.rfc3339
    self.health = HealthAnswer(health)
    config = Config(
      fingerprint: snapshot.configuration.fingerprint, loadedAt: snapshot.configuration.loadedAt.rfc3339,
      lastError: snapshot.configuration.lastError, lastErrorAt: snapshot.configuration.lastErrorAt?.rfc3339,
      diagnostics: snapshot.configuration.diagnostics, needsRestart: snapshot.configuration.needsRestart)
    received = Received(
      reports: standing.reports, duplicates: standing.duplicates, unmatched: standing.unmatched, filtered: standing.filtered,
      quarantined: snapshot.quarantined, ratePerMinute: snapshot.rates.received(standing, at: snapshot.now).map(rounded),
      rejected: standing.refused, lastAt: standing.lastReportAt?.rfc3339)
    tokens = snapshot.tokenUses.map { Token(label: $0.label, lastUsedAt: $0.lastUsedAt?.rfc3339) }
    routes = snapshot.routes.map { Route($0, at: snapshot.now) }
    store = Store(backend: snapshot.storeBackend, bytes: standing.bytes, diskFreeBytes: snapshot.disk?.free)
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
    lagMs = StatusReport.Lag(route.lag)
    recentLagMs = StatusReport.Lag(route.recentLag)
    ratePerMinute = route.ratePerMinute.map(rounded)
    lastError = route.lane.lastError.map(masked(phonesIn:))
  }
}

extension StatusReport.Lag {
  init(_ lag: Histogram) {
    self.init(p50: lag.quantile(0.5)?.milliseconds, p95: lag.quantile(0.95)?.milliseconds, p99: lag.quantile(0.99)?.milliseconds)
  }
}

extension StatusReport.HealthAnswer {
  init(_ health: Health) {
    let words = HealthWords(health: health, phrases: Phrases(.english))
    func finding(_ trouble: Trouble) -> Finding {
      let detail = words.detail(trouble).map { ". \($0)" } ?? ""
      return Finding(text: words.text(trouble) + detail, commands: trouble.commands)
    }
    self.init(sentence: words.sentence, problems: health.problems.map(finding), notes: health.notes.map(finding))
  }
}

/// To tenths.
private func rounded(_ rate: Double) -> Double { (rate * 10).rounded() / 10 }

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
