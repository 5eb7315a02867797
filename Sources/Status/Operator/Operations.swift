import Model

/// What the operator's door can ask of the queues, and have done to them. The door itself knows no journal and no thread that sends.
///
/// Every call throws `JournalError`. Those that change return when the change is on disk.
package struct Operations: Sendable {
  /// Every status of a report; empty if it is not known.
  package var report: @Sendable (Int64) async throws -> [ReportRecord]
  package var count: @Sendable (Selection) async throws -> CopyCount
  /// - Precondition: as of `QueueOperations.start`.
  package var start: @Sendable (QueueJob.Kind, Selection, _ rate: Double?) async throws -> QueueJob
  /// nil if there is no job of that number.
  package var cancel: @Sendable (_ job: Int64) async throws -> QueueJob?
  /// The newest first, of those before this one, if any is said.
  package var jobs: @Sendable (_ before: Int64?, _ limit: Int) async throws -> [QueueJob]
  package var pause: @Sendable (LaneID) async throws -> Void
  package var resume: @Sendable (LaneID) async throws -> Void
  package var orders: Orders

  /// As of `OrderOperations`.
  package struct Orders: Sendable {
    package var claim: @Sendable ([Claim]) async throws -> [ClaimRecord]
    package var withdraw: @Sendable (_ packetID: Int64, LaneID?) async throws -> Int
    package var claims: @Sendable (_ packetID: Int64) async throws -> [ClaimRecord]

    package init(
      claim: @escaping @Sendable ([Claim]) async throws -> [ClaimRecord],
      withdraw: @escaping @Sendable (Int64, LaneID?) async throws -> Int,
      claims: @escaping @Sendable (Int64) async throws -> [ClaimRecord]
    ) {
      self.claim = claim
      self.withdraw = withdraw
      self.claims = claims
    }
  }
  package var strays: Strays

  package init(
    report: @escaping @Sendable (Int64) async throws -> [ReportRecord],
    count: @escaping @Sendable (Selection) async throws -> CopyCount,
    start: @escaping @Sendable (QueueJob.Kind, Selection, Double?) async throws -> QueueJob,
    cancel: @escaping @Sendable (Int64) async throws -> QueueJob?,
    jobs: @escaping @Sendable (Int64?, Int) async throws -> [QueueJob],
    pause: @escaping @Sendable (LaneID) async throws -> Void,
    resume: @escaping @Sendable (LaneID) async throws -> Void,
    orders: Orders, strays: Strays
  ) {
    self.report = report
    self.count = count
    self.start = start
    self.cancel = cancel
    self.jobs = jobs
    self.pause = pause
    self.resume = resume
    self.orders = orders
    self.strays = strays
  }
}
