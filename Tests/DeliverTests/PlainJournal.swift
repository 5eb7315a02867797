import Model
import Support
import Synchronization

/// A journal in memory, as far as sending needs one: everything is handed over at once, results are committed as they come,
/// and nothing is bounded.
final class PlainJournal: Journal {
  private struct State {
    var receive: (@Sendable (Handover) -> Void)?
    var live: Set<LaneID> = []
    var ready: [Delivery] = []
    var retry: [(due: Instant, delivery: Delivery)] = []
    var sent: [Delivery] = []
  }

  let settled = Tape<Settlement>()
  private let state = Mutex(State())
  private let clock: Clock

  init(clock: @escaping Clock = realClock) { self.clock = clock }

  func add(_ deliveries: [Delivery]) {
    hand { state in
      var handover = Handover()
      for delivery in deliveries {
        if state.live.contains(delivery.lane) { handover.deliveries.append(delivery) } else { state.ready.append(delivery) }
      }
      state.sent += handover.deliveries
      return handover
    }
  }

  func connect(_ receive: @escaping @Sendable (Handover) -> Void) { state.withLock { $0.receive = receive } }

  func settle(_ results: [Settlement]) {
    guard !results.isEmpty else { return }
    hand { state in
      for result in results {
        guard let index = state.sent.firstIndex(where: { $0.seq == result.seq && $0.lane == result.lane }) else {
          preconditionFailure("settled without having been handed over")
        }
        var delivery = state.sent.remove(at: index)
        guard case .retry(let due) = result.result else { continue }
        delivery.tries = result.tries
        delivery.queue = .retry
        state.retry.append((due, delivery))
      }
      var handover = Handover()
      handover.settled = results.count
      return handover
    }
    for result in results { settled.append(result) }
  }

  func fetch(_ queue: Queue, of lane: LaneID) {
    hand { state in
      var page = Page(lane: lane, queue: queue, deliveries: [], isMore: false, nextDue: nil)
      if queue == .ready {
        page.deliveries = state.ready.filter { $0.lane == lane }
        state.ready.removeAll { $0.lane == lane }
        state.live.insert(lane)
      } else {
        let now = clock()
        page.deliveries = state.retry.filter { $0.delivery.lane == lane && $0.due <= now }.map(\.delivery)
        state.retry.removeAll { $0.delivery.lane == lane && $0.due <= now }
        page.nextDue = state.retry.filter { $0.delivery.lane == lane }.map(\.due).min()
      }
      state.sent += page.deliveries
      var handover = Handover()
      handover.pages = [page]
      return handover
    }
  }

  /// Handovers leave in the order in which they were made.
  private func hand(_ make: (inout State) -> Handover) {
    state.withLock { state in
      let handover = make(&state)
      if !handover.isEmpty { state.receive?(handover) }
    }
  }

  // What a deliverer never asks for.
  func lanes(for terms: [LaneTerms]) -> [LaneID] { terms.indices.map { LaneID($0 + 1) } }
  func append(_ arrival: Arrival, then: @escaping @Sendable (JournalError?) -> Void) { then(.closed) }
  func quarantine(_ body: Quarantined, then: @escaping @Sendable (JournalError?) -> Void) { then(.closed) }
  func count(refused reason: String) {}
  func standing() -> Standing { Standing() }
  func oldestWaiting() -> [LaneID: Instant] { [:] }
  func waiting() -> [WaitingCount] { [] }
  var isHealthy: Bool { true }
  func close() {}
}
