import Model
import Support

@testable import Deliver

/// Somebody who sees everything and knows the promises: notes what was seen, and the first of them that was broken.
struct Witness {
  private struct Copy: Hashable {
    var lane: LaneID
    var key: ReportKey
  }

  private struct Seen {
    /// Answered 2xx by the app.
    var taken = 0
    /// Attempts that the relay knows to have failed, of the present life of the delivery.
    var failures = 0
    var firstFailureAt: Instant?
    var wasMarked = false
    var died = false
    /// Takings after which a further one is no surprise: nobody heard of it, its result was lost, or an operator wanted more.
    var mayRepeat = false
  }

  private let routes: [RouteSettings]
  private(set) var flaw: String?
  private var copies: [Copy: Seen] = [:]
  private var acknowledged: [ReportKey: [Int]] = [:]
  /// When each lane could not send, told by events alone.
  private var holds: [LaneID: Holds] = [:]
  private var isOpen: [LaneID: Bool] = [:]
  private var isPaused: [LaneID: Pause.Reason] = [:]
  private var waitsUntil: [LaneID: Instant] = [:]
  private var inFlight: [LaneID: Int] = [:]
  private var starts: [LaneID: [Instant]] = [:]
  private var replayed: Set<LaneID> = []

  init(routes: [RouteSettings]) { self.routes = routes }

  // MARK: - What it sees

  mutating func acknowledged(_ key: ReportKey, _ routes: [Int], in journal: MemoryJournal) throws {
    acknowledged[key] = routes
    try isKept(key, routes, journal)
  }

  mutating func boots(_ states: [LaneState], now: Instant) {
    for (number, state) in states.enumerated() {
      let lane = LaneID(number + 1)
      isOpen[lane] = false
      isPaused[lane] = state.pause?.reason
      waitsUntil[lane] = state.notBefore
      holds[lane] = state.holds
      check((state.holds.since != nil) == (state.pause != nil), "lane \(lane.number) starts as held without being paused, or the other way")
      inFlight[lane] = 0
      starts[lane] = []
    }
    for key in copies.keys { copies[key]!.mayRepeat = true }
  }

  mutating func sees(_ event: Event, now: Instant) {
    switch event {
    case .breakerOpened(let lane, _): change(lane, now) { $0.isOpen[lane] = true }
    case .breakerClosed(let lane): change(lane, now) { $0.isOpen[lane] = false }
    case .paused(let lane, let reason): change(lane, now) { $0.isPaused[lane] = reason }
    case .resumed(let lane): change(lane, now) { $0.isPaused[lane] = nil }
    case .askedToWait(let lane, let until): waitsUntil[lane] = until
    default: break
    }
  }

  private mutating func change(_ lane: LaneID, _ now: Instant, _ body: (inout Witness) -> Void) {
    body(&self)
    if isOpen[lane] == true || isPaused[lane] != nil { holds[lane]!.begin(at: now) } else { holds[lane]!.end(at: now) }
  }

  mutating func replays(_ lane: LaneID) {
    replayed.insert(lane)
    for copy in copies.keys where copy.lane == lane { copies[copy]!.mayRepeat = true }
  }

  mutating func resumes(_ lane: LaneID) { waitsUntil[lane] = nil }

  // MARK: - Attempts

  mutating func begins(_ attempt: Attempt, gauge: LaneGauge, in journal: MemoryJournal, now: Instant) throws {
    let (delivery, lane, route) = (attempt.delivery, attempt.delivery.lane, routes[attempt.route])
    let what = "\(delivery.key.id) \(delivery.key.status) for \(lane.number)"
    inFlight[lane, default: 0] += 1
    let count = inFlight[lane]!
    check(count <= min(route.concurrency, max(gauge.window, 1)), "\(what): \(count) in flight in a window of \(gauge.window)")
    check(isPaused[lane] != .operator, "\(what) is sent though the operator paused it")
    check(isPaused[lane] != .gone || count == 1, "\(what) is sent beside a probe of an app that is gone")
    check(isOpen[lane] != true || attempt.isProbe, "\(what) is sent though the breaker is open")
    check(now >= waitsUntil[lane] ?? now, "\(what) is sent before the time that the app asked for")
    if let limit = route.rateLimit { paces(lane, limit, now) }

    let copy = Copy(lane: lane, key: delivery.key)
    if delivery.isOutOfOrder { try mayOvertake(delivery, route, journal, now) }
    if route.ordering == .report, !delivery.isOutOfOrder {
      for earlier in try unsettled(before: delivery, journal) {
        check(false, "\(what) is sent while \(earlier.key.status) is not settled")
      }
    }
    copies[copy, default: Seen()].wasMarked = delivery.isOutOfOrder || copies[copy]?.wasMarked == true
  }

  private mutating func paces(_ lane: LaneID, _ limit: RateLimit, _ now: Instant) {
    starts[lane, default: []].append(now)
    for (index, start) in starts[lane]!.enumerated() {
      let count = starts[lane]!.count - index
      let allowed = Double(limit.burst) + (now - start).seconds * limit.perSecond
      check(Double(count) <= allowed + 0.001, "lane \(lane.number): \(count) attempts within \((now - start).seconds) s")
    }
    if starts[lane]!.count > 100 { starts[lane]!.removeFirst() }
  }

  /// Marked ones have waited long enough behind one that its app refuses.
  private mutating func mayOvertake(_ delivery: Delivery, _ route: RouteSettings, _ journal: MemoryJournal, _ now: Instant) throws {
    guard delivery.tries == 0 else { return }
    let (lane, what) = (delivery.lane, "\(delivery.key.id) \(delivery.key.status) for \(delivery.lane.number)")
    check(route.ordering == .report, "\(what) is marked as out of order where there is none")
    for earlier in try unsettled(before: delivery, journal) {
      guard let refusedAt = copies[Copy(lane: lane, key: earlier.key)]?.firstFailureAt else {
        check(false, "\(what) overtakes \(earlier.key.status), which was never tried")
        continue
      }
      let sending = now - refusedAt - holds[lane]!.held(from: refusedAt, to: now)
      check(sending >= route.orderHold, "\(what) overtakes after \(sending.seconds) s of sending")
    }
  }

  private func unsettled(before delivery: Delivery, _ journal: MemoryJournal) throws -> [ReportRecord] {
    let route = routes[delivery.lane.number - 1].name
    return try journal.report(delivery.key.id).filter { record in
      // What the app has had and gets once more because an operator wants it holds nothing back but others of the same kind.
      let isHad = (copies[Copy(lane: delivery.lane, key: record.key)]?.taken ?? 0) > 0
      return record.seq < delivery.seq && (!isHad || delivery.queue == .replay)
        && record.shares.contains { $0.route == route && $0.state == .waiting }
    }
  }

  mutating func ends(_ attempt: Attempt, _ ending: Ending, isHeard: Bool, now: Instant) {
    let (delivery, lane) = (attempt.delivery, attempt.delivery.lane)
    if isHeard { inFlight[lane]! -= 1 }
    let copy = Copy(lane: lane, key: delivery.key)
    var seen = copies[copy, default: Seen()]
    if ending.outcome.isDelivered {
      seen.taken += 1
      check(seen.taken == 1 || seen.mayRepeat, "\(delivery.key) was sent again to \(lane.number) though the app had taken it")
      if !isHeard { seen.mayRepeat = true }
    } else if isHeard {
      seen.failures += 1
      seen.firstFailureAt = seen.firstFailureAt ?? now
    }
    copies[copy] = seen
  }

  /// On their way to the journal.
  mutating func settles(_ settlements: [Settlement]) {
    for settlement in settlements where settlement.result == .dead {
      let (policy, lane) = (routes[settlement.lane.number - 1].retry, settlement.lane)
      let endedAt = settlement.startedAt + settlement.took
      let sending = endedAt - settlement.owedAt - holds[lane]!.held(from: settlement.owedAt, to: endedAt)
      check(settlement.tries >= Limits.triesBeforeDeadMin, "given up after \(settlement.tries) tries")
      check(sending >= policy.giveUpAfter, "given up after \(sending.seconds) s in which its lane could send")
    }
  }

  // MARK: - What must be true

  mutating func look(at journal: MemoryJournal) throws {
    let waiting = Dictionary(grouping: try journal.waiting(), by: \.lane).mapValues { $0.reduce(0) { $0 + $1.count } }
    for lane in journal.standing().lanes {
      let count = waiting[lane.id, default: 0]
      check(lane.pending == count, "lane \(lane.id.number): \(lane.pending) pending, \(count) wait")
      check(min(lane.matched, lane.delivered, lane.dead, lane.pending) >= 0, "lane \(lane.id.number) counts below nothing: \(lane)")
    }
  }

  private mutating func isKept(_ key: ReportKey, _ wanted: [Int], _ journal: MemoryJournal) throws {
    guard let record = try journal.report(key.id).first(where: { $0.key == key }) else {
      return check(false, "\(key) was answered 200 and is gone")
    }
    for route in wanted.map({ routes[$0] }) where !(record.isStale && route.stale == .drop) {
      check(record.shares.contains { $0.route == route.name }, "\(key) was answered 200 and is not owed to \(route.name)")
    }
  }

  /// After calm: all that was answered 200 is delivered, or was given up as the rules allow.
  mutating func conclude(_ journal: MemoryJournal) throws {
    try look(at: journal)
    for (key, wanted) in acknowledged {
      try isKept(key, wanted, journal)
      for record in try journal.report(key.id) where record.key == key {
        for share in record.shares {
          check(share.state != .waiting, "\(key) still waits for \(share.route) (\(share.queue)), long after all was well")
          let lane = LaneID(1 + routes.firstIndex { $0.name == share.route }!)
          let taken = copies[Copy(lane: lane, key: key)]?.taken ?? 0
          check(share.state != .delivered || taken > 0, "\(key) counts as delivered to \(share.route), which never took it")
        }
      }
    }
  }

  private mutating func check(_ isTrue: Bool, _ promise: @autoclosure () -> String) {
    if !isTrue, flaw == nil { flaw = promise() }
  }
}
