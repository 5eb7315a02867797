import Model

/// The app behind the sink: decides the answers and keeps the books. No sockets.
///
/// Lives on one event loop and is called on no other thread.
final class SinkApp {
  enum Decision: Equatable {
    case answer(Int)
    case never
  }

  private let settings: SinkSettings
  private let clock: Clock
  private let record: RecordFile?
  private let startedAt: Instant
  private var rng: SplitMix64
  private var ledger = SinkLedger()
  private(set) var lastRequestAt: Instant

  init(_ settings: SinkSettings, record: RecordFile?, clock: @escaping Clock) {
    self.settings = settings
    self.record = record
    self.clock = clock
    startedAt = clock()
    lastRequestAt = startedAt
    rng = SplitMix64(seed: settings.seed)
  }

  var now: Instant { clock() }
  var summary: SinkSummary { ledger.summary(elapsed: clock() - startedAt) }
  var hasEnough: Bool { settings.until.map { ledger.distinct >= $0 } ?? false }

  /// A whole request with a copy has come. It counts as got only by `answers`.
  func requested(_ copy: Copy, body: UnsafeRawBufferPointer) -> Decision {
    lastRequestAt = clock()
    ledger.requested()
    settings.observe(.requested)
    if let signature = settings.signature {
      let verdict = signature.check(
        id: copy.webhookID, timestamp: copy.timestamp, signature: copy.signature, body: body, at: lastRequestAt)
      ledger.checked(verdict)
      if verdict != .good { return settings.hangs ? .never : .answer(401) }
    }
    if settings.hangs { return .never }
    if let status = settings.status { return .answer(status) }
    return .answer(rng.chance(settings.fail) ? 500 : 200)
  }

  /// The answer is about to be sent.
  /// - Throws: if it is a 2xx that cannot be recorded; then it must not be sent.
  func answers(_ status: Int, to copy: Copy, arrivedAt: Instant) throws(TrafficError) {
    if (200..<300).contains(status), let id = copy.webhookID { try record?.add(id) }
    ledger.answered(status, copy, arrivedAt: arrivedAt)
    settings.observe(.answered(status: status))
  }

  /// A request that is no copy: another method, a body that is too large.
  func refused(_ status: Int) {
    lastRequestAt = clock()
    ledger.requested()
    settings.observe(.requested)
    ledger.answered(status, Copy(), arrivedAt: lastRequestAt)
    settings.observe(.answered(status: status))
  }

  func abandoned() {
    ledger.abandoned()
    settings.observe(.abandoned)
  }
}
