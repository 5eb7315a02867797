import Model

/// The rules of all routes, ready to be asked. Immutable; a reload makes a new one.
///
/// A route owns a report if any of its alternatives is true: a marker, a packet prefix, `match`, or a claim where it takes orders. An
/// alternative that is a single atom owns by being found; a tree is evaluated only where an atom was found without which it is false.
/// So a report costs one reading of its text and what is true of it, however many rules there are; only trees that can be true of
/// a report of which nothing is found (`not`, `order`) are evaluated for each.
package struct RuleSet: Sendable {
  let routes: [RouteSettings]
  private let atoms: AtomIndex
  /// By atom: the routes that it makes owners, and those whose tree is to be evaluated where it is found.
  private let owned: FlatLists
  private let asked: FlatLists
  /// Routes that are asked about every report.
  private let alwaysAsked: [Int]
  private let decisions: Decisions
  /// By route: where its tree begins; `Decisions.no` for one without.
  private let entries: ContiguousArray<Decisions.Entry>
  /// By route: whether a claim alone makes it an owner.
  private let takesOrders: ContiguousArray<Bool>
  private let statuses: Statuses
  private let otherwise: [Int]

  /// - Precondition: no text of a condition is empty, which `RuleFile` sees to.
  package init(_ routes: [RouteSettings]) {
    var compiler = RuleCompiler(routeCount: routes.count)
    for (index, route) in routes.enumerated() { compiler.add(route, index) }
    self.routes = routes
    atoms = AtomIndex(compiler.atoms)
    owned = FlatLists(compiler.owned)
    asked = FlatLists(compiler.asked)
    alwaysAsked = compiler.alwaysAsked
    decisions = compiler.decisions
    entries = compiler.entries
    takesOrders = compiler.takesOrders
    statuses = Statuses(routes)
    otherwise = routes.indices.filter { routes[$0].otherwise }
  }

  /// - Returns: the routes by their index, ascending. Allocates nothing where nothing is found and no route wants what is left.
  package func route(_ report: Report) -> Routing<Int> {
    var (owners, undecided) = owners(of: report)
    let isOwned = !owners.isEmpty
    guard isOwned || !undecided.isEmpty || !otherwise.isEmpty else { return Routing(targets: [], isOwned: false) }
    let status = statuses.number(of: report.key.status)
    owners.removeAll { !statuses.wants(status, $0) }
    return Routing(
      targets: owners, isOwned: isOwned,
      conditional: undecided.map { route, ifClaimed in
        let verdict = statuses.wants(status, route) ? Verdict.copy : .unwanted
        return .init(route, ifClaimed: ifClaimed ? verdict : .no, ifNot: ifClaimed ? .no : verdict)
      },
      otherwise: isOwned ? [] : otherwise.filter { statuses.wants(status, $0) }, hasOtherwise: !otherwise.isEmpty)
  }

  /// Whose the report is, whether they want its status or not; ascending.
  func owners(of report: Report, isClaimed: (Int) -> Bool) -> [Int] {
    let (owners, undecided) = owners(of: report)
    return (owners + undecided.filter { $0.ifClaimed == isClaimed($0.route) }.map(\.route)).sorted()
  }

  /// Whose the report is, claimed or not, ascending; and of whom a claim decides.
  private func owners(of report: Report) -> (owners: [Int], undecided: [(route: Int, ifClaimed: Bool)]) {
    var found: [Int] = []
    atoms.appendTrue(of: report, to: &found)
    var (owners, candidates): ([Int], [Int]) = ([], alwaysAsked)
    for atom in found {
      owned.append(atom, to: &owners)
      asked.append(atom, to: &candidates)
    }
    owners.sortAndRemoveRepeats()
    var undecided: [(route: Int, ifClaimed: Bool)] = []
    if !candidates.isEmpty { decide(&candidates, report, &found, &owners, &undecided) }
    return (owners, undecided)
  }

  /// Adds to the owners those candidates that are some, claimed or not, and to the undecided those of which a claim decides.
  private func decide(
    _ candidates: inout [Int], _ report: Report, _ found: inout [Int], _ owners: inout [Int],
    _ undecided: inout [(route: Int, ifClaimed: Bool)]
  ) {
    candidates.sortAndRemoveRepeats()
    found.sort()
    let ownersBefore = owners.count
    // Nobody can claim a packet that a report does not name.
    let isClaimable = report.packetID != nil
    for route in candidates where !owners[..<ownersBefore].containsByHalving(route) {
      let ifNot = decisions.isTrue(entries[route], found, isClaimed: false)
      let ifClaimed = isClaimable ? takesOrders[route] || decisions.isTrue(entries[route], found, isClaimed: true) : ifNot
      if ifClaimed != ifNot {
        undecided.append((route, ifClaimed))
      } else if ifNot {
        owners.append(route)
      }
    }
    if owners.count > ownersBefore { owners.sort() }
  }
}

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
