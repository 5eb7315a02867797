import Model
import Testing

@testable import Deliver

/// Random runs of the dispatcher against a journal that keeps the protocol, from seeds. Faults: apps that fail, refuse, ask to wait,
/// are gone and go down for a while; an operator who pauses and resumes; commits that take their time; lanes that spill because they
/// may hold almost nothing; a clock that jumps.
struct DispatcherRunTests {
  @Test(arguments: 1...16)
  func `whatever happens, all that is handed over is sent, in order, once at a time, within the window`(seed: UInt64) {
    var run = Run(seed: seed)
    for _ in 0..<4_000 where run.flaw == nil { run.step() }
    run.drain()
    #expect(run.flaw == nil, "seed \(seed), after \(run.trace.suffix(12))")
    #expect(run.spills > 0 && run.repeats > 30, "seed \(seed) tests too little: \(run.spills) \(run.repeats)")
  }
}

private struct Key: Hashable {
  var lane: Int
  var seq: Int64
}

private struct Run {
  private static let concurrency = [1, 3, 16]
  private var rng: Seeded
  private var now = noon
  private var dispatcher: Dispatcher<Seeded>
  private var book = LaneBook(laneBytesMax: 4_000, lanesBytesMax: 8_000, laneBytesAssured: 1_000, queueBytesAssured: 300)
  // The journal's disk: what each queue of each lane has.
  private var ready: [[Delivery]]
  private var retry: [[(due: Instant, delivery: Delivery)]]
  private var seq: Int64 = 0
  // On their way.
  private var fetches: [(queue: Queue, lane: LaneID)] = []
  private var uncommitted: [Settlement] = []
  private var inFlight: [Attempt] = []
  private var isDown: [Bool]
  private var isPaused: [Bool]
  // What must be true.
  private var owed: Set<Key> = []
  private var lastFirstTry: [Int64]
  private(set) var flaw: String?
  private(set) var spills = 0
  private(set) var repeats = 0
  private(set) var trace: [String] = []

  init(seed: UInt64) {
    rng = Seeded(seed)
    let routes = Self.concurrency.enumerated().map { index, concurrency in
      route("\(index)") { route in
        route.concurrency = concurrency
        route.retry.first = .milliseconds(100)
        route.retry.max = .seconds(20)
        route.retry.giveUpAfter = .minutes(10)
      }
    }
    dispatcher = Dispatcher(routes: routes, lanes: routes.indices.map(LaneID.init), at: noon, observer: { _ in }, rng: Seeded(seed &* 31))
    ready = Array(repeating: [], count: routes.count)
    retry = Array(repeating: [], count: routes.count)
    isDown = Array(repeating: false, count: routes.count)
    isPaused = isDown
    lastFirstTry = Array(repeating: 0, count: routes.count)
  }

  mutating func step() {
    switch Int.random(in: 0..<10, using: &rng) {
    case 0, 1: arrive(chance(4) ? 40 : Int.random(in: 1...2, using: &rng))
    case 2, 3, 4: end(Int.random(in: 0...12, using: &rng))
    case 5: commit()
    case 6: answerFetch()
    case 7: now = now + .milliseconds(Int.random(in: 0...300, using: &rng))
    case 8 where chance(20): command()
    case 8: if chance(30) { isDown[Int.random(in: 0..<isDown.count, using: &rng)] = chance(15) }
    default: if chance(3) { now = now + .seconds(Int.random(in: -30...30, using: &rng)) }
    }
    advance()
  }

  /// With apps that work again, until nothing is owed.
  mutating func drain() {
    isDown = isDown.map { _ in false }
    for lane in isPaused.indices { dispatcher.resume(LaneID(lane), at: now) }
    isPaused = isPaused.map { _ in false }
    for _ in 0..<20_000 where flaw == nil && !owed.isEmpty {
      while !inFlight.isEmpty { end(inFlight.count, alwaysWell: true) }
      commit()
      while !fetches.isEmpty { answerFetch() }
      if let wake = dispatcher.nextWake, wake > now { now = wake } else { now = now + .milliseconds(1) }
      advance()
    }
    if flaw == nil, !owed.isEmpty { flaw = "\(owed.count) copies were never sent" }
    for gauge in dispatcher.gauges(at: now) where gauge.inFlight != inFlight.filter({ $0.route == gauge.lane.number }).count {
      flaw = flaw ?? "lane \(gauge.lane.number) counts \(gauge.inFlight) in flight"
    }
  }

  private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &rng) < percent }

  // MARK: - The journal

  private mutating func arrive(_ count: Int) {
    var handover = Handover()
    for _ in 0..<count {
      seq += 1
      let lane = Int.random(in: 0..<ready.count, using: &rng)
      let new = delivery(seq, lane: lane, receivedAt: now)
      owed.insert(Key(lane: lane, seq: seq))
      ready[lane].append(new)
      switch book.committed(new) {
      case .handOver: handover.deliveries.append(new)
      case .spill:
        handover.spilled.append(new.lane)
        spills += 1
      case .stay: break
      }
    }
    trace.append("arrive \(handover.deliveries.map(\.seq)), spilled \(handover.spilled.map(\.number))")
    dispatcher.receive(handover)
  }

  private mutating func commit() {
    guard !uncommitted.isEmpty else { return }
    for settlement in uncommitted {
      let lane = settlement.lane.number
      book.released(settlement.cost, of: settlement.lane, from: settlement.queue)
      guard let settled = take(settlement) else { return flaw = "a settlement of what the queue \(settlement.queue) does not have" }
      if case .retry(let due) = settlement.result {
        var again = settled
        again.tries = settlement.tries
        again.queue = .retry
        retry[lane].append((book.dueAfterCursor(due, of: settlement.lane), again))
        retry[lane].sort { ($0.due, $0.delivery.seq) < ($1.due, $1.delivery.seq) }
      } else if owed.remove(Key(lane: lane, seq: settlement.seq)) == nil {
        flaw = "settled twice"
      }
    }
    var handover = Handover()
    handover.settled = uncommitted.count
    uncommitted = []
    dispatcher.receive(handover)
  }

  private mutating func take(_ settlement: Settlement) -> Delivery? {
    let lane = settlement.lane.number
    if settlement.queue == .ready {
      return ready[lane].firstIndex { $0.seq == settlement.seq }.map { ready[lane].remove(at: $0) }
    }
    return retry[lane].firstIndex { $0.delivery.seq == settlement.seq }.map { retry[lane].remove(at: $0).delivery }
  }

  /// After all results that were settled before.
  private mutating func answerFetch() {
    guard !fetches.isEmpty else { return }
    commit()
    let (queue, id) = fetches.removeFirst()
    var page = Page(lane: id, queue: queue, deliveries: [], isMore: false, nextDue: nil)
    if queue == .ready {
      for waiting in ready[id.number] where waiting.seq > book.readyCursor(id) {
        guard page.deliveries.count < 5, book.pageTakes(waiting, isFirst: page.deliveries.isEmpty) else {
          page.isMore = true
          break
        }
        book.paged(waiting)
        page.deliveries.append(waiting)
      }
      if !page.isMore { book.caughtUp(id) }
    } else {
      let cursor = book.retryCursor(id)
      for (due, waiting) in retry[id.number] where (due, waiting.seq) > (cursor.due, cursor.seq) {
        guard due <= now, page.deliveries.count < 5, book.pageTakes(waiting, isFirst: page.deliveries.isEmpty) else {
          page.nextDue = due
          break
        }
        book.paged(waiting, due: due)
        page.deliveries.append(waiting)
      }
    }
    trace.append("page \(queue) of \(id.number): \(page.deliveries.map(\.seq)), more \(page.isMore)")
    var handover = Handover()
    handover.pages = [page]
    dispatcher.receive(handover)
  }

  // MARK: - The apps

  private mutating func end(_ count: Int, alwaysWell: Bool = false) {
    for _ in 0..<count where !inFlight.isEmpty {
      let attempt = inFlight.remove(at: Int.random(in: 0..<inFlight.count, using: &rng))
      let ending =
        isDown[attempt.route] ? Ending(.failed(.refused)) : alwaysWell ? Ending(.answered(status: 200)) : someEnding()
      trace.append("end \(attempt.delivery.seq) of \(attempt.route): \(ending.outcome.status)")
      dispatcher.ended(attempt, ending, at: now)
    }
  }

  private mutating func someEnding() -> Ending {
    if chance(1) { return Ending(.answered(status: 410)) }
    if chance(2) { return Ending(.answered(status: 429), retryAfter: .seconds(Int.random(in: 1...9, using: &rng))) }
    return Ending(.answered(status: chance(20) ? 500 : 200))
  }

  private mutating func command() {
    let lane = Int.random(in: 0..<isPaused.count, using: &rng)
    isPaused[lane] = chance(20)
    trace.append("\(isPaused[lane] ? "pause" : "resume") \(lane)")
    if isPaused[lane] { dispatcher.pause(LaneID(lane), at: now) } else { dispatcher.resume(LaneID(lane), at: now) }
  }

  private mutating func advance() {
    let output = dispatcher.advance(to: now)
    uncommitted += output.settle
    fetches += output.fetch
    for attempt in output.start { started(attempt) }
    let asked = Dictionary(grouping: fetches) { "\($0.queue) of \($0.lane.number)" }
    if let twice = asked.first(where: { $0.value.count > 1 }) { flaw = flaw ?? "asked twice for \(twice.key)" }
  }

  private mutating func started(_ attempt: Attempt) {
    let (lane, seq) = (attempt.route, attempt.delivery.seq)
    trace.append("start \(seq) of \(lane)")
    if isPaused[lane] { flaw = flaw ?? "lane \(lane) is paused and sends" }
    if !owed.contains(Key(lane: lane, seq: seq)) { flaw = flaw ?? "\(seq) was settled and is sent again" }
    if uncommitted.contains(where: { $0.lane.number == lane && $0.seq == seq }) {
      flaw = flaw ?? "\(seq) is sent before its result is on disk"
    }
    if inFlight.contains(where: { $0.route == lane && $0.delivery.seq == seq }) { flaw = flaw ?? "\(seq) is in flight twice" }
    inFlight.append(attempt)
    if inFlight.filter({ $0.route == lane }).count > Self.concurrency[lane] { flaw = flaw ?? "lane \(lane) is over its window" }
    guard attempt.delivery.tries == 0 else { return repeats += 1 }
    if seq <= lastFirstTry[lane] { flaw = flaw ?? "\(seq) was overtaken by \(lastFirstTry[lane])" }
    lastFirstTry[lane] = seq
  }
}
