import Model
import Traffic

/// Everything that a seed decides before time begins: routes, what their apps go through, what arrives when, what the operator
/// does, and at which operations the journal fails or the process dies.
struct Scenario {
  enum Happening {
    /// The provider posts a report that these routes want; if there are none, it matches nothing.
    case post(ReportKey, routes: [Int])
    case pause(Int)
    case resume(Int)
    /// A resume that is left out if the route is not paused by an operator, so that nothing else is set right by it.
    case resumePaused(Int)
    /// An operator sends again what has this state.
    case replay(Int, DeliveryState)
    /// The app of a route claims a packet, and again until it is answered that this is on disk.
    case claim(Int64, Int)
    /// The relay is down for so long.
    case outage(Duration)
    /// The rule file is changed and read anew: it has the route with these settings, or not at all.
    case reload(Int, RouteSettings?)
  }

  enum Fault {
    case commitFails(JournalError)
    case crashBefore
    case crashAfter
  }

  static let start = Instant(microseconds: 1_777_437_144_000_000)
  /// Faults of every kind lie in this time.
  static let stormTime: Duration = .hours(1)

  var routes: [RouteSettings] = []
  var apps: [App] = []
  var happenings: [(at: Instant, what: Happening)] = []
  /// By the number of the operation on the journal.
  var faults: [Int: Fault] = [:]
  /// The routes that want a message by their rules, whoever claimed its packet: it has one of its own.
  private(set) var wanted: [Int64: [Int]] = [:]

  init(seed: UInt64) {
    var rng = SplitMix64(seed: seed)
    for number in 0..<(1 + rng.below(3)) {
      routes.append(Self.route(number, &rng))
      apps.append(App(phases: Self.phases(&rng)))
    }
    post(&rng)
    operate(&rng)
    for _ in 0..<rng.below(12) { faults[1 + rng.below(1_500)] = Self.fault(&rng) }
    claim(&rng)
    rewriteRules(&rng)
    happenings.sort { $0.at < $1.at }
  }

  static var calmAt: Instant { start + stormTime }

  private static func route(_ number: Int, _ rng: inout SplitMix64) -> RouteSettings {
    var route = RouteSettings(name: "route-\(number)", url: Secret("http://127.0.0.1:9/\(number)"))
    route.concurrency = [1, 2, 4, 16][rng.below(4)]
    route.timeout = .seconds(10)
    route.retry.giveUpAfter = [.minutes(2), .minutes(10), .days(3), .days(3)][rng.below(4)]
    route.retry.max = rng.chance(0.5) ? .minutes(2) : .hours(1)
    route.ordering = rng.chance(0.8) ? .report : .none
    // With the longest an earlier status is given up before a later one may overtake it.
    route.orderHold = [.seconds(10), .seconds(60), .minutes(15)][rng.below(3)]
    route.stale = rng.chance(0.7) ? .forward : .drop
    if rng.chance(0.3) { route.rateLimit = RateLimit(perSecond: Double(1 + rng.below(20)), burst: 1 + rng.below(10)) }
    return route
  }

  private static func phases(_ rng: inout SplitMix64) -> [App.Phase] {
    var (phases, at) = ([App.Phase](), start)
    while at < calmAt {
      at = at + .seconds(rng.chance(0.3) ? 600 + rng.below(1_800) : 5 + rng.below(300))
      phases.append(App.Phase(mood: mood(&rng), until: min(at, calmAt)))
    }
    return phases
  }

  private static func mood(_ rng: inout SplitMix64) -> App.Mood {
    switch rng.below(13) {
    case 0..<3: .healthy
    case 3: .slow
    case 4: .failing([0.1, 0.5, 0.9, 1][rng.below(4)])
    case 5: .picky
    case 6, 7: .dead
    case 8: .hanging
    case 9: .flapping
    case 10: .gone
    case 11: .flooded
    default: .busy(.seconds(1 + rng.below(600)))
    }
  }

  private static func fault(_ rng: inout SplitMix64) -> Fault {
    switch rng.below(4) {
    case 0: .commitFails(.full)
    case 1: .commitFails(.failed(code: 10, words: "disk I/O error"))
    case 2: .crashBefore
    default: .crashAfter
    }
  }

  /// Messages with two or three statuses each, in bursts and alone, some in disorder, some twice.
  private mutating func post(_ rng: inout SplitMix64) {
    for id in 1...Int64(20 + rng.below(80)) {
      let wanted = routes.indices.filter { _ in rng.chance(0.8) }
      self.wanted[id] = wanted
      var at = Self.start + .milliseconds(rng.below(Int(Self.stormTime.milliseconds)))
      if rng.chance(0.3) { at = Self.start + .seconds(600 + rng.below(3)) }
      var statuses = rng.chance(0.1) ? ["delivered", "accepted"] : ["accepted", rng.chance(0.9) ? "delivered" : "undelivered"]
      if rng.chance(0.1) { statuses.insert("sent", at: 1) }
      for status in statuses {
        let post = Happening.post(ReportKey(id: id, status: status), routes: wanted)
        happenings.append((at, post))
        if rng.chance(0.1) { happenings.append((at + .milliseconds(rng.below(5_000)), post)) }
        at = at + .milliseconds(rng.chance(0.5) ? rng.below(20) : rng.below(120_000))
      }
    }
  }

  /// Some apps claim some of the messages, before they are sent, meanwhile or long after.
  private mutating func claim(_ rng: inout SplitMix64) {
    for route in routes.indices where rng.chance(0.6) {
      routes[route].orders = true
      for id in wanted.keys.sorted() where rng.chance(0.4) {
        for _ in 0..<(1 + rng.below(2)) {
          happenings.append((Self.start + .milliseconds(rng.below(Int(Self.stormTime.milliseconds))), .claim(id, route)))
        }
      }
    }
  }

  /// Routes leave the file and come back, their apps move, and their bounds change. Those that take orders stay, so that who is owed what
  /// is known from the claims.
  private mutating func rewriteRules(_ rng: inout SplitMix64) {
    guard rng.chance(0.6) else { return }
    for _ in 0...rng.below(6) {
      let route = rng.below(routes.count)
      let at = Self.start + .seconds(rng.below(Int(Self.stormTime.seconds)))
      var changed = routes[route]
      switch rng.below(4) {
      case 0 where !changed.orders:
        happenings.append((at, .reload(route, nil)))
        happenings.append((min(at + .seconds(rng.below(1_800)), Self.calmAt), .reload(route, changed)))
      case 0, 1: changed.url = Secret("http://127.0.0.1:9/elsewhere")
      case 2: changed.paused = true
      default:
        changed.concurrency = [1, 2, 4, 16][rng.below(4)]
        changed.rateLimit = rng.chance(0.5) ? nil : RateLimit(perSecond: Double(1 + rng.below(20)), burst: 1 + rng.below(10))
      }
      if changed != routes[route] {
        happenings.append((at, .reload(route, changed)))
        if rng.chance(0.5) { happenings.append((at + .seconds(rng.below(300)), .reload(route, routes[route]))) }
      }
    }
    for route in routes.indices { happenings.append((Self.calmAt + .seconds(1), .reload(route, routes[route]))) }
  }

  private mutating func operate(_ rng: inout SplitMix64) {
    func anyTime() -> Instant { Self.start + .seconds(rng.below(Int(Self.stormTime.seconds))) }
    for _ in 0..<rng.below(3) {
      let (route, at) = (rng.below(routes.count), anyTime())
      happenings.append((at, .pause(route)))
      happenings.append((min(at + .seconds(rng.below(1_200)), Self.calmAt), .resume(route)))
    }
    for _ in 0..<rng.below(3) {
      happenings.append((anyTime(), .replay(rng.below(routes.count), rng.chance(0.5) ? .dead : .delivered)))
    }
    // The command may have come to a process that died before it was on disk.
    for route in routes.indices { happenings.append((Self.calmAt + .seconds(1), .resumePaused(route))) }
    for _ in 0..<rng.below(3) { happenings.append((anyTime(), .outage(.seconds(rng.below(900))))) }
  }
}
