import NIOCore
import NIOPosix
import Synchronization

/// What has happened, in order, for tests to wait on: events, requests, settlements.
package final class Tape<Element: Sendable>: Sendable {
  package typealias Condition = @Sendable ([Element]) -> Bool

  private struct Waiter {
    var isEnough: Condition
    var promise: EventLoopPromise<[Element]>
  }

  private struct State {
    var elements: [Element] = []
    var waiters: [Waiter] = []
  }

  private let state = Mutex(State())

  package init() {}

  /// Everything until now.
  package var all: [Element] { state.withLock { $0.elements } }

  package func append(_ element: Element) {
    let (ready, elements) = state.withLock { state in
      state.elements.append(element)
      let ready = state.waiters.filter { $0.isEnough(state.elements) }
      state.waiters.removeAll { $0.isEnough(state.elements) }
      return (ready, state.elements)
    }
    for waiter in ready { waiter.promise.succeed(elements) }
  }

  /// Everything until now, as soon as that satisfies the condition.
  /// - Throws: `.timedOut` if it does not for `RawConnection.patience`.
  package func wait(until isEnough: @escaping Condition) async throws -> [Element] {
    let loop = MultiThreadedEventLoopGroup.singleton.any()
    let promise = loop.makePromise(of: [Element].self)
    let enough = state.withLock { state in
      guard !isEnough(state.elements) else { return Optional(state.elements) }
      state.waiters.append(Waiter(isEnough: isEnough, promise: promise))
      return nil
    }
    if let enough { promise.succeed(enough) }
    let limit = loop.scheduleTask(in: RawConnection.patience) { promise.fail(HTTPTestError.timedOut) }
    defer { limit.cancel() }
    return try await promise.futureResult.get()
  }

  /// The first so many.
  package func first(_ count: Int) async throws -> [Element] { Array(try await wait { $0.count >= count }.prefix(count)) }

  /// The first that passes.
  package func first(where passes: @escaping @Sendable (Element) -> Bool) async throws -> Element {
    try await wait { $0.contains(where: passes) }.first(where: passes)!
  }
}

/// Closed until a test opens it, and open from then on.
package final class Latch: Sendable {
  private let state = Mutex<[@Sendable () -> Void]?>([])

  package init() {}

  package func open() {
    let waiting = state.withLock { state in
      defer { state = nil }
      return state ?? []
    }
    for action in waiting { action() }
  }

  /// Runs the action once the latch is open, perhaps at once, on the thread that opens it.
  package func whenOpen(_ action: @escaping @Sendable () -> Void) {
    let isOpen = state.withLock { state in
      state?.append(action)
      return state == nil
    }
    if isOpen { action() }
  }
}
