import Model

/// Counts what an app got. Only copies that were answered 2xx count as got: the sender owes the others still.
package struct SinkLedger: Sendable {
  /// Distinct webhook-ids that are known, as 64-bit hashes: at most 512 MB. Beyond it an unknown id is counted as `uncounted`,
  /// neither distinct nor a repeat. Two of 20 million collide with a chance of 1 in 100,000.
  package static let idsMax = 20_000_000

  private let idsMax: Int
  private var ids: Set<UInt64> = []
  private var order = OrderWatch()
  private var lag = Latencies()
  private var counts = SinkSummary()

  package init(idsMax: Int = SinkLedger.idsMax) { self.idsMax = idsMax }

  package var distinct: Int { ids.count }

  package func summary(elapsed: Duration) -> SinkSummary {
    var summary = counts
    summary.seconds = elapsed.seconds
    summary.distinct = ids.count
    summary.lagMs = lag.quantiles
    return summary
  }

  /// A whole request has come.
  package mutating func requested() { counts.requests += 1 }

  package mutating func checked(_ verdict: SinkSignature.Verdict) {
    switch verdict {
    case .good: counts.signatures.good += 1
    case .missing: counts.signatures.missing += 1
    case .bad: counts.signatures.bad += 1
    case .outOfTime: counts.signatures.outOfTime += 1
    }
  }

  /// The sender did not wait for the answer.
  package mutating func abandoned() { counts.abandoned += 1 }

  /// The request is answered now.
  package mutating func answered(_ status: Int, _ copy: Copy, arrivedAt: Instant) {
    counts.answers[String(status), default: 0] += 1
    guard (200..<300).contains(status) else { return }
    if copy.isReplay { counts.replays += 1 }
    guard let id = copy.webhookID else {
      counts.withoutID += 1
      return
    }
    let hash = Self.hash(id)
    guard !ids.contains(hash) else {
      counts.repeats += 1
      return
    }
    guard ids.count < idsMax else {
      counts.uncounted += 1
      return
    }
    ids.insert(hash)
    first(copy, arrivedAt: arrivedAt)
  }

  private mutating func first(_ copy: Copy, arrivedAt: Instant) {
    if let receivedAt = copy.receivedAt { lag.record(arrivedAt - receivedAt) }
    if copy.isStale { counts.stale += 1 }
    if copy.isOutOfOrder { counts.outOfOrder += 1 }
    switch order.got(copy) {
    case .none: break
    case .violation: counts.orderViolations += 1
    case .staleUnmarked: counts.staleUnmarked += 1
    }
  }

  /// FNV-1a, mixed so that similar ids spread over all 64 bits.
  private static func hash(_ id: String) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in id.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return SplitMix64.mix(hash)
  }
}
