import Model
import Status

extension Operations {
  /// What a journal can do, each call off the cooperative pool or without blocking it.
  init(
    _ journal: some StrayOperations & OrderOperations, rules: @escaping @Sendable () -> PresentRules,
    pause: @escaping @Sendable (LaneID) async throws -> Void,
    resume: @escaping @Sendable (LaneID) async throws -> Void
  ) {
    self.init(
      report: { id in try await offPool { Result { try journal.report(id) } }.get() },
      count: { selection in try await offPool { Result { try journal.count(selection) } }.get() },
      start: { kind, selection, rate in
        try await withCheckedContinuation { continuation in
          journal.start(kind, selection, rate: rate) { continuation.resume(returning: $0) }
        }.get()
      },
      cancel: { id in
        try await withCheckedContinuation { continuation in
          journal.cancel(job: id) { continuation.resume(returning: $0) }
        }.get()
      },
      jobs: { before, limit in try await offPool { Result { try journal.jobs(before: before, limit: limit) } }.get() },
      pause: pause, resume: resume, orders: Orders(journal), strays: Strays(journal, rules: rules))
  }
}

extension Operations.Orders {
  fileprivate init(_ journal: some OrderOperations) {
    self.init(
      claim: { claims in
        try await withCheckedContinuation { continuation in
          journal.claim(claims) { continuation.resume(returning: $0) }
        }.get()
      },
      withdraw: { packetID, lane in
        try await withCheckedContinuation { continuation in
          journal.withdraw(packetID: packetID, lane: lane) { continuation.resume(returning: $0) }
        }.get()
      },
      claims: { packetID in try await offPool { Result { try journal.claims(of: packetID) } }.get() })
  }
}

extension Strays {
  fileprivate init(_ journal: some StrayOperations & OrderOperations, rules: @escaping @Sendable () -> PresentRules) {
    self.init(
      unmatched: { seq, limit in try await offPool { Result { try journal.unmatched(after: seq, limit: limit) } }.get() },
      quarantined: { id, limit in try await offPool { Result { try journal.quarantined(after: id, limit: limit) } }.get() },
      body: { id in try await offPool { Result { try journal.quarantined(id) } }.get() },
      reroute: {
        try await withCheckedContinuation { continuation in journal.reroute { continuation.resume(returning: $0) } }.get()
      },
      readmit: {
        try await withCheckedContinuation { continuation in journal.readmit { continuation.resume(returning: $0) } }.get()
      },
      verdicts: { reports, withReasons in
        try await offPool { Result { try rules().verdicts(on: reports, withReasons: withReasons, by: journal) } }.get()
      })
  }
}

extension Lookups {
  init(_ journal: some LookupOperations & OrderOperations, rules: @escaping @Sendable () -> PresentRules) {
    self.init(
      search: { search in try await offPool { Result { try journal.search(search) } }.get() },
      history: { since in try await offPool { Result { try journal.history(since: since) } }.get() },
      explain: { records in try await offPool { Result { try rules().answers(on: records, by: journal) } }.get() })
  }
}

extension Backups {
  init(_ journal: some BackupOperations) {
    self.init(
      start: { try await offPool { Result { () throws(BackupError) in try journal.startBackup() } }.get() },
      last: { journal.backup(asking: $0) }, end: { journal.endBackup(id: $0) }, open: { journal.openBackup(id: $0) })
  }
}

extension LoadedConfiguration {
  init(_ configuration: Configuration, fingerprint: String, at now: Instant) {
    self.init(
      fingerprint: fingerprint, loadedAt: now, routes: configuration.routes.map(\.name),
      pausedRoutes: Set(configuration.routes.filter(\.paused).map(\.name)))
    orderRoutes = Set(configuration.routes.filter(\.asksForOrders).map(\.name))
    orderKeys = OrderKeys(configuration.routes)
    dropsUnmatched = configuration.unmatched == .drop
    deadKept = configuration.store.retention.dead
    let hooks = configuration.alerts
    // Where every hook leaves it out, quiet nights are no news.
    silence = hooks.isEmpty ? AlertSettings.silenceIfLeftOut : hooks.filter { $0.kinds.contains(.silence) }.map(\.silence).min()
  }
}

/// Waits for a callback, which gets nil if all went well.
func confirmed(_ start: (@escaping @Sendable (JournalError?) -> Void) -> Void) async throws {
  let error = await withCheckedContinuation { continuation in start { continuation.resume(returning: $0) } }
  if let error { throw error }
}
