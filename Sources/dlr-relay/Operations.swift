import Model
import Status

extension Operations {
  /// What a journal can do, each call off the cooperative pool or without blocking it.
  init(
    _ journal: some QueueOperations, pause: @escaping @Sendable (LaneID) async throws -> Void,
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
      jobs: { try await offPool { Result { try journal.jobs() } }.get() },
      pause: pause, resume: resume)
  }
}

extension LoadedConfiguration {
  init(_ configuration: Configuration, fingerprint: String, at now: Instant) {
    self.init(
      fingerprint: fingerprint, loadedAt: now, routes: configuration.routes.map(\.name),
      pausedRoutes: Set(configuration.routes.filter(\.paused).map(\.name)))
  }
}

/// Waits for a callback, which gets nil if all went well.
func confirmed(_ start: (@escaping @Sendable (JournalError?) -> Void) -> Void) async throws {
  let error = await withCheckedContinuation { continuation in start { continuation.resume(returning: $0) } }
  if let error { throw error }
}
