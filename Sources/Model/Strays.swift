/// A stored report as it came, for who looks through many.
package struct StoredReport: Sendable, Equatable {
  package var seq: Int64
  package var key: ReportKey
  package var packetID: Int64?
  package var receivedAt: Instant
  package var lastSeenAt: Instant
  /// How often it came.
  package var seen: Int
  package var destiny: Destiny
  /// nil once retention took the bytes, or where `unmatched: drop` never kept them.
  package var payload: Payload?

  package init(
    seq: Int64, key: ReportKey, packetID: Int64?, receivedAt: Instant, lastSeenAt: Instant, seen: Int, destiny: Destiny, payload: Payload?
  ) {
    self.seq = seq
    self.key = key
    self.packetID = packetID
    self.receivedAt = receivedAt
    self.lastSeenAt = lastSeenAt
    self.seen = seen
    self.destiny = destiny
    self.payload = payload
  }
}

/// A part of the unmatched reports, in the order of arrival. A call looks at a bounded number of rows and bytes, so a page may be short, or
/// empty, and there may be more all the same.
package struct UnmatchedPage: Sendable, Equatable {
  package var reports: [StoredReport]
  /// What to read behind for the rest; nil if there is none.
  package var next: Int64?

  package init(reports: [StoredReport], next: Int64?) {
    self.reports = reports
    self.next = next
  }
}

/// A body in quarantine.
package struct QuarantinedRecord: Sendable, Equatable {
  package var id: Int64
  package var receivedAt: Instant
  package var reason: QuarantineReason
  package var payload: Payload

  package init(id: Int64, receivedAt: Instant, reason: QuarantineReason, payload: Payload) {
    self.id = id
    self.receivedAt = receivedAt
    self.reason = reason
    self.payload = payload
  }
}

/// What nobody got: reports that no route owned, and bodies that were no reports. Lists are read a page at a time, on a connection of
/// their own; what changes something is a job of the writer (a `QueueJob`), routed by `JournalRules.route`.
package protocol StrayOperations: QueueOperations {
  /// Unmatched reports whose bytes are kept, in the order of arrival, at most `limit`. Looks at `Limits.searchRowsMax` unmatched ones, with
  /// bytes or without, and reads `Limits.searchBytesMax`, but for the last of them.
  /// - Parameter after: a `seq`; the page begins behind it. 0 for the first.
  func unmatched(after seq: Int64, limit: Int) throws(JournalError) -> UnmatchedPage

  /// Bodies in quarantine, in the order of arrival.
  /// - Parameter after: an `id`.
  func quarantined(after id: Int64, limit: Int) throws(JournalError) -> [QuarantinedRecord]

  /// nil if there is none, or not any more.
  func quarantined(_ id: Int64) throws(JournalError) -> QuarantinedRecord?

  /// Starts a job that sends the unmatched reports that are kept now through the present rules. Those that match are owed from then on,
  /// in the retry queue; the others stay what they are. `QueueJob.count` counts the copies.
  func reroute(then: @escaping @Sendable (Result<QueueJob, JournalError>) -> Void)

  /// Starts a job that reads the quarantine again, which a later version may understand: what is a report now is stored and routed as if
  /// it came now, with the time at which it did come, and leaves the quarantine. `QueueJob.count` counts the reports.
  func readmit(then: @escaping @Sendable (Result<QueueJob, JournalError>) -> Void)
}
