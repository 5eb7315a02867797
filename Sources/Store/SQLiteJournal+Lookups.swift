import Model

extension SQLiteJournal: LookupOperations {
  package func search(_ search: ReportSearch) throws(JournalError) -> SearchPage {
    SearchPage(reports: [], next: nil, searchedBackTo: nil)
  }

  package func history(since: Instant) throws(JournalError) -> [HistorySample] { [] }
}
