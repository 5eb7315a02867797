import Model
import Synchronization

/// How much happens in a minute, from what was counted within the last one. A value; memory for `samplesMax` samples.
struct Rates: Sendable {
  /// What is older says nothing of now.
  static let span: Duration = .seconds(60)
  /// Samples closer together are taken for one.
  static let sampleEvery: Duration = .seconds(5)
  /// Less than this between the first and the last sample is too little to tell a rate by.
  static let spanMin: Duration = .seconds(5)
  static let samplesMax = 16

  private struct Sample: Sendable {
    var at: Instant
    var reports: Int
    var delivered: Int
    var lanes: [LaneID: Int]
  }

  /// The oldest first; the first is the last one that is as old as `span`.
  private var samples: [Sample] = []

  mutating func take(_ standing: Standing, at now: Instant) {
    // A clock that was set back, or a store that was put back: what was counted before is not comparable.
    if let last = samples.last, now < last.at || standing.reports < last.reports { samples = [] }
    if let last = samples.last, now - last.at < Self.sampleEvery { return }
    let lanes = Dictionary(standing.lanes.map { ($0.id, $0.delivered) }) { first, _ in first }
    samples.append(Sample(at: now, reports: standing.reports, delivered: standing.delivered, lanes: lanes))
    while samples.count > Self.samplesMax || samples.count > 1 && now - samples[1].at >= Self.span { samples.removeFirst() }
  }

  /// As of `standing`, a minute; nil while nothing is known of the time before.
  func received(_ standing: Standing, at now: Instant) -> Double? { rate(now) { standing.reports - $0.reports } }
  func delivered(_ standing: Standing, at now: Instant) -> Double? { rate(now) { standing.delivered - $0.delivered } }
  func delivered(_ lane: LaneStanding, at now: Instant) -> Double? { rate(now) { lane.delivered - $0.lanes[lane.id, default: 0] } }

  private func rate(_ now: Instant, _ happened: (Sample) -> Int) -> Double? {
    guard let first = samples.first, now - first.at >= Self.spanMin, now - first.at <= Self.span * 2 else { return nil }
    return Double(max(0, happened(first))) / (now - first.at).seconds * 60
  }
}

/// The rates of one relay, for all who look.
package final class RateBook: Sendable {
  private let rates = Mutex(Rates())

  package init() {}

  /// - Returns: as they are with this sample.
  func take(_ standing: Standing, at now: Instant) -> Rates {
    rates.withLock { rates in
      rates.take(standing, at: now)
      return rates
    }
  }
}

extension Standing {
  /// Copies, over all lanes, and likewise the next two.
  var delivered: Int { lanes.reduce(0) { $0 + $1.delivered } }
  var waiting: Int { lanes.reduce(0) { $0 + $1.pending } }
  var dead: Int { lanes.reduce(0) { $0 + $1.dead } }
}
