import Model
import Testing

@testable import Deliver

/// Pauses: by the rule file, by the operator, and by the app with 410.
struct LanePauseTests {
  private func live(state: LaneState = LaneState(), _ change: (inout RouteSettings) -> Void = { _ in }) -> Lane {
    var lane = Lane(id: LaneID(1), route: route("shop", change), state: state, at: noon)
    _ = lane.pagesToFetch(at: noon)
    for queue in [Queue.ready, .retry, .replay] { lane.paged(page([], queue)) }
    for seq in 1...9 { lane.handed(delivery(Int64(seq))) }
    _ = lane.takeState()
    return lane
  }

  private let gone = Ending(.answered(status: 410))
  private let well = Ending(.answered(status: 200))

  private func isSilent(_ lane: Lane, at now: Instant) -> Bool {
    var lane = lane
    lane.isDue(.retry, at: noon)
    return lane.next(at: now) == nil && lane.pagesToFetch(at: now).isEmpty && lane.takeRelease(at: now) == nil
  }

  // MARK: - By the operator

  @Test func `an operator's pause stops a lane until it is resumed`() {
    var lane = live()
    #expect(lane.pause(at: noon) == .paused(.operator))
    lane.holds(since: noon - Duration.hours(1))
    #expect(isSilent(lane, at: noon + .days(30)))
    #expect(lane.nextWake(at: noon) == nil)
    let gauge = lane.gauge(at: noon)
    #expect(gauge.paused && gauge.pause == Pause(.operator, since: noon))
    #expect(lane.resume(at: noon + .hours(1)) == .resumed)
    #expect(lane.next(at: noon + .hours(1))?.isProbe == false)
    #expect(lane.state.holds == Holds(spans: [.init(from: noon, to: noon + .hours(1))]))
  }

  @Test func `saying it twice changes nothing, and is kept all the same`() {
    var lane = live()
    #expect(lane.pause(at: noon) == .paused(.operator))
    #expect(lane.takeState()?.pause == Pause(.operator, since: noon))
    #expect(lane.pause(at: noon + .seconds(9)) == nil)
    #expect(lane.takeState()?.pause == Pause(.operator, since: noon))
    #expect(lane.resume(at: noon + .seconds(9)) == .resumed)
    #expect(lane.takeState()?.pause == nil)
    #expect(lane.resume(at: noon + .seconds(9)) == nil)
    #expect(lane.takeState() == lane.state)
  }

  @Test func `an operator's pause survives a restart`() {
    var lane = live()
    _ = lane.pause(at: noon)
    let again = live(state: lane.state)
    #expect(isSilent(again, at: noon + .days(30)))
    #expect(again.gauge(at: noon).pause == Pause(.operator, since: noon))
  }

  @Test func `what was in flight when the operator paused ends as usual and resumes nothing`() {
    var lane = live()
    for _ in 1...2 { _ = lane.next(at: noon) }
    _ = lane.pause(at: noon)
    #expect(lane.settled(well, of: 1, isProbe: false, at: noon).isEmpty)
    #expect(lane.settled(gone, of: 2, isProbe: false, at: noon).isEmpty, "410 does not change an operator's pause")
    #expect(lane.gauge(at: noon).pause?.reason == .operator)
    #expect(isSilent(lane, at: noon + .days(1)))
  }

  @Test func `resuming asks at once, whatever the breaker and Retry-After say`() {
    var lane = live { $0.concurrency = 16 }
    for _ in 1...6 { _ = lane.next(at: noon) }
    for seq in 1...5 { _ = lane.settled(Ending(.failed(.refused)), of: Int64(seq), isProbe: false, at: noon) }
    _ = lane.settled(Ending(.answered(status: 503), retryAfter: .hours(1)), of: 6, isProbe: false, at: noon)
    #expect(isSilent(lane, at: noon + .minutes(59)))
    #expect(lane.resume(at: noon + .seconds(1)) == nil, "it was not paused")
    #expect(lane.gauge(at: noon).notBefore == nil)
    #expect(lane.nextWake(at: noon + .seconds(1)) == noon + .seconds(1))
    #expect(lane.next(at: noon + .seconds(1))?.isProbe == true)
    #expect(lane.takeState()?.notBefore == nil)
  }

  // MARK: - By the rule file

  @Test func `a pause of the rule file is not ended by anybody, and its time is held`() {
    var lane = live { $0.paused = true }
    #expect(isSilent(lane, at: noon + .days(1)))
    #expect(lane.gauge(at: noon).paused && lane.gauge(at: noon).pause == nil)
    #expect(lane.resume(at: noon) == nil)
    #expect(isSilent(lane, at: noon + .days(1)))
    #expect(lane.held(since: noon, at: noon + .days(1)) == .days(1))
    #expect(lane.state.pause == nil, "it ends with the line in the file")
  }

  // MARK: - By 410

  /// Paused at noon by 410 as the answer to report 1, with nothing in flight.
  private func goneLane() -> Lane {
    var lane = live()
    _ = lane.next(at: noon)
    #expect(lane.settled(gone, of: 1, isProbe: false, at: noon) == [.paused(.gone)])
    return lane
  }

  @Test func `410 pauses at once and tells`() {
    var lane = goneLane()
    #expect(lane.gauge(at: noon).pause == Pause(.gone, since: noon))
    #expect(lane.gauge(at: noon).breaker == .closed)
    #expect(lane.takeState()?.pause == Pause(.gone, since: noon))
    #expect(isSilent(lane, at: noon + Limits.goneProbeEvery - .microseconds(1)))
    #expect(lane.nextWake(at: noon) == noon + Limits.goneProbeEvery)
    #expect(lane.state.holds.since == noon)
  }

  @Test func `a route that is gone is asked by one delivery every fifteen minutes, each time another`() {
    var (lane, now, probed) = (goneLane(), noon, [Int64]())
    for ending in [gone, Ending(.answered(status: 500)), Ending(.failed(.refused)), gone] {
      now = now + Limits.goneProbeEvery
      #expect(lane.nextWake(at: now - .seconds(1)) == now)
      let probe = lane.next(at: now)
      probed.append(probe?.delivery.seq ?? 0)
      #expect(isSilent(lane, at: now + .days(1)), "one is enough, however long it takes")
      now = now + .seconds(3)
      _ = lane.settled(ending, of: probed.last ?? 0, isProbe: probe?.isProbe ?? false, at: now)
      #expect(lane.gauge(at: now).pause == Pause(.gone, since: noon))
    }
    #expect(probed == [2, 3, 4, 5])
  }

  @Test func `2xx to the probe resumes, and the window starts from one`() {
    var lane = goneLane()
    let now = noon + Limits.goneProbeEvery
    #expect(lane.next(at: now)?.delivery.seq == 2)
    #expect(lane.settled(well, of: 2, isProbe: false, at: now) == [.resumed])
    #expect(lane.state.pause == nil)
    #expect(lane.takeState()?.holds == Holds(spans: [.init(from: noon, to: now)]))
    #expect(lane.gauge(at: now).window == 2)
    #expect(lane.next(at: now) != nil)
  }

  @Test func `only the probe's answer resumes, not one that was on its way before 410`() {
    var lane = live()
    for _ in 1...3 { _ = lane.next(at: noon) }
    #expect(lane.settled(gone, of: 1, isProbe: false, at: noon) == [.paused(.gone)])
    #expect(lane.settled(well, of: 2, isProbe: false, at: noon).isEmpty)
    #expect(lane.settled(gone, of: 3, isProbe: false, at: noon + .seconds(9)).isEmpty)
    #expect(lane.gauge(at: noon).pause == Pause(.gone, since: noon))
  }

  @Test func `a route that is gone and has nothing to ask with waits for something`() {
    var lane = Lane(id: LaneID(1), route: route(), state: goneLane().state, at: noon)
    #expect(lane.pagesToFetch(at: noon).isEmpty)
    let now = noon + Limits.goneProbeEvery
    #expect(lane.nextWake(at: noon) == now)
    #expect(lane.pagesToFetch(at: now) == [.ready, .retry, .replay])
    #expect(lane.nextWake(at: now) == nil)
    lane.paged(page([delivery(7, tries: 3, queue: .retry)], .retry))
    #expect(lane.next(at: now)?.delivery.seq == 7)
  }

  @Test func `the pause survives a restart with the time of its next probe`() {
    let state = goneLane().state
    var lane = Lane(id: LaneID(1), route: route(), state: state, at: noon + .minutes(5))
    lane.handed(delivery(1))
    #expect(lane.nextWake(at: noon + .minutes(5)) == noon + Limits.goneProbeEvery)
    let late = noon + .days(1)
    var later = Lane(id: LaneID(1), route: route(), state: state, at: late)
    later.handed(delivery(1))
    #expect(later.next(at: late) != nil)
    #expect(later.held(since: noon, at: late) == .days(1))
  }

  @Test func `an operator may take over the pause, or end it`() {
    var lane = goneLane()
    var resumed = lane
    #expect(lane.pause(at: noon + .seconds(1)) == .paused(.operator))
    #expect(isSilent(lane, at: noon + .days(1)))
    #expect(resumed.resume(at: noon + .seconds(1)) == .resumed)
    #expect(resumed.next(at: noon + .seconds(1))?.delivery.seq == 2)
    #expect(resumed.settled(gone, of: 2, isProbe: false, at: noon + .seconds(1)) == [.paused(.gone)])
  }

  @Test func `an operator who resumes while the probe is out is not stopped by it`() {
    var lane = goneLane()
    let now = noon + Limits.goneProbeEvery
    _ = lane.next(at: now)
    #expect(lane.resume(at: now) == .resumed)
    #expect(lane.settled(Ending(.failed(.timeoutWhole)), of: 2, isProbe: false, at: now).isEmpty)
    #expect(lane.next(at: now) != nil)
    _ = lane.settled(well, of: 3, isProbe: false, at: now)
    #expect(lane.gauge(at: now).pause == nil)
  }

  @Test func `410 to the breaker's probe pauses, and 2xx to the next one ends both`() {
    var lane = live { $0.concurrency = 16 }
    for _ in 1...5 { _ = lane.next(at: noon) }
    for seq in 1...5 { _ = lane.settled(Ending(.failed(.refused)), of: Int64(seq), isProbe: false, at: noon) }
    let probeAt = noon + .seconds(1)
    #expect(lane.next(at: probeAt)?.isProbe == true)
    #expect(lane.settled(gone, of: 6, isProbe: true, at: probeAt) == [.breakerOpened(until: probeAt + .seconds(2)), .paused(.gone)])
    #expect(isSilent(lane, at: probeAt + .minutes(14)))
    let next = probeAt + Limits.goneProbeEvery
    #expect(lane.next(at: next)?.isProbe == true)
    #expect(lane.settled(well, of: 7, isProbe: true, at: next) == [.breakerClosed, .resumed])
    #expect(lane.state.holds == Holds(spans: [.init(from: noon, to: next)]))
  }

  @Test func `a clock that was set back keeps no lane waiting for longer than it would have`() {
    let earlier = noon - .hours(3)
    var gone = goneLane()
    #expect(isSilent(gone, at: noon))
    #expect(gone.nextWake(at: earlier) == earlier)
    #expect(gone.next(at: earlier)?.delivery.seq == 2)
    var down = live()
    for _ in 1...5 { _ = down.next(at: noon) }
    for seq in 1...5 { _ = down.settled(Ending(.failed(.refused)), of: Int64(seq), isProbe: false, at: noon) }
    #expect(isSilent(down, at: noon))
    #expect(down.nextWake(at: earlier) == earlier)
    #expect(down.next(at: earlier)?.isProbe == true)
  }
}
