import Model
import Observe
import Status
import Store
import Traffic

/// The queues of a relay that does not run. Nothing is sent, and nothing deleted.
final class StoppedRelay: Queues {
  private static let lookEvery: Swift.Duration = .milliseconds(20)

  private let journal: SQLiteJournal
  private let routes: [String]
  let `operator`: Operator

  /// - Throws: `StoreError` if there is no store, or it cannot be used now.
  init(_ configuration: Configuration) throws {
    let (path, rules) = (configuration.store.path, PresentRules(configuration.routes))
    let journal = try SQLiteJournal(stopped: path, clock: systemClock)
    do {
      let lanes = try journal.lanes(for: configuration.routes.map(LaneTerms.init))
      journal.adopt(JournalRules(rules.rules, lanes: lanes, dropsUnmatched: configuration.unmatched == .drop))
    } catch {
      journal.close()
      throw Failure("the routes could not be entered into \(path): \(error)")
    }
    self.journal = journal
    routes = configuration.routes.map(\.name)
    var source = StatusSource(
      version: version, startedAt: systemClock(), recorder: Recorder(), clock: systemClock,
      configuration: { LoadedConfiguration(configuration, fingerprint: "", at: systemClock()) },
      standing: { journal.standing() }, gauges: { [] },
      oldestWaiting: { try await offPool { Result { try journal.oldestWaiting() } }.get() },
      waiting: { ends in try await offPool { Result { try journal.waiting(apart: ends) } }.get() },
      operations: Operations(
        journal, rules: { rules },
        pause: { lane in try await journal.keep(of: lane) { $0.pause(at: systemClock()) } },
        resume: { lane in try await journal.keep(of: lane) { $0.resume(at: systemClock()) } }),
      isStoreWritable: { journal.isHealthy }, publicDoorAnswers: { false })
    source.lookups = Lookups(journal, rules: { rules })
    `operator` = Operator(source)
  }

  /// Blocks until everything is on disk.
  func close() { journal.close() }

  var isRunning: Bool { false }

  func table() async throws -> QueueTable {
    let now = systemClock()
    let waiting = try await offPool { [journal] in Result { try journal.waiting(apart: QueueTable.ends(at: now)) } }.get()
    return QueueTable(waiting: waiting, routes: routes, lanes: journal.standing().lanes, at: now)
  }

  func report(_ id: Int64) async throws -> ReportAnswer { try await `operator`.report(id) }

  func count(_ kind: QueueJob.Kind, _ selection: SelectionRequest) async throws -> CountAnswer {
    try await CountAnswer(`operator`.count(kind, selection))
  }

  /// - Returns: when the job has ended, since nobody else would go on with it. Interrupted, the relay goes on when it starts; a paced
  ///   replay is for the relay alone, which sends.
  func start(_ kind: QueueJob.Kind, _ selection: SelectionRequest) async throws -> JobAnswer {
    let job = try await `operator`.start(kind, selection)
    guard job.rate == nil else { return job }
    return try await atEnd { [`operator`] in try await `operator`.job(job.id) }
  }

  func jobs() async throws -> JobList { try await `operator`.jobs() }

  /// - Returns: when everything that nobody tried has gone back, as of `start`.
  func cancel(job id: Int64) async throws -> JobAnswer {
    // Asked again it tells how far it is, also of a job that is not among the last.
    try await atEnd { [`operator`] in try await `operator`.cancel(job: id) }
  }

  func atEnd(_ look: @escaping @Sendable () async throws -> JobAnswer) async throws -> JobAnswer {
    try await withProgress({ "\(grouped(try await look().count)) done" }) {
      while true {
        let job = try await look()
        if job.status == .ended || job.status == .cancelled { return job }
        try await Task.sleep(for: Self.lookEvery)
      }
    }
  }

  func pause(route: String) async throws -> StatusReport.Route { try await `operator`.pause(route: route) }
  func resume(route: String) async throws -> StatusReport.Route { try await `operator`.resume(route: route) }

  func claims(of packet: Int64) async throws -> ClaimList { try await `operator`.claims(of: packet, for: .operator) }

  /// The relay sends what had come before when it starts.
  func claim(_ packets: [Int64], route: String) async throws -> ClaimList {
    try await `operator`.claim(packets, route: route, by: .operator)
  }

  func withdraw(_ packet: Int64, route: String?) async throws -> WithdrawalAnswer {
    try await `operator`.withdraw(packet, route: route, ofAll: route == nil, by: .operator)
  }
}

extension SQLiteJournal {
  fileprivate func keep(of lane: LaneID, _ change: (inout LaneState) -> Void) async throws {
    guard var state = standing().lanes.first(where: { $0.id == lane })?.state else { preconditionFailure("lanes are never removed") }
    change(&state)
    let changed = state
    try await confirmed { then in keep(changed, of: lane, then: then) }
  }
}

extension LaneState {
  /// An operator's pause takes the place of one by the app: it ends only when somebody says so.
  fileprivate mutating func pause(at now: Instant) {
    guard pause?.reason != .operator else { return }
    pause = Pause(.operator, since: now)
    holds.begin(at: now)
  }

  /// The app is tried at once then, whatever it asked for.
  fileprivate mutating func resume(at now: Instant) {
    (pause, notBefore) = (nil, nil)
    holds.end(at: now)
  }
}
