import Model
import Synchronization

/// What the lanes' routes are called, those too that the rule file does not have any more.
final class RouteNames: Sendable {
  private let names = Mutex<[LaneID: String]>([:])

  func add(_ lanes: [LaneStanding]) {
    names.withLock { names in
      for lane in lanes { names[lane.id] = lane.name }
    }
  }

  subscript(lane: LaneID) -> String { names.withLock { $0[lane] } ?? "lane \(lane.number)" }
}
