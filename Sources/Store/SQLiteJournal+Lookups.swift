import Model

extension SQLiteJournal: LookupOperations {
  package func search(_ search: ReportSearch) throws(JournalError) -> SearchPage { try operatorReader().search(search) }
  package func history(since: Instant) throws(JournalError) -> [HistorySample] { try numbersReader().history(since: since) }
}
