import Model
import Observe

/// Where the operator's door gets what it shows. The door itself knows no store, no lane and no listener.
package struct StatusSource: Sendable {
  package var version: String
  package var startedAt: Instant
  /// What the store is, in a word: `sqlite`.
  package var storeBackend = "sqlite"
  /// The store's absolute path without symbolic links; empty where it is in no file.
  package var storePath = ""
  package var recorder: Recorder
  package let rates = RateBook()
  /// Metrics of libraries, if swift-metrics was started with this factory.
  package var libraryMetrics: PrometheusFactory?
  package var clock: Clock
  package var configuration: @Sendable () -> LoadedConfiguration
  package var standing: @Sendable () -> Standing
  package var gauges: @Sendable () -> [LaneGauge]
  /// These two read the store: off the cooperative pool, please.
  package var oldestWaiting: @Sendable () async throws -> [LaneID: Instant]
  package var waiting: @Sendable (_ apart: [Instant]) async throws -> [WaitingCount]
  package var operations: Operations
  package var lookups = Lookups.none
  package var backups = Backups.none
  package var isStoreWritable: @Sendable () -> Bool
  /// How often a page that is open is told what is new.
  package var liveEvery = LiveRoom.tickEvery
  package var observer: Observer = { _ in }
  package var levels: LogLevels
  /// Lets so much time pass, or less if nobody waits any more.
  package var wait: @Sendable (Duration) async -> Void = { try? await Task.sleep(for: $0) }
  /// The tokens of the public URL, by label.
  package var tokenUses: @Sendable () -> [TokenUse] = { [] }
  /// Of the file system that the store is on; nil if it does not say.
  package var disk: @Sendable () -> DiskSpace? = { nil }
  package var process: @Sendable () -> ProcessFigures? = { nil }
  /// Messages to the hooks of `alerts`, since the start.
  package var alertMessages: @Sendable () -> (sent: Int, lost: Int) = { (0, 0) }
  /// True if a real connection to the public door was answered. Must come to an end by itself, within a second or two.
  package var publicDoorAnswers: @Sendable () async -> Bool

  package init(
    version: String, startedAt: Instant, recorder: Recorder, clock: @escaping Clock,
    configuration: @escaping @Sendable () -> LoadedConfiguration,
    standing: @escaping @Sendable () -> Standing,
    gauges: @escaping @Sendable () -> [LaneGauge],
    oldestWaiting: @escaping @Sendable () async throws -> [LaneID: Instant],
    waiting: @escaping @Sendable ([Instant]) async throws -> [WaitingCount],
    operations: Operations,
    isStoreWritable: @escaping @Sendable () -> Bool,
    publicDoorAnswers: @escaping @Sendable () async -> Bool
  ) {
    self.version = version
    self.startedAt = startedAt
    self.recorder = recorder
    self.clock = clock
    levels = LogLevels(SharedLevel(.info), clock: clock)
    self.configuration = configuration
    self.standing = standing
    self.gauges = gauges
    self.oldestWaiting = oldestWaiting
    self.waiting = waiting
    self.operations = operations
    self.isStoreWritable = isStoreWritable
    self.publicDoorAnswers = publicDoorAnswers
  }

  func snapshot() async -> Snapshot {
    let (oldest, keeps) = (try? await oldestWaiting(), await keeps())
    let (now, standing) = (clock(), standing())
    recorder.turn(at: now)
    return Snapshot(
      now: now, version: version, startedAt: startedAt, storeBackend: storeBackend, storePath: storePath, disk: disk(),
      configuration: configuration(), standing: standing, gauges: gauges(), oldestWaiting: oldest, record: recorder.snapshot(),
      tokenUses: tokenUses(), keeps: keeps, rates: rates.take(standing, at: now))
  }

  /// What cannot be read may be kept, and so may what is not found within one page, unless it is dropped.
  private func keeps() async -> (unmatched: Bool, quarantined: Bool) {
    let unmatched = try? await operations.strays.unmatched(0, 1)
    let quarantined = try? await operations.strays.quarantined(0, 1)
    let mayBeFurther = !configuration().dropsUnmatched
    return (unmatched.map { !$0.reports.isEmpty || $0.next != nil && mayBeFurther } ?? true, quarantined.map { !$0.isEmpty } ?? true)
  }

  /// Counts what happens a minute, and forgets what took long long ago. To be called now and then, whether anybody looks or not.
  func sample() {
    let now = clock()
    recorder.turn(at: now)
    _ = rates.take(standing(), at: now)
  }

  func health(_ snapshot: Snapshot) async -> Health {
    Health(snapshot, isStoreWritable: isStoreWritable(), publicDoorAnswers: await publicDoorAnswers())
  }

  /// Asks the public door too, which takes as long as its probe.
  func metrics() async -> PrometheusText {
    async let jobs = try? operations.jobs(nil, Limits.jobsShownMax)
    async let answers = publicDoorAnswers()
    var text = await snapshot().metrics
    text.isStoreWritable = isStoreWritable()
    text.process = process()
    (text.alertsSent, text.alertsLost) = alertMessages()
    text.libraries = libraryMetrics
    text.jobs = await jobs?.filter(\.hasWork)
    text.publicDoorAnswers = await answers
    return text
  }
}

/// The rule file in force.
package struct LoadedConfiguration: Sendable, Equatable {
  package static let diagnosticsShownMax = 20
  /// Tells one file from another: a digest, shortened.
  package var fingerprint: String
  package var loadedAt: Instant
  /// Why a newer file was not taken; nil if this is the newest.
  package var lastError: String?
  package var lastErrorAt: Instant?
  /// What is wrong with that newer file, each with its line; at most `diagnosticsShownMax`.
  package var diagnostics: [String] = []
  /// `Retention.dead`
  package var deadKept = Retention().dead
  /// No report for so long is worth a warning; nil: none is, however long.
  package var silence: Duration? = AlertSettings.silenceIfLeftOut
  /// Keys of the file that say something else than what is in force, and would be only after a restart.
  package var needsRestart: [String] = []
  /// Names, in the order of the file.
  package var routes: [String]
  /// Those of them that the file says are paused.
  package var pausedRoutes: Set<String> = []
  /// Those for which packets may be claimed.
  package var orderRoutes: Set<String> = []
  package var orderKeys = OrderKeys([])
  /// Of an unmatched report only the key is kept.
  package var dropsUnmatched = false

  package init(
    fingerprint: String, loadedAt: Instant, routes: [String], pausedRoutes: Set<String> = [], lastError: String? = nil
  ) {
    self.fingerprint = fingerprint
    self.loadedAt = loadedAt
    self.routes = routes
    self.pausedRoutes = pausedRoutes
    self.lastError = lastError
  }
}
