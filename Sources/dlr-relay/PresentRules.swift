import Model
import Receive
import Route
import Status

/// The rules in force, asked about bytes that are stored already.
struct PresentRules: Sendable {
  let rules: RuleSet
  private let names: [String]
  private let asksForOrders: Bool

  init(_ routes: [RouteSettings]) {
    rules = RuleSet(routes)
    names = routes.map(\.name)
    asksForOrders = routes.contains(where: \.asksForOrders)
  }

  /// - Parameter journal: knows whose order each packet is.
  func verdicts(
    on reports: [StoredReport], withReasons: Bool, by journal: some OrderOperations
  ) throws(JournalError) -> [StrayVerdict] {
    let names = Dictionary(uniqueKeysWithValues: journal.standing().lanes.map { ($0.id, $0.name) })
    var verdicts: [StrayVerdict] = []
    for stored in reports {
      guard let payload = stored.payload, let report = try? readReport(payload.bytes) else {
        verdicts.append(StrayVerdict())
        continue
      }
      let claims = asksForOrders ? try stored.packetID.map(journal.claims(of:)) ?? [] : []
      let claimants = Set(claims.compactMap { names[$0.claim.lane] })
      let routes = routes(of: report, claimedFor: claimants)
      let reason = withReasons && routes.isEmpty ? reason(against: report, claimedFor: claimants) : nil
      verdicts.append(StrayVerdict(routes: routes, reason: reason))
    }
    return verdicts
  }

  /// Who would get a copy, in the order of the file.
  func routes(of report: Report, claimedFor claimants: Set<String> = []) -> [String] {
    rules.route(report).resolved { claimants.contains(names[$0]) }.targets.sorted().map { names[$0] }
  }

  /// Why nobody gets one. Of many routes some speak, who know best.
  func reason(against report: Report, claimedFor claimants: Set<String> = []) -> String {
    let refusals = rules.refusals(of: report, max: Limits.routesExplainedMax) { claimants.contains(names[$0]) }
    let reasons = refusals.map { "\($0.route): \($0.reason)" }.joined(separator: "; ")
    let shown = reasons.count > Limits.reasonTextMax ? reasons.prefix(Limits.reasonTextMax) + "..." : reasons[...]
    let others = names.count - refusals.count
    return others > 0 ? "\(shown); and \(grouped(others)) more \(others == 1 ? "route" : "routes")" : String(shown)
  }
}
