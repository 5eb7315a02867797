import Model
import Receive
import Route

/// The rules in force, asked about bytes that are stored already.
struct PresentRules: Sendable {
  let rules: RuleSet
  private let names: [String]
  /// The first few of them, which speak for all where nobody takes a report.
  private let explained: RuleSet

  init(_ routes: [RouteSettings]) {
    rules = RuleSet(routes)
    names = routes.map(\.name)
    explained = RuleSet(Array(routes.prefix(Limits.routesExplainedMax)))
  }

  /// Who would get a copy, in the order of the file. Of claims it knows nothing: who claims a packet is sent its reports by that.
  func routes(of payload: Payload) -> [String] {
    guard let report = try? readReport(payload.bytes) else { return [] }
    return rules.route(report).resolved { _ in false }.targets.sorted().map { names[$0] }
  }

  /// Why nobody gets one.
  func reason(against payload: Payload) -> String {
    guard let report = try? readReport(payload.bytes) else { return "" }
    let reasons = explained.explain(report).map { "\($0.route): \($0.reason)" }.joined(separator: "; ")
    let shown = reasons.count > Limits.reasonTextMax ? reasons.prefix(Limits.reasonTextMax) + "..." : reasons[...]
    let others = names.count - Limits.routesExplainedMax
    return others > 0 ? "\(shown); and \(grouped(others)) more \(others == 1 ? "route" : "routes")" : String(shown)
  }
}
