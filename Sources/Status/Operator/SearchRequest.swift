import Model

/// How a report stands, in one word for both: how a copy of it does, or why there is none.
package enum ReportState: String, Sendable, CaseIterable {
  case waiting, dead, delivered
  case unmatched, filtered

  init(_ state: DeliveryState) {
    switch state {
    case .waiting: self = .waiting
    case .dead: self = .dead
    case .delivered: self = .delivered
    }
  }

  var delivery: DeliveryState? { DeliveryState(rawValue: rawValue) }

  var destiny: Destiny? {
    switch self {
    case .unmatched: .unmatched
    case .filtered: .filtered
    case .waiting, .dead, .delivered: nil
    }
  }
}

/// Which reports somebody looks for. No index has phone numbers, so a search walks back through a time range, which is bounded.
package struct SearchRequest: Sendable {
  package static let rangeIfLeftOut: Duration = .hours(24)
  package static let rangeMax: Duration = .days(31)

  package var packetID: Int64?
  /// A phone number, as a person writes it.
  package var to: String?
  package var route: String?
  package var state: ReportState?
  package var status: String?
  package var since: Instant?
  package var until: Instant?
  /// The `next` of the page before; nil: the first page.
  package var cursor: String?
  package var limit = Limits.reportsShownMax / 2

  package init() {}

  /// - Parameter lane: finds a route by its name, or throws.
  func search(at now: Instant, lane: (String) throws(OperatorError) -> LaneID) throws(OperatorError) -> ReportSearch {
    let until = until ?? now
    let since = since ?? until - Self.rangeIfLeftOut
    guard since < until else { throw .invalid("\"since\" must be before \"until\".") }
    guard until - since <= Self.rangeMax else {
      throw .invalid("A search goes over at most 31 days. Set \"since\" and \"until\", and ask for the days before in another one.")
    }
    let before = try Cursor.number(cursor, of: .reports)
    var search = ReportSearch(since: since, until: until, before: before, limit: limit)
    (search.packetID, search.status, search.destiny, search.state) = (packetID, status, state?.destiny, state?.delivery)
    if let route { search.lane = try lane(route) }
    if let to {
      guard let pattern = PhonePattern(to) else {
        throw .invalid("\"to\" must be a phone number, or its last digits: at least \(PhonePattern.digitsMin) of them.")
      }
      search.matches = { payload in recipient(of: payload).map(pattern.matches) ?? false }
    }
    return search
  }
}
