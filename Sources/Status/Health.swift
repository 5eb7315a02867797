import Model
import Observe

/// Something that is wrong now, and that somebody should act on, or that happened once and is kept to be looked at.
enum Trouble: Sendable, Equatable {
  case storeNotWritable(cause: String?, path: String)
  case doorSilent
  case storeUnreadable
  case diskLow(DiskSpace, path: String)
  case failing(route: String, since: Instant?, waiting: Int, error: LastError?)
  case gone(route: String, since: Instant?, waiting: Int)
  /// - `leftAloneUntil`: the app asked with Retry-After.
  case oldestWaiting(route: String, since: Instant, waiting: Int, leftAloneUntil: Instant?, error: LastError?)
  /// - `isNever`: none since the start, which is `since`.
  case silence(since: Instant, isNever: Bool)
  case fileRefused(at: Instant?, words: String, diagnostics: [String])
  case needsRestart(keys: [String])
  case removed(route: String, waiting: Int)
  case pausedByOperator(route: String, since: Instant?, waiting: Int)
  case pausedInFile(route: String, waiting: Int)
  case givenUp(route: String, count: Int, isHeld: Bool)
  case quarantined(Int)
  case unmatched(Int)

  /// Of the last failed try of a route, without phone numbers.
  struct LastError: Sendable, Equatable {
    var words: String
    var at: Instant?
  }

  /// The worst first; of two alike the one with more that waits.
  fileprivate var rank: (Int, Int) {
    switch self {
    case .storeNotWritable: (0, 0)
    case .doorSilent: (1, 0)
    case .storeUnreadable: (2, 0)
    case .diskLow: (3, 0)
    case .failing(_, _, let waiting, _): (4, -waiting)
    case .gone(_, _, let waiting): (5, -waiting)
    case .oldestWaiting(_, _, let waiting, _, _): (6, -waiting)
    case .silence: (7, 0)
    case .fileRefused: (8, 0)
    case .removed(_, let waiting): (9, -waiting)
    case .pausedByOperator(_, _, let waiting): (10, -waiting)
    case .pausedInFile(_, let waiting): (11, -waiting)
    case .needsRestart: (12, 0)
    case .givenUp(_, let count, _): (13, -count)
    case .quarantined: (14, 0)
    case .unmatched: (15, 0)
    }
  }

  /// Of what somebody did on purpose, as opposed to what broke.
  var isIntended: Bool {
    switch self {
    case .pausedByOperator, .pausedInFile, .needsRestart, .removed: true
    default: false
    }
  }

  /// What to type to see more, or to mend it.
  var commands: [String] {
    switch self {
    case .storeNotWritable(_, let path), .diskLow(_, let path): path.isEmpty ? [] : ["df -h \(shellQuoted(path))"]
    case .doorSilent, .storeUnreadable, .silence, .needsRestart, .pausedInFile: []
    case .failing(let route, _, _, _): ["dlr-relay queue", "dlr-relay queue pause \(shellQuoted(route))"]
    case .gone(let route, _, _), .pausedByOperator(let route, _, _): ["dlr-relay queue resume \(shellQuoted(route))"]
    case .oldestWaiting, .removed: ["dlr-relay queue"]
    case .fileRefused: ["dlr-relay check"]
    case .givenUp(let route, _, let isHeld): isHeld ? [] : ["dlr-relay queue replay --route \(shellQuoted(route))"]
    case .quarantined: ["dlr-relay quarantine"]
    case .unmatched: ["dlr-relay unmatched", "dlr-relay reroute"]
    }
  }
}

/// As one word of a shell's command, whatever is in it.
func shellQuoted(_ text: String) -> String {
  let isPlain = !text.isEmpty && text.first != "-" && text.utf8.allSatisfy(isPlainInShell)
  return isPlain ? text : "'" + text.replacing("'", with: "'\\''") + "'"
}

private func isPlainInShell(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
    UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: "@"):
    true
  default: false
  }
}

/// Whether all is well: facts, which `HealthWords` says in a language.
struct Health: Sendable, Equatable {
  /// Waiting longer than this is worth a word.
  static let oldestWaitingMax: Duration = .minutes(15)

  /// True now, and somebody should act. The worst first.
  private(set) var problems: [Trouble] = []
  /// Happened once; kept to be looked at. The worst first.
  private(set) var notes: [Trouble] = []
  var now: Instant
  var reports: Int
  var waiting: Int
  var dead: Int

  init(_ snapshot: Snapshot, isStoreWritable: Bool, publicDoorAnswers: Bool) {
    now = snapshot.now
    reports = snapshot.standing.reports
    waiting = snapshot.standing.waiting
    dead = snapshot.standing.dead
    if !isStoreWritable {
      problems.append(.storeNotWritable(cause: snapshot.record.store.lastError.map { "\($0)" }, path: snapshot.storePath))
    }
    if !publicDoorAnswers { problems.append(.doorSilent) }
    if snapshot.oldestWaiting == nil { problems.append(.storeUnreadable) }
    if let disk = snapshot.disk, disk.isLow { problems.append(.diskLow(disk, path: snapshot.storePath)) }
    look(at: snapshot.configuration)
    listen(to: snapshot)
    for route in snapshot.routes { look(at: route) }
    if snapshot.quarantined > 0, snapshot.keeps.quarantined { notes.append(.quarantined(snapshot.quarantined)) }
    if snapshot.standing.unmatched > 0, snapshot.keeps.unmatched { notes.append(.unmatched(snapshot.standing.unmatched)) }
    problems.sort { $0.rank < $1.rank }
    notes.sort { $0.rank < $1.rank }
  }

  private mutating func look(at file: LoadedConfiguration) {
    if let error = file.lastError {
      problems.append(.fileRefused(at: file.lastErrorAt, words: error, diagnostics: file.diagnostics))
    }
    if !file.needsRestart.isEmpty { problems.append(.needsRestart(keys: file.needsRestart)) }
  }

  private mutating func listen(to snapshot: Snapshot) {
    guard let silence = snapshot.configuration.silence else { return }
    let isNever = snapshot.standing.lastReportAt == nil
    // What came before the start says nothing of the provider's ways since, but that it was silent is true.
    let since = snapshot.standing.lastReportAt ?? snapshot.startedAt
    if now - since >= silence { problems.append(.silence(since: since, isNever: isNever)) }
  }

  private mutating func look(at route: Snapshot.Route) {
    let (name, waiting) = (route.lane.name, route.lane.pending)
    if route.lane.dead > 0 { notes.append(.givenUp(route: name, count: route.lane.dead, isHeld: route.isHeld)) }
    guard let trouble = Self.trouble(of: route, now: now, name: name, waiting: waiting) else { return }
    problems.append(trouble)
  }

  private static func trouble(of route: Snapshot.Route, now: Instant, name: String, waiting: Int) -> Trouble? {
    if route.isHeld { return waiting > 0 ? .removed(route: name, waiting: waiting) : nil }
    let since = route.lane.state.pause?.since
    switch route.pause {
    case .operator: return .pausedByOperator(route: name, since: since, waiting: waiting)
    case .gone: return .gone(route: name, since: since, waiting: waiting)
    case .ruleFile: return .pausedInFile(route: name, waiting: waiting)
    case nil: break
    }
    let error = route.lane.lastError.map { Trouble.LastError(words: masked(phonesIn: $0), at: route.lane.lastErrorAt) }
    if let gauge = route.gauge, gauge.breaker != .closed {
      return .failing(route: name, since: route.lane.state.holds.since, waiting: waiting, error: error)
    }
    guard let oldest = route.oldestWaiting, now - oldest > oldestWaitingMax else { return nil }
    return .oldestWaiting(route: name, since: oldest, waiting: waiting, leftAloneUntil: route.notBefore, error: error)
  }
}

extension Snapshot.Route {
  /// True of what `Health` has a problem with.
  func isTroubled(at now: Instant) -> Bool {
    if isHeld { return lane.pending > 0 }
    if pause != nil { return true }
    if let gauge, gauge.breaker != .closed { return true }
    return oldestWaiting.map { now - $0 > Health.oldestWaitingMax } ?? false
  }
}
