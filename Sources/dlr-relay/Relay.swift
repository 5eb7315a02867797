import Alert
import Deliver
import Foundation
import Logging
import Model
import NIOCore
import NIOPosix
import Observe
import Receive
import Route
import ServiceLifecycle
import Status
import Store
import Synchronization

/// The running relay: where the parts meet.
///
///     receive -> route -> store -> deliver
///
/// Started from the end to the beginning, so that nothing is accepted before it can be kept and nothing kept before it can be
/// sent; stopped from the beginning to the end.
final class Relay: Service {
  let running: RunningConfiguration
  let journal: SQLiteJournal
  let deliverer: Deliverer
  let door: PublicDoor
  let alerter: Alerter
  let routeNames: RouteNames
  let observer: Observer
  private let startedAt: Instant
  private let reloader: Reloader
  private let recorder: Recorder
  private let libraryMetrics: PrometheusFactory
  private let levels: LogLevels
  private let ticks: LogTicks
  private let announcer: Announcer
  private let watchdog: Watchdog?
  private let isStopped = Mutex(false)

  static func start(
    _ configuration: Configuration, of file: ConfigurationFile, logger: Logger, levels: LogLevels,
    libraryMetrics: PrometheusFactory, service: ServiceEnvironment
  ) async throws -> Relay {
    let passed = try service.passed.take()
    var receive = configuration.receive
    receive.connectionsMax = try OpenFiles.connectionsAllowed(configuration)
    // Bound for good only when the relay runs. Found taken now, nothing has been accepted yet.
    try await ensureFree(configuration.status.listen, key: "status.listen")
    let recorder = Recorder()
    let names = RouteNames()
    let log = EventLog(logger: logger, laneName: { names[$0] }, clock: systemClock)
    let record: Observer = {
      recorder.observe($0)
      log.observe($0)
    }
    let alerter = Alerter(
      configuration.alerts, relay: relayName(configuration), userAgent: "dlr-relay/\(version)", routeName: { names[$0] },
      clock: systemClock, observer: record)
    let observer: Observer = {
      record($0)
      alerter.observe($0)
    }
    let journal: SQLiteJournal
    do {
      journal = try SQLiteJournal(
        path: configuration.store.path, retention: configuration.store.retention, clock: systemClock, observer: observer)
    } catch {
      throw Failure("\(error)")
    }
    let lanes: [LaneID]
    do {
      lanes = try journal.lanes(for: configuration.routes.map(LaneTerms.init))
    } catch {
      journal.close()
      throw Failure("the routes could not be entered into \(configuration.store.path): \(error)")
    }
    names.add(journal.standing().lanes)
    let deliverer = Deliverer(
      routes: configuration.routes, lanes: lanes, journal: journal, userAgent: "dlr-relay/\(version)", clock: systemClock,
      observer: observer, rng: SystemRandomNumberGenerator())
    let rules = PresentRules(configuration.routes)
    journal.adopt(JournalRules(rules.rules, lanes: lanes, dropsUnmatched: configuration.unmatched == .drop))
    let accept = AcceptReport(rules: rules.rules, lanes: lanes, journal: journal, observer: observer)
    do {
      let door = try await PublicDoor.open(
        receive, passed: passed, acceptReport: accept, journal: journal, clock: systemClock, observer: observer)
      if door.listen != receive.listen {
        logger.warning(
          "the public door is the socket that was passed to the relay; set receive.listen to its address, by which doctor and panel go",
          metadata: ["socket": "\(door.listen)", "receive.listen": "\(receive.listen)"])
      }
      return Relay(
        running: RunningConfiguration(configuration, rules, fingerprint: file.fingerprint, at: systemClock()), journal: journal,
        deliverer: deliverer, door: door, alerter: alerter, routeNames: names, observer: observer, reloader: Reloader(file),
        recorder: recorder, libraryMetrics: libraryMetrics, levels: levels, ticks: LogTicks(log, levels, logger),
        service: service)
    } catch {
      await offPool {
        deliverer.stop()
        journal.close()
      }
      throw Failure(explain(error, listening: configuration.receive.listen, key: "receive.listen"))
    }
  }

  private init(
    running: RunningConfiguration, journal: SQLiteJournal, deliverer: Deliverer, door: PublicDoor, alerter: Alerter,
    routeNames: RouteNames, observer: @escaping Observer, reloader: Reloader, recorder: Recorder, libraryMetrics: PrometheusFactory,
    levels: LogLevels, ticks: LogTicks, service: ServiceEnvironment
  ) {
    self.running = running
    self.journal = journal
    self.deliverer = deliverer
    self.door = door
    self.alerter = alerter
    self.routeNames = routeNames
    self.observer = observer
    self.reloader = reloader
    self.recorder = recorder
    self.libraryMetrics = libraryMetrics
    self.levels = levels
    self.ticks = ticks
    let manager = ServiceManager(service.notifySocket)
    announcer = Announcer(manager)
    watchdog = service.watchdog.map { Watchdog($0, manager, journal, deliverer, door, observer) }
    startedAt = systemClock()
    alerter.start(readings())
    ticks.start()
  }

  /// Follows the rule file until it is told to stop, and stops.
  func run() async throws {
    reloader.start(self)
    try? await gracefulShutdown()
    await stop()
  }

  /// Reads the rule file again. Returns at once.
  func reload() { reloader.ask() }

  /// No more reports; what is in flight ends; results are stored. Once, however often it is called.
  func stop() async {
    let isFirst = isStopped.withLock { isStopped in
      defer { isStopped = true }
      return !isStopped
    }
    guard isFirst else { return }
    observer(.stopping)
    announcer.stops()
    watchdog?.stop()
    // One that is under way needs every part.
    await offPool { [reloader] in reloader.stop() }
    await door.stopAccepting()
    async let sent: Void = offPool { [deliverer] in deliverer.stop() }
    await door.drain(within: Limits.lastRequestsTimeMax)
    await sent
    // Commits what waits, so that every request that is with the store has its answer before its connection ends.
    await offPool { [journal] in journal.close() }
    await door.close()
    // Last, so that what went wrong until here is told.
    await offPool { [alerter] in alerter.stop() }
    ticks.stop()
    observer(.stopped)
  }

  /// - Parameter onRunning: gets where the public and the operator's door listen, once both do.
  func statusDoor(logger: Logger, onRunning: @escaping @Sendable (Endpoint, Endpoint) -> Void) -> some Service {
    StatusDoor({ [running] in running.status }, source: statusSource()).application(logger: logger) { [self] endpoint in
      let publicDoor = Endpoint(host: door.listen.host, port: door.port)
      observer(.started(version: version, publicDoor: publicDoor, statusDoor: endpoint))
      announcer.isReady(publicDoor: publicDoor, loadedState)
      watchdog?.start()
      onRunning(publicDoor, endpoint)
    }
  }

  func tellOfReload(isOver: Bool) { if isOver { announcer.reloaded(loadedState) } else { announcer.reloads() } }

  private var loadedState: LoadedState {
    let (file, loaded) = (running.file, running.loaded)
    return LoadedState(routes: file.routes.count, isRefused: loaded.lastError != nil)
  }

  /// What the alerts are decided by, besides events.
  private func readings() -> @Sendable () async -> Readings {
    let path = running.storePath
    return { [journal, deliverer] in
      await offPool {
        Readings(
          standing: journal.standing(), gauges: deliverer.gauges(), oldestWaiting: try? journal.oldestWaiting(), disk: diskSpace(at: path))
      }
    }
  }

  private func statusSource() -> StatusSource {
    var source = StatusSource(
      version: version, startedAt: startedAt, recorder: recorder, clock: systemClock,
      configuration: { [running] in running.loaded },
      standing: { [journal] in journal.standing() },
      gauges: { [deliverer] in deliverer.gauges() },
      oldestWaiting: { [journal] in try await offPool { Result { try journal.oldestWaiting() } }.get() },
      waiting: { [journal] ends in try await offPool { Result { try journal.waiting(apart: ends) } }.get() },
      operations: Operations(
        journal, rules: { [running] in running.rules },
        pause: { [deliverer] lane in try await confirmed { deliverer.pause(lane, then: $0) } },
        resume: { [deliverer] lane in try await confirmed { deliverer.resume(lane, then: $0) } }),
      isStoreWritable: { [journal] in journal.isHealthy },
      publicDoorAnswers: { [door] in await door.answers() })
    source.lookups = Lookups(journal, rules: { [running] in running.rules })
    source.backups = Backups(journal)
    source.storePath = running.storePath
    source.libraryMetrics = libraryMetrics
    source.observer = observer
    source.levels = levels
    source.tokenUses = { [door] in door.tokenUses() }
    source.disk = { [path = running.storePath] in diskSpace(at: path) }
    source.process = ProcessFigures.now
    source.alertMessages = { [alerter] in (alerter.messages.sent, alerter.messages.lost) }
    return source
  }
}

extension Watchdog {
  /// Of a relay. Holds none of its parts back from ending.
  fileprivate convenience init(
    _ time: Duration, _ manager: ServiceManager, _ journal: SQLiteJournal, _ deliverer: Deliverer, _ door: PublicDoor,
    _ observer: @escaping Observer
  ) {
    self.init(
      time, manager, storeTurn: { journal.turnProcessorTime }, died: { observer(.stuck(parts: $0.map(\.rawValue))) }
    ) { part, answered in
      switch part {
      case .eventLoops: door.ping { answered(true) }
      case .pool: Task { answered(true) }
      case .publicDoor: Task { answered(await door.takesConnections()) }
      case .deliver: deliverer.ping { answered(true) }
      case .store: journal.ping { answered(true) }
      }
    }
  }
}

/// What an operator knows the relay by: where the provider calls it, or else the machine's name.
func relayName(_ configuration: Configuration) -> String {
  if let url = configuration.receive.publicURL, let scheme = url.firstRange(of: "://") { return String(url[scheme.upperBound...]) }
  var name = [CChar](repeating: 0, count: 256)
  // The last byte is left alone, since a name that is cut need not end.
  guard gethostname(&name, name.count - 1) == 0 else { return "dlr-relay" }
  return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// The absolute path of a file without symbolic links; of one that is not there only absolute.
func realPath(_ path: String) -> String {
  guard let resolved = realpath(path, nil) else { return URL(filePath: path).absoluteURL.standardizedFileURL.path }
  defer { free(resolved) }
  return String(cString: resolved)
}

/// Of the file system that a file is on; nil if it does not say.
func diskSpace(at path: String) -> DiskSpace? {
  var information = statvfs()
  guard statvfs(path, &information) == 0 else { return nil }
  func bytes(_ blocks: fsblkcnt_t) -> Int {
    let (bytes, isTooMuch) = UInt64(blocks).multipliedReportingOverflow(by: UInt64(information.f_frsize))
    return isTooMuch ? .max : Int(clamping: bytes)
  }
  // What only root may use is not free for the relay.
  return DiskSpace(free: bytes(information.f_bavail), total: bytes(information.f_blocks))
}

/// Runs what blocks on a thread where it may.
func offPool<T: Sendable>(_ body: @escaping @Sendable () -> T) async -> T {
  await withCheckedContinuation { continuation in
    DispatchQueue.global().async { continuation.resume(returning: body()) }
  }
}

/// - Throws: `Failure` if the address cannot be listened on.
private func ensureFree(_ endpoint: Endpoint, key: String) async throws {
  do {
    let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .bind(host: endpoint.host, port: endpoint.port).get()
    try await listener.close()
  } catch {
    throw Failure(explain(error, listening: endpoint, key: key))
  }
}

/// Why an address cannot be listened on, and what to do.
func explain(_ error: any Error, listening endpoint: Endpoint, key: String) -> String {
  switch (error as? IOError)?.errnoCode {
  case EADDRINUSE: "cannot listen on \(endpoint): the port is in use; stop the program that has it, or change \(key)"
  case EACCES: "cannot listen on \(endpoint): not allowed; use a port above 1023, or change \(key)"
  case EADDRNOTAVAIL: "cannot listen on \(endpoint): this machine has no such address; change \(key)"
  default: "cannot listen on \(endpoint): \(error); change \(key)"
  }
}
