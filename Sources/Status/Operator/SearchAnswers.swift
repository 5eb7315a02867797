import Model

/// A page of a search for reports.
package struct ReportList: Codable, Sendable, Equatable {
  package struct Report: Codable, Sendable, Equatable {
    package var id: Int64
    package var found: ReportAnswer.Status

    package init(id: Int64, found: ReportAnswer.Status) {
      self.id = id
      self.found = found
    }

    private enum CodingKeys: CodingKey { case id }

    /// The members of both, side by side.
    package init(from decoder: any Decoder) throws {
      id = try decoder.container(keyedBy: CodingKeys.self).decode(Int64.self, forKey: .id)
      found = try ReportAnswer.Status(from: decoder)
    }

    package func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(id, forKey: .id)
      try found.encode(to: encoder)
    }
  }

  /// The newest first.
  package var reports: [Report]
  /// The cursor of the next page; null if there is none.
  @OrNull package var next: String?
  /// Everything that was received from then on was looked at; null: all that was asked for.
  @OrNull package var searchedBackTo: String?
}

/// A page of a search for copies.
package struct DeliveryList: Codable, Sendable, Equatable {
  package struct Delivery: Codable, Sendable, Equatable {
    package var reportId: Int64
    package var status: String
    package var receivedAt: String
    package var route: String
    package var state: DeliveryState
    /// As of `ReportAnswer.Share`, and likewise the next two.
    package var queue: String
    package var tries: Int
    @OrNull package var at: String?
    @OrNull package var lastFailedAttempt: ReportAnswer.Attempt?
  }

  package var deliveries: [Delivery]
  @OrNull package var next: String?
  @OrNull package var searchedBackTo: String?
}

extension ReportList {
  init(_ page: SearchPage) {
    reports = page.reports.map { Report(id: $0.key.id, found: ReportAnswer.Status($0)) }
    next = page.next.map { Cursor(.reports, at: $0).text }
    searchedBackTo = page.searchedBackTo?.rfc3339
  }
}

extension DeliveryList {
  /// - Parameters:
  ///   - route: only its copies; nil: those of all.
  ///   - state: only copies that stand so.
  init(_ page: SearchPage, route: String?, state: DeliveryState?) {
    deliveries = page.reports.flatMap { record in
      let found = ReportAnswer.Status(record)
      return found.routes.filter { (route == nil || $0.name == route) && (state == nil || $0.state == state) }.map { share in
        Delivery(
          reportId: record.key.id, status: found.status, receivedAt: found.receivedAt, route: share.name, state: share.state,
          queue: share.queue, tries: share.tries, at: share.at, lastFailedAttempt: share.attempts.last)
      }
    }
    next = page.next.map { Cursor(.reports, at: $0).text }
    searchedBackTo = page.searchedBackTo?.rfc3339
  }
}
