import CCurl
import Model
import Synchronization

/// Tells operators what needs them: events and readings go in, messages to hooks come out.
///
/// Nobody who calls it ever waits for a hook.
package final class Alerter: Sendable {
  private static let checkEvery: Duration = .seconds(10)

  private let hooks: [Hook]
  /// One for each hook, since each has settings and a rate of its own.
  private let watches: Mutex<[Watch]>
  private let clock: Clock
  private let checks = Mutex<Task<Void, Never>?>(nil)

  /// Sends nothing before `start`, and keeps what happens until then.
  /// - Parameters:
  ///   - relay: what people call it, for the message.
  ///   - observer: is told of messages that were given up; not to be `observe`.
  package init(
    _ settings: [AlertSettings], relay: String, userAgent: String, routeName: @escaping @Sendable (LaneID) -> String,
    clock: @escaping Clock,
    patience: Patience = Patience(), observer: @escaping Observer
  ) {
    precondition(curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK, "libcurl cannot be set up")
    hooks = settings.enumerated().map {
      Hook($1, number: $0 + 1, relay: relay, userAgent: userAgent, patience: patience, observer: observer)
    }
    let startedAt = clock()
    watches = Mutex(settings.map { Watch($0, startedAt: startedAt, routeName: routeName) })
    self.clock = clock
  }

  /// From any thread; cheap.
  package func observe(_ event: Event) {
    guard !hooks.isEmpty, Watch.concerns(event) else { return }
    let now = clock()
    tell { $0.observe(event, at: now) }
  }

  /// Starts sending, and checking how things are every ten seconds. Once.
  package func start(_ readings: @escaping @Sendable () async -> Readings) {
    guard !hooks.isEmpty else { return }
    for hook in hooks { hook.start() }
    let task = Task { [self] in
      while (try? await Task.sleep(for: Self.checkEvery)) != nil { check(await readings()) }
    }
    checks.withLock { checks in
      precondition(checks == nil, "started once")
      checks = task
    }
  }

  package func check(_ readings: Readings) {
    let now = clock()
    tell { $0.check(readings, at: now) }
  }

  /// Tries what waits once more, and ends within `Patience.atTheEnd` whatever the hooks do. Blocks.
  package func stop() {
    guard let task = checks.withLock({ $0.take() }) else { return }
    task.cancel()
    for hook in hooks { hook.beginStopping() }
    for hook in hooks { hook.waitForEnd() }
  }

  /// The messages go out in the order in which they were decided: `send` only puts them into a queue.
  private func tell(_ decide: (inout Watch) -> [Alert]) {
    watches.withLock { watches in
      for index in watches.indices {
        let alerts = decide(&watches[index])
        if !alerts.isEmpty { hooks[index].send(alerts) }
      }
    }
  }
}
