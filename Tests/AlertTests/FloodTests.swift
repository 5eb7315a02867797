import Alert
import Model
import Testing
import Traffic

/// Whatever happens, in whatever order: a hook is not flooded, and nothing that is counted is forgotten.
@Suite struct FloodTests {
  private struct Run {
    var alerts: [Alert] = []
    /// Copies that died, by route.
    var died: [String: Int] = [:]
    var quarantined = 0
  }

  private func run(seed: UInt64) -> Run {
    var (rng, run) = (SplitMix64(seed: seed), Run())
    var scene = Scene { $0.failing = .seconds(30) }
    // Some runs are calm for minutes between events, in others a thousand come within one.
    let pause = [1, 1_000, 60_000][rng.below(3)]
    for _ in 0..<1_200 {
      let lane = LaneID(1 + rng.below(12))
      var alerts: [Alert] = []
      switch rng.below(14) {
      case 0, 1: alerts = scene.happens(.breakerOpened(lane, until: scene.now))
      case 2: alerts = scene.happens(.breakerClosed(lane))
      case 3: alerts = scene.happens(.paused(lane, .gone))
      case 4: alerts = scene.happens(.resumed(lane))
      case 5:
        run.died[routeName(lane), default: 0] += 1
        alerts = scene.happens(.died(lane, tries: 5))
      case 6:
        run.quarantined += 1
        alerts = scene.happens(.quarantined(QuarantineReason.allCases[rng.below(QuarantineReason.allCases.count)]))
      case 7: alerts = (0..<rng.below(30)).flatMap { _ in scene.happens(.refused(.tokenWrong)) }
      case 8: alerts = scene.happens(.commitFailed(.full))
      case 9: alerts = scene.happens(rng.chance(0.5) ? .storeRecovered : .committed(reports: 1, results: 0, took: .zero))
      case 10: scene.standing.lastReportAt = scene.now - .hours(rng.below(12))
      case 11: scene.disk?.free = rng.below(10) * 1_000_000_000
      case 12: scene.oldest?[lane] = rng.chance(0.5) ? nil : scene.now - .minutes(rng.below(60))
      default: alerts = scene.after(.milliseconds(rng.below(60_000)))
      }
      run.alerts += alerts
      scene.now = scene.now + .milliseconds(rng.below(pause))
    }
    // Time enough for all that waits.
    for _ in 0..<60 { run.alerts += scene.after(.minutes(15)) }
    return run
  }

  @Test(arguments: 1...25 as ClosedRange<UInt64>)
  func `no hook is flooded, no count is lost, and whoever reads knows which routes are in trouble`(seed: UInt64) {
    let run = run(seed: seed)
    #expect(run.alerts.count > 20)
    var inTrouble: Set<String> = []
    for (index, alert) in run.alerts.enumerated() {
      let earlier = run.alerts[..<index].reversed().prefix { alert.at - $0.at < .hours(1) }
      #expect(earlier.count < Limits.alertsPerHourMax, "seed \(seed)")
      let same = earlier.prefix { alert.at - $0.at < Limits.alertEvery }.filter { $0.topic == alert.topic }
      #expect(same.isEmpty, "seed \(seed): \(alert)")
      guard let route = alert.route else { continue }
      if [.failing, .paused].contains(alert.kind) { inTrouble.insert(route) }
      if alert.kind == .recovered { #expect(inTrouble.remove(route) != nil, "seed \(seed): \(alert)") }
    }
    var died: [String: Int] = [:]
    for alert in run.alerts where alert.kind == .dead { died[alert.route ?? "", default: 0] += alert.count }
    #expect(died == run.died, "seed \(seed)")
    #expect(run.alerts.filter { $0.kind == .quarantine }.map(\.count).reduce(0, +) == run.quarantined, "seed \(seed)")
  }
}

extension Alert {
  fileprivate var topic: [String] { [kind.rawValue, route ?? "", facts["free_bytes"] == nil ? "" : "disk"] }
  fileprivate var count: Int { if case .number(let count) = facts["count"] { count } else { 0 } }
}
