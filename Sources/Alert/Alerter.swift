import CCurl
import Model
import Synchronization

/// Tells operators what needs them: events and readings go in, messages to hooks come out.
///
/// Nobody who calls it ever waits for a hook, except at the end.
package final class Alerter: Sendable {
  private static let checkEvery: Duration = .seconds(10)

  /// A hook of the rule file, and what it is told: each has settings and a rate of its own.
  private struct Listener {
    var settings: AlertSettings
    var hook: Hook
    var watch: Watch
  }

  private struct State {
    var listeners: [Listener] = []
    /// No longer in the rule file, and perhaps not ended yet.
    var retired: [Hook] = []
    var isStarted = false
    var checks: Task<Void, Never>?
  }

  private let state = Mutex(State())
  /// Whether there is anybody to tell, so that nobody needs the lock if not.
  private let hasListeners = Atomic(false)
  package let messages = MessageCounts()
  private let userAgent: String
  private let routeName: @Sendable (LaneID) -> String
  private let clock: Clock
  private let patience: Patience
  private let observer: Observer

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
    self.userAgent = userAgent
    self.routeName = routeName
    self.clock = clock
    self.patience = patience
    self.observer = observer
    reload(settings, relay: relay)
  }

  /// From any thread; cheap.
  package func observe(_ event: Event) {
    guard hasListeners.load(ordering: .relaxed), Watch.concerns(event) else { return }
    let now = clock()
    tell { $0.observe(event, at: now) }
  }

  /// Starts sending, and checking how things are every ten seconds. Once.
  package func start(_ readings: @escaping @Sendable () async -> Readings) {
    let task = Task { [self] in
      while (try? await Task.sleep(for: Self.checkEvery)) != nil {
        if hasListeners.load(ordering: .relaxed) { check(await readings()) }
      }
    }
    state.withLock { state in
      precondition(!state.isStarted, "started once")
      state.isStarted = true
      state.checks = task
      for listener in state.listeners { listener.hook.start() }
    }
  }

  /// The rule file was read anew. A hook with the settings of one before goes on as that one, knowing what it was told; any other
  /// begins anew. One that is gone tries what waits once more, as at the end, and nobody waits for it.
  package func reload(_ settings: [AlertSettings], relay: String) {
    let now = clock()
    state.withLock { state in
      var old = state.listeners
      state.listeners = settings.enumerated().map { index, settings in
        guard let known = old.firstIndex(where: { $0.settings == settings }) else {
          return listener(settings, number: index + 1, relay: relay, isStarted: state.isStarted, at: now)
        }
        old[known].hook.isNow(number: index + 1, relay: relay)
        return old.remove(at: known)
      }
      state.retired.removeAll(where: \.hasEnded)
      guard state.isStarted else { return }
      for listener in old { listener.hook.beginStopping() }
      state.retired += old.map(\.hook)
    }
    hasListeners.store(!settings.isEmpty, ordering: .relaxed)
  }

  private func listener(_ settings: AlertSettings, number: Int, relay: String, isStarted: Bool, at now: Instant) -> Listener {
    let hook = Hook(
      settings, number: number, relay: relay, userAgent: userAgent, patience: patience, messages: messages, observer: observer)
    if isStarted { hook.start() }
    return Listener(settings: settings, hook: hook, watch: Watch(settings, startedAt: now, routeName: routeName))
  }

  package func check(_ readings: Readings) {
    let now = clock()
    tell { $0.check(readings, at: now) }
  }

  /// Tries what waits once more, and ends within `Patience.atTheEnd` whatever the hooks do. Blocks.
  package func stop() {
    let (task, hooks, retired) = state.withLock { state in
      (state.checks.take(), state.isStarted ? state.listeners.map(\.hook) : [], state.retired)
    }
    guard let task else { return }
    task.cancel()
    for hook in hooks { hook.beginStopping() }
    for hook in hooks + retired { hook.waitForEnd() }
  }

  /// The messages go out in the order in which they were decided: `send` only puts them into a queue.
  private func tell(_ decide: (inout Watch) -> [Alert]) {
    state.withLock { state in
      for index in state.listeners.indices {
        let alerts = decide(&state.listeners[index].watch)
        if !alerts.isEmpty { state.listeners[index].hook.send(alerts) }
      }
    }
  }
}
