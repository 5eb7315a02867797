import Model
import Route

/// What the rules say of one report, for a person.
struct Explanation: Codable, Equatable {
  struct Entry: Codable, Equatable {
    var name: String
    var copied: Bool
    var reason: String
  }

  private enum CodingKeys: CodingKey { case destiny, routes }

  var destiny: String
  var routes: [Entry]
  private var unmatched = Unmatched.keep

  /// - Parameters:
  ///   - rules: those of the configuration.
  ///   - claimedFor: names of the routes for which the packet was claimed.
  init(of report: Report, by rules: RuleSet, _ configuration: Configuration, claimedFor: Set<String>) {
    let routes = configuration.routes
    unmatched = configuration.unmatched
    func isClaimed(_ route: Int) -> Bool { claimedFor.contains(routes[route].name) }
    destiny = "\(rules.route(report).resolved(isClaimed).destiny)"
    self.routes = rules.explain(report, isClaimed: isClaimed).map { Entry(name: $0.route, copied: $0.isCopied, reason: $0.reason) }
  }

  var text: String { (lines + [sum]).joined(separator: "\n") }

  /// One for each route.
  var lines: [String] {
    let width = routes.map(\.name.count).max() ?? 0
    return routes.map { route in
      let name = route.name + String(repeating: " ", count: width - route.name.count)
      return "\(name)  \(route.copied ? "gets a copy" : "no copy    ")  \(printable(route.reason))"
    }
  }

  var sum: String {
    let copies = routes.count(where: \.copied)
    switch destiny {
    case "\(Destiny.matched)": return "\(copies) of \(routes.count) routes \(copies == 1 ? "gets" : "get") a copy"
    case "\(Destiny.filtered)": return "filtered: its owner does not want this status, so nobody gets a copy"
    default:
      switch unmatched {
      case .keep: return "unmatched: no rule knows it; it is kept and sent to nobody"
      case .drop: return "unmatched: no rule knows it; only its id and status are kept, and it is sent to nobody"
      }
    }
  }
}
