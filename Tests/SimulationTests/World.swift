import HeapModule
import Model
import Support
import Synchronization
import Traffic

@testable import Deliver

/// The relay's logic - the real dispatcher and lanes on a journal in memory - with a provider, apps, an operator, failing commits
/// and sudden deaths, on a clock that jumps from one happening to the next. All of it follows from the seed.
final class World {
  private enum Due {
    case scripted(Scenario.Happening)
    case attemptEnds(Attempt, Ending)
    case commitKept
    case keepAgain(LaneID)
  }

  private struct Entry: Comparable {
    var at: Instant
    var number: Int
    /// Of an attempt: in which life of the process it began.
    var life: Int
    var due: Due
    static func < (a: Entry, b: Entry) -> Bool { (a.at, a.number) < (b.at, b.number) }
    static func == (a: Entry, b: Entry) -> Bool { a.number == b.number }
  }

  /// What the journal told, until the relay's next turn.
  private final class Mailbox: Sendable {
    let handovers = Mutex<[Handover]>([])
    let claims = Mutex<[(claim: Claim, again: Scenario.Happening, error: JournalError?)]>([])
    let answers = Mutex<[(post: Scenario.Happening, error: JournalError?)]>([])
    /// What the journal said to a lane's state, by the number of the call.
    let kept = Mutex<[(lane: LaneID, number: Int, error: JournalError?)]>([])
    /// Results on disk that the witness does not know of yet.
    let settled = Mutex(0)

    var isEmpty: Bool { handovers.withLock(\.isEmpty) }
  }

  private static let laneBook = LaneBook(laneBytesMax: 4_000, lanesBytesMax: 8_000, laneBytesAssured: 1_000, queueBytesAssured: 300)
  /// Turns between two looks at everything, which cost more than a turn.
  private static let looksEvery = 8
  private static let retryPostAfter: Duration = .seconds(30)

  let seed: UInt64
  private(set) var trace: [String] = []
  private(set) var witness: Witness
  private let scenario: Scenario
  private var apps: [App]
  private var rng: SplitMix64
  private let clock = ManualClock(Scenario.start)
  private var agenda = Heap<Entry>()
  private var entries = 0

  // The process, which may end at any operation on its journal.
  private var journal: MemoryJournal
  private var dispatcher: Dispatcher<SplitMix64>
  private var mailbox = Mailbox()
  private var life = 1
  private var bootedLife = 0
  private var operations = 0
  private var turns = 0
  /// Of all routes, those too that the file does not have now.
  private var lanes: [LaneID] = []
  /// The rule file, which outlives the process.
  private var file: [RouteSettings?]

  init(seed: UInt64) throws {
    self.seed = seed
    scenario = Scenario(seed: seed)
    apps = scenario.apps
    file = scenario.routes
    rng = SplitMix64(seed: seed ^ 0x5EED)
    witness = Witness(routes: scenario.routes)
    journal = MemoryJournal(clock: clock.clock, book: Self.laneBook)
    dispatcher = Dispatcher(routes: [], lanes: [], at: clock.now, observer: { _ in }, rng: rng)
    for happening in scenario.happenings { plan(.scripted(happening.what), at: happening.at) }
    try boot()
  }

  /// Until nothing waits any more; then nothing goes wrong after `Scenario.calmAt`.
  /// - Returns: what was wrong, nil if nothing was.
  func run() throws -> String? {
    let end = Scenario.calmAt + .hours(8)
    while witness.flaw == nil, let next = nextTime(), next <= end {
      if next > clock.now { clock.advance(by: next - clock.now) }
      try happen()
      try turn()
      witness.rests(dispatcher.gauges(at: clock.now), isHealthy: journal.isHealthy, now: clock.now)
      if turns.isMultiple(of: Self.looksEvery) { try witness.look(at: journal) }
      if clock.now >= Scenario.calmAt, agenda.isEmpty, journal.standing().lanes.allSatisfy({ $0.pending == 0 }) { break }
    }
    try witness.conclude(journal)
    return witness.flaw
  }

  // MARK: - Time

  private func nextTime() -> Instant? {
    let wake = dispatcher.nextWake.map { max($0, clock.now) }
    return [agenda.min?.at, wake].compactMap { $0 }.min()
  }

  private func plan(_ due: Due, at: Instant) {
    entries += 1
    agenda.insert(Entry(at: at, number: entries, life: life, due: due))
  }

  private func happen() throws {
    while let entry = agenda.min, entry.at <= clock.now {
      _ = agenda.removeMin()
      switch entry.due {
      case .scripted(let happening): try happen(happening)
      case .attemptEnds(let attempt, let ending): end(attempt, ending, isOurs: entry.life == life)
      case .commitKept where entry.life == life: perform { journal.commitKept() }
      case .keepAgain(let lane) where entry.life == life: dispatcher.keepAgain(lane)
      case .commitKept, .keepAgain: break
      }
      if life > bootedLife { try boot() }
    }
  }

  private func happen(_ happening: Scenario.Happening) throws {
    tell("\(happening)")
    switch happening {
    case .post(let key, let routes): post(key, routes, happening)
    case .pause(let route):
      witness.pauses(lanes[route], now: clock.now)
      dispatcher.pause(lanes[route], at: clock.now)
    case .resume(let route): resume(route)
    case .resumePaused(let route): if witness.isPausedByOperator(lanes[route]) { resume(route) }
    case .replay(let route, let state): replay(lanes[route], state)
    case .claim(let packet, let route): claim(Claim(packetID: packet, lane: lanes[route]), happening)
    case .reload(let route, let settings): try reload(route, settings)
    case .outage(let duration):
      die()
      clock.advance(by: duration)
      try boot()
    }
  }

  private func reload(_ route: Int, _ settings: RouteSettings?) throws {
    file[route] = settings
    let routes = file.compactMap(\.self)
    let named = try journal.lanes(for: routes.map(LaneTerms.init))
    journal.adopt(JournalRules(route: rules))
    dispatcher.reload(routes: routes, lanes: named, at: clock.now)
    witness.reloads(lanes[route], settings, now: clock.now)
  }

  private func resume(_ route: Int) {
    witness.resumes(lanes[route], now: clock.now)
    dispatcher.resume(lanes[route], at: clock.now)
  }

  private func replay(_ lane: LaneID, _ state: DeliveryState) {
    let rate: Double? = rng.chance(0.5) ? 5 : nil
    let ours = life
    witness.replays(lane, state, rate: rate, now: clock.now)
    perform { journal.start(.replay, Selection(state: state, lane: lane), rate: rate) { _ in } }
    if life == ours { witness.replayStarted() }
  }

  // MARK: - The provider and the apps

  private func post(_ key: ReportKey, _ wanted: [Int], _ happening: Scenario.Happening) {
    let payload = Payload(bytes: Array("{\"report\":{\"id\":\(key.id),\"status\":\"\(key.status)\"}}".utf8))
    guard let routed = rules(payload) else { preconditionFailure("what is posted is a report") }
    let arrival = Arrival(report: routed.report, payload: payload, receivedAt: clock.now, routing: routed.routing)
    let mailbox = mailbox
    witness.posts(key, wanted.filter { file[$0] != nil }, now: clock.now)
    perform { journal.append(arrival) { error in mailbox.answers.withLock { $0.append((happening, error)) } } }
    // A provider that gets no answer because the process died sends again, too.
    if mailbox !== self.mailbox { plan(.scripted(happening), at: clock.now + Self.retryPostAfter) }
  }

  /// By the payload, as the file is now.
  private var rules: @Sendable (Payload) -> JournalRules.Routed? {
    let (lanes, routes, wanted) = (lanes, file, scenario.wanted)
    return { payload in
      let words = String(decoding: payload.bytes, as: UTF8.self).split { !$0.isLetter && !$0.isNumber }
      guard words.count == 5, let id = Int64(words[2]), let owners = wanted[id] else { return nil }
      let takers = routes.indices.filter { (routes[$0]?.orders ?? false) && !owners.contains($0) }
      let routing = Routing(
        targets: owners.filter { routes[$0] != nil }.map { lanes[$0] }, isOwned: !owners.isEmpty,
        conditional: takers.map { .init(lanes[$0], ifClaimed: .copy, ifNot: .no) })
      return JournalRules.Routed(report: Report(key: ReportKey(id: id, status: String(words[4])), packetID: id), routing: routing)
    }
  }

  private func claim(_ claim: Claim, _ happening: Scenario.Happening) {
    let mailbox = mailbox
    witness.claims(claim, now: clock.now)
    perform { journal.claim([claim]) { result in mailbox.claims.withLock { $0.append((claim, happening, result.error)) } } }
    if mailbox !== self.mailbox { plan(.scripted(happening), at: clock.now + Self.retryPostAfter) }
  }

  private func takeClaims() {
    for claimed in take(mailbox.claims) {
      if claimed.error == nil {
        witness.claimed(claimed.claim)
      } else {
        plan(.scripted(claimed.again), at: clock.now + Self.retryPostAfter)
      }
    }
  }

  private func takeAnswers() {
    for answer in take(mailbox.answers) {
      guard case .post(let key, _) = answer.post else { continue }
      if let error = answer.error {
        tell("503 for \(key): \(error)")
        witness.refused(key)
        plan(.scripted(answer.post), at: clock.now + Self.retryPostAfter)
      } else {
        witness.acknowledged(key)
      }
    }
  }

  private func begin(_ attempt: Attempt) {
    let delivery = attempt.delivery
    let route = delivery.lane.number - 1
    let (ending, took) = apps[route].take(delivery, timeout: scenario.routes[route].timeout, at: clock.now, using: &rng)
    let mood = apps[route].mood(at: clock.now)
    tell("try \(delivery.tries + 1) of \(name(delivery)), app \(mood)\(attempt.isProbe ? ", probe" : "")")
    witness.begins(attempt, now: clock.now)
    plan(.attemptEnds(attempt, ending), at: clock.now + took)
  }

  /// The app has had the copy, whether the process that sent it still lives or not.
  private func end(_ attempt: Attempt, _ ending: Ending, isOurs: Bool) {
    tell("\(name(attempt.delivery)): \(ending.outcome.label)\(isOurs ? "" : ", nobody hears it")")
    if isOurs { dispatcher.ended(attempt, ending, at: clock.now) }
    witness.ends(attempt, ending, hearing: isOurs ? dispatcher.gauges(at: clock.now)[attempt.route] : nil, now: clock.now)
  }

  // MARK: - The relay

  private func boot() throws {
    if life > 1 { journal = MemoryJournal(after: journal, book: Self.laneBook) }
    mailbox = Mailbox()
    journal.connect { [mailbox] handover in
      mailbox.handovers.withLock { $0.append(handover) }
      mailbox.settled.withLock { $0 += handover.settled }
    }
    if life == 1 { lanes = try journal.lanes(for: scenario.routes.map(LaneTerms.init)) }
    let routes = file.compactMap(\.self)
    let named = try journal.lanes(for: routes.map(LaneTerms.init))
    journal.adopt(JournalRules(route: rules))
    let states = Dictionary(uniqueKeysWithValues: journal.standing().lanes.map { ($0.id, $0.state) })
    dispatcher = Dispatcher(
      routes: routes, lanes: named, states: states, at: clock.now,
      observer: { _ in }, rng: rng)
    try witness.boots(states, journal, now: clock.now)
    bootedLife = life
    tell("boot \(life)")
  }

  private func die() {
    tell("the process dies")
    life += 1
    mailbox = Mailbox()
  }

  /// As the sending thread does: what came is taken, what is to be done is done, until nothing is left for now.
  private func turn() throws {
    turns += 1
    repeat {
      if life > bootedLife { try boot() }
      let ours = life
      for handover in take(mailbox.handovers) { dispatcher.receive(handover) }
      let output = dispatcher.advance(to: clock.now)
      for (lane, state) in output.keep where life == ours { keep(state, of: lane) }
      if !output.settle.isEmpty, life == ours {
        witness.settles(output.settle)
        perform { journal.settle(output.settle) }
      }
      for (lane, queue, bytes) in output.giveBack where life == ours { perform { journal.giveBack(bytes, of: lane, from: queue) } }
      for (lane, since) in output.release where life == ours { perform { journal.release(lane, heldSince: since) } }
      for (queue, lane) in output.fetch where life == ours { perform { journal.fetch(queue, of: lane) } }
      guard life == ours else { continue }
      for attempt in output.start { begin(attempt) }
      if !journal.isHealthy { plan(.commitKept, at: clock.now + .milliseconds(250)) }
    } while !mailbox.isEmpty || life > bootedLife
  }

  private func keep(_ state: LaneState, of lane: LaneID) {
    let (number, mailbox) = (operations, mailbox)
    witness.gives(state, of: lane, number: number, now: clock.now)
    perform { journal.keep(state, of: lane) { error in mailbox.kept.withLock { $0.append((lane, number, error)) } } }
  }

  /// What the journal confirmed while the process lived.
  private func hear() {
    witness.confirms(
      mailbox.settled.withLock { count in
        defer { count = 0 }
        return count
      })
    takeAnswers()
    takeClaims()
    for kept in take(mailbox.kept) {
      if kept.error == nil {
        witness.kept(kept.lane, number: kept.number)
      } else {
        plan(.keepAgain(kept.lane), at: clock.now + .seconds(1))
      }
    }
  }

  private func take<T: Sendable>(_ box: borrowing Mutex<[T]>) -> [T] {
    box.withLock { items in
      defer { items = [] }
      return items
    }
  }

  /// One operation on the journal, which may be the one that fails or the last of this life.
  private func perform(_ operation: () -> Void) {
    operations += 1
    let fault = clock.now < Scenario.calmAt ? scenario.faults[operations] : nil
    if let fault { tell("operation \(operations): \(fault)") }
    switch fault {
    case nil: operation()
    case .commitFails(let error):
      journal.failCommit(with: error)
      operation()
    case .crashBefore: die()
    case .crashAfter:
      operation()
      die()
    }
    hear()
  }

  private func tell(_ what: String) {
    trace.append("\((clock.now - Scenario.start).seconds) s: \(what)")
  }

  private func name(_ delivery: Delivery) -> String {
    let marks = [(delivery.isOutOfOrder, "out of order"), (delivery.isStale, "stale"), (delivery.queue == .replay, "replay")]
    let words = marks.filter(\.0).map(\.1).joined(separator: ", ")
    return "\(delivery.key.id) \(delivery.key.status) for \(delivery.lane.number)\(words.isEmpty ? "" : " (\(words))")"
  }
}

extension Result {
  fileprivate var error: Failure? { if case .failure(let error) = self { error } else { nil } }
}
