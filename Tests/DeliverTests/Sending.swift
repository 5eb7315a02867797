import Deliver
import Foundation
import Model
import Support

/// A deliverer that runs, with what it stored and told.
struct Sending: Sendable {
  let deliverer: Deliverer
  let journal: PlainJournal
  let events: Tape<Event>

  /// Sends one copy and gives its result.
  func send(_ delivery: Delivery) async throws -> Settlement {
    journal.add([delivery])
    return try await journal.settled.first { $0.lane == delivery.lane && $0.seq == delivery.seq }
  }

  /// Blocks a thread of its own: those of the pools are few, and all other tests want them.
  func stop() async {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        deliverer.stop()
        continuation.resume()
      }
    }
  }
}

/// - Parameters:
///   - routes: whose lanes are 1, 2, ...
///   - states: of the lanes, as the journal kept them.
///   - stops: false if `body` stops the deliverer itself.
func withDeliverer<Result: Sendable>(
  _ routes: [RouteSettings], states: [LaneID: LaneState] = [:], clock: @escaping Clock = realClock, stops: Bool = true,
  _ body: (Sending) async throws -> Result
) async throws -> Result {
  let (journal, events) = (PlainJournal(states: states, clock: clock), Tape<Event>())
  let deliverer = Deliverer(
    routes: routes, lanes: journal.lanes(for: routes.map(LaneTerms.init)), journal: journal, userAgent: "dlr-relay/9.8.7", clock: clock,
    observer: { events.append($0) }, rng: Seeded(7))
  let sending = Sending(deliverer: deliverer, journal: journal, events: events)
  do {
    let result = try await body(sending)
    if stops { await sending.stop() }
    return result
  } catch {
    if stops { await sending.stop() }
    throw error
  }
}
