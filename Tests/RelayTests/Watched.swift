import Synchronization

/// State that tests wait on: whoever changes it wakes those whose condition has come true.
final class Watched<State: Sendable>: Sendable {
  private struct Waiter: Sendable {
    /// True if it has been answered.
    var look: @Sendable (State) -> Bool
    var fail: @Sendable (any Error) -> Void
  }

  private struct Shared: Sendable {
    var state: State
    var waiters: [Int: Waiter] = [:]
    var waitersEver = 0
  }

  private let shared: Mutex<Shared>

  init(_ state: State) { shared = Mutex(Shared(state: state)) }

  func read<T: Sendable>(_ body: (State) -> T) -> T { shared.withLock { body($0.state) } }

  func change<T: Sendable>(_ body: (inout State) -> T) -> T {
    shared.withLock { shared in
      let result = body(&shared.state)
      for (number, waiter) in shared.waiters where waiter.look(shared.state) { shared.waiters[number] = nil }
      return result
    }
  }

  /// What `found` gives, as soon as it gives something. It is asked now and after each change, under the lock.
  /// - Throws: `CancellationError`, by which a test's time limit ends the wait.
  func first<T: Sendable>(_ found: @escaping @Sendable (State) -> T?) async throws -> T {
    let number = shared.withLock { shared in
      shared.waitersEver += 1
      return shared.waitersEver
    }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let waiter = Waiter(
          look: { state in
            guard let value = found(state) else { return false }
            continuation.resume(returning: value)
            return true
          },
          fail: { continuation.resume(throwing: $0) })
        shared.withLock { shared in
          if Task.isCancelled { return waiter.fail(CancellationError()) }
          if !waiter.look(shared.state) { shared.waiters[number] = waiter }
        }
      }
    } onCancel: {
      shared.withLock { $0.waiters.removeValue(forKey: number)?.fail(CancellationError()) }
    }
  }

  func until(_ isSo: @escaping @Sendable (State) -> Bool) async throws { try await first { isSo($0) ? () : nil } }
}
