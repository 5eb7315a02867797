import Alert
import Model
import Support

let shop = LaneID(1)
let bank = LaneID(2)

/// One hook's watch, on a clock that a test moves.
struct Scene {
  var watch: Watch
  var now = ManualClock().now
  var standing = Standing()
  var gauges: [LaneGauge] = []
  var oldest: [LaneID: Instant]? = [:]
  var disk: DiskSpace? = DiskSpace(free: 50_000_000_000, total: 100_000_000_000)

  init(_ change: (inout AlertSettings) -> Void = { _ in }) {
    var settings = AlertSettings(url: Secret("https://hooks.example.com/ops"))
    change(&settings)
    watch = Watch(settings, startedAt: now, routeName: routeName)
    standing.lastReportAt = now
  }

  mutating func happens(_ events: Event...) -> [Alert] { events.flatMap { watch.observe($0, at: now) } }

  /// Time passes, and everything is checked at its end.
  mutating func after(_ duration: Duration) -> [Alert] {
    now = now + duration
    return watch.check(Readings(standing: standing, gauges: gauges, oldestWaiting: oldest, disk: disk), at: now)
  }

  mutating func waits(_ count: Int, for lane: LaneID) {
    var share = LaneStanding(id: lane, name: routeName(lane))
    share.matched = count
    standing.lanes.removeAll { $0.id == lane }
    standing.lanes.append(share)
  }
}

let routeName: @Sendable (LaneID) -> String = {
  ["shop", "bank"].indices.contains($0.number - 1) ? ["shop", "bank"][$0.number - 1] : "route-\($0.number)"
}

/// `kind route`, as far as there is one.
func told(_ alerts: [Alert]) -> [String] { alerts.map { $0.kind.rawValue + ($0.route.map { " \($0)" } ?? "") } }
