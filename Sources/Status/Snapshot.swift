import Model
import Observe

/// Everything the door can show, gathered once for one answer.
struct Snapshot: Sendable {
  var now: Instant
  var version: String
  var startedAt: Instant
  var storeBackend: String
  /// Empty where it is in no file.
  var storePath: String
  /// Of the file system that it is on; nil if that does not say.
  var disk: DiskSpace?
  var configuration: LoadedConfiguration
  var standing: Standing
  var gauges: [LaneGauge]
  /// nil if the store could not be read.
  var oldestWaiting: [LaneID: Instant]?
  var record: Record
  var tokenUses: [TokenUse]
  /// Whether any report that matched no route is kept, or any body that is no report: of what came ever, `standing` has the number.
  var keeps: (unmatched: Bool, quarantined: Bool)
  var rates: Rates

  /// A route of the file, or a lane that the store still has deliveries of.
  struct Route: Sendable {
    var lane: LaneStanding
    /// nil for a lane that nobody sends: its route is not in the file, and nothing of it is in flight any more.
    var gauge: LaneGauge?
    var oldestWaiting: Instant?
    var lag: Histogram
    /// Of the last minutes.
    var recentLag: Histogram
    /// Copies delivered a minute; nil while nothing is known of the time before.
    var ratePerMinute: Double?
    /// True if the file no longer has the route. Its deliveries are held.
    var isHeld: Bool
    /// Why nothing is sent; nil while copies are sent. As of the disk, so that whoever was told of a change sees it here.
    var pause: PauseCause?
    /// The app asked with Retry-After not to be sent anything before this, which has not come.
    var notBefore: Instant?
  }

  /// In the order of the file; then lanes without a route, as long as anything of theirs waits or is dead.
  var routes: [Route] {
    let lanes = Dictionary(standing.lanes.map { ($0.name, $0) }) { first, _ in first }
    let gauges = Dictionary(self.gauges.map { ($0.lane, $0) }) { first, _ in first }
    let named = Set(configuration.routes)
    let inFile = configuration.routes.map { name in
      // No lane has a negative number: a route that the store does not know yet has counted nothing.
      let lane = lanes[name] ?? LaneStanding(id: LaneID(-1), name: name)
      return route(lane, gauges[lane.id], isHeld: false)
    }
    let held = standing.lanes.filter { !named.contains($0.name) && $0.holdsAnything(at: now, deadKept: configuration.deadKept) }
    return inFile + held.map { route($0, gauges[$0.id], isHeld: true) }
  }

  private func route(_ lane: LaneStanding, _ gauge: LaneGauge?, isHeld: Bool) -> Route {
    let record = record.lanes[lane.id]
    return Route(
      lane: lane, gauge: gauge, oldestWaiting: oldestWaiting?[lane.id], lag: record?.lag ?? Histogram(),
      recentLag: record?.recentLag.histogram ?? Histogram(), ratePerMinute: rates.delivered(lane, at: now), isHeld: isHeld,
      pause: pause(of: lane, isHeld: isHeld),
      notBefore: (gauge?.notBefore ?? lane.state.notBefore).flatMap { $0 > now ? $0 : nil })
  }

  /// The rule file comes first, since nothing else can end what it says.
  private func pause(of lane: LaneStanding, isHeld: Bool) -> PauseCause? {
    if !isHeld, configuration.pausedRoutes.contains(lane.name) { return .ruleFile }
    return lane.state.pause.map { PauseCause($0.reason) }
  }

  var quarantined: Int { standing.quarantined.values.reduce(0, +) }

  var metrics: PrometheusText {
    let routes = Dictionary(routes.map { ($0.lane.id, $0) }) { first, _ in first }
    var shown = standing
    shown.lanes.removeAll { routes[$0.id] == nil }
    var text = PrometheusText(
      version: version, now: now, standing: shown, gauges: gauges, pauses: routes.compactMapValues(\.pause),
      oldestWaiting: oldestWaiting, record: record, configLoadedAt: configuration.loadedAt)
    text.heldLanes = Set(routes.filter(\.value.isHeld).keys)
    text.keysForRestart = configuration.needsRestart.count
    text.tokens = tokenUses
    text.startedAt = startedAt
    text.disk = disk
    return text
  }
}
