import Model

/// Two sets of rules asked about the same reports: which route would gain or lose which.
package struct Backtest: Sendable {
  /// Routes are the same by their name.
  package struct Row: Sendable, Equatable {
    package var route: String
    /// In which of the files it is: both, or one.
    package var isOld: Bool
    package var isNew: Bool
    /// Copies by both, by the new rules only, by the old ones only.
    package var same = 0
    package var gained = 0
    package var lost = 0
    /// Ids of some of the reports gained and lost, the last ones.
    package var gainedSamples: [Int64] = []
    package var lostSamples: [Int64] = []
  }

  /// In the order of the old file, then those that only the new one has.
  package private(set) var rows: [Row]
  package private(set) var reports = 0
  /// Matched or filtered by the old rules, unmatched by the new ones; and the other way round.
  package private(set) var becomeUnmatched = 0
  package private(set) var noLongerUnmatched = 0

  private let old: Side
  private let new: Side
  private let samplesMax: Int

  private struct Side: Sendable {
    let rules: RuleSet
    let names: [String]
    /// By route: its row.
    let rows: [Int]

    init(_ routes: [RouteSettings], _ rowOf: [String: Int]) {
      rules = RuleSet(routes)
      names = routes.map(\.name)
      rows = names.map { rowOf[$0]! }
    }
  }

  /// - Parameter samplesMax: ids kept of each kind for each route.
  package init(old: [RouteSettings], new: [RouteSettings], samplesMax: Int) {
    let (oldNames, newNames) = (Set(old.map(\.name)), Set(new.map(\.name)))
    let rows = (old + new.filter { !oldNames.contains($0.name) }).map {
      Row(route: $0.name, isOld: oldNames.contains($0.name), isNew: newNames.contains($0.name))
    }
    let rowOf = Dictionary(rows.indices.map { (rows[$0].route, $0) }) { first, _ in first }
    self.rows = rows
    self.old = Side(old, rowOf)
    self.new = Side(new, rowOf)
    self.samplesMax = samplesMax
  }

  /// True if claims of packets can make a difference.
  package var asksForOrders: Bool { old.rules.asksForOrders || new.rules.asksForOrders }

  package var isSame: Bool { losesNothing && rows.allSatisfy { $0.gained == 0 } }
  package var losesNothing: Bool { rows.allSatisfy { $0.lost == 0 } }

  /// - Parameter claimants: the routes for which the packet was claimed.
  package mutating func ask(about report: Report, claimants: Set<String>) {
    reports += 1
    let (before, after) = (resolved(report, old, claimants), resolved(report, new, claimants))
    if before.destiny == .unmatched, after.destiny != .unmatched { noLongerUnmatched += 1 }
    if before.destiny != .unmatched, after.destiny == .unmatched { becomeUnmatched += 1 }
    let (had, has) = (Set(before.targets.map { old.rows[$0] }), Set(after.targets.map { new.rows[$0] }))
    for row in had.intersection(has) { rows[row].same += 1 }
    for row in has.subtracting(had) {
      rows[row].gained += 1
      sample(report.key.id, &rows[row].gainedSamples)
    }
    for row in had.subtracting(has) {
      rows[row].lost += 1
      sample(report.key.id, &rows[row].lostSamples)
    }
  }

  private func resolved(_ report: Report, _ side: Side, _ claimants: Set<String>) -> Routing<Int>.Resolved {
    side.rules.route(report).resolved { claimants.contains(side.names[$0]) }
  }

  private func sample(_ id: Int64, _ samples: inout [Int64]) {
    // The statuses of a report often come one after the other.
    guard samplesMax > 0, !samples.contains(id) else { return }
    if samples.count == samplesMax { samples.removeFirst() }
    samples.append(id)
  }
}

extension RuleSet {
  /// True if claims of packets can make a difference.
  package var asksForOrders: Bool { routes.contains(where: \.asksForOrders) }
}
