import Model

/// What tests look at whole: their journals are small.
extension Journal {
  package func waiting() throws(JournalError) -> [WaitingCount] { try waiting(apart: nil) }
}

extension QueueOperations {
  /// The newest first.
  package func jobs() throws(JournalError) -> [QueueJob] { try jobs(before: nil, limit: Limits.jobsShownMax) }
}
