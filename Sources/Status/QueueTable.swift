import Model

/// /api/v1/queue: how many copies wait, by age and route, as Postfix' qshape shows a mail queue.
package struct QueueTable: Codable, Sendable, Equatable {
  package struct Row: Codable, Sendable, Equatable {
    package var name: String
    /// True if the route is no longer in the file: its copies are held.
    package var held: Bool
    /// As many as there are buckets.
    package var counts: [Int]
    package var total: Int
  }

  /// Upper ends of the age, the last without one.
  package var buckets: [String]
  /// In the order of the file, then held ones.
  package var routes: [Row]
  package var total: Row

  private static let ends: [(name: String, age: Duration)] = [
    ("1m", .minutes(1)), ("5m", .minutes(5)), ("15m", .minutes(15)), ("1h", .hours(1)), ("6h", .hours(6)), ("1d", .days(1)),
    ("3d", .days(3)),
  ]

  /// A copy is taken to have come in the middle of its minute, so an age is right to within 30 s.
  private static let middle: Duration = .seconds(30)

  /// Of the minutes that fall into different columns: what `Journal.waiting(apart:)` tells apart.
  package static func ends(at now: Instant) -> [Instant] { ends.map { now - $0.age - middle } }

  /// - Parameter waiting: by minute of arrival, told apart by `ends(at: now)` or more closely.
  package init(waiting: [WaitingCount], routes: [String], lanes: [LaneStanding], at now: Instant) {
    buckets = Self.ends.map(\.name) + ["older"]
    let bucketCount = buckets.count
    let empty = Array(repeating: 0, count: bucketCount)
    var counts: [LaneID: [Int]] = [:]
    for count in waiting {
      let age = now - (count.minute + Self.middle)
      let bucket = Self.ends.firstIndex { age <= $0.age } ?? bucketCount - 1
      counts[count.lane, default: empty][bucket] += count.count
    }
    func row(_ name: String, _ counts: [Int]?, held: Bool) -> Row {
      let counts = counts ?? empty
      return Row(name: name, held: held, counts: counts, total: counts.reduce(0, +))
    }
    let ids = Dictionary(lanes.map { ($0.name, $0.id) }) { first, _ in first }
    let named = Set(routes)
    let inFile = routes.map { name in row(name, ids[name].flatMap { counts[$0] }, held: false) }
    let held = lanes.filter { !named.contains($0.name) && counts[$0.id] != nil }.map { row($0.name, counts[$0.id], held: true) }
    self.routes = inFile + held
    total = row("total", (inFile + held).reduce(empty) { sum, row in zip(sum, row.counts).map(+) }, held: false)
  }
}
