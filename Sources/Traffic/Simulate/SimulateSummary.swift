/// What came of a run of the simulated provider. The JSON form has the same names in snake_case.
package struct SimulateSummary: Sendable, Equatable, Encodable {
  /// Give it to `--seed` to have the same run again.
  package var seed: UInt64
  package var seconds: Double
  /// Distinct reports answered 2xx.
  package var reports: Int
  /// Tries made: first ones, duplicates and retries.
  package var requests: Int
  package var duplicates: Int
  package var retries: Int
  /// Tries by HTTP status, or by what broke: `refused`, `timeout`, `disconnected`, `not_http`.
  package var answers: [String: Int]
  /// Requests that got no 2xx in all their tries.
  package var givenUp: Int
  /// Requests left without an answer because the run was stopped.
  package var unanswered: Int
  /// 2xx answers per second of the whole run, those of duplicates included.
  package var acceptedPerSecond: Double
  /// Of tries answered 2xx: from when the try was due to the end of its answer.
  package var latencyMs: Quantiles

  /// True if every request was finally answered 2xx.
  package var isComplete: Bool { givenUp == 0 && unanswered == 0 }

  package var text: String {
    let byAnswer = answers.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
    return """
      reports      \(reports) answered 2xx
      requests     \(requests) in \(fixed(seconds, 1)) s: \(duplicates) duplicates, \(retries) retries
      answers      \(byAnswer.isEmpty ? "none" : byAnswer)
      given up     \(givenUp), unanswered \(unanswered)
      accepted/s   \(fixed(acceptedPerSecond, 0))
      latency      \(latencyMs.text)
      seed         \(seed)
      """
  }

  /// One line for a terminal while the run goes on.
  package var progress: String {
    "\(reports) reports, \(fixed(acceptedPerSecond, 0))/s, \(retries) retries, p99 \(latencyMs.p99.map { "\(fixed($0, 2)) ms" } ?? "-")"
  }
}
