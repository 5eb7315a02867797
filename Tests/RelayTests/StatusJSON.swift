import Foundation

/// /status.json as a script reads it: written from its description, not from the code that writes it.
struct StatusJSON: Decodable, Sendable, Equatable {
  struct Received: Decodable, Sendable, Equatable {
    var reports: Int
    var duplicates: Int
    var unmatched: Int
    var filtered: Int
    var quarantined: Int
    var rejected: [String: Int]
  }

  struct Route: Decodable, Sendable, Equatable {
    var name: String
    var matched: Int
    var delivered: Int
    var failedAttempts: Int
    var dead: Int
    var discarded: Int
    var pending: Int
    var inFlight: Int
    var breaker: String?
    var pause: String?
    var lastError: String?
  }

  struct Config: Decodable, Sendable, Equatable {
    var fingerprint: String
    var loadedAt: String
    var lastError: String?
    var lastErrorAt: String?
    var needsRestart: [String]
  }

  /// nil in `counters`.
  var config: Config?
  var received: Received
  var routes: [Route]

  init(_ bytes: [UInt8]) throws {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    self = try decoder.decode(Self.self, from: Data(bytes))
  }

  /// - Precondition: the page shows the route.
  subscript(name: String) -> Route {
    guard let route = routes.first(where: { $0.name == name }) else { preconditionFailure("no route \(name) among \(routes.map(\.name))") }
    return route
  }

  var pending: Int { routes.reduce(0) { $0 + $1.pending } }

  /// Without what is only true of one moment.
  var counters: StatusJSON {
    var counters = self
    counters.config = nil
    for i in counters.routes.indices {
      counters.routes[i].inFlight = 0
      counters.routes[i].breaker = nil
    }
    return counters
  }
}
