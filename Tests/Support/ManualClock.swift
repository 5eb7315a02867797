import Model
import Synchronization

/// Time that stands still until a test moves it.
package final class ManualClock: Sendable {
  private let state: Mutex<Instant>

  /// Begins on 2026-04-29 at 04:32:24 UTC.
  package init(_ start: Instant = Instant(microseconds: 1_777_437_144_000_000)) { state = Mutex(start) }

  package var now: Instant { state.withLock { $0 } }

  package func advance(by duration: Duration) { state.withLock { $0 = $0 + duration } }

  /// To hand to whatever asks for the time.
  package var clock: Clock { { self.now } }
}
