/// A rule file that was read whole and without an error. The defaults here are those of the file's reference.
package struct Configuration: Sendable, Equatable {
  package var receive: ReceiveSettings
  package var status = StatusSettings()
  package var store = StoreSettings()
  package var routes: [RouteSettings]
  package var alerts: [AlertSettings] = []
  package var unmatched = Unmatched.keep

  package init(receive: ReceiveSettings, routes: [RouteSettings]) {
    self.receive = receive
    self.routes = routes
  }
}

/// What is kept of a report that no route owns.
package enum Unmatched: String, Sendable, CaseIterable {
  /// All of it, for `retention.unmatched`, to be looked at and rerouted.
  case keep
  /// The key alone, by which it is known again.
  case drop
}

/// A host, or an address, and a port to listen on. IPv6 hosts are without brackets here and with them in `description`.
package struct Endpoint: Sendable, Hashable, CustomStringConvertible {
  package var host: String
  /// 0 lets the system choose, which only tests want.
  package var port: Int

  package init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

  /// Every address that this machine has.
  package var isEveryAddress: Bool { host == "0.0.0.0" || host == "::" }

  /// `localhost`, `::1`, or an address in 127.0.0.0/8; not a name that only begins like one.
  package var isLoopback: Bool {
    if host == "localhost" || host == "::1" { return true }
    let numbers = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
    return numbers.count == 4 && numbers[0] == 127 && numbers.allSatisfy { $0 != nil }
  }
}

/// A token of the public URL. The label is what people see; the value is what the provider sends.
package struct Token: Sendable, Hashable {
  package var label: String
  package var value: Secret

  package init(label: String, value: Secret) {
    self.label = label
    self.value = value
  }
}

/// When a token of the public URL was last sent by whoever posts reports, since the start; nil if not yet. Tells during a rotation
/// whether the old one may go.
package struct TokenUse: Sendable, Equatable {
  package var label: String
  package var lastUsedAt: Instant?

  package init(label: String, lastUsedAt: Instant?) {
    self.label = label
    self.lastUsedAt = lastUsedAt
  }
}

/// The public door.
package struct ReceiveSettings: Sendable, Equatable {
  package var listen = Endpoint(host: "0.0.0.0", port: 8080)
  package var path = "/api/iletimerkezi/webhook"
  /// What the provider calls, without path and token: `https://sms.example.com`. nil until the operator has set it.
  package var publicURL: String?
  /// Never empty: a relay without a token does not start.
  package var tokens: [Token]
  /// A larger request is answered 413.
  package var bodyBytesMax = 64 * 1024
  /// A commit slower than this is answered 503; if it lands after all, the provider's retry is a repeat.
  package var deadline: Duration = .seconds(5)
  /// From the first byte of a request to its last.
  package var readTimeout: Duration = .seconds(10)
  /// Between two requests of one connection.
  package var idleTimeout: Duration = .seconds(60)
  package var connectionsMax = 1_024

  package init(tokens: [Token]) { self.tokens = tokens }
}

/// The operator's door.
package struct StatusSettings: Sendable, Equatable {
  package var listen = Endpoint(host: "127.0.0.1", port: 9090)
  /// Required unless `listen` is loopback.
  package var token: Secret?
  /// With this one may look and change nothing.
  package var readToken: Secret?
  package init() {}
}

package struct StoreSettings: Sendable, Equatable {
  package var path = "./relay.db"
  package var retention = Retention()
  package init() {}
}

/// How long what is kept is kept.
package struct Retention: Sendable, Equatable {
  /// The bytes of a report, from the last settlement of its deliveries. Unsettled and dead deliveries keep theirs.
  package var payloads: Duration = .days(3)
  /// The id and status of a report, by which a repeat is known.
  package var keys: Duration = .days(30)
  package var dead: Duration = .days(30)
  /// A delivery that waited this long is dead, whatever kept it waiting.
  package var waiting: Duration = .days(14)
  package var unmatched: Duration = .days(7)
  package var quarantine: Duration = .days(30)
  /// A claim of a packet, from when it was last claimed.
  package var orders: Duration = .days(30)
  package init() {}
}

/// A header that a route adds to its copies. The value may hold a credential.
package struct Header: Sendable, Equatable {
  package var name: String
  package var value: Secret

  package init(name: String, value: Secret) {
    self.name = name
    self.value = value
  }
}

/// What a route is promised about several statuses of one report.
package enum Ordering: String, Sendable, CaseIterable {
  /// They are sent one after the other, in the order of arrival. Different reports never wait for each other.
  case report
  case none
}

/// What becomes of a first `accepted` that comes after `delivered` or `undelivered`.
package enum Stale: String, Sendable, CaseIterable {
  /// Sent, with `relay-stale: true`.
  case forward
  /// Not owed to the route.
  case drop
}

/// An app, and which reports it gets.
package struct RouteSettings: Sendable, Equatable {
  package var name: String
  /// The body contains any of these, compared by Unicode scalar.
  package var markers: [String] = []
  /// Or packet_id, as decimal text, starts with any of these.
  package var packetPrefixes: [String] = []
  /// Instead of markers and prefixes: the route owns what this is true of.
  package var match: Condition?
  /// How texts are compared, in markers and in `match`.
  package var fold = Fold.none
  /// Or the packet was claimed for this route.
  package var orders = false
  /// With one of these an app may claim packets for this route, and for no other. Several while one is being rotated.
  package var orderKeys: [Secret] = []
  /// And the status is one of these; nil for all.
  package var statuses: [String]?
  /// Gets what no other route matched. Such a route has no markers and no prefixes.
  package var otherwise = false
  /// Where the copies go. Secret, because its query string usually holds the app's own token.
  package var url: Secret
  /// Standard Webhooks secrets (`whsec_...`); several while one is being rotated. None: not signed.
  package var secrets: [Secret] = []
  package var headers: [Header] = []
  /// One attempt, from connecting to the last byte of the answer.
  package var timeout: Duration = .seconds(10)
  /// Copies in flight at once, at most.
  package var concurrency = 16
  package var retry = RetryPolicy()
  /// nil: as often as the window lets it.
  package var rateLimit: RateLimit?
  package var ordering = Ordering.report
  /// An app that keeps refusing an earlier status gets the later one after so much time in which the lane could send.
  package var orderHold: Duration = .seconds(60)
  package var stale = Stale.forward
  /// Nothing is sent while this is true; copies are kept.
  package var paused = false

  package init(name: String, url: Secret) {
    self.name = name
    self.url = url
  }
}

extension RouteSettings {
  /// Whether a claim can make a difference to the route.
  package var asksForOrders: Bool { orders || match?.contains(.order) ?? false }
}

/// A rule as a tree.
package indirect enum Condition: Sendable, Equatable {
  case all([Condition])
  case any([Condition])
  case not(Condition)
  /// Keys side by side: all of them. Apart from `all`, so that a condition's place can be named as it stands in the file.
  case block([Condition])
  /// The values of one key: any of them.
  case values([Condition])
  /// The text holds this anywhere. A report without a text has an empty one in none of these: both conditions on it are false.
  case bodyContains(String)
  case bodyStartsWith(String)
  /// packet_id, as decimal text, begins with these digits.
  case packetPrefix(String)
  case status(String)
  /// The recipient, as the provider wrote it, begins with this.
  case toPrefix(String)
  /// The packet was claimed for this route.
  case order

  package func contains(_ other: Condition) -> Bool {
    if self == other { return true }
    switch self {
    case .all(let parts), .any(let parts), .block(let parts), .values(let parts): return parts.contains { $0.contains(other) }
    case .not(let part): return part.contains(other)
    default: return false
    }
  }
}

/// What is the same in two texts.
package enum Fold: String, Sendable, CaseIterable {
  /// Nothing but the same Unicode scalars.
  case none
  /// Also A to Z and a to z.
  case ascii
  /// Also every other pair of a capital and a small letter, by the Turkish rules (I is ı, İ is i), whatever normal form either is in.
  case turkish
}

/// Where operators are told of what needs them, and of what.
package struct AlertSettings: Sendable, Equatable {
  package enum Format: String, Sendable, CaseIterable { case json, slack }

  /// Secret, because whoever has a hook's address may post there.
  package var url: Secret
  package var format = Format.json
  package var kinds = Set(AlertKind.allCases)
  /// A breaker that has been open for so long is worth a message.
  package var failing: Duration = .minutes(5)
  /// So is a delivery that has waited for so long,
  package var oldestWaiting: Duration = .minutes(15)
  /// and that no report has come for so long.
  package var silence = silenceIfLeftOut
  package static let silenceIfLeftOut: Duration = .hours(6)

  package init(url: Secret) { self.url = url }
}

/// The raw value is the word in the rule file and in the message.
package enum AlertKind: String, Sendable, CaseIterable {
  case failing, recovered, paused, dead
  case oldestWaiting = "oldest_waiting"
  case silence, quarantine, unmatched, unauthorized, store, reload
}
