import Model
import Support

@testable import Deliver

func dispatcher(
  _ routes: [RouteSettings], _ events: Tape<Event> = Tape(), states: [LaneID: LaneState] = [:]
) -> Dispatcher<Seeded> {
  let lanes = routes.indices.map { LaneID($0 + 1) }
  return Dispatcher(routes: routes, lanes: lanes, states: states, at: noon, observer: { events.append($0) }, rng: Seeded(1))
}

/// With every lane live and empty.
func live(_ routes: [RouteSettings], _ events: Tape<Event> = Tape(), states: [LaneID: LaneState] = [:]) -> Dispatcher<Seeded> {
  var dispatcher = dispatcher(routes, events, states: states)
  _ = dispatcher.advance(to: noon)
  var pages = Handover()
  for lane in 1...routes.count { pages.pages += [page([], lane: lane), page([], .retry, lane: lane), page([], .replay, lane: lane)] }
  dispatcher.receive(pages)
  _ = dispatcher.advance(to: noon)
  return dispatcher
}

func handover(_ deliveries: [Delivery] = [], settled: Int = 0) -> Handover {
  var handover = Handover()
  handover.deliveries = deliveries
  handover.settled = settled
  return handover
}

func ~= (expected: Instant, value: Instant) -> Bool { expected == value }
