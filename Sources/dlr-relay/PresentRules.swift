import Model
import Receive
import Route
import Status

/// The rules in force, asked about bytes that are stored already.
struct PresentRules: Sendable {
  let rules: RuleSet
  private let names: [String]
  private let asksForOrders: Bool
  /// The first few of them, which speak for all where nobody takes a report.
  private let explained: RuleSet

  init(_ routes: [RouteSettings]) {
    rules = RuleSet(routes)
    names = routes.map(\.name)
    asksForOrders = routes.contains(where: \.asksForOrders)
    explained = RuleSet(Array(routes.prefix(Limits.routesExplainedMax)))
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
  private func routes(of report: Report, claimedFor claimants: Set<String>) -> [String] {
    rules.route(report).resolved { claimants.contains(names[$0]) }.targets.sorted().map { names[$0] }
  }

  /// Why nobody gets one.
  private func reason(against report: Report, claimedFor claimants: Set<String>) -> String {
    func isClaimed(_ route: Int) -> Bool { claimants.contains(names[route]) }
    // Whose it is but for its status, that route speaks for all, wherever it stands in the file.
    let isFiltered = rules.route(report).resolved(isClaimed).destiny == .filtered
    let verdicts =
      isFiltered ? rules.explain(report, isClaimed: isClaimed).filter(\.refusesStatus) : explained.explain(report, isClaimed: isClaimed)
    let reasons = verdicts.prefix(Limits.routesExplainedMax).map { "\($0.route): \($0.reason)" }.joined(separator: "; ")
    let shown = reasons.count > Limits.reasonTextMax ? reasons.prefix(Limits.reasonTextMax) + "..." : reasons[...]
    let others = (isFiltered ? verdicts.count : names.count) - Limits.routesExplainedMax
    return others > 0 ? "\(shown); and \(grouped(others)) more \(others == 1 ? "route" : "routes")" : String(shown)
  }
}
