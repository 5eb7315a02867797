import Model

/// From conditions to what `RuleSet` asks.
struct RuleCompiler {
  private(set) var atoms: [Atom] = []
  private var numbers: [Atom: Int] = [:]
  private(set) var owned: [[Int]] = []
  private(set) var asked: [[Int]] = []
  private(set) var alwaysAsked: [Int] = []
  private(set) var decisions = Decisions()
  private(set) var entries: ContiguousArray<Decisions.Entry>
  private(set) var takesOrders: ContiguousArray<Bool>

  init(routeCount: Int) {
    entries = ContiguousArray(repeating: Decisions.no, count: routeCount)
    takesOrders = ContiguousArray(repeating: false, count: routeCount)
  }

  mutating func add(_ route: RouteSettings, _ index: Int) {
    var trees: [Condition] = []
    for alternative in route.alternatives {
      if alternative == .order {
        takesOrders[index] = true
      } else if let atom = Atom(alternative, fold: route.fold) {
        owned[number(of: atom)].append(index)
      } else {
        trees.append(alternative)
      }
    }
    let tree = Condition.any(trees)
    for condition in tree.leaves {
      if let atom = Atom(condition, fold: route.fold) { _ = number(of: atom) }
    }
    let numbers = numbers
    func known(_ condition: Condition) -> (number: Int, commonness: Int) {
      guard let atom = Atom(condition, fold: route.fold), let number = numbers[atom] else { preconditionFailure("every atom has a number") }
      return (number, atom.commonness)
    }
    if !trees.isEmpty { entries[index] = decisions.add(tree) { known($0).number } }
    if !takesOrders[index], let guarding = Guard.of(tree, number: known) {
      for atom in guarding.atoms { asked[atom].append(index) }
    } else {
      alwaysAsked.append(index)
    }
  }

  private mutating func number(of atom: Atom) -> Int {
    if let number = numbers[atom] { return number }
    numbers[atom] = atoms.count
    atoms.append(atom)
    owned.append([])
    asked.append([])
    return atoms.count - 1
  }
}

extension RouteSettings {
  /// Conditions each of which makes the route an owner.
  fileprivate var alternatives: [Condition] {
    markers.map(Condition.bodyContains) + packetPrefixes.map(Condition.packetPrefix) + (orders ? [.order] : [])
      + (match.map(\.alternatives) ?? [])
  }
}

extension Condition {
  /// The conditions at the ends of the tree.
  var leaves: [Condition] {
    switch self {
    case .all(let parts), .any(let parts), .block(let parts), .values(let parts): parts.flatMap(\.leaves)
    case .not(let part): part.leaves
    case .bodyContains, .bodyStartsWith, .packetPrefix, .toPrefix, .status, .order: [self]
    }
  }

  fileprivate var alternatives: [Condition] {
    switch self {
    case .any(let parts), .values(let parts): parts.flatMap(\.alternatives)
    default: [self]
    }
  }
}
