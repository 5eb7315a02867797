import Model
import Route

extension JournalRules {
  /// The rules as a report that arrives meets them, for those that are stored.
  /// - Parameter lanes: of the routes, in the same order.
  package init(_ rules: RuleSet, lanes: [LaneID], dropsUnmatched: Bool = false) {
    self.init(dropsUnmatched: dropsUnmatched) { payload in
      guard let report = try? readReport(payload.bytes) else { return nil }
      return Routed(report: report, routing: rules.route(report).map { lanes[$0] })
    }
  }
}
