import Model

/// What the operator's door can ask of reports that nobody got, and have done with them.
///
/// Every call but the last two throws `JournalError`.
package struct Strays: Sendable {
  /// See `StrayOperations`, of these and the next four.
  package var unmatched: @Sendable (_ after: Int64, _ limit: Int) async throws -> [StoredReport]
  package var quarantined: @Sendable (_ after: Int64, _ limit: Int) async throws -> [QuarantinedRecord]
  package var body: @Sendable (_ id: Int64) async throws -> QuarantinedRecord?
  package var reroute: @Sendable () async throws -> QueueJob
  package var readmit: @Sendable () async throws -> QueueJob
  /// Who would get a copy of these bytes by the rules in force, by name.
  package var routesNow: @Sendable (Payload) -> [String]
  /// Why nobody does, in a short text: the rules' words, and nothing of the report but its status and packet id.
  package var explainUnmatched: @Sendable (Payload) -> String

  package init(
    unmatched: @escaping @Sendable (Int64, Int) async throws -> [StoredReport],
    quarantined: @escaping @Sendable (Int64, Int) async throws -> [QuarantinedRecord],
    body: @escaping @Sendable (Int64) async throws -> QuarantinedRecord?,
    reroute: @escaping @Sendable () async throws -> QueueJob,
    readmit: @escaping @Sendable () async throws -> QueueJob,
    routesNow: @escaping @Sendable (Payload) -> [String],
    explainUnmatched: @escaping @Sendable (Payload) -> String
  ) {
    self.unmatched = unmatched
    self.quarantined = quarantined
    self.body = body
    self.reroute = reroute
    self.readmit = readmit
    self.routesNow = routesNow
    self.explainUnmatched = explainUnmatched
  }
}
