import Model

extension SQLiteJournal: StrayOperations {
  package func unmatched(after seq: Int64, limit: Int) throws(JournalError) -> UnmatchedPage {
    try operatorReader().unmatched(after: seq, limit: limit)
  }

  package func quarantined(after id: Int64, limit: Int) throws(JournalError) -> [QuarantinedRecord] {
    try operatorReader().quarantined(after: id, limit: limit)
  }

  package func quarantined(_ id: Int64) throws(JournalError) -> QuarantinedRecord? {
    // Ids are positive.
    try id > 0 ? operatorReader().quarantined(after: id - 1, limit: 1).first { $0.id == id } : nil
  }

  package func reroute(then: @escaping @Sendable (Result<QueueJob, JournalError>) -> Void) { start(.reroute, then: then) }
  package func readmit(then: @escaping @Sendable (Result<QueueJob, JournalError>) -> Void) { start(.readmit, then: then) }

  private func start(_ kind: QueueJob.Kind, then: @escaping @Sendable (Result<QueueJob, JournalError>) -> Void) {
    let isTaken = inbox.put(task: { writer in then(writer.start(kind)) })
    if !isTaken { then(.failure(.closed)) }
  }
}
