import Foundation
import Model

/// The rules in the plainest words there are: every route, every tree, for every report, over Strings and their scalars.
struct PlainRules {
  var routes: [RouteSettings]

  func routing(_ report: Report) -> Routing<Int> {
    var routing = Routing<Int>(targets: [], isOwned: false, hasOtherwise: routes.contains(where: \.otherwise))
    for (index, route) in routes.enumerated() {
      let (claimed, not) = (verdict(route, report, isClaimed: true), verdict(route, report, isClaimed: false))
      if claimed != not {
        routing.conditional.append(.init(index, ifClaimed: claimed, ifNot: not))
      } else if claimed != .no {
        routing.isOwned = true
        if claimed == .copy { routing.targets.append(index) }
      }
    }
    if !routing.isOwned { routing.otherwise = routes.indices.filter { routes[$0].otherwise && wants(routes[$0], report) } }
    return routing
  }

  private func verdict(_ route: RouteSettings, _ report: Report, isClaimed: Bool) -> Verdict {
    let isClaimed = isClaimed && report.packetID != nil
    let rules =
      route.markers.map(Condition.bodyContains) + route.packetPrefixes.map(Condition.packetPrefix) + (route.match.map { [$0] } ?? [])
    let isOwner = route.orders && isClaimed || rules.contains { holds($0, report, route.fold, isClaimed) }
    return isOwner ? (wants(route, report) ? .copy : .unwanted) : .no
  }

  private func wants(_ route: RouteSettings, _ report: Report) -> Bool {
    route.statuses.map { $0.contains { isSame($0, report.key.status) } } ?? true
  }

  private func holds(_ condition: Condition, _ report: Report, _ fold: Fold, _ isClaimed: Bool) -> Bool {
    let body = report.body.map { plain(String(decoding: $0, as: UTF8.self), fold) }
    switch condition {
    case .all(let parts), .block(let parts): return parts.allSatisfy { holds($0, report, fold, isClaimed) }
    case .any(let parts), .values(let parts): return parts.contains { holds($0, report, fold, isClaimed) }
    case .not(let part): return !holds(part, report, fold, isClaimed)
    case .bodyContains(let text):
      guard let body else { return false }
      let wanted = plain(text, fold)
      return body.indices.contains { body[$0...].starts(with: wanted) }
    case .bodyStartsWith(let text): return body?.starts(with: plain(text, fold)) ?? false
    case .packetPrefix(let digits): return report.packetID.map { "\($0)".hasPrefix(digits) } ?? false
    case .status(let word): return isSame(word, report.key.status)
    case .toPrefix(let text): return report.to.map { Array($0.unicodeScalars).starts(with: Array(text.unicodeScalars)) } ?? false
    case .order: return isClaimed
    }
  }

  private func isSame(_ a: String, _ b: String) -> Bool { Array(a.unicodeScalars) == Array(b.unicodeScalars) }

  private func plain(_ text: String, _ fold: Fold) -> [Unicode.Scalar] {
    switch fold {
    case .none: return Array(text.unicodeScalars)
    case .ascii: return text.unicodeScalars.map { ("A"..."Z").contains($0) ? Unicode.Scalar($0.value + 32)! : $0 }
    case .turkish:
      // Capitals to small letters, as a Turkish reader would.
      return text.precomposedStringWithCanonicalMapping.unicodeScalars.flatMap { scalar -> [Unicode.Scalar] in
        switch scalar {
        case "I": ["ı"]
        case "İ": ["i"]
        default: Array(String(scalar).lowercased().unicodeScalars)
        }
      }
    }
  }
}
