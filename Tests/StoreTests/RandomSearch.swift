import Model
import Testing
import Traffic

extension ReportSearch {
  /// Of few conditions as a rule, so that something is found; statuses and ids as the tests make them.
  static func random(around now: Instant, lanes: [LaneID], using rng: inout SplitMix64) -> ReportSearch {
    var search = ReportSearch(since: Instant(microseconds: 0), until: .distantFuture, limit: 1 + rng.below(6))
    if rng.chance(0.3) { search.since = now - .seconds(rng.below(120)) }
    if rng.chance(0.3) { search.until = now - .seconds(rng.below(60)) }
    if rng.chance(0.15) { search.reportID = 1 + Int64(rng.below(10)) }
    if rng.chance(0.15) { search.packetID = Int64(rng.below(3)) }
    if rng.chance(0.2) { search.status = ["accepted", "sent", "delivered", "undelivered"][rng.below(4)] }
    if rng.chance(0.2) { search.destiny = [Destiny.matched, .unmatched, .filtered][rng.below(3)] }
    if rng.chance(0.3) { search.lane = lanes[rng.below(lanes.count)] }
    if rng.chance(0.4) { search.state = DeliveryState.allCases[rng.below(3)] }
    if rng.chance(0.2) { search.matches = { $0.bytes.count.isMultiple(of: 2) } }
    return search
  }

  /// Every page after the other. A page may be short or empty; each gets further.
  static func pages(_ search: ReportSearch, _ page: (ReportSearch) throws -> SearchPage) throws -> [ReportRecord] {
    var (search, all): (ReportSearch, [ReportRecord]) = (search, [])
    while true {
      let found = try page(search)
      all += found.reports
      try #require(found.reports.count <= search.limit)
      try #require((found.next == nil) == (found.searchedBackTo == nil))
      guard let next = found.next else { return all }
      try #require(next < search.before ?? .max)
      search.before = next
    }
  }
}
