import Model
import Testing

@testable import Deliver

/// What a new rule file changes about a lane, and what it does not.
struct LaneReloadTests {
  private let shop = route("shop") { $0.concurrency = 4 }
  private let well = Ending(.answered(status: 200))
  private let refused = Ending(.failed(.refused))
  private let gone = Ending(.answered(status: 410))

  private func filled(_ route: RouteSettings?, state: LaneState = LaneState()) -> Lane {
    var lane = Lane(id: LaneID(1), route: route, state: state, at: noon)
    for seq in 1...20 { lane.handed(delivery(Int64(seq))) }
    _ = lane.takeState()
    return lane
  }

  private func changed(_ change: (inout RouteSettings) -> Void) -> RouteSettings {
    var route = shop
    change(&route)
    return route
  }

  private func starts(_ lane: inout Lane, at now: Instant = noon) -> Int {
    var count = 0
    while lane.next(at: now) != nil { count += 1 }
    return count
  }

  // MARK: - Leaving the file

  @Test func `a route that leaves the file sends nothing and asks for nothing, and the time does not count`() {
    var lane = filled(shop)
    lane.holds(since: noon - .hours(1))
    lane.leaveFile(at: noon)
    lane.isDue(.retry, at: noon)
    let late = noon + .days(1)
    #expect(lane.next(at: late) == nil && lane.pagesToFetch(at: late).isEmpty && lane.takeRelease(at: late) == nil)
    #expect(lane.nextWake(at: noon) == nil)
    #expect(!lane.gauge(at: noon).isInFile)
    #expect(lane.held(since: noon, at: late) == .days(1))
    #expect(lane.takeState()?.holds.since == noon, "so that a process that ends meanwhile knows")
    lane.reload(shop, at: late)
    #expect(lane.next(at: late)?.delivery.seq == 1)
    #expect(lane.gauge(at: late).isInFile)
    #expect(lane.takeState()?.holds == Holds(spans: [.init(from: noon, to: late)]))
  }

  @Test func `what is in flight when the route leaves ends as usual`() {
    var lane = filled(shop)
    for _ in 1...3 { _ = lane.next(at: noon) }
    lane.leaveFile(at: noon)
    #expect(lane.settled(well, of: 1, isProbe: false, at: noon) == [])
    #expect(lane.settled(gone, of: 2, isProbe: false, at: noon) == [.paused(.gone)])
    #expect(lane.settled(refused, of: 3, isProbe: false, at: noon) == [])
    #expect(lane.inFlight == 0)
    #expect(lane.next(at: noon + .days(1)) == nil)
  }

  @Test func `a lane whose route the file did not have when the process began waits for it, and holds`() {
    var state = LaneState()
    state.notBefore = noon + .seconds(30)
    var lane = filled(nil, state: state)
    #expect(lane.next(at: noon + .minutes(1)) == nil)
    #expect(lane.held(since: noon, at: noon + .minutes(1)) == .minutes(1))
    lane.reload(shop, at: noon + .seconds(20))
    #expect(lane.next(at: noon + .seconds(20)) == nil, "what its app asked for before the process began still holds")
    #expect(lane.window.sizeMax == 4)
    #expect(lane.next(at: noon + .seconds(30)) != nil)
  }

  // MARK: - Bounds

  @Test func `a smaller concurrency holds from the next start on, a larger one is grown into`() {
    var lane = filled(shop)
    #expect(starts(&lane) == 4)
    lane.reload(changed { $0.concurrency = 2 }, at: noon)
    for seq in 1...2 { _ = lane.settled(well, of: Int64(seq), isProbe: false, at: noon) }
    #expect(starts(&lane) == 0, "two are still in flight")
    _ = lane.settled(well, of: 3, isProbe: false, at: noon)
    #expect(starts(&lane) == 1)
    lane.reload(changed { $0.concurrency = 100_000 }, at: noon)
    #expect(lane.window.sizeMax == Limits.transfersOfLaneMax)
    _ = lane.settled(well, of: 4, isProbe: false, at: noon)
    #expect(starts(&lane) == 2)
  }

  @Test func `a new rate holds at once, and the same one gives no second burst`() {
    let limited = changed { $0.rateLimit = RateLimit(perSecond: 1, burst: 3) }
    var lane = filled(limited)
    #expect(starts(&lane) == 3)
    for seq in 1...3 { _ = lane.settled(well, of: Int64(seq), isProbe: false, at: noon) }
    lane.reload(limited, at: noon)
    #expect(starts(&lane) == 0)
    lane.reload(changed { $0.rateLimit = RateLimit(perSecond: 10, burst: 3) }, at: noon)
    #expect(starts(&lane) == 0, "another limit is no new burst either")
    #expect(starts(&lane, at: noon + .milliseconds(100)) == 1)
    lane.reload(shop, at: noon + .milliseconds(100))
    #expect(starts(&lane, at: noon + .milliseconds(100)) == 3, "as far as the window goes")
  }

  @Test func `a smaller burst takes away what was saved`() {
    var lane = filled(changed { $0.rateLimit = RateLimit(perSecond: 1, burst: 4) })
    lane.reload(changed { $0.rateLimit = RateLimit(perSecond: 1, burst: 2) }, at: noon)
    #expect(starts(&lane) == 2)
  }

  @Test func `the file pauses and goes on`() {
    var lane = filled(shop)
    lane.reload(changed { $0.paused = true }, at: noon)
    #expect(lane.next(at: noon) == nil && lane.gauge(at: noon).paused)
    lane.reload(shop, at: noon + .hours(1))
    #expect(lane.next(at: noon + .hours(1)) != nil && !lane.gauge(at: noon).paused)
    #expect(lane.held(since: noon, at: noon + .hours(2)) == .hours(1))
  }

  @Test func `a shorter order_hold lets go what has waited so long`() {
    var lane = filled(changed { $0.orderHold = .hours(1) })
    lane.holds(since: noon)
    #expect(lane.takeRelease(at: noon + .seconds(10)) == nil)
    lane.reload(changed { $0.orderHold = .seconds(10) }, at: noon + .seconds(10))
    #expect(lane.takeRelease(at: noon + .seconds(10)) == noon)
  }

  // MARK: - Another app

  @Test func `an app at another URL is asked at once, whatever the one before asked for`() {
    var lane = filled(shop)
    for _ in 1...4 { _ = lane.next(at: noon) }
    _ = lane.settled(Ending(.answered(status: 503), retryAfter: .hours(1)), of: 1, isProbe: false, at: noon)
    #expect(lane.next(at: noon) == nil)
    lane.reload(changed { $0.timeout = .seconds(1) }, at: noon)
    #expect(lane.next(at: noon) == nil, "the same URL is the same app")
    lane.reload(changed { $0.url = Secret("http://127.0.0.1/new") }, at: noon)
    #expect(lane.next(at: noon) != nil)
    #expect(lane.takeState()?.notBefore == nil)
  }

  @Test func `how the app before fails says nothing of the one that is there now`() {
    var lane = filled(shop)
    for _ in 1...4 { _ = lane.next(at: noon) }
    let before = lane.destination
    lane.reload(changed { $0.url = Secret("http://127.0.0.1/new") }, at: noon)
    #expect(lane.destination != before)
    for _ in 1...4 { lane.endedElsewhere() }
    #expect((lane.inFlight, lane.window.size, lane.breaker.state) == (0, 4, .closed))
    #expect(starts(&lane) == 4)
  }

  @Test func `an open breaker asks the new app at once, also while a probe of the old one is out`() {
    var lane = filled(changed { $0.concurrency = 16 })
    for _ in 1...5 { _ = lane.next(at: noon) }
    for seq in 1...5 { _ = lane.settled(refused, of: Int64(seq), isProbe: false, at: noon) }
    #expect(lane.breaker.state == .open)
    #expect(lane.next(at: noon + .seconds(1))?.isProbe == true)
    lane.reload(changed { $0.url = Secret("http://127.0.0.1/new") }, at: noon + .seconds(2))
    lane.endedElsewhere()
    let probe = lane.next(at: noon + .seconds(2))
    #expect(probe?.isProbe == true)
    #expect(lane.settled(well, of: probe!.delivery.seq, isProbe: true, at: noon + .seconds(2)) == [.breakerClosed])
  }

  @Test func `an app that was gone and moved is asked at once, and a 2xx resumes`() {
    var lane = filled(shop)
    _ = lane.next(at: noon)
    #expect(lane.settled(gone, of: 1, isProbe: false, at: noon) == [.paused(.gone)])
    #expect(lane.next(at: noon + .minutes(1)) == nil)
    lane.reload(changed { $0.url = Secret("http://127.0.0.1/new") }, at: noon + .minutes(1))
    #expect(lane.next(at: noon + .minutes(1))?.delivery.seq == 2)
    #expect(lane.settled(well, of: 2, isProbe: false, at: noon + .minutes(1)) == [.resumed])
  }

  // MARK: - The dispatcher

  @Test func `a delivery that was dropped from the file in flight is tried again when its route is back`() {
    var dispatcher = live([shop, route("bank")])
    dispatcher.receive(handover([delivery(1), delivery(2, lane: 2)]))
    let attempts = dispatcher.advance(to: noon).start
    #expect(attempts.count == 2)
    dispatcher.reload(routes: [route("bank")], lanes: [LaneID(2)], at: noon)
    for attempt in attempts { dispatcher.ended(attempt, refused, at: noon) }
    #expect(dispatcher.advance(to: noon).settle.count == 2)
    dispatcher.receive(handover(settled: 2))
    let late = noon + .hours(1)
    #expect(dispatcher.advance(to: late).fetch.map(\.lane) == [LaneID(2)])
    dispatcher.reload(routes: [route("bank"), shop], lanes: [LaneID(2), LaneID(1)], at: late)
    let back = dispatcher.advance(to: late)
    #expect(back.fetch.map(\.lane) == [LaneID(1)])
    #expect(back.keep.map(\.lane) == [LaneID(1)])
  }

  @Test func `a lane that is new begins like one at the start`() {
    var dispatcher = live([shop])
    dispatcher.reload(routes: [route("bank"), shop], lanes: [LaneID(7), LaneID(1)], at: noon)
    let output = dispatcher.advance(to: noon)
    #expect(output.fetch.map(\.lane) == [LaneID(7), LaneID(7), LaneID(7)])
    #expect(dispatcher.gauges(at: noon).map(\.lane) == [LaneID(1), LaneID(7)], "the others keep their places")
    var pages = Handover()
    pages.pages = [page([delivery(1, lane: 7)], lane: 7)]
    dispatcher.receive(pages)
    #expect(dispatcher.advance(to: noon).start.map(\.delivery.lane) == [LaneID(7)])
  }

  @Test func `an attempt that began before the URL changed tells the lane nothing, and its delivery all`() {
    var dispatcher = live([shop])
    dispatcher.receive(handover([delivery(1)]))
    let attempt = dispatcher.advance(to: noon).start[0]
    dispatcher.reload(routes: [changed { $0.url = Secret("http://127.0.0.1/new") }], lanes: [LaneID(1)], at: noon)
    dispatcher.ended(attempt, gone, at: noon)
    #expect(dispatcher.gauges(at: noon)[0].pause == nil)
    #expect(dispatcher.inFlight == 0)
    guard case .retry = dispatcher.advance(to: noon).settle.first?.result else {
      Issue.record("it is owed still")
      return
    }
  }

  @Test func `retry says how long the copies wait that fail from then on`() {
    var dispatcher = live([shop])
    dispatcher.receive(handover([delivery(1, tries: 9)]))
    let attempt = dispatcher.advance(to: noon).start[0]
    dispatcher.reload(routes: [changed { $0.retry.giveUpAfter = .seconds(1) }], lanes: [LaneID(1)], at: noon)
    dispatcher.ended(attempt, Ending(.answered(status: 500)), at: noon + .seconds(2))
    #expect(dispatcher.advance(to: noon + .seconds(2)).settle.map(\.result) == [.dead])
  }
}
