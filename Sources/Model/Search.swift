/// Which reports somebody looks for. Every condition that is set holds.
package struct ReportSearch: Sendable {
  /// All statuses of this report.
  package var reportID: Int64?
  package var packetID: Int64?
  /// As sent.
  package var status: String?
  package var destiny: Destiny?
  /// A copy of it is owed to this lane, or was.
  package var lane: LaneID?
  /// A copy of it stands so: to `lane`, if that is set, and else to any.
  package var state: DeliveryState?
  /// Asked of the bytes, of those that have some; nil: not asked. Pure.
  package var matches: (@Sendable (Payload) -> Bool)?
  /// By when the report was received: not before `since`, and before `until`.
  package var since: Instant
  package var until: Instant
  /// Only reports that came before this one: the `next` of the page before. nil: the newest.
  package var before: Int64?
  /// At most so many.
  package var limit: Int

  package init(since: Instant, until: Instant, before: Int64? = nil, limit: Int) {
    self.since = since
    self.until = until
    self.before = before
    self.limit = limit
  }
}

/// A part of what was found, the newest first. A search looks at a bounded number of rows and bytes, so a page may be short, or empty, and
/// there may be more all the same.
package struct SearchPage: Sendable, Equatable {
  package var reports: [ReportRecord]
  /// What `ReportSearch.before` is for the rest; nil if there is none.
  package var next: Int64?
  /// Up to here everything that was received was looked at; nil if that is all of it.
  package var searchedBackTo: Instant?

  package init(reports: [ReportRecord], next: Int64?, searchedBackTo: Instant?) {
    self.reports = reports
    self.next = next
    self.searchedBackTo = searchedBackTo
  }
}

/// What a person asks a journal to look up. Each call reads a bounded part of the store, on a connection of its own. Blocks; not for the
/// data path.
package protocol LookupOperations: Journal {
  func search(_ search: ReportSearch) throws(JournalError) -> SearchPage

  /// A sample for each minute of `Limits.historyKept` in which the relay ran, not before `since`, in order. One is taken with the first commit
  /// of a minute, or without one where none comes.
  func history(since: Instant) throws(JournalError) -> [HistorySample]
}
