/// A route's number in the store. Routes have names for people; the data path has small integers.
package struct LaneID: Sendable, Hashable, Comparable {
  package var number: Int
  package init(_ number: Int) { self.number = number }
  package static func < (a: LaneID, b: LaneID) -> Bool { a.number < b.number }
}

/// One copy owed to one route, as it is handed over to be sent.
package struct Delivery: Sendable, Equatable {
  package var lane: LaneID
  /// The report's number in the store, in the order of arrival.
  package var seq: Int64
  package var key: ReportKey
  package var receivedAt: Instant
  /// When the route came to be owed the copy: `receivedAt`, except where a report was routed again later, or replayed; then when the
  /// replay's turn came. Age and giving up count from here.
  package var owedAt: Instant
  package var payload: Payload
  /// Failed tries so far; of a replay, since it began.
  package var tries: Int
  /// A first `accepted` that came after a final status of the same report.
  package var isStale = false
  /// An earlier status of the same report is not settled yet, and was waited for long enough.
  package var isOutOfOrder = false
  /// The queue it was taken from, and still is in until it is settled: what is in flight is never written.
  package var queue: Queue

  package init(
    lane: LaneID, seq: Int64, key: ReportKey, receivedAt: Instant, owedAt: Instant? = nil, payload: Payload, tries: Int = 0,
    queue: Queue = .ready
  ) {
    self.lane = lane
    self.seq = seq
    self.key = key
    self.receivedAt = receivedAt
    self.owedAt = owedAt ?? receivedAt
    self.payload = payload
    self.tries = tries
    self.queue = queue
  }

  /// What holding it in memory costs, in bytes.
  package var cost: Int { payload.size + Limits.deliveryOverheadBytes }
}

/// How one attempt ended.
package enum Outcome: Sendable, Hashable {
  /// The app answered with this HTTP status.
  case answered(status: Int)
  case failed(TransportFailure)

  package var isDelivered: Bool { if case .answered(200..<300) = self { true } else { false } }

  /// True where the app as a whole, not this report, looks down: nothing answered.
  package var isOutage: Bool { if case .failed = self { true } else { false } }

  /// The HTTP status, 0 where there was none.
  package var status: Int { if case .answered(let status) = self { status } else { 0 } }

  package static let gone = 410
  package static let tooManyRequests = 429
  package static let unavailable = 503

  /// A short constant word for metrics: `2xx`, `4xx`, `timeout_connect`, ...
  package var label: String {
    switch self {
    case .answered(let status): "\(status / 100)xx"
    case .failed(let failure): failure.rawValue
    }
  }
}

/// How one attempt ended, with everything that the relay and an operator need of it.
package struct Ending: Sendable, Equatable {
  package var outcome: Outcome
  /// What went wrong, in words for the operator; empty when delivered. Holds no secret and no body.
  package var detail: String
  /// The beginning of an error answer, without secrets, at most `Limits.answerKeptBytes`.
  package var answer: String
  /// How long the app asks to be left alone: Retry-After of a 429 or a 503, at most `Limits.retryAfterMax`.
  package var retryAfter: Duration?

  package init(_ outcome: Outcome, detail: String = "", answer: String = "", retryAfter: Duration? = nil) {
    self.outcome = outcome
    self.detail = detail
    self.answer = answer
    self.retryAfter = retryAfter
  }

  /// The app told what it wants of the whole lane, so that this is no sign of its health.
  package var isInstruction: Bool { retryAfter != nil || outcome.status == Outcome.gone }
}

/// Why an attempt got no answer.
package enum TransportFailure: String, Sendable, Hashable, CaseIterable {
  case dns
  case refused
  case unreachable
  case tls
  case timeoutConnect = "timeout_connect"
  case timeoutFirstByte = "timeout_first_byte"
  case timeoutWhole = "timeout_whole"
  /// The connection ended before a whole answer had come.
  case disconnected
  /// The URL or a header of the route cannot be sent at all.
  case unusable
  /// Not sent again: it waited longer than `retention.waiting`.
  case expired
}

/// What becomes of a delivery after an attempt. A value: the store writes it, the lane acts on it.
package struct Settlement: Sendable, Equatable {
  package enum Result: Sendable, Equatable {
    case delivered
    /// Try again at `due`.
    case retry(due: Instant)
    /// Given up: kept, counted, replayable.
    case dead
  }

  package var lane: LaneID
  package var seq: Int64
  /// Where the delivery was taken from.
  package var queue: Queue
  package var owedAt: Instant
  /// Including this one.
  package var tries: Int
  package var result: Result
  package var outcome: Outcome
  /// What went wrong, in words for the operator; empty when delivered. Holds no secret and no body.
  package var detail: String
  /// The beginning of the app's answer, without secrets; empty when delivered.
  package var answer: String
  package var startedAt: Instant
  package var took: Duration
  /// `Delivery.cost` of what is settled, so that the memory it held can be lent again.
  package var cost: Int

  package init(
    of delivery: Delivery, result: Result, outcome: Outcome, detail: String, answer: String = "", startedAt: Instant,
    took: Duration
  ) {
    lane = delivery.lane
    seq = delivery.seq
    queue = delivery.queue
    owedAt = delivery.owedAt
    tries = delivery.tries + 1
    self.result = result
    self.outcome = outcome
    self.detail = detail
    self.answer = answer
    self.startedAt = startedAt
    self.took = took
    cost = delivery.cost
  }
}
