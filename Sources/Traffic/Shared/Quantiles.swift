import Model

/// Of a set of durations, in milliseconds; all nil if there were none.
package struct Quantiles: Sendable, Equatable, Encodable {
  package var p50: Double?
  package var p95: Double?
  package var p99: Double?
  package var max: Double?

  package init() {}

  /// Quantiles are right to within 12.5 % (see `Histogram`), the maximum exactly.
  init(of histogram: Histogram, longest: Duration) {
    guard histogram.count > 0 else { return }
    // A bucket's upper end may lie beyond the longest that was in it.
    let bound = { (q: Double) in histogram.quantile(q).map { min($0, longest).milliseconds } }
    p50 = bound(0.50)
    p95 = bound(0.95)
    p99 = bound(0.99)
    max = longest.milliseconds
  }

  /// One line for people.
  package var text: String {
    guard let p50, let p95, let p99, let max else { return "none" }
    return "p50 \(fixed(p50, 2)) ms, p95 \(fixed(p95, 2)) ms, p99 \(fixed(p99, 2)) ms, max \(fixed(max, 2)) ms"
  }
}

/// Durations with their exact maximum, which a histogram alone does not know.
struct Latencies: Sendable {
  private var histogram = Histogram()
  private var longest: Duration = .zero

  mutating func record(_ duration: Duration) {
    histogram.record(duration)
    longest = max(longest, duration)
  }

  var quantiles: Quantiles { Quantiles(of: histogram, longest: longest) }
}

/// With so many digits after the point, rounded to nearest.
func fixed(_ value: Double, _ digits: Int) -> String {
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  let scaled = Int64((abs(value) * scale).rounded())
  let sign = value < 0 && scaled > 0 ? "-" : ""
  let whole = scaled / Int64(scale)
  guard digits > 0 else { return "\(sign)\(whole)" }
  let rest = String(scaled % Int64(scale))
  return "\(sign)\(whole).\(String(repeating: "0", count: digits - rest.count))\(rest)"
}
