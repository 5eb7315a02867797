/// Counts durations in buckets that grow by an eighth of a power of two, so that a quantile is right to within 12.5 %.
///
/// From 1 us to 2^40 us (12 days); what is longer counts as the longest. 2.6 KB when full, and nothing until first used.
package struct Histogram: Sendable, Equatable {
  private static let subBits = 3
  private static let bucketCount = (40 - subBits + 1) << subBits
  private var buckets: [UInt64] = []
  package private(set) var count = 0
  /// Of all recorded, in microseconds.
  package private(set) var sum: Int64 = 0

  package init() {}

  package mutating func record(_ duration: Duration) {
    if buckets.isEmpty { buckets = Array(repeating: 0, count: Self.bucketCount) }
    let microseconds = max(0, duration.microseconds)
    buckets[Self.index(of: microseconds)] += 1
    count += 1
    sum &+= microseconds
  }

  package mutating func merge(_ other: Histogram) {
    guard other.count > 0 else { return }
    guard count > 0 else { return self = other }
    for i in buckets.indices { buckets[i] += other.buckets[i] }
    count += other.count
    sum &+= other.sum
  }

  /// The upper end of the bucket in which the quantile `q` (0...1) lies; nil if nothing was recorded.
  package func quantile(_ q: Double) -> Duration? {
    guard count > 0 else { return nil }
    var left = max(1, Int((q * Double(count)).rounded(.up)))
    for (i, n) in buckets.enumerated() where n > 0 {
      left -= Int(n)
      if left <= 0 { return .microseconds(Self.upperBound(of: i)) }
    }
    preconditionFailure("the buckets hold fewer than were counted")
  }

  /// For each bound, how many were at most that long, counting whole buckets. One pass, however many bounds there are.
  package func cumulate(_ bounds: HistogramBounds, _ body: (_ index: Int, _ count: Int) -> Void) {
    var (total, next) = (0, 0)
    for (index, end) in bounds.ends.enumerated() {
      // An unused histogram has no buckets yet.
      while next < min(end, buckets.count) {
        total += Int(buckets[next])
        next += 1
      }
      body(index, total)
    }
  }

  /// How many buckets hold nothing longer than this.
  fileprivate static func buckets(upTo duration: Duration) -> Int {
    let bound = duration.microseconds
    return (0..<bucketCount).first { upperBound(of: $0) > bound } ?? bucketCount
  }

  private static func index(of microseconds: Int64) -> Int {
    let small = Int64(1) << subBits
    guard microseconds >= small else { return Int(microseconds) }
    let exponent = 63 - microseconds.leadingZeroBitCount
    let sub = Int(microseconds >> Int64(exponent - subBits)) & ((1 << subBits) - 1)
    return min(bucketCount - 1, ((exponent - subBits + 1) << subBits) + sub)
  }

  private static func upperBound(of index: Int) -> Int64 {
    guard index >= 1 << subBits else { return Int64(index) }
    let exponent = (index >> subBits) + subBits - 1
    let sub = index & ((1 << subBits) - 1)
    return (Int64(1) << exponent) + (Int64(sub + 1) << Int64(exponent - subBits)) - 1
  }
}

/// Where a histogram is cut for who wants fewer buckets than it has. Made once: each bound is looked up among its buckets.
package struct HistogramBounds: Sendable {
  /// How many of the histogram's buckets lie at or below each bound.
  fileprivate let ends: [Int]

  /// - Precondition: they rise.
  package init(_ bounds: [Duration]) {
    precondition(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }, "the bounds rise")
    ends = bounds.map(Histogram.buckets)
  }
}
