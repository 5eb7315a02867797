import Model
import Synchronization

/// Whatever happened, in order, from any thread.
final class Recording<Element: Sendable>: Sendable {
  private let state = Mutex<[Element]>([])
  func add(_ element: Element) { state.withLock { $0.append(element) } }
  var all: [Element] { state.withLock { $0 } }
}

/// The sending side of a journal, which keeps what it is handed and lets a test wait for it.
final class Receiver: Sendable {
  struct Seen: Sendable {
    fileprivate(set) var handovers: [Handover] = []
    var settled: Int { handovers.reduce(0) { $0 + $1.settled } }
    var deliveries: [Delivery] { handovers.flatMap(\.deliveries) }
    var spilled: [LaneID] { handovers.flatMap(\.spilled) }
    var due: [Handover.Due] { handovers.flatMap(\.due) }

    func pages(_ queue: Queue, of lane: LaneID) -> [Page] {
      handovers.flatMap(\.pages).filter { $0.queue == queue && $0.lane == lane }
    }
  }

  private struct Waiter {
    var isTrue: @Sendable (Seen) -> Bool
    var continuation: CheckedContinuation<Void, Never>
  }

  private let state = Mutex<(seen: Seen, waiters: [Waiter])>((Seen(), []))

  init(_ journal: some Journal) { journal.connect { [self] in receive($0) } }

  var seen: Seen { state.withLock { $0.seen } }
  var settled: Int { seen.settled }
  func pages(_ queue: Queue, of lane: LaneID) -> [Page] { seen.pages(queue, of: lane) }

  func wait(until isTrue: @escaping @Sendable (Seen) -> Bool) async {
    await withCheckedContinuation { continuation in
      let isTrueAlready = state.withLock { state in
        guard !isTrue(state.seen) else { return true }
        state.waiters.append(Waiter(isTrue: isTrue, continuation: continuation))
        return false
      }
      if isTrueAlready { continuation.resume() }
    }
  }

  private func receive(_ handover: Handover) {
    let satisfied = state.withLock { state in
      state.seen.handovers.append(handover)
      let satisfied = state.waiters.filter { $0.isTrue(state.seen) }
      if !satisfied.isEmpty { state.waiters.removeAll { $0.isTrue(state.seen) } }
      return satisfied
    }
    for waiter in satisfied { waiter.continuation.resume() }
  }
}
