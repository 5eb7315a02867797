import Model

/// What the operator's door can ask of reports that nobody got, and have done with them.
///
/// Every call throws `JournalError`.
package struct Strays: Sendable {
  /// See `StrayOperations`, of these and the next four.
  package var unmatched: @Sendable (_ after: Int64, _ limit: Int) async throws -> UnmatchedPage
  package var quarantined: @Sendable (_ after: Int64, _ limit: Int) async throws -> [QuarantinedRecord]
  package var body: @Sendable (_ id: Int64) async throws -> QuarantinedRecord?
  package var reroute: @Sendable () async throws -> QueueJob
  package var readmit: @Sendable () async throws -> QueueJob
  /// What the rules in force say of each of these reports, with the claims as they are now.
  package var verdicts: @Sendable (_ reports: [StoredReport], _ withReasons: Bool) async throws -> [StrayVerdict]

  package init(
    unmatched: @escaping @Sendable (Int64, Int) async throws -> UnmatchedPage,
    quarantined: @escaping @Sendable (Int64, Int) async throws -> [QuarantinedRecord],
    body: @escaping @Sendable (Int64) async throws -> QuarantinedRecord?,
    reroute: @escaping @Sendable () async throws -> QueueJob,
    readmit: @escaping @Sendable () async throws -> QueueJob,
    verdicts: @escaping @Sendable ([StoredReport], Bool) async throws -> [StrayVerdict]
  ) {
    self.unmatched = unmatched
    self.quarantined = quarantined
    self.body = body
    self.reroute = reroute
    self.readmit = readmit
    self.verdicts = verdicts
  }
}

/// What the rules in force say of a stored report.
package struct StrayVerdict: Sendable, Equatable {
  /// Who would get a copy, by name.
  package var routes: [String]
  /// Why nobody would, in a short text: the rules' words, and nothing of the report but its status and packet id. nil if somebody would,
  /// if nobody asked, or if there are no bytes to read.
  package var reason: String?

  package init(routes: [String] = [], reason: String? = nil) {
    self.routes = routes
    self.reason = reason
  }
}
