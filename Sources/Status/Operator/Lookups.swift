import Model

/// What the operator's door can look up. Every call throws `JournalError`, and reads a bounded part of the store.
package struct Lookups: Sendable {
  /// See `LookupOperations`, of this and the next.
  package var search: @Sendable (ReportSearch) async throws -> SearchPage
  package var history: @Sendable (_ since: Instant) async throws -> [HistorySample]
  /// What the rules in force say of each of these reports, with the claims as they are now; nil where the bytes are gone, or are no
  /// report to this version.
  package var explain: @Sendable ([ReportRecord]) async throws -> [RulesAnswer?]

  package init(
    search: @escaping @Sendable (ReportSearch) async throws -> SearchPage,
    history: @escaping @Sendable (Instant) async throws -> [HistorySample],
    explain: @escaping @Sendable ([ReportRecord]) async throws -> [RulesAnswer?]
  ) {
    self.search = search
    self.history = history
    self.explain = explain
  }

  /// Finds nothing.
  package static let none = Lookups(
    search: { _ in SearchPage(reports: [], next: nil, searchedBackTo: nil) }, history: { _ in [] }, explain: { $0.map { _ in nil } })
}

/// What the rules say of one report. No text and no whole phone number is in it.
package struct RulesAnswer: Codable, Sendable, Equatable {
  package struct Route: Codable, Sendable, Equatable {
    package var name: String
    package var copied: Bool
    package var reason: String

    package init(name: String, copied: Bool, reason: String) {
      self.name = name
      self.copied = copied
      self.reason = reason
    }
  }

  /// `matched`, `unmatched` or `filtered`.
  package var destiny: String
  /// In the order of the file. Of many routes that get no copy only `Limits.routesExplainedMax` say why, who know best.
  package var routes: [Route]
  /// Routes for which its packet was claimed.
  package var claimedFor: [String]

  package init(destiny: String, routes: [Route], claimedFor: [String]) {
    self.destiny = destiny
    self.routes = routes
    self.claimedFor = claimedFor
  }
}
