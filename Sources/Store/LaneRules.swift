import Model

/// What the writer knows of every lane when it stores: the terms from the rule file, and whether anything is held there, so that
/// settling costs nothing more where nothing is.
struct LaneRules {
  /// Lanes that were named since the start: somebody knows them, and may hold some of their deliveries in memory.
  private var named: Set<LaneID> = []
  /// Those that were named last: somebody sends them.
  private var sent: Set<LaneID> = []
  /// Lanes by other terms than the usual; all others are ordered, drop nothing and take no orders.
  private var unordered: Set<LaneID> = []
  private var dropping: Set<LaneID> = []
  private var takingOrders: Set<LaneID> = []
  private var held: [LaneID: Int] = [:]

  init(_ standing: Standing) { reload(standing) }

  func isNamed(_ lane: LaneID) -> Bool { named.contains(lane) }
  func isSent(_ lane: LaneID) -> Bool { sent.contains(lane) }
  func isOrdered(_ lane: LaneID) -> Bool { !unordered.contains(lane) }
  func dropsStale(_ lane: LaneID) -> Bool { dropping.contains(lane) }
  func takesOrders(_ lane: LaneID) -> Bool { takingOrders.contains(lane) }
  /// While it is false, orders cost the arrival of a report nothing.
  var anyTakesOrders: Bool { !takingOrders.isEmpty }
  func held(_ lane: LaneID) -> Int { held[lane] ?? 0 }
  /// A lane that was ordered when something was held there, and is not now.
  var heldForNothing: LaneID? { unordered.first { held($0) > 0 } }

  /// Lanes that are not among them keep the terms that they had, but take no orders: no rule would give them any.
  mutating func set(_ terms: [(lane: LaneID, terms: LaneTerms)]) {
    sent = Set(terms.map(\.lane))
    takingOrders.formIntersection(sent)
    for (lane, terms) in terms { set(terms, of: lane) }
  }

  private mutating func set(_ terms: LaneTerms, of lane: LaneID) {
    named.insert(lane)
    if terms.isOrdered { unordered.remove(lane) } else { unordered.insert(lane) }
    if terms.takesOrders { takingOrders.insert(lane) } else { takingOrders.remove(lane) }
    if terms.dropsStale { dropping.insert(lane) } else { dropping.remove(lane) }
  }

  mutating func committed(_ tally: Tally) {
    for (lane, change) in tally.lanes where change.held != 0 { held[lane, default: 0] += change.held }
  }

  /// As the store has it.
  mutating func reload(_ standing: Standing) {
    held = Dictionary(uniqueKeysWithValues: standing.lanes.filter { $0.held > 0 }.map { ($0.id, $0.held) })
  }
}
