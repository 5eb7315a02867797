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
    /// And of the replay queue.
    var retry: [(due: Instant, delivery: Delivery)] = []
    var sent: [Delivery] = []
    var states: [LaneID: LaneState]
    var faults: [JournalError] = []
    var held: [LaneID: Instant] = [:]
  }

  let settled = Tape<Settlement>()
  /// What was kept, in order.
  let kept = Tape<(lane: LaneID, state: LaneState)>()
  let released = Tape<(lane: LaneID, heldSince: Instant)>()
  private let state: Mutex<State>
  private let clock: Clock

  init(states: [LaneID: LaneState] = [:], clock: @escaping Clock = realClock) {
    state = Mutex(State(states: states))
    self.clock = clock
  }

  /// So many of the next calls of `keep` keep nothing and answer so.
  func failKeeping(_ count: Int, with error: JournalError) { state.withLock { $0.faults += Array(repeating: error, count: count) } }

  /// An earlier status began to hold a later one back.
  func hold(_ lane: LaneID, since: Instant) {
    hand { state in
      state.held[lane] = since
      var handover = Handover()
      handover.held = [Handover.Due(lane: lane, at: since)]
      return handover
    }
  }

  func keep(_ state: LaneState, of lane: LaneID, then: @escaping @Sendable (JournalError?) -> Void) {
    let fault = self.state.withLock { plain -> JournalError? in
      if !plain.faults.isEmpty { return plain.faults.removeFirst() }
      plain.states[lane] = state
      return nil
    }
    if fault == nil { kept.append((lane, state)) }
    then(fault)
  }

  func release(_ lane: LaneID, heldSince: Instant) {
    state.withLock { _ = $0.held.removeValue(forKey: lane) }
    released.append((lane, heldSince))
  }

  func standing() -> Standing {
    var standing = Standing()
    standing.lanes = state.withLock { state in
      state.states.sorted { $0.key < $1.key }.map { id, state in
        var lane = LaneStanding(id: id, name: "\(id.number)")
        lane.state = state
        return lane
      }
    }
    return standing
  }

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
        if delivery.queue == .ready { delivery.queue = .retry }
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
        let mine = state.retry.filter { $0.delivery.lane == lane && $0.delivery.queue == queue }
        page.deliveries = mine.filter { $0.due <= now }.map(\.delivery)
        state.retry.removeAll { $0.delivery.lane == lane && $0.delivery.queue == queue && $0.due <= now }
        page.heldSince = queue == .retry ? state.held[lane] : nil
        page.nextDue = mine.map(\.due).filter { $0 > now }.min()
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
  func adopt(_ rules: JournalRules) {}

  func lanes(for terms: [LaneTerms]) -> [LaneID] { terms.indices.map { LaneID($0 + 1) } }
  func append(_ arrival: Arrival, then: @escaping @Sendable (JournalError?) -> Void) { then(.closed) }
  func giveBack(_ bytes: Int, of lane: LaneID, from queue: Queue) {}
  func quarantine(_ body: Quarantined, then: @escaping @Sendable (JournalError?) -> Void) { then(.closed) }
  func count(refused reason: String) {}
  func oldestWaiting() -> [LaneID: Instant] { [:] }
  func waiting(apart ends: [Instant]?) -> [WaitingCount] { [] }
  var isHealthy: Bool { true }
  func close() {}
}
