import Model
import Support

@testable import Deliver

/// Somebody who sees everything and knows the promises: notes what was seen, and the first of them that was broken.
///
/// What it knows it has from the provider's answers, the apps and the operator, and from what the journal confirmed. The journal is
/// asked only for what was on its way to it when a process died: that may be there or not.
struct Witness {
  private struct Copy: Hashable {
    var lane: LaneID
    var key: ReportKey
  }

  private struct Ended {
    var ending: Ending
    /// Its lane then, which others may have changed since.
    var lane: LaneSeen
  }

  private let routes: [RouteSettings]
  private(set) var flaw: String?
  private var lanes: [LaneID: LaneSeen] = [:]
  private var copies: [Copy: CopySeen] = [:]
  private var copiesOf: [LaneID: [Int64: [Copy]]] = [:]
  private var waiting: [LaneID: Set<Copy>] = [:]
  /// By their number, in the order of arrival.
  private var stored: [ReportKey: (number: Int, isStale: Bool)] = [:]
  private var claimants: [Int64: Set<LaneID>] = [:]
  private var statuses: [Int64: [String]] = [:]
  private var acknowledged: Set<ReportKey> = []
  /// Of all that was sent, by the number that the relay knows it by.
  private var keys: [Int64: ReportKey] = [:]
  private var number = 0

  // On its way when a process dies.
  private var posted: [ReportKey: (routes: [Int], at: Instant)] = [:]
  private var claiming: [Claim: Instant] = [:]
  private var replaying: (copies: [Copy], at: Instant, latest: Instant)?
  /// Ended, and the relay knows; not settled yet.
  private var unsettled: [Copy: Ended] = [:]
  /// Settled, and not known to be on disk.
  private var unconfirmed: [Settlement] = []

  init(routes: [RouteSettings]) {
    self.routes = routes
    for (index, route) in routes.enumerated() { lanes[LaneID(index + 1)] = LaneSeen(route: route) }
  }

  func isPausedByOperator(_ lane: LaneID) -> Bool { lanes[lane]!.lasting.pause == .operator }

  // MARK: - The provider

  mutating func posts(_ key: ReportKey, _ routes: [Int], now: Instant) { posted[key] = (routes, now) }
  mutating func refused(_ key: ReportKey) { if stored[key] == nil { posted[key] = nil } }

  mutating func acknowledged(_ key: ReportKey) {
    acknowledged.insert(key)
    store(key)
  }

  private mutating func store(_ key: ReportKey) {
    guard stored[key] == nil, let post = posted[key] else { return }
    number += 1
    let isStale = key.status == "accepted" && !statuses[key.id, default: []].filter { $0 == "delivered" || $0 == "undelivered" }.isEmpty
    stored[key] = (number, isStale)
    statuses[key.id, default: []].append(key.status)
    // An app's claim is as good as a rule of its route.
    let owners = claimants[key.id, default: []].union(post.routes.map { LaneID($0 + 1) })
    for lane in owners { owe(key, to: lane, owedNumber: number, at: post.at) }
  }

  private mutating func owe(_ key: ReportKey, to lane: LaneID, owedNumber: Int, at now: Instant) {
    let (copy, report) = (Copy(lane: lane, key: key), stored[key]!)
    guard !(report.isStale && routes[lane.number - 1].stale == .drop), copies[copy] == nil else { return }
    copies[copy] = CopySeen(key: key, isStale: report.isStale, number: report.number, owedNumber: owedNumber, at: now)
    copiesOf[lane, default: [:]][key.id, default: []].append(copy)
    waiting[lane, default: []].insert(copy)
  }

  // MARK: - Orders

  /// The request is on its way to the journal.
  mutating func claims(_ claim: Claim, now: Instant) { claiming[claim] = now }

  /// Of what had come before, whatever became of it, the claimant has or is owed a copy.
  mutating func claimed(_ claim: Claim) {
    guard let at = claiming.removeValue(forKey: claim) else { return }
    guard claimants[claim.packetID, default: []].insert(claim.lane).inserted else { return }
    for key in stored.keys.filter({ $0.id == claim.packetID }).sorted(by: { stored[$0]!.number < stored[$1]!.number }) {
      number += 1
      let isNew = copies[Copy(lane: claim.lane, key: key)] == nil
      owe(key, to: claim.lane, owedNumber: number, at: at)
      // A later status that is owed already does not wait for it.
      let others = copiesOf[claim.lane, default: [:]][key.id, default: []].compactMap { copies[$0] }
      let isOvertaken = others.contains { $0.number > stored[key]!.number }
      if isNew, isOvertaken { copies[Copy(lane: claim.lane, key: key)]?.mayComeLate = true }
    }
  }

  // MARK: - The operator

  mutating func pauses(_ lane: LaneID, now: Instant) { lanes[lane]!.pause(at: now) }
  mutating func resumes(_ lane: LaneID, now: Instant) { lanes[lane]!.resume(at: now) }

  /// The command is on its way to the journal.
  mutating func replays(_ lane: LaneID, _ state: DeliveryState, rate: Double?, now: Instant) {
    let meant = copies.filter { $0.key.lane == lane && $0.value.state.rawValue == state.rawValue }.map(\.key)
      .sorted { copies[$0]!.number < copies[$1]!.number }
    replaying = (meant, now, now + .microseconds(Int64(Double(meant.count) / (rate ?? .infinity) * 1_000_000)))
  }

  mutating func replayStarted() {
    guard let (meant, at, latest) = replaying.take() else { return }
    for copy in meant {
      number += 1
      copies[copy]!.isReplayed(owedNumber: number, at: at, latest: latest)
      waiting[copy.lane, default: []].insert(copy)
    }
  }

  // MARK: - The rule file

  mutating func reloads(_ lane: LaneID, _ route: RouteSettings?, now: Instant) { lanes[lane]!.reload(route, at: now) }

  // MARK: - Attempts

  mutating func begins(_ attempt: Attempt, now: Instant) {
    let (delivery, lane) = (attempt.delivery, attempt.delivery.lane)
    let (copy, what) = (Copy(lane: lane, key: delivery.key), name(delivery.key, lane))
    guard let seen = copies[copy], seen.state == .waiting, !seen.isInFlight else {
      return check(false, "\(what) is sent though the app is not owed it")
    }
    check(delivery.tries == seen.tries, "\(what) is said to have been tried \(delivery.tries) times, and was \(seen.tries) times")
    check((delivery.queue == .replay) == seen.isReplay, "\(what) is sent from the \(delivery.queue) queue")
    check(delivery.isStale == seen.isStale, "\(what) is \(seen.isStale ? "" : "not ")stale, and is sent as if it were otherwise")
    check(now >= seen.due, "\(what) is sent \((seen.due - now).seconds) s before it is due")
    if lanes[lane]!.breaker == .open, lanes[lane]!.lastProbed == delivery.key {
      // Replays come after what is live, also as probes.
      let other = waiting[lane]!.first {
        $0 != copy && copies[$0]!.dueAtLatest < seen.due && isSendable($0, now) && (seen.isReplay || !copies[$0]!.isReplay)
      }
      check(other == nil, "\(what) is the probe again, and not \(other.map { name($0.key, lane) } ?? "")")
    }
    let wrong = lanes[lane]!.begins(delivery.key, isProbe: attempt.isProbe, at: now)
    check(wrong == nil, "\(what) is sent \(wrong ?? "")")
    keepsOrder(delivery, seen, now)
    keys[delivery.seq] = delivery.key
    copies[copy]!.isInFlight = true
    copies[copy]!.sentAfterMoves = lanes[lane]!.moves
    copies[copy]!.isMarked = delivery.isOutOfOrder
  }

  /// After every earlier status, or marked, and long enough after its app began to refuse them.
  private mutating func keepsOrder(_ delivery: Delivery, _ seen: CopySeen, _ now: Instant) {
    let (lane, route, what) = (delivery.lane, routes[delivery.lane.number - 1], name(delivery.key, delivery.lane))
    let isOrdered = route.ordering == .report
    let earlier = copiesOf[lane]![delivery.key.id]!.map { copies[$0]! }.filter { $0.number < seen.number }
    check(!delivery.isOutOfOrder || isOrdered && !earlier.isEmpty, "\(what) is marked as out of order where there is none")
    // What an operator wanted once more is not waited for, but by others of the same kind that came to be owed later.
    for earlier in earlier where isOrdered && earlier.state == .waiting && earlier.owedNumber < seen.owedNumber {
      guard seen.isReplay || !earlier.isReplay else { continue }
      check(delivery.isOutOfOrder, "\(what) is sent while \(earlier.key.status) is not settled")
      guard delivery.tries == 0 else { continue }
      guard let refusedAt = earlier.firstFailureAt else {
        check(false, "\(what) overtakes \(earlier.key.status), which was never tried")
        continue
      }
      let sending = lanes[lane]!.sending(from: max(refusedAt, seen.owedAt), to: now)
      check(sending >= route.orderHold, "\(what) overtakes \(earlier.key.status) after \(sending.seconds) s of sending")
    }
  }

  /// The app is done with an attempt of a process that may have died since.
  mutating func ends(_ attempt: Attempt, _ ending: Ending, hearing gauge: LaneGauge?, now: Instant) {
    let (lane, key) = (attempt.delivery.lane, attempt.delivery.key)
    let copy = Copy(lane: lane, key: key)
    if ending.outcome.isDelivered { takes(copy, isMarked: attempt.delivery.isOutOfOrder) }
    guard let gauge else { return }
    if copies[copy]!.sentAfterMoves == lanes[lane]!.moves {
      lanes[lane]!.ends(ending, of: key, isProbe: attempt.isProbe, isOpen: gauge.breaker == .open, at: now)
    } else {
      lanes[lane]!.endsElsewhere()
    }
    copies[copy]!.isInFlight = false
    unsettled[copy] = Ended(ending: ending, lane: lanes[lane]!)
  }

  private mutating func takes(_ copy: Copy, isMarked: Bool) {
    copies[copy]!.taken += 1
    let seen = copies[copy]!
    check(seen.taken <= seen.mayTake, "\(name(copy.key, copy.lane)) was sent again though the app had taken it")
    guard seen.taken == 1 else { return }
    copies[copy]!.wasTakenInOrder = !isMarked
    guard routes[copy.lane.number - 1].ordering == .report, !seen.mayComeLate else { return }
    let before = copiesOf[copy.lane]![copy.key.id]!.first {
      copies[$0]!.number > seen.number && copies[$0]!.wasTakenInOrder
    }
    check(before == nil, "the app of \(copy.lane.number) took \(copy.key) after \(before?.key.status ?? "")")
  }

  // MARK: - Results

  /// On their way to the journal.
  mutating func settles(_ settlements: [Settlement]) {
    for settlement in settlements {
      let copy = copy(settlement)
      guard let ended = unsettled.removeValue(forKey: copy) else {
        check(false, "\(name(copy.key, copy.lane)) is settled and was not sent")
        continue
      }
      judge(settlement, of: copy, ended.ending, ended.lane)
      unconfirmed.append(settlement)
    }
  }

  private func copy(_ settlement: Settlement) -> Copy { Copy(lane: settlement.lane, key: keys[settlement.seq]!) }

  private mutating func judge(_ settlement: Settlement, of copy: Copy, _ ending: Ending, _ lane: LaneSeen) {
    let (seen, policy) = (copies[copy]!, routes[copy.lane.number - 1].retry)
    let (what, tries, endedAt) = (name(copy.key, copy.lane), seen.tries + 1, settlement.startedAt + settlement.took)
    check((settlement.result == .delivered) == ending.outcome.isDelivered, "\(what): \(ending.outcome.label) is \(settlement.result)")
    let sending = lane.sending(from: seen.owedAt, to: endedAt)
    switch settlement.result {
    case .delivered: break
    case .dead:
      check(tries >= 5, "\(what) is given up after \(tries) tries")
      check(sending >= policy.giveUpAfter, "\(what) is given up after \(sending.seconds) s in which its lane could send")
    case .retry(let due):
      let mustEnd = tries >= 5 && lane.sending(from: seen.owedAtLatest, to: endedAt) >= policy.giveUpAfter && !lane.isVague
      check(!mustEnd, "\(what) is not given up after \(tries) tries and \(sending.seconds) s")
      let isDown = lane.breaker != .closed || lane.lasting.pause == .gone
      var whole = policy.first
      for _ in 1..<tries where !isDown { whole = min(.microseconds(Int64(Double(whole.microseconds) * policy.factor)), policy.max) }
      let wait = due - endedAt
      check(wait >= whole / 2 - .milliseconds(1) && wait <= whole, "\(what) waits \(wait.seconds) s after try \(tries)")
    }
  }

  /// The journal told that so many more are on disk.
  mutating func confirms(_ count: Int) {
    let known = unconfirmed.count
    check(count <= known, "more is on disk than was settled")
    for settlement in unconfirmed.prefix(count) { apply(settlement) }
    unconfirmed.removeFirst(min(count, unconfirmed.count))
  }

  private mutating func apply(_ settlement: Settlement) {
    let copy = copy(settlement)
    copies[copy]!.isSettled(settlement)
    if copies[copy]!.state != .waiting { waiting[copy.lane]!.remove(copy) }
  }

  // MARK: - What outlives a process

  mutating func gives(_ state: LaneState, of lane: LaneID, number: Int, now: Instant) {
    check(lanes[lane]!.lasting.isAsKept(state, now: now), "lane \(lane.number) is kept as \(state), which it is not")
    lanes[lane]!.gives(number)
  }

  mutating func kept(_ lane: LaneID, number: Int) { lanes[lane]!.kept(number) }

  mutating func boots(_ states: [LaneID: LaneState], _ journal: MemoryJournal, now: Instant) throws {
    for (lane, state) in states {
      guard let seen = LaneSeen(lanes[lane]!, bootedWith: state, at: now) else {
        check(false, "lane \(lane.number) starts as \(state), which it never was")
        continue
      }
      lanes[lane] = seen
    }
    let open = posted.filter { stored[$0.key] == nil }
    let found = try Set(open.keys.map(\.id)).flatMap { try journal.report($0) }.filter { open[$0.key] != nil }
    for record in found.sorted(by: { $0.seq < $1.seq }) { store(record.key) }
    posted = [:]
    for settlement in unconfirmed {
      let copy = copy(settlement)
      let (share, before) = (try share(copy, journal), copies[copy]!)
      if share?.tries == before.results + 1 {
        apply(settlement)
      } else if settlement.result == .delivered {
        copies[copy]!.mayTake += 1
      }
    }
    for (copy, ended) in unsettled where ended.ending.outcome.isDelivered { copies[copy]!.mayTake += 1 }
    (unconfirmed, unsettled) = ([], [:])
    for (copy, seen) in copies where seen.isInFlight {
      copies[copy]!.isInFlight = false
      copies[copy]!.mayTake += 1
    }
    for claim in claiming.keys where try journal.claims(of: claim.packetID).contains(where: { $0.claim == claim }) { claimed(claim) }
    claiming = [:]
    if let first = replaying?.copies.first, try share(first, journal)?.state == .waiting { replayStarted() }
    replaying = nil
    try look(at: journal)
  }

  private func share(_ copy: Copy, _ journal: MemoryJournal) throws -> ReportRecord.Share? {
    let route = routes[copy.lane.number - 1].name
    return try journal.report(copy.key.id).first { $0.key == copy.key }?.shares.first { $0.route == route }
  }

  // MARK: - What must be true

  /// Before time goes on: nothing is left to do.
  mutating func rests(_ gauges: [LaneGauge], isHealthy: Bool, now: Instant) {
    let left = unsettled.keys.first
    check(left == nil, "\(left.map { name($0.key, $0.lane) } ?? "") has ended and is not settled")
    for gauge in gauges {
      let lane = lanes[gauge.lane]!
      let difference = lane.differs(from: gauge, at: now)
      check(difference == nil, "lane \(gauge.lane.number): \(difference ?? "")")
      check(lane.isGiven(now: now), "lane \(gauge.lane.number) changed, and that would not outlive the process")
      guard isHealthy, unconfirmed.isEmpty, lane.mustSend(at: now) else { continue }
      let idle = waiting[gauge.lane, default: []].first { isSendable($0, now) }
      check(idle == nil, "\(idle.map { name($0.key, $0.lane) } ?? "") is not sent though nothing forbids it")
    }
  }

  private func isSendable(_ copy: Copy, _ now: Instant) -> Bool {
    let (seen, route) = (copies[copy]!, routes[copy.lane.number - 1])
    guard !seen.isInFlight, seen.dueAtLatest + .milliseconds(1) <= now else { return false }
    guard route.ordering == .report, !seen.isMarked else { return true }
    let others = copiesOf[copy.lane]![copy.key.id]!.map { copies[$0]! }
    let settledAt = others.compactMap(\.settledAt).max() ?? seen.owedAtLatest
    return others.allSatisfy { earlier in
      guard earlier.number < seen.number, earlier.state == .waiting else { return true }
      guard let refusedAt = earlier.firstFailureAt, !lanes[copy.lane]!.isVague else { return false }
      let from = max(refusedAt, seen.owedAtLatest, settledAt)
      return lanes[copy.lane]!.sending(from: from, to: now) >= route.orderHold + .milliseconds(1)
    }
  }

  mutating func look(at journal: MemoryJournal) throws {
    guard unconfirmed.isEmpty else { return }
    let counts = Dictionary(grouping: try journal.waiting(), by: \.lane).mapValues { $0.reduce(0) { $0 + $1.count } }
    for lane in journal.standing().lanes {
      let (count, expected) = (counts[lane.id, default: 0], waiting[lane.id, default: []].count)
      check(lane.pending == count, "lane \(lane.id.number): \(lane.pending) pending, \(count) wait")
      check(count == expected, "lane \(lane.id.number): \(count) wait, and \(expected) should")
      check(min(lane.matched, lane.delivered, lane.dead, lane.pending) >= 0, "lane \(lane.id.number) counts below nothing: \(lane)")
    }
  }

  private mutating func agrees(_ copy: Copy, _ seen: CopySeen, _ journal: MemoryJournal) throws {
    let share = try share(copy, journal)
    check(
      share?.state.rawValue == seen.state.rawValue, "\(name(copy.key, copy.lane)) is \(share?.state.rawValue ?? "gone"), not \(seen.state)")
    check(share?.tries == seen.results, "\(name(copy.key, copy.lane)) has \(share?.tries ?? 0) results, and had \(seen.results)")
  }

  /// After calm: all that was answered 200 is delivered to whoever wants it by a rule or a claim, or was given up as the rules allow.
  mutating func conclude(_ journal: MemoryJournal) throws {
    try look(at: journal)
    for key in acknowledged {
      let isThere = try journal.report(key.id).contains { $0.key == key }
      check(isThere, "\(key) was answered 200 and is gone")
    }
    for (copy, seen) in copies {
      check(seen.state != .waiting, "\(name(copy.key, copy.lane)) still waits, long after all was well")
      check(seen.state != .delivered || seen.taken > 0, "\(name(copy.key, copy.lane)) counts as delivered, and the app never took it")
      try agrees(copy, seen, journal)
    }
  }

  private mutating func check(_ isTrue: Bool, _ promise: @autoclosure () -> String) {
    if !isTrue, flaw == nil { flaw = promise() }
  }
}

private func name(_ key: ReportKey, _ lane: LaneID) -> String { "\(key.id) \(key.status) for \(lane.number)" }
