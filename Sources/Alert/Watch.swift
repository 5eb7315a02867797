import Model

/// Decides what one hook is told, and when.
///
/// A value without I/O. Some matters are conditions: they begin and end, and are told once each time, if they still hold when
/// the rate lets a message go. The others are counted until then. Nothing is forgotten for the rate's sake, it only comes later.
package struct Watch: Sendable {
  private struct Condition {
    /// nil while it does not hold.
    var matter: Matter?
    /// The hook was told that it holds, and not yet that it is over.
    var isTold = false
    /// What to tell then; nil if nothing.
    var over: Matter?
    /// How often it came and went untold.
    var missed = 0
  }

  private struct Lane {
    /// When the breaker opened; nil while it is closed.
    var openSince: Instant?
    var lastFailure: Outcome?
    /// Its pause is over, and whether its app takes copies again is not known yet.
    var isResumed = false
    /// As of the last readings.
    var waiting = 0
  }

  private let settings: AlertSettings
  private let startedAt: Instant
  private let routeName: @Sendable (LaneID) -> String
  private var rate = MessageRate()
  private var lanes: [LaneID: Lane] = [:]
  private var conditions: [Topic: Condition] = [:]
  private var sums: [Topic: Matter] = [:]
  /// Topics with something to tell, and since when.
  private var untold: [Topic: Instant] = [:]
  /// The last requests that were refused for their token.
  private var refusals: [Instant] = []
  private var hasRead = false
  /// What the present event changed.
  private var touched: Topic?
  /// Something waits for the hour's messages. From then on only checks tell, the oldest first, so that no event overtakes it.
  private var isHourUsedUp = false

  package init(_ settings: AlertSettings, startedAt: Instant, routeName: @escaping @Sendable (LaneID) -> String) {
    self.settings = settings
    self.startedAt = startedAt
    self.routeName = routeName
  }

  /// False for what tells nothing, so that nobody needs a lock for it.
  package static func concerns(_ event: Event) -> Bool {
    switch event {
    case .attempted(_, let outcome, _, _): !outcome.isDelivered
    case .committed(let reports, _, _): reports > 0
    // For every copy; there is no other sign that an app which said that it is gone is there again.
    case .delivered: true
    case .refused, .quarantined, .unmatched, .commitFailed, .storeRecovered, .died, .breakerOpened, .breakerClosed, .paused, .resumed,
      .reloaded, .reloadFailed:
      true
    case .started, .stopping, .stopped, .stuck, .accepted, .notStored, .swept, .askedToWait, .spilled, .caughtUp, .reloadNeedsRestart,
      .reloadWarned, .alertFailed, .answered, .turnedAway, .changed, .backedUp, .backupFailed:
      false
    }
  }

  // MARK: - Inputs

  /// Costs the same however much waits to be told.
  package mutating func observe(_ event: Event, at now: Instant) -> [Alert] {
    touched = nil
    switch event {
    case .attempted(let lane, let outcome, _, _): if !outcome.isDelivered { lanes[lane, default: Lane()].lastFailure = outcome }
    case .breakerOpened(let lane, _): if lanes[lane]?.openSince == nil { lanes[lane, default: Lane()].openSince = now }
    case .breakerClosed(let lane):
      lanes[lane]?.openSince = nil
      ends(Topic(.failing, route: routeName(lane)), at: now)
    case .paused(let lane, .gone): gone(lane, at: now)
    case .resumed(let lane): resumed(lane, at: now)
    case .delivered(let lane, _, _):
      guard lanes[lane]?.isResumed == true else { break }
      lanes[lane]?.isResumed = false
      ends(Topic(.paused, route: routeName(lane)), at: now)
    case .died(let lane, _): counts(Topic(.dead, route: routeName(lane)), .dead(1), at: now)
    case .quarantined(let reason): counts(Topic(.quarantine), .quarantined([reason: 1]), at: now)
    case .unmatched(let count): counts(Topic(.unmatched), .unmatched(count), at: now)
    case .refused(let refusal, _): refused(refusal, at: now)
    case .commitFailed(let error): commitFailed(error, at: now)
    // A result can be on disk where no report has room: only a report shows that all is well.
    case .committed(let reports, _, _): if reports > 0 { ends(Topic(.store, part: .commits), at: now) }
    case .reloadFailed(let words): fileRefused(words, at: now)
    case .reloaded: ends(Topic(.reload), at: now)
    case .storeRecovered: ends(Topic(.store, part: .commits), at: now)
    default: break
    }
    guard let topic = touched, !isHourUsedUp else { return [] }
    return tell([topic], at: now)
  }

  package mutating func check(_ readings: Readings, at now: Instant) -> [Alert] {
    for lane in readings.standing.lanes { lanes[lane.id, default: Lane()].waiting = lane.pending }
    if !hasRead { takeOverPauses(readings.gauges, at: now) }
    hasRead = true
    checkBreakers(at: now)
    if let oldest = readings.oldestWaiting { checkOldest(oldest, at: now) }
    checkSilence(readings.standing.lastReportAt, at: now)
    if let disk = readings.disk { checkDisk(disk, at: now) }
    isHourUsedUp = false
    return tell(untold.sorted { ($0.value, $0.key) < ($1.value, $1.key) }.map(\.key), at: now)
  }

  // MARK: - Rules

  /// Those from before the start, of which no event tells.
  private mutating func takeOverPauses(_ gauges: [LaneGauge], at now: Instant) {
    for gauge in gauges {
      guard let pause = gauge.pause, pause.reason == .gone else { continue }
      let waiting = lanes[gauge.lane]?.waiting ?? 0
      holds(Topic(.paused, route: routeName(gauge.lane)), .paused(since: pause.since, waiting: waiting), at: now)
    }
  }

  private mutating func gone(_ lane: LaneID, at now: Instant) {
    let topic = Topic(.paused, route: routeName(lane))
    // It was resumed in vain: that is news.
    if lanes[lane]?.isResumed == true { conditions[topic]?.isTold = false }
    lanes[lane, default: Lane()].isResumed = false
    holds(topic, .paused(since: now, waiting: lanes[lane]?.waiting ?? 0), at: now)
  }

  /// By an operator, perhaps, which says nothing of the app: only a delivery does.
  private mutating func resumed(_ lane: LaneID, at now: Instant) {
    let topic = Topic(.paused, route: routeName(lane))
    guard let condition = conditions[topic], condition.matter != nil else { return }
    if condition.isTold { lanes[lane, default: Lane()].isResumed = true } else { ends(topic, at: now) }
  }

  private mutating func checkBreakers(at now: Instant) {
    for (id, lane) in lanes {
      guard let since = lane.openSince else { continue }
      // After somebody set the clock back.
      if since > now { lanes[id]?.openSince = now }
      guard now - since >= settings.failing else { continue }
      let matter = Matter.failing(since: since, waiting: lane.waiting, lastTry: lane.lastFailure)
      holds(Topic(.failing, route: routeName(id)), matter, at: now)
    }
  }

  private mutating func checkOldest(_ oldest: [LaneID: Instant], at now: Instant) {
    for id in Set(lanes.keys).union(oldest.keys) {
      let topic = Topic(.oldestWaiting, route: routeName(id))
      if let since = oldest[id], now - since > settings.oldestWaiting {
        holds(topic, .oldestWaiting(since: since, waiting: lanes[id]?.waiting ?? 0), at: now)
      } else {
        ends(topic, at: now)
      }
    }
  }

  private mutating func checkSilence(_ lastReportAt: Instant?, at now: Instant) {
    let since = lastReportAt ?? startedAt
    if now - since >= settings.silence {
      holds(Topic(.silence), .silence(since: since, isNever: lastReportAt == nil), at: now)
    } else {
      ends(Topic(.silence), at: now)
    }
  }

  private mutating func checkDisk(_ disk: DiskSpace, at now: Instant) {
    let topic = Topic(.store, part: .disk)
    if disk.isLow { holds(topic, .diskLow(disk), at: now) } else if disk.isFine { ends(topic, over: .diskFine(disk), at: now) }
  }

  private mutating func commitFailed(_ error: JournalError, at now: Instant) {
    let topic = Topic(.store, part: .commits)
    guard case .commitsFail(let since, _) = conditions[topic]?.matter else {
      return holds(topic, .commitsFail(since: now, error), at: now)
    }
    holds(topic, .commitsFail(since: since, error), at: now)
  }

  private mutating func fileRefused(_ words: String, at now: Instant) {
    let topic = Topic(.reload)
    guard case .fileRefused(let since, _) = conditions[topic]?.matter else {
      return holds(topic, .fileRefused(since: now, words: words), at: now)
    }
    holds(topic, .fileRefused(since: since, words: words), at: now)
  }

  private mutating func refused(_ refusal: Refusal, at now: Instant) {
    guard [.tokenMissing, .tokenEmpty, .tokenRepeated, .tokenWrong].contains(refusal) else { return }
    refusals.removeAll { now - $0 >= Limits.unauthorizedWithin || $0 > now }
    refusals.append(now)
    guard refusals.count >= Limits.unauthorizedBurst else { return }
    counts(Topic(.unauthorized), .unauthorized(refusals.count), at: now)
    refusals = []
  }

  // MARK: - Conditions and sums

  private mutating func counts(_ topic: Topic, _ matter: Matter, at now: Instant) {
    guard settings.kinds.contains(topic.kind) else { return }
    touched = topic
    sums[topic] = sums[topic]?.with(matter) ?? matter
    if untold[topic] == nil { untold[topic] = now }
  }

  private mutating func holds(_ topic: Topic, _ matter: Matter, at now: Instant) {
    guard settings.kinds.contains(topic.kind) else { return }
    touched = topic
    var condition = conditions[topic] ?? Condition()
    condition.matter = matter
    condition.over = nil
    conditions[topic] = condition
    if condition.isTold { untold[topic] = nil } else if untold[topic] == nil { untold[topic] = now }
  }

  /// - Parameter over: where it is not of the usual form.
  private mutating func ends(_ topic: Topic, over: Matter? = nil, at now: Instant) {
    guard var condition = conditions[topic], let matter = condition.matter.take() else { return }
    touched = topic
    untold[topic] = nil
    if condition.isTold {
      condition.over = over ?? ending(of: matter)
      condition.isTold = condition.over != nil
      if condition.isTold { untold[topic] = now }
    } else {
      condition.missed += 1
    }
    conditions[topic] = condition
  }

  /// What is told when a condition that was told is over; nil if that is no news.
  private func ending(of matter: Matter) -> Matter? {
    switch matter {
    case .failing(let since, _, _), .paused(let since, _):
      settings.kinds.contains(.recovered) ? .recovered(since: since, waiting: 0) : nil
    case .commitsFail(let since, _): .commitsAgain(since: since)
    case .fileRefused(let since, _): .fileTaken(since: since)
    default: nil
    }
  }

  // MARK: - Output

  /// Tells what there is to tell on these topics, as far as the rate allows it.
  private mutating func tell(_ topics: [Topic], at now: Instant) -> [Alert] {
    var alerts: [Alert] = []
    for topic in topics {
      // The end of one trouble of a route may have told that of the other.
      guard untold[topic] != nil, let matter = matter(on: topic) else { continue }
      let subject = isRecovery(matter) ? Topic(.recovered, route: topic.route) : topic
      guard !rate.isUsedUp(at: now) else {
        isHourUsedUp = true
        break
      }
      guard let leave = rate.take(subject, at: now) else { continue }
      alerts.append(alert(subject, matter, leave, missed: conditions[topic]?.missed ?? 0, at: now))
      told(topic, matter)
    }
    return alerts
  }

  /// nil while there is nothing to tell after all: a route in two kinds of trouble has not recovered when one is over.
  private func matter(on topic: Topic) -> Matter? {
    if let sum = sums[topic] { return sum }
    guard let condition = conditions[topic] else { return nil }
    if let matter = condition.matter { return matter }
    guard let over = condition.over, isRecovery(over) else { return condition.over }
    let isInTrouble = Self.troubles.contains { conditions[Topic($0, route: topic.route)]?.matter != nil }
    return isInTrouble ? nil : over
  }

  private static let troubles: [AlertKind] = [.failing, .paused]

  private func isRecovery(_ matter: Matter) -> Bool { if case .recovered = matter { true } else { false } }

  private mutating func told(_ topic: Topic, _ matter: Matter) {
    let topics = isRecovery(matter) ? Self.troubles.map { Topic($0, route: topic.route) } : [topic]
    for topic in topics {
      untold[topic] = nil
      sums[topic] = nil
      conditions[topic]?.isTold = !matter.isOver
      conditions[topic]?.over = nil
      conditions[topic]?.missed = 0
    }
  }

  private func alert(_ topic: Topic, _ matter: Matter, _ leave: MessageRate.Leave, missed: Int, at now: Instant) -> Alert {
    var (matter, facts) = (matter, matter.facts)
    if case .recovered(let since, _) = matter {
      matter = .recovered(since: since, waiting: waiting(topic.route))
      facts = matter.facts
    }
    var text = matter.text(route: topic.route ?? "", isMore: leave.isMore, at: now)
    if missed > 0, !matter.isOver {
      text += " (It was so \(missed == 1 ? "once" : "\(missed) times") more since the last message on it.)"
      facts["times_untold"] = .number(missed)
    }
    if let until = leave.nothingBefore {
      text += " (This is message \(Limits.alertsPerHourMax) within an hour: what comes before \(until.rfc3339) is told after it.)"
    }
    return Alert(kind: topic.kind, route: topic.route, isOver: matter.isOver, text: text, at: now, facts: facts)
  }

  private func waiting(_ route: String?) -> Int { lanes.first { routeName($0.key) == route }?.value.waiting ?? 0 }
}
