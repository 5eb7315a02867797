import Model
import Testing
import Traffic

@Suite struct HistogramTests {
  /// Durations spread evenly over the powers of two, as latencies are.
  private func durations(_ count: Int, seed: UInt64) -> [Int64] {
    var rng = SplitMix64(seed: seed)
    return (0..<count).map { _ in
      let exponent = rng.below(40)
      return (Int64(1) << Int64(exponent)) + Int64(rng.below(1 << exponent)) - 1
    }
  }

  private func histogram(_ microseconds: [Int64]) -> Histogram {
    var histogram = Histogram()
    for one in microseconds { histogram.record(.microseconds(one)) }
    return histogram
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `a quantile is never below the true one and at most an eighth above it`(_ seed: UInt64) throws {
    let recorded = durations(1 + Int(seed) * 37, seed: seed).sorted()
    let histogram = histogram(recorded)
    for q in [0, 0.01, 0.25, 0.5, 0.75, 0.95, 0.99, 1] {
      let rank = max(1, Int((q * Double(recorded.count)).rounded(.up)))
      let (exact, told) = (recorded[rank - 1], try #require(histogram.quantile(q)).microseconds)
      #expect(told >= exact)
      #expect(Double(told) <= Double(exact) * 1.125, "q \(q): \(told) for \(exact)")
    }
    #expect(histogram.count == recorded.count)
    #expect(histogram.sum == recorded.reduce(0, +))
  }

  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func `merging is as if all had been recorded in one`(_ seed: UInt64) {
    let (a, b) = (durations(100, seed: seed), durations(50, seed: seed &+ 1_000))
    var merged = histogram(a)
    merged.merge(histogram(b))
    #expect(merged == histogram(a + b))
    merged.merge(Histogram())
    #expect(merged == histogram(a + b))
    var empty = Histogram()
    empty.merge(histogram(a))
    #expect(empty == histogram(a))
  }

  @Test func `nothing recorded has no quantile`() {
    #expect(Histogram().quantile(0.5) == nil)
    #expect(counts(Histogram(), upTo: [.microseconds(1), .seconds(1)]) == [0, 0])
  }

  @Test func `the shortest and the longest are counted at the ends`() {
    var histogram = Histogram()
    histogram.record(.microseconds(-5))
    #expect(histogram.quantile(1) == .zero)
    histogram.record(.seconds(Int64.max))
    #expect(histogram.count == 2)
    #expect(histogram.quantile(1) == .microseconds((1 << 40) - 1))
    #expect(histogram.quantile(0.5) == .zero)
  }

  private func counts(_ histogram: Histogram, upTo bounds: [Duration]) -> [Int] {
    var counts: [Int] = []
    histogram.cumulate(HistogramBounds(bounds)) { index, count in
      #expect(index == counts.count)
      counts.append(count)
    }
    return counts
  }

  @Test func `counting up to a duration never counts a longer one`() {
    let recorded = durations(2_000, seed: 4)
    let ends = (0..<40).map { (Int64(1) << Int64($0)) - 1 }
    let told = counts(histogram(recorded), upTo: ends.map { .microseconds($0) })
    for (end, told) in zip(ends, told) {
      #expect(told == recorded.filter { $0 <= end }.count, "a power of two is the end of a bucket")
    }
    let starts = (4..<40).map { Int64(1) << Int64($0) }
    let toldAtStarts = counts(histogram(recorded), upTo: starts.map { .microseconds($0) })
    for (start, told) in zip(starts, toldAtStarts) {
      #expect(told == recorded.filter { $0 < start }.count, "a bucket that goes on behind the bound is left out")
    }
  }

  @Test func `a bound behind the longest counts all`() {
    let recorded = durations(100, seed: 5)
    #expect(counts(histogram(recorded), upTo: [.seconds(1 << 40)]) == [100])
  }
}
