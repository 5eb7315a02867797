import Model

/// One route's answer to one report, for a person.
package struct RouteVerdict: Sendable, Equatable {
  package var route: String
  package var isCopied: Bool
  /// By which rule it is copied, or the first condition that failed. Holds markers and prefixes, nothing of the report but
  /// its status and packet id.
  package var reason: String
}

extension RuleSet {
  /// Why each route gets the report or does not, in the order of the file. Written apart from `match`, for people and not for speed.
  package func explain(_ report: Report) -> [RouteVerdict] {
    let grounds = routes.map { $0.otherwise ? nil : $0.ground(for: report) }
    // For an `otherwise` route's reason, one that gets a copy says more than one that refused.
    let owners = routes.indices.filter { grounds[$0] != nil }
    let owner = owners.first { routes[$0].wants(report.key.status) } ?? owners.first
    return routes.indices.map { index in
      let route = routes[index]
      guard let ground = route.otherwise ? (owner == nil ? "no other route matched" : nil) : grounds[index] else {
        let reason = owner.map { routes[$0].otherwiseRefusal(report) }
        return RouteVerdict(route: route.name, isCopied: false, reason: route.otherwise ? reason ?? "" : route.refusal(of: report))
      }
      guard route.wants(report.key.status) else {
        let wanted = (route.statuses ?? []).joined(separator: ", ")
        let reason = "\(ground), but status \(quoted(report.key.status)) is not among \(wanted)"
        return RouteVerdict(route: route.name, isCopied: false, reason: reason)
      }
      return RouteVerdict(route: route.name, isCopied: true, reason: ground)
    }
  }
}

extension RouteSettings {
  /// The rule by which the route owns the report; nil if it does not.
  fileprivate func ground(for report: Report) -> String? {
    if let body = report.body {
      for marker in markers {
        guard let offset = body.firstOffset(of: Array(marker.utf8)) else { continue }
        let character = String(decoding: body[..<offset], as: UTF8.self).unicodeScalars.count + 1
        return "the body contains \(quoted(marker)) at character \(character)"
      }
    }
    if let packetID = report.packetID, let prefix = packetPrefixes.first(where: { String(packetID).hasPrefix($0) }) {
      return "packet_id \(packetID) begins with \(quoted(prefix))"
    }
    return nil
  }

  fileprivate func refusal(of report: Report) -> String {
    var reasons: [String] = []
    if !markers.isEmpty {
      let which = markers.count == 1 ? "\(quoted(markers[0]))" : "any of its \(markers.count) markers"
      reasons.append(report.body == nil ? "the report has no body" : "the body does not contain \(which)")
    }
    if !packetPrefixes.isEmpty {
      let which = packetPrefixes.count == 1 ? "\(quoted(packetPrefixes[0]))" : "any of its \(packetPrefixes.count) prefixes"
      reasons.append(report.packetID.map { "packet_id \($0) does not begin with \(which)" } ?? "the report has no packet_id")
    }
    return reasons.joined(separator: ", and ")
  }

  /// Said of an `otherwise` route by the first route that owns the report.
  fileprivate func otherwiseRefusal(_ report: Report) -> String {
    wants(report.key.status)
      ? "it gets what no other route matched, and route \(quoted(name)) matched"
      : "it gets what no other route matched, and route \(quoted(name)) owns this report but does not want its status"
  }
}

extension [UInt8] {
  /// Where `needle` first stands, in bytes.
  func firstOffset(of needle: [UInt8]) -> Int? {
    guard needle.count <= count else { return nil }
    return (0...(count - needle.count)).first { self[$0..<($0 + needle.count)].elementsEqual(needle) }
  }
}
