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
    let names = Self.laneNames(journal)
    var verdicts: [StrayVerdict] = []
    for stored in reports {
      guard let payload = stored.payload, let report = try? readReport(payload.bytes) else {
        verdicts.append(StrayVerdict())
        continue
      }
      let claimants = try claimants(of: stored.packetID, by: journal, names)
      let routes = routes(of: report, claimedFor: claimants)
      let reason = withReasons && routes.isEmpty ? reason(against: report, claimedFor: claimants) : nil
      verdicts.append(StrayVerdict(routes: routes, reason: reason))
    }
    return verdicts
  }

  /// What they say of each, and why; nil where there are no bytes to read.
  func answers(on records: [ReportRecord], by journal: some OrderOperations) throws(JournalError) -> [RulesAnswer?] {
    let names = Self.laneNames(journal)
    var answers: [RulesAnswer?] = []
    for record in records {
      guard let payload = record.payload, let report = try? readReport(payload.bytes) else {
        answers.append(nil)
        continue
      }
      answers.append(answer(on: report, claimedFor: try claimants(of: record.packetID, by: journal, names)))
    }
    return answers
  }

  private func answer(on report: Report, claimedFor claimants: Set<String>) -> RulesAnswer {
    func isClaimed(_ route: Int) -> Bool { claimants.contains(names[route]) }
    let refusals = rules.refusals(of: report, max: Limits.routesExplainedMax, isClaimed: isClaimed)
    let refused = Set(refusals.map(\.route))
    let shown = rules.explain(report, isClaimed: isClaimed).filter { $0.isCopied || refused.contains($0.route) }
    return RulesAnswer(
      destiny: "\(rules.route(report).resolved(isClaimed).destiny)",
      routes: shown.map { RulesAnswer.Route(name: $0.route, copied: $0.isCopied, reason: $0.reason) }, claimedFor: claimants.sorted())
  }

  private static func laneNames(_ journal: some Journal) -> [LaneID: String] {
    Dictionary(uniqueKeysWithValues: journal.standing().lanes.map { ($0.id, $0.name) })
  }

  private func claimants(
    of packetID: Int64?, by journal: some OrderOperations, _ names: [LaneID: String]
  ) throws(JournalError) -> Set<String> {
    guard asksForOrders, let packetID else { return [] }
    return Set(try journal.claims(of: packetID).compactMap { names[$0.claim.lane] })
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
