/// What an app got. The JSON form has the same names in snake_case.
package struct SinkSummary: Sendable, Equatable, Encodable {
  package struct Signatures: Sendable, Equatable, Encodable {
    package var good = 0
    package var missing = 0
    package var bad = 0
    /// With a timestamp too far from now, or none.
    package var outOfTime = 0
  }

  package var seconds = 0.0
  /// Whole requests, however answered.
  package var requests = 0
  /// By HTTP status.
  package var answers: [String: Int] = [:]
  /// Webhook-ids that were answered 2xx.
  package var distinct = 0
  /// Copies answered 2xx although their webhook-id had been before.
  package var repeats = 0
  /// Copies answered 2xx beyond the bound on ids that are known; `distinct` is then too small.
  package var uncounted = 0
  /// Copies answered 2xx that had no webhook-id.
  package var withoutID = 0
  /// All zero without a secret.
  package var signatures = Signatures()
  /// A later status of a report was got before an earlier one, by the times at which the relay received them.
  package var orderViolations = 0
  /// First copies marked `relay-stale`.
  package var stale = 0
  /// First copies of `accepted` that the relay received after the final status and did not mark.
  package var staleUnmarked = 0
  /// First copies marked `relay-out-of-order`.
  package var outOfOrder = 0
  package var replays = 0
  /// The sender closed the connection before the answer.
  package var abandoned = 0
  /// Of first copies: from `relay-received-at` to their arrival here.
  package var lagMs = Quantiles()

  package init() {}

  package var text: String {
    let byStatus = answers.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
    return """
      distinct     \(distinct) webhook-ids answered 2xx, \(repeats) repeats, \(withoutID) without id, \(uncounted) uncounted
      requests     \(requests) in \(fixed(seconds, 1)) s, \(abandoned) abandoned by the sender
      answers      \(byStatus.isEmpty ? "none" : byStatus)
      signatures   \(signatures.good) good, \(signatures.bad) bad, \(signatures.missing) missing, \(signatures.outOfTime) out of time
      order        \(orderViolations) violations, \(stale) stale, \(staleUnmarked) stale but unmarked, \(outOfOrder) out of order as marked
      replays      \(replays)
      lag          \(lagMs.text)
      """
  }

  /// One line for a terminal while the sink runs.
  package var progress: String {
    "\(distinct) distinct, \(repeats) repeats, \(requests) requests, \(orderViolations) order violations, "
      + "lag p99 \(lagMs.p99.map { "\(fixed($0, 2)) ms" } ?? "-")"
  }
}
