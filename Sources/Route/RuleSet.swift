import Model

/// Where a report goes.
package struct Match: Sendable, Equatable {
  package var destiny: Destiny
  /// Indices of the routes that get a copy, ascending.
  package var routes: [Int]

  package init(destiny: Destiny, routes: [Int]) {
    self.destiny = destiny
    self.routes = routes
  }
}

/// The rules of all routes, ready to be asked. Immutable; a reload makes a new one.
package struct RuleSet: Sendable {
  let routes: [RouteSettings]
  private let markers: Automaton
  private let packets: PacketTable
  private let otherwise: [Int]

  /// - Precondition: no marker is empty, which `RuleFile` sees to.
  package init(_ routes: [RouteSettings]) {
    self.routes = routes
    markers = Automaton(
      routes.enumerated().flatMap { index, route in
        route.markers.map { Automaton.Pattern(bytes: Array($0.utf8), owner: index) }
      })
    packets = PacketTable(routes.enumerated().flatMap { index, route in route.packetPrefixes.map { ($0, index) } })
    otherwise = routes.indices.filter { routes[$0].otherwise }
  }

  /// Takes as long as one pass over the body, however many rules there are.
  ///
  /// A route owns a report by marker or packet, and then may not want its status: what all owners refuse is filtered, and
  /// neither unmatched nor for `otherwise`. What nobody owns belongs to the `otherwise` routes, with their statuses.
  package func match(_ report: Report) -> Match {
    let resolved = route(report).resolved { _ in false }
    return Match(destiny: resolved.destiny, routes: resolved.targets)
  }

  package func route(_ report: Report) -> Routing<Int> {
    var owners: [Int] = []
    if let body = report.body { markers.appendOwners(in: body, to: &owners) }
    if let packetID = report.packetID { packets.appendOwners(of: packetID, to: &owners) }
    let isOwned = !owners.isEmpty
    owners.sortAndRemoveRepeats()
    owners.removeAll { !routes[$0].wants(report.key.status) }
    return Routing(
      targets: owners, isOwned: isOwned, otherwise: isOwned ? [] : otherwise.filter { routes[$0].wants(report.key.status) },
      hasOtherwise: !otherwise.isEmpty)
  }
}

extension RouteSettings {
  func wants(_ status: String) -> Bool { statuses?.contains { isSameStatus($0, status) } ?? true }
}

/// `==` on Strings is canonical equivalence; the provider's words are compared exactly.
func isSameStatus(_ a: String, _ b: String) -> Bool { a == b && a.utf8.elementsEqual(b.utf8) }

extension [Int] {
  fileprivate mutating func sortAndRemoveRepeats() {
    guard count > 1 else { return }
    sort()
    var kept = 1
    for index in 1..<count where self[index] != self[kept - 1] {
      self[kept] = self[index]
      kept += 1
    }
    removeLast(count - kept)
  }
}
