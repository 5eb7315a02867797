import Model

/// What an operator should know, before it is put into words.
enum Matter: Sendable, Equatable {
  /// - waiting: copies for the route.
  /// - lastTry: how the last one ended that failed.
  case failing(since: Instant, waiting: Int, lastTry: Outcome?)
  case paused(since: Instant, waiting: Int)
  case recovered(since: Instant, waiting: Int)
  case dead(Int)
  case oldestWaiting(since: Instant, waiting: Int)
  /// - isNever: since the relay was started, as no report ever came.
  case silence(since: Instant, isNever: Bool)
  case quarantined([QuarantineReason: Int])
  case unmatched(Int)
  case unauthorized(Int)
  case commitsFail(since: Instant, JournalError)
  case commitsAgain(since: Instant)
  case diskLow(DiskSpace)
  case diskFine(DiskSpace)
  case fileRefused(since: Instant, words: String)
  case fileTaken(since: Instant)

  /// Both in one message: what can be counted is summed, and of anything else the later is true.
  func with(_ later: Matter) -> Matter {
    switch (self, later) {
    case (.dead(let a), .dead(let b)): .dead(a + b)
    case (.unmatched(let a), .unmatched(let b)): .unmatched(a + b)
    case (.unauthorized(let a), .unauthorized(let b)): .unauthorized(a + b)
    case (.quarantined(let a), .quarantined(let b)): .quarantined(a.merging(b, uniquingKeysWith: +))
    default: later
    }
  }

  var isOver: Bool {
    switch self {
    case .recovered, .commitsAgain, .diskFine, .fileTaken: true
    default: false
    }
  }

  var facts: [String: Alert.Fact] {
    switch self {
    case .failing(let since, let waiting, let lastTry):
      var facts: [String: Alert.Fact] = ["since": .text(since.rfc3339), "waiting": .number(waiting)]
      if let lastTry { facts["last_try"] = .text(lastTry.status > 0 ? "\(lastTry.status)" : lastTry.label) }
      return facts
    case .paused(let since, let waiting), .recovered(let since, let waiting), .oldestWaiting(let since, let waiting):
      return ["since": .text(since.rfc3339), "waiting": .number(waiting)]
    case .dead(let count), .unmatched(let count), .unauthorized(let count): return ["count": .number(count)]
    case .silence(let since, _), .commitsAgain(let since), .fileTaken(let since): return ["since": .text(since.rfc3339)]
    case .quarantined(let reasons):
      let counts = reasons.map { ($0.key.rawValue, Alert.Fact.number($0.value)) }
      return Dictionary(uniqueKeysWithValues: counts + [("count", .number(reasons.values.reduce(0, +)))])
    case .fileRefused(let since, let words): return ["since": .text(since.rfc3339), "error": .text(words)]
    case .commitsFail(let since, let error): return ["since": .text(since.rfc3339), "error": .text("\(error)")]
    case .diskLow(let disk), .diskFine(let disk): return ["free_bytes": .number(disk.free), "limit_bytes": .number(disk.limit)]
    }
  }
}
