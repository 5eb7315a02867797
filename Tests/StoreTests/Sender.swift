import Model
import Support
import Synchronization
import Testing
import Traffic

/// A sender that is wrong about nothing: it holds what it is handed, and notices whatever a journal may not do.
final class Sender: Sendable {
  private struct Place: Hashable {
    var lane: LaneID
    var seq: Int64
  }

  struct State {
    var held: [Delivery] = []
    /// Of each lane, the last first try that was handed over.
    var lastReady: [LaneID: Int64] = [:]
    /// Lanes that must be paged before anything of them is handed over.
    var spilled: Set<LaneID>
    var asked: Set<LaneID> = []
    var settled = 0
    var violations: [String] = []
  }

  private let state: Mutex<State>

  init(lanes: [LaneID]) { state = Mutex(State(spilled: Set(lanes))) }

  func with<T: Sendable>(_ body: (inout State) -> T) -> T { state.withLock { body(&$0) } }

  func receive(_ handover: Handover) {
    state.withLock { state in
      state.settled += handover.settled
      for delivery in handover.deliveries {
        if state.spilled.contains(delivery.lane) { state.violations.append("\(delivery.seq) was handed over in a spilled lane") }
        state.take(delivery)
      }
      for lane in handover.spilled where !state.spilled.insert(lane).inserted {
        state.violations.append("lane \(lane.number) was spilled twice")
      }
      for page in handover.pages {
        for delivery in page.deliveries { state.take(delivery) }
        guard page.queue == .ready else { continue }
        state.asked.remove(page.lane)
        if !page.isMore { state.spilled.remove(page.lane) }
      }
    }
  }
}

extension Sender.State {
  fileprivate mutating func take(_ delivery: Delivery) {
    if held.contains(where: { $0.lane == delivery.lane && $0.seq == delivery.seq }) {
      violations.append("\(delivery.seq) of lane \(delivery.lane.number) was handed over twice")
    }
    if delivery.queue == .ready {
      if delivery.seq <= lastReady[delivery.lane, default: 0] {
        violations.append("\(delivery.seq) of lane \(delivery.lane.number) came after \(lastReady[delivery.lane]!)")
      }
      lastReady[delivery.lane] = delivery.seq
    }
    held.append(delivery)
  }
}
