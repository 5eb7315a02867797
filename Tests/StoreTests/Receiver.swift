import Model
import Support

/// The sending side of a journal, which keeps what it is handed and lets a test wait for it.
final class Receiver: Sendable {
  struct Seen: Sendable {
    let handovers: [Handover]
    var settled: Int { handovers.reduce(0) { $0 + $1.settled } }
    var deliveries: [Delivery] { handovers.flatMap(\.deliveries) }
    var spilled: [LaneID] { handovers.flatMap(\.spilled) }
    var due: [Handover.Due] { handovers.flatMap(\.due) }
    var held: [Handover.Due] { handovers.flatMap(\.held) }
    var withdrawn: [Handover.Withdrawn] { handovers.flatMap(\.withdrawn) }

    func pages(_ queue: Queue, of lane: LaneID) -> [Page] {
      handovers.flatMap(\.pages).filter { $0.queue == queue && $0.lane == lane }
    }
  }

  private let handovers = Tape<Handover>()

  init(_ journal: some Journal) { journal.connect { [handovers] in handovers.append($0) } }

  var seen: Seen { Seen(handovers: handovers.all) }
  var settled: Int { seen.settled }
  func pages(_ queue: Queue, of lane: LaneID) -> [Page] { seen.pages(queue, of: lane) }

  func wait(until isTrue: @escaping @Sendable (Seen) -> Bool) async throws {
    _ = try await handovers.wait { isTrue(Seen(handovers: $0)) }
  }
}
