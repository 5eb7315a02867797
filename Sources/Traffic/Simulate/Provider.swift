import Model
import NIOCore
import NIOHTTP1
import NIOPosix

/// The simulated provider at work: takes from the schedule what is due and gives it to a free connection. Lives on one
/// event loop and is called on no other thread.
final class Provider {
  /// After a stop, what is on its way may still be answered for so long.
  static let stopTimeMax: TimeAmount = .seconds(2)

  private let settings: SimulateSettings
  private let loop: any EventLoop
  private let done: EventLoopPromise<SimulateSummary>
  private let record: RecordFile?
  private let started = NIODeadline.now()
  private var schedule: Schedule
  private var tally = SimulateTally()
  /// The last one used comes first, so that a low rate uses few connections.
  private var idle: [ProviderConnection] = []
  private var connections: [ObjectIdentifier: ProviderConnection] = [:]
  private var isEnded = false
  /// The earliest time for which a timer is set.
  private var wake: Duration?

  init(_ settings: SimulateSettings, record: RecordFile?, loop: any EventLoop, done: EventLoopPromise<SimulateSummary>) {
    self.settings = settings
    self.record = record
    self.loop = loop
    self.done = done
    schedule = Schedule(campaign: Campaign(settings.campaign), pace: settings.pace)
  }

  var summary: SimulateSummary { tally.summary(seed: settings.campaign.seed, elapsed: now) }

  /// Sends what is due, as far as connections are free.
  func pump() {
    while !isEnded, !idle.isEmpty || connections.count < settings.pace.connections {
      switch schedule.next(at: now) {
      case .send(let job): start(job)
      case .wait(let until): return wake(at: until)
      case .waitForAnswer: return
      case .finished: return end()
      }
    }
  }

  func stop() {
    tally.unanswered += schedule.stop()
    guard schedule.inFlight > 0 else { return end() }
    loop.assumeIsolated().scheduleTask(in: Self.stopTimeMax) { self.end() }
  }

  private var now: Duration { .nanoseconds((NIODeadline.now() - started).nanoseconds) }

  private func start(_ job: Job) {
    tally.sent(job)
    if let connection = idle.popLast() { connection.send(job) } else { connect(for: job) }
  }

  private func connect(for job: Job) {
    let owner = ProviderConnection.Owner(
      ended: { [self] in ended($0, $1, $2, isReusable: $3) },
      closed: { [self] in closed($0) })
    let connection = ProviderConnection(target: settings.target, timeout: .nanoseconds(settings.timeout.nanoseconds), owner: owner)
    connections[ObjectIdentifier(connection)] = connection
    let bound = NIOLoopBound(connection, eventLoop: loop)
    ClientBootstrap(group: loop)
      .connectTimeout(.nanoseconds(settings.timeout.nanoseconds))
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHTTPClientHandlers()
          try channel.pipeline.syncOperations.addHandler(bound.value)
        }
      }
      .connect(host: settings.target.host, port: settings.target.port)
      .assumeIsolated()
      .whenComplete { [self] result in
        switch result {
        case .success: isEnded ? connection.close() : connection.send(job)
        case .failure(let error):
          connections[ObjectIdentifier(connection)] = nil
          ended(connection, job, .broken(Self.reason(of: error)), isReusable: false)
        }
      }
  }

  private func ended(_ connection: ProviderConnection, _ job: Job, _ answer: Answer, isReusable: Bool) {
    guard !isEnded else { return }
    if isReusable { idle.append(connection) }
    let now = now
    let outcome = schedule.settled(job, isAnswered: answer.isSuccess, at: now)
    if tally.ended(job, answer, outcome, latency: now - job.due) {
      do {
        try record?.add("\(job.request.report.id)\t\(job.request.report.status.rawValue)")
      } catch {
        return fail(error)
      }
    }
    // Not from within: a chain of refused connections would go deep.
    loop.assumeIsolated().execute { self.pump() }
  }

  private func closed(_ connection: ProviderConnection) {
    connections[ObjectIdentifier(connection)] = nil
    idle.removeAll { $0 === connection }
    pump()
  }

  private func wake(at time: Duration) {
    guard wake.map({ time < $0 }) ?? true else { return }
    wake = time
    loop.assumeIsolated().scheduleTask(deadline: started + .nanoseconds(time.nanoseconds)) { [self] in
      if wake == time { wake = nil }
      pump()
    }
  }

  private func end() {
    guard !isEnded else { return }
    tally.unanswered += schedule.inFlight
    shut()
    done.succeed(summary)
  }

  private func fail(_ error: TrafficError) {
    shut()
    done.fail(error)
  }

  private func shut() {
    isEnded = true
    // A copy, since closing takes each out.
    for connection in Array(connections.values) { connection.close() }
  }

  private static func reason(of error: any Error) -> Answer.Break {
    if case ChannelError.connectTimeout = error { .timeout } else { .refused }
  }
}

extension Duration {
  /// As the timers of the event loop count; traps beyond 292 years.
  var nanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
}
