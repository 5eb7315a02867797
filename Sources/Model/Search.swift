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
  /// By when the report came: not before `since`, and before `until`. As for a `Selection`, what was in quarantine came when it was
  /// readmitted, which may be long after it was received; and where a clock was set back, this is to that accuracy.
  package var since: Instant
  package var until: Instant
  /// Only reports that came before this one, which need not be there: the `next` of the page before. nil: the newest.
  package var before: Int64?
  /// At most so many, and at most `Limits.reportsShownMax`. Of 0 the answer is empty, and has nothing behind it.
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
  /// Up to here everything that came was looked at; nil if that is all of it.
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
  /// One page. It looks at no more than `Limits.searchRowsMax` rows, beside one for each queue of each lane, and at no more than
  /// `Limits.searchBytesMax` of bytes, but for the last of them. A report id is found at once, and so is what waits or was given up, what no
  /// route matched, and what came of a packet since a route takes orders; everything else is a walk through all that came within the time. What changes between two pages is in a page as it
  /// stands when that is read; nothing is in two of them.
  func search(_ search: ReportSearch) throws(JournalError) -> SearchPage

  /// A sample for each minute of the last `Limits.historyKept` in which the relay ran, not before `since`, in order. It is taken with the
  /// first commit of the minute, or by itself a few seconds later where none comes, so that what waits is known of idle minutes too. A
  /// minute is left out where the disk was full; where the clock was set back, the samples that were later than it then are forgotten.
  func history(since: Instant) throws(JournalError) -> [HistorySample]
}
