import Model

/// How one try ended.
enum Answer: Sendable, Equatable {
  case status(Int)
  case broken(Break)

  enum Break: String { case refused, timeout, disconnected, not_http }

  var isSuccess: Bool { if case .status(200..<300) = self { true } else { false } }

  /// The key in the summary: `200`, `503`, `timeout`.
  var label: String {
    switch self {
    case .status(let code): String(code)
    case .broken(let reason): reason.rawValue
    }
  }
}

/// Counts a run of the simulated provider.
struct SimulateTally: Sendable {
  private(set) var requests = 0
  private(set) var answers: [String: Int] = [:]
  private(set) var successes = 0
  private(set) var retries = 0
  private(set) var duplicates = 0
  private(set) var reports = 0
  private(set) var givenUp = 0
  var unanswered = 0
  private var latencies = Latencies()
  /// Reports with a twin of which one was answered 2xx and the other is not settled.
  private var answeredTwins: Set<Twin> = []

  private struct Twin: Hashable {
    var id: Int64
    var status: SimulatedReport.Status
  }

  /// A try is made.
  mutating func sent(_ job: Job) {
    requests += 1
    if job.tries > 1 { retries += 1 } else if job.request.isDuplicate { duplicates += 1 }
  }

  /// - Parameter latency: from when the try was due.
  /// - Returns: true if this made the report one that was answered 2xx, once for each distinct report.
  mutating func ended(_ job: Job, _ answer: Answer, _ outcome: Schedule.Settled, latency: Duration) -> Bool {
    answers[answer.label, default: 0] += 1
    guard answer.isSuccess else {
      if outcome == .givenUp {
        givenUp += 1
        forgetTwin(of: job)
      }
      return false
    }
    successes += 1
    latencies.record(latency)
    guard !forgetTwin(of: job) else { return false }
    if job.request.hasTwin { answeredTwins.insert(twin(job)) }
    reports += 1
    return true
  }

  func summary(seed: UInt64, elapsed: Duration) -> SimulateSummary {
    SimulateSummary(
      seed: seed, seconds: elapsed.seconds, reports: reports, requests: requests, duplicates: duplicates, retries: retries,
      answers: answers, givenUp: givenUp, unanswered: unanswered,
      acceptedPerSecond: elapsed > .zero ? Double(successes) / elapsed.seconds : 0, latencyMs: latencies.quantiles)
  }

  @discardableResult
  private mutating func forgetTwin(of job: Job) -> Bool {
    job.request.hasTwin && answeredTwins.remove(twin(job)) != nil
  }

  private func twin(_ job: Job) -> Twin { Twin(id: job.request.report.id, status: job.request.report.status) }
}
