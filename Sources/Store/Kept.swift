import Model

/// What was taken and is to be stored, whatever happens: kept over failed commits.
struct Kept {
  var results: [Settlement] = []
  /// Deliveries that retention gave up.
  var expired: [Settlement] = []
  /// The last state of each lane.
  var states: [LaneID: LaneState] = [:]
  /// Of each lane, up to when what is held is let go.
  var releases: [LaneID: Instant] = [:]

  var isEmpty: Bool { results.isEmpty && expired.isEmpty && states.isEmpty && releases.isEmpty }

  /// Each alone, in the order in which they are stored.
  var apart: [Kept] {
    results.map { Kept(results: [$0]) } + expired.map { Kept(expired: [$0]) } + releases.map { Kept(releases: [$0.key: $0.value]) }
      + states.map { Kept(states: [$0.key: $0.value]) }
  }

  mutating func add(_ later: Kept) {
    results += later.results
    expired += later.expired
    states.merge(later.states) { $1 }
    releases.merge(later.releases, uniquingKeysWith: max)
  }

  mutating func removeAll() {
    results.removeAll(keepingCapacity: true)
    expired.removeAll()
    states.removeAll()
    releases.removeAll()
  }
}
