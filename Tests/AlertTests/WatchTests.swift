import Alert
import Model
import Testing

/// What is told, and when.
@Suite struct WatchTests {
  private func opened(_ scene: Scene, _ lane: LaneID = shop) -> Event { .breakerOpened(lane, until: scene.now) }

  @Test func `an app that does not answer is told once, and once that it is back`() throws {
    var scene = Scene()
    scene.waits(3_410, for: shop)
    #expect(scene.happens(opened(scene), .attempted(shop, .failed(.refused), detail: "", took: .zero)) == [])
    #expect(scene.after(.seconds(299)) == [])
    #expect(scene.happens(opened(scene)) == [], "every failed probe opens it again")
    let failing = scene.after(.seconds(1))
    #expect(told(failing) == ["failing shop"])
    #expect(
      failing.first?.text == "The app of route shop has taken nothing for 5 min: 3,410 copies wait. The last try: connection refused. "
        + "Look at the app, and with: dlr-relay queue")
    let since = Alert.Fact.text("2026-04-29T04:32:24.000000Z")
    #expect(failing.first?.facts == ["since": since, "waiting": .number(3_410), "last_try": .text("refused")])
    #expect(failing.first?.isOver == false)
    for _ in 0..<20 { #expect(scene.after(.minutes(1)) == []) }
    let recovered = scene.happens(.breakerClosed(shop))
    #expect(told(recovered) == ["recovered shop"])
    #expect(recovered.first?.text == "The app of route shop takes copies again, after 25 min: 3,410 copies wait.")
    #expect(recovered.first?.isOver == true)
    #expect(scene.happens(.breakerClosed(shop)) + scene.after(.hours(1)) == [])
  }

  @Test func `an app that answered in between is not failing`() {
    var scene = Scene()
    for _ in 0..<10 {
      #expect(scene.happens(opened(scene)) + scene.after(.minutes(4)) + scene.happens(.breakerClosed(shop)) == [])
    }
  }

  @Test func `recovered is told only of what was told to be failing`() {
    var scene = Scene { $0.kinds = [.recovered] }
    #expect(scene.happens(opened(scene)) + scene.after(.hours(1)) + scene.happens(.breakerClosed(shop)) == [])
    var quiet = Scene { $0.kinds = [.failing] }
    #expect(quiet.happens(opened(quiet)) == [])
    #expect(told(quiet.after(.hours(1))) == ["failing shop"])
    #expect(quiet.happens(.breakerClosed(shop)) + quiet.after(.hours(1)) == [])
  }

  @Test func `an outage that is over before it may be told is counted in the next message`() {
    var scene = Scene { $0.failing = .seconds(10) }
    func outage(_ scene: inout Scene) -> [String] {
      told(scene.happens(opened(scene)) + scene.after(.seconds(10)) + scene.happens(.breakerClosed(shop)))
    }
    #expect(outage(&scene) == ["failing shop", "recovered shop"])
    #expect(outage(&scene) == [])
    #expect(outage(&scene) == [])
    #expect(scene.after(.minutes(15)) == [], "it is over, and nobody was told that it had begun")
    #expect(scene.happens(opened(scene)) == [])
    let next = scene.after(.seconds(10))
    #expect(next.first?.text.hasSuffix(" (It was so 2 times more since the last message on it.)") == true)
    #expect(next.first?.facts["times_untold"] == .number(2))
  }

  @Test func `an outage that still lasts when it may be told is told then`() {
    var scene = Scene { $0.failing = .seconds(10) }
    #expect(scene.happens(opened(scene)) == [])
    #expect(told(scene.after(.seconds(10))) == ["failing shop"])
    #expect(told(scene.happens(.breakerClosed(shop))) == ["recovered shop"])
    #expect(scene.happens(opened(scene)) + scene.after(.seconds(899)) == [])
    #expect(told(scene.after(.seconds(1))) == ["failing shop"])
  }

  @Test func `a pause by 410 is told, one by an operator is not`() {
    var scene = Scene()
    #expect(scene.happens(.paused(bank, .operator), .resumed(bank)) == [])
    let paused = scene.happens(.paused(shop, .gone))
    #expect(told(paused) == ["paused shop"])
    #expect(paused.first?.text.hasSuffix("Correct its url, or resume it with: dlr-relay queue resume shop") == true)
    #expect(scene.happens(.resumed(shop)) + scene.after(.hours(1)) == [], "an operator says nothing of the app")
    let recovered = scene.happens(.delivered(shop, tries: 1, lag: .zero))
    #expect(told(recovered) == ["recovered shop"])
    #expect(recovered.first?.text.hasPrefix("The app of route shop takes copies again, after 1 h") == true)
    #expect(scene.happens(.delivered(shop, tries: 1, lag: .zero)) == [])
  }

  @Test func `a copy that was on its way when a route was paused says nothing of it`() {
    var scene = Scene()
    #expect(told(scene.happens(.paused(shop, .gone))) == ["paused shop"])
    #expect(scene.happens(.delivered(shop, tries: 1, lag: .zero), .delivered(bank, tries: 1, lag: .zero)) == [])
    #expect(told(scene.happens(.resumed(shop), .delivered(shop, tries: 1, lag: .zero))) == ["recovered shop"])
  }

  @Test func `a route that was resumed in vain is told to be paused again`() {
    var scene = Scene()
    #expect(told(scene.happens(.paused(shop, .gone))) == ["paused shop"])
    #expect(scene.after(.hours(1)) == [])
    #expect(scene.happens(.resumed(shop)) == [])
    #expect(told(scene.happens(.paused(shop, .gone))) == ["paused shop"])
    #expect(scene.happens(.delivered(shop, tries: 1, lag: .zero)) == [])
    #expect(told(scene.happens(.resumed(shop), .delivered(shop, tries: 1, lag: .zero))) == ["recovered shop"])
  }

  @Test func `a pause that nobody was told of is not told once it is over`() {
    var scene = Scene()
    #expect(told(scene.happens(.paused(shop, .gone))) == ["paused shop"])
    #expect(told(scene.happens(.resumed(shop), .delivered(shop, tries: 1, lag: .zero))) == ["recovered shop"])
    #expect(scene.happens(.paused(shop, .gone), .resumed(shop)) + scene.after(.hours(1)) == [])
    #expect(scene.happens(.delivered(shop, tries: 1, lag: .zero)) == [])
  }

  @Test func `a pause from before the start is told with the first check only`() {
    var scene = Scene()
    var (gone, byHand) = (LaneGauge(lane: shop), LaneGauge(lane: bank))
    gone.pause = Pause(.gone, since: scene.now - .hours(1))
    byHand.pause = Pause(.operator, since: scene.now - .hours(1))
    scene.gauges = [gone, byHand]
    #expect(told(scene.after(.seconds(10))) == ["paused shop"])
    #expect(told(scene.happens(.resumed(shop), .delivered(shop, tries: 1, lag: .zero))) == ["recovered shop"])
    #expect(scene.after(.hours(1)) == [], "gauges are a moment old, events are not")
  }

  @Test func `a route in two kinds of trouble has recovered when both are over`() {
    var scene = Scene()
    #expect(scene.happens(opened(scene)) == [])
    #expect(told(scene.after(.minutes(5))) == ["failing shop"])
    #expect(told(scene.happens(.paused(shop, .gone))) == ["paused shop"])
    #expect(scene.happens(.breakerClosed(shop)) + scene.after(.hours(1)) == [])
    #expect(told(scene.happens(.resumed(shop), .delivered(shop, tries: 1, lag: .zero))) == ["recovered shop"])
    #expect(scene.after(.hours(1)) == [])
  }

  @Test func `dead letters are told from the first, then summed`() {
    var scene = Scene()
    let first = scene.happens(.died(shop, tries: 5))
    #expect(
      first.map(\.text) == [
        "1 copy for route shop was given up and kept. Once the app takes them, send them again with: dlr-relay queue replay --route shop"
      ])
    #expect(told(scene.happens(.died(bank, tries: 5))) == ["dead bank"])
    for _ in 0..<17 { #expect(scene.happens(.died(shop, tries: 5)) == []) }
    #expect(scene.after(.seconds(899)) == [])
    let sum = scene.after(.seconds(1))
    #expect(sum.first?.text.hasPrefix("17 more copies for route shop were given up") == true)
    #expect(sum.map(\.facts) == [["count": .number(17)]])
    #expect(scene.after(.hours(1)) == [])
  }

  @Test func `the oldest copy is told once, and again only after it was fine`() {
    var scene = Scene()
    let now = scene.now
    scene.waits(2, for: shop)
    scene.oldest = [shop: now]
    #expect(scene.after(.minutes(15)) == [])
    let late = scene.after(.seconds(1))
    #expect(told(late) == ["oldest_waiting shop"])
    #expect(late.first?.text.hasPrefix("The oldest copy for route shop has waited for 15 min: 2 copies wait.") == true)
    scene.oldest = nil
    #expect(scene.after(.hours(1)) == [], "a store that cannot be read says nothing about it")
    scene.oldest = [shop: now]
    #expect(scene.after(.hours(1)) == [])
    scene.oldest = [:]
    #expect(scene.after(.seconds(10)) == [])
    scene.oldest = [shop: now]
    #expect(told(scene.after(.seconds(10))) == ["oldest_waiting shop"])
  }

  @Test func `silence is told once until a report comes, also if none ever came`() {
    var scene = Scene()
    scene.standing.lastReportAt = nil
    #expect(scene.after(.hours(6) - .seconds(1)) == [])
    let never = scene.after(.seconds(1))
    #expect(never.first?.text.hasPrefix("No report has come since the relay was started 6 h 0 min ago.") == true)
    #expect(scene.after(.hours(24)) == [])
    scene.standing.lastReportAt = scene.now
    #expect(scene.after(.hours(5)) == [])
    let again = scene.after(.hours(1))
    #expect(told(again) == ["silence"])
    #expect(again.first?.text.hasPrefix("No report has come for 6 h 0 min.") == true)
    #expect(scene.after(.hours(100)) == [])
  }

  @Test func `quarantine is told from the first body, then summed by reason`() {
    var scene = Scene()
    let first = scene.happens(.quarantined(.noID))
    #expect(first.first?.text.hasPrefix("1 body with the right token was no report (no_id) and kept.") == true)
    #expect(scene.happens(.quarantined(.notJSON), .quarantined(.noID), .quarantined(.notJSON)) == [])
    let sum = scene.after(.minutes(15))
    #expect(sum.first?.text.hasPrefix("3 more bodies with the right token were no report (no_id, not_json) and kept.") == true)
    #expect(sum.first?.facts == ["count": .number(3), "no_id": .number(1), "not_json": .number(2)])
  }

  @Test func `unmatched reports are told from the first one, then summed`() {
    var scene = Scene()
    let first = scene.happens(.unmatched(1))
    #expect(told(first) == ["unmatched"])
    #expect(
      first.first?.text == "1 report matches no route and is kept. Look why with: dlr-relay unmatched. "
        + "Once the rules are mended, send them with: dlr-relay reroute")
    #expect(scene.happens(.unmatched(1_200), .unmatched(34)) + scene.after(.seconds(899)) == [])
    let sum = scene.after(.seconds(1))
    #expect(sum.first?.text.hasPrefix("1,234 more reports match no route and are kept.") == true)
    #expect(sum.first?.facts == ["count": .number(1_234)])
    #expect(scene.after(.hours(1)) == [])
  }

  @Test(arguments: [Refusal.tokenMissing, .tokenEmpty, .tokenRepeated, .tokenWrong])
  func `a burst of wrong tokens is told, single ones are not`(_ refusal: Refusal) {
    var scene = Scene()
    for _ in 0..<100 {
      // 19 within any five minutes.
      #expect(scene.happens(.refused(refusal)) == [])
      scene.now = scene.now + .milliseconds(300_000 / 19 + 1)
    }
    scene.now = scene.now + .minutes(5)
    for _ in 0..<19 { #expect(scene.happens(.refused(refusal)) == []) }
    #expect(scene.happens(.refused(refusal)).map(\.facts) == [["count": .number(20)]])
    for _ in 0..<40 { #expect(scene.happens(.refused(refusal)) == []) }
    #expect(scene.after(.minutes(15)).map(\.facts) == [["count": .number(40)]])
  }

  @Test func `other refusals are no burst`() {
    var scene = Scene()
    for refusal in Refusal.allCases where !refusal.rawValue.hasPrefix("token") {
      for _ in 0..<30 { #expect(scene.happens(.refused(refusal)) == []) }
    }
  }

  @Test func `a store that fails is told at once, and that it works only when a report was stored`() {
    var scene = Scene()
    let failing = scene.happens(.commitFailed(.full))
    #expect(told(failing) == ["store"])
    #expect(failing.first?.text.hasPrefix("The store cannot commit: no space is left for the store.") == true)
    #expect(scene.happens(.commitFailed(.full), .committed(reports: 0, results: 3, took: .zero)) + scene.after(.minutes(20)) == [])
    let works = scene.happens(.committed(reports: 1, results: 0, took: .zero))
    #expect(works.map(\.text) == ["The store works again, after 20 min."])
    #expect(works.map(\.isOver) == [true])
    #expect(scene.happens(.storeRecovered) + scene.after(.hours(1)) == [])
  }

  @Test func `a low disk does not keep back that the store fails`() {
    var scene = Scene()
    scene.disk = DiskSpace(free: 4_999_999_999, total: 100_000_000_000)
    let low = scene.after(.seconds(10))
    #expect(low.first?.text.hasPrefix("The disk of the store has 5.0 GB left, less than 5.0 GB.") == true)
    #expect(told(scene.happens(.commitFailed(.full))) == ["store"])
    scene.disk?.free = 5_400_000_000
    #expect(scene.after(.hours(1)) == [], "not low any more, and not fine yet")
    scene.disk?.free = 5_500_000_000
    #expect(scene.after(.hours(1)).map(\.text) == ["The disk of the store has room again: 5.5 GB."])
  }

  @Test(arguments: [(1_000_000, 536_870_912), (100_000_000_000, 5_000_000_000), (4_000_000_000_000, 5_368_709_120)])
  func `how much room is little depends on the disk, within bounds`(_ total: Int, _ limit: Int) {
    func isTold(_ free: Int) -> Bool {
      var scene = Scene()
      scene.disk = DiskSpace(free: free, total: total)
      return !scene.after(.seconds(10)).isEmpty
    }
    #expect(isTold(limit - 1))
    #expect(!isTold(limit))
  }

  @Test func `a rule file that is refused is told once, and once that one is taken again`() {
    var scene = Scene()
    let refused = scene.happens(.reloadFailed(words: "routes.yaml:3:5: error: unknown key"))
    #expect(refused.map(\.kind) == [.reload] && refused.map(\.isOver) == [false])
    let text = "The rule file was not taken, and the one before it stays in force: routes.yaml:3:5: error: unknown key."
    #expect(refused[0].text.hasPrefix(text))
    #expect(refused[0].facts == ["since": .text(scene.now.rfc3339), "error": .text("routes.yaml:3:5: error: unknown key")])
    let since = scene.now
    #expect(scene.after(.minutes(20)) == [])
    #expect(scene.happens(.reloadFailed(words: "routes.yaml:4:5: error: another")) == [])
    let taken = scene.happens(.reloaded(fingerprint: "c0ffee", RouteChanges()))
    #expect(taken.map(\.isOver) == [true])
    #expect(taken[0].text == "The rule file is taken again, after 20 min.")
    #expect(taken[0].facts == ["since": .text(since.rfc3339)])
    #expect(scene.happens(.reloaded(fingerprint: "c0ffee", RouteChanges()), .reloadNeedsRestart(keys: ["store.path"])) == [])
  }

  @Test(arguments: AlertKind.allCases)
  func `what is not asked for is not told`(_ kind: AlertKind) {
    var scene = Scene { $0.kinds = [kind] }
    scene.oldest = [shop: scene.now]
    scene.disk?.free = 0
    var alerts = scene.happens(opened(scene), .paused(bank, .gone), .died(shop, tries: 5), .quarantined(.noID), .unmatched(1))
    alerts += scene.happens(.commitFailed(.full), .reloadFailed(words: ""))
    for _ in 0..<20 { alerts += scene.happens(.refused(.tokenWrong)) }
    alerts += scene.after(.hours(7)) + scene.happens(.breakerClosed(shop), .resumed(bank))
    #expect(alerts.allSatisfy { $0.kind == kind })
    #expect(alerts.isEmpty == (kind == .recovered))
  }

  @Test func `the last of 30 messages says that more wait, and they come later`() {
    var scene = Scene()
    let dead = (1...40).map { Event.died(LaneID($0), tries: 5) }
    let alerts = dead.flatMap { scene.happens($0) }
    #expect(alerts.count == Limits.alertsPerHourMax)
    let note = " (This is message 30 within an hour: what comes before 2026-04-29T05:32:24.000000Z is told after it.)"
    #expect(alerts.map { $0.text.hasSuffix(note) } == Array(repeating: false, count: 29) + [true])
    #expect(scene.after(.minutes(59)) == [])
    #expect(scene.happens(.died(LaneID(40), tries: 5)) == [])
    let rest = scene.after(.minutes(1))
    #expect(told(rest) == (31...40).map { "dead route-\($0)" })
    #expect(rest.last?.facts == ["count": .number(2)])
  }

  @Test func `a clock that is set back a day does not silence anybody`() {
    var scene = Scene()
    #expect(told(scene.happens(.died(shop, tries: 5), opened(scene, bank))) == ["dead shop"])
    scene.now = scene.now - .days(1)
    #expect(told(scene.happens(.died(shop, tries: 5))) == ["dead shop"])
    #expect(scene.after(.seconds(10)) == [])
    #expect(told(scene.after(.minutes(5))) == ["failing bank"])
  }
}
