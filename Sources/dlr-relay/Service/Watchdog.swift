import Foundation
import Model
import Synchronization
import Wakeup

/// Says to the service manager that the relay is alive, for as long as it is: by `Vitals`, on a thread that depends on nothing of what it asks.
final class Watchdog: Sendable {
  /// Asks the part, which answers by calling, once, whether it works; or never.
  typealias Ask = @Sendable (Vitals.Part, _ answered: @escaping @Sendable (Bool) -> Void) -> Void

  private struct State {
    var vitals = Vitals()
    var isStopped = false
  }

  private let time: Duration
  private let manager: ServiceManager
  private let ask: Ask
  private let storeTurn: @Sendable () -> Duration?
  private let died: @Sendable ([Vitals.Part]) -> Void
  private let state = Mutex(State())
  private let wake = Wakeup()

  /// - Parameters:
  ///   - time: after which the manager ends a relay that is silent.
  ///   - storeTurn: of `Vitals.dead`.
  ///   - died: is told at each look that found something dead.
  init(
    _ time: Duration, _ manager: ServiceManager, storeTurn: @escaping @Sendable () -> Duration?,
    died: @escaping @Sendable ([Vitals.Part]) -> Void, ask: @escaping Ask
  ) {
    self.time = time
    self.manager = manager
    self.ask = ask
    self.storeTurn = storeTurn
    self.died = died
  }

  /// Once.
  func start() {
    let thread = Thread { [self] in
      while !isStopped {
        let nextAt = SuspendingClock.now + Vitals.lookEvery(time)
        look()
        wait(until: nextAt) { $0.isStopped }
      }
    }
    thread.name = "watchdog"
    thread.start()
  }

  /// What is stopping says so by other means, and may wait for long.
  func stop() {
    state.withLock { $0.isStopped = true }
    wake.signal()
  }

  private var isStopped: Bool { state.withLock { $0.isStopped } }

  private func look() {
    for part in state.withLock({ $0.vitals.ask() }) {
      ask(part) { [self] isFine in
        state.withLock { $0.vitals.answered(part, isFine: isFine) }
        wake.signal()
      }
    }
    wait(until: .now + Vitals.answerTimeMax(time)) { $0.vitals.isComplete || $0.isStopped }
    let vitals = state.withLock { $0.isStopped ? nil : $0.vitals }
    guard let vitals else { return }
    let dead = vitals.dead(storeTurn: storeTurn())
    if dead.isEmpty { manager.tellLater([.alive]) } else { died(dead) }
  }

  private func wait(until time: SuspendingClock.Instant, for isSo: (borrowing State) -> Bool) {
    while !state.withLock({ isSo($0) }), wake.wait(until: time) {}
  }
}
