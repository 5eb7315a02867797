import Foundation
import Model
import Synchronization

/// What the writer's thread is at, for whoever watches whether it lives: waiting for work, or a turn and how long that has computed.
final class Turn: Sendable {
  private struct State {
    var clock: clockid_t?
    /// Of the processor, when the present turn began; nil while it waits.
    var began: Duration?
  }

  private let state = Mutex(State())

  /// On the thread, before its first turn.
  func belongsToThisThread() {
    var clock = clockid_t()
    guard pthread_getcpuclockid(pthread_self(), &clock) == 0 else { return }
    state.withLock { $0.clock = clock }
  }

  func begin() { state.withLock { $0.began = $0.clock.map(Self.time) } }
  /// - Precondition: on the thread that it belongs to, also when that ends.
  func end() { state.withLock { $0.began = nil } }

  /// - Returns: processor time of the turn that goes on; nil while the thread waits for work.
  var processorTime: Duration? {
    // Under the lock the thread is in a turn, so it has not ended, and its clock is one.
    state.withLock { state in
      guard let began = state.began, let clock = state.clock else { return nil }
      return Self.time(clock) - began
    }
  }

  private static func time(_ clock: clockid_t) -> Duration {
    var now = timespec()
    clock_gettime(clock, &now)
    return .seconds(now.tv_sec) + .nanoseconds(now.tv_nsec)
  }
}
