import Model

/// A job, as people and programs see it.
package struct JobAnswer: Codable, Sendable, Equatable {
  package enum Status: String, Codable, Sendable, CaseIterable {
    case working, ended
    /// What a replay has queued and nobody has tried yet is going back; `count` is not the last word.
    case cancelling
    case cancelled
  }

  package var id: Int64
  package var kind: QueueJob.Kind
  package var status: Status
  @OrNull package var reportId: Int64?
  @OrNull package var route: String?
  /// null, as are `route` and the like, for the kinds that select no copies: `reroute` and `readmit`.
  @OrNull package var state: DeliveryState?
  @OrNull package var since: String?
  @OrNull package var until: String?
  /// A second; null: as fast as the routes take them.
  @OrNull package var rate: Double?
  /// Copies that it has queued or discarded so far, without those that went back when it was cancelled; of a readmission the reports.
  package var count: Int
  package var createdAt: String
  @OrNull package var endedAt: String?
}

extension JobAnswer {
  /// - Parameter route: the name of the selection's lane.
  init(_ job: QueueJob, route: String?) {
    id = job.id
    kind = job.kind
    status = job.isCancelled ? (job.hasWork ? .cancelling : .cancelled) : job.endedAt == nil ? .working : .ended
    reportId = job.selection?.reportID
    self.route = route
    state = job.selection?.state
    since = job.selection?.since?.rfc3339
    until = job.selection?.until?.rfc3339
    rate = job.rate
    count = job.count
    createdAt = job.createdAt.rfc3339
    endedAt = job.endedAt?.rfc3339
  }
}

package struct JobList: Codable, Sendable, Equatable {
  /// The newest first.
  package var jobs: [JobAnswer]
  /// The cursor of the next page; null if there is none.
  @OrNull package var next: String?
}

/// What a dry run answers.
package struct CountAnswer: Codable, Sendable, Equatable {
  package var count: Int
  /// True if there may be more: what is very much is not counted to its end.
  package var atLeast: Bool

  package init(_ count: CopyCount) { (self.count, atLeast) = (count.count, count.isAtLeast) }
}
