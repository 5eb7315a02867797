import Model
import Testing

@testable import Deliver

/// What keeps a lane from sending for a time that is known: the app's Retry-After and the route's rate limit; and what time in
/// which nothing could be sent is worth.
struct LaneRateTests {
  private func live(state: LaneState = LaneState(), _ change: (inout RouteSettings) -> Void = { _ in }) -> Lane {
    var lane = Lane(id: LaneID(1), route: route("shop", change), state: state, at: noon)
    _ = lane.pagesToFetch(at: noon)
    for queue in [Queue.ready, .retry, .replay] { lane.paged(page([], queue)) }
    _ = lane.takeState()
    return lane
  }

  private let busy = Ending(.answered(status: 429), retryAfter: .seconds(30))

  // MARK: - Retry-After

  @Test func `after Retry-After nothing of the lane is sent before the time`() {
    var lane = live()
    for seq in 1...3 { lane.handed(delivery(Int64(seq))) }
    lane.isDue(.retry, at: noon + .seconds(1))
    _ = lane.next(at: noon)
    #expect(lane.settled(busy, of: 1, isProbe: false, at: noon) == [.askedToWait(until: noon + .seconds(30))])
    #expect(lane.next(at: noon + .seconds(29)) == nil)
    #expect(lane.pagesToFetch(at: noon + .seconds(29)).isEmpty)
    #expect(lane.nextWake(at: noon) == noon + .seconds(30))
    #expect(lane.gauge(at: noon).notBefore == noon + .seconds(30))
    #expect(lane.gauge(at: noon).breaker == .closed)
    #expect(lane.next(at: noon + .seconds(30))?.delivery.seq == 2)
    #expect(lane.gauge(at: noon + .seconds(30)).notBefore == nil)
    #expect(lane.pagesToFetch(at: noon + .seconds(30)) == [.retry])
  }

  @Test func `of several answers the longest wait counts, and only one is told`() {
    var lane = live()
    for seq in 1...4 {
      lane.handed(delivery(Int64(seq)))
      _ = lane.next(at: noon)
    }
    #expect(lane.settled(busy, of: 1, isProbe: false, at: noon) == [.askedToWait(until: noon + .seconds(30))])
    #expect(lane.settled(busy, of: 2, isProbe: false, at: noon + .milliseconds(9)).isEmpty)
    let short = Ending(.answered(status: 503), retryAfter: .seconds(1))
    #expect(lane.settled(short, of: 3, isProbe: false, at: noon + .milliseconds(9)).isEmpty)
    #expect(lane.gauge(at: noon).notBefore == noon + .seconds(30) + .milliseconds(9))
    let long = Ending(.answered(status: 503), retryAfter: .days(9))
    #expect(lane.settled(long, of: 4, isProbe: false, at: noon) == [.askedToWait(until: noon + Limits.retryAfterMax)])
  }

  @Test func `Retry-After is kept, and holds after a restart`() {
    var lane = live()
    lane.handed(delivery(1))
    _ = lane.next(at: noon)
    _ = lane.settled(busy, of: 1, isProbe: false, at: noon)
    let kept = lane.takeState()
    #expect(kept?.notBefore == noon + .seconds(30))
    #expect(lane.takeState() == nil)
    var again = live(state: kept ?? LaneState())
    again.handed(delivery(2))
    #expect(again.next(at: noon + .seconds(29)) == nil)
    #expect(again.next(at: noon + .seconds(30)) != nil)
  }

  @Test func `after the clock was set back no app has asked to be left alone for longer than it may`() {
    var state = LaneState()
    state.notBefore = noon + .days(300)
    var lane = live(state: state)
    lane.handed(delivery(1))
    #expect(lane.next(at: noon) != nil)
  }

  @Test func `an app that asks for patience is not down`() {
    var lane = live()
    for seq in 1...100 {
      let now = noon + .minutes(seq)
      lane.handed(delivery(Int64(seq)))
      #expect(lane.next(at: now)?.isProbe == false)
      _ = lane.settled(busy, of: Int64(seq), isProbe: false, at: now)
    }
    #expect(lane.gauge(at: noon).breaker == .closed)
    #expect(lane.state.holds == Holds())
  }

  // MARK: - Rate limit

  @Test func `a rate limit spreads what waits, whichever queue it is from`() {
    var lane = live { $0.rateLimit = RateLimit(perSecond: 2, burst: 3) }
    for seq in 1...4 { lane.handed(delivery(Int64(seq))) }
    lane.paged(page((11...12).map { delivery($0, tries: 1, queue: .retry) }, .retry))
    lane.paged(page((21...24).map { delivery($0, queue: .replay) }, .replay))
    var (now, sent): (Instant, [Duration]) = (noon, [])
    while sent.count < 10 {
      while let (delivery, _) = lane.next(at: now) {
        sent.append(now - noon)
        _ = lane.settled(Ending(.answered(status: 200)), of: delivery.seq, isProbe: false, at: now)
      }
      guard let wake = lane.nextWake(at: now), wake > now else { break }
      now = wake
    }
    #expect(sent == [0, 0, 0, 500, 1_000, 1_500, 2_000, 2_500, 3_000, 3_500].map { .milliseconds($0) })
    #expect(lane.nextWake(at: now) == nil)
  }

  @Test func `a lane without a token still asks for its pages in time`() {
    var lane = live { $0.rateLimit = RateLimit(perSecond: 0.001, burst: 1) }
    lane.handed(delivery(1))
    _ = lane.next(at: noon)
    lane.isDue(.retry, at: noon + .seconds(5))
    #expect(lane.nextWake(at: noon) == noon + .seconds(5))
    #expect(lane.pagesToFetch(at: noon + .seconds(5)) == [.retry])
  }

  // MARK: - Holds

  private func fail(_ lane: inout Lane, _ count: Int, at now: Instant) {
    for seq in 1...count {
      lane.handed(delivery(Int64(seq)))
      guard let (delivery, isProbe) = lane.next(at: now) else { return }
      _ = lane.settled(Ending(.failed(.refused)), of: delivery.seq, isProbe: isProbe, at: now)
    }
  }

  @Test func `time is held from the opening of the breaker to the delivery that closes it`() {
    var lane = live()
    fail(&lane, Breaker.outagesMax - 1, at: noon)
    #expect(lane.state.holds.since == nil)
    fail(&lane, 1, at: noon)
    #expect(lane.state.holds.since == noon)
    #expect(lane.takeState()?.holds.since == noon, "kept, or an outage during which the relay restarts would not count")
    fail(&lane, 1, at: noon + .seconds(100))
    #expect(lane.state.holds.since == noon, "a probe that fails ends nothing")
    lane.handed(delivery(9))
    _ = lane.next(at: noon + .seconds(200))
    #expect(lane.takeState() == nil, "nothing that is to be kept has changed")
    _ = lane.settled(Ending(.answered(status: 200)), of: 9, isProbe: true, at: noon + .seconds(201))
    #expect(lane.state.holds == Holds(spans: [Holds.Span(from: noon, to: noon + .seconds(201))]))
    #expect(lane.takeState()?.holds.spans.count == 1)
    #expect(lane.held(since: noon + .seconds(1), at: noon + .hours(1)) == .seconds(200))
  }

  @Test func `a hold that a restart met lasts until the start`() {
    var state = LaneState()
    state.holds.begin(at: noon - Duration.hours(2))
    #expect(live(state: state).held(since: noon - Duration.days(1), at: noon + .days(1)) == .hours(2))
    #expect(live(state: state) { $0.paused = true }.held(since: noon - Duration.days(1), at: noon + .days(1)) == .hours(26))
  }

  @Test func `holds of long ago are forgotten`() {
    var state = LaneState()
    let old = noon - Limits.holdsKept - .seconds(1)
    state.holds = Holds(spans: [.init(from: old - Duration.days(1), to: old), .init(from: old + .days(5), to: old + .days(6))])
    var lane = live(state: state)
    fail(&lane, Breaker.outagesMax, at: noon)
    #expect(lane.state.holds.spans == [.init(from: old + .days(5), to: old + .days(6))])
  }

  // MARK: - Letting go what is held back by an earlier status

  @Test func `what is held back is let go when the lane could send for order_hold`() {
    var lane = live { $0.orderHold = .seconds(60) }
    #expect(lane.nextWake(at: noon) == nil)
    lane.holds(since: noon + .seconds(5))
    lane.holds(since: noon)
    #expect(lane.nextWake(at: noon) == noon + .seconds(60))
    #expect(lane.takeRelease(at: noon + .seconds(59)) == nil)
    #expect(lane.takeRelease(at: noon + .seconds(60)) == noon)
    // The journal tells what else is held.
    #expect(lane.takeRelease(at: noon + .hours(1)) == nil)
    #expect(lane.nextWake(at: noon) == nil)
    lane.holds(since: noon + .seconds(5))
    #expect(lane.nextWake(at: noon) == noon + .seconds(65))
  }

  @Test func `a page of the retry queue says what is held as of then`() {
    var lane = live()
    lane.holds(since: noon)
    var retry = page([], .retry)
    retry.heldSince = noon + .seconds(7)
    lane.paged(retry)
    #expect(lane.nextWake(at: noon) == noon + .seconds(67))
    lane.paged(page([], .replay))
    #expect(lane.nextWake(at: noon) == noon + .seconds(67))
    lane.paged(page([], .retry))
    #expect(lane.nextWake(at: noon) == nil)
  }

  @Test func `time in which the lane could not send is no reason to overtake, and while it cannot nothing is let go`() {
    var lane = live()
    lane.holds(since: noon)
    let open = noon + .seconds(50)
    fail(&lane, Breaker.outagesMax, at: open)
    #expect(lane.nextWake(at: open) == nil)
    #expect(lane.takeRelease(at: open + .hours(1)) == nil)
    lane.handed(delivery(9))
    _ = lane.next(at: open + .hours(1))
    _ = lane.settled(Ending(.answered(status: 200)), of: 9, isProbe: true, at: open + .hours(1))
    #expect(lane.nextWake(at: open + .hours(1)) == open + .hours(1) + .seconds(10))
    #expect(lane.takeRelease(at: open + .hours(1) + .seconds(9)) == nil)
    #expect(lane.takeRelease(at: open + .hours(1) + .seconds(10)) == noon)
  }

  @Test func `nothing is let go while the app is left alone, and then at once`() {
    var lane = live()
    lane.holds(since: noon)
    lane.handed(delivery(1))
    _ = lane.next(at: noon)
    _ = lane.settled(Ending(.answered(status: 503), retryAfter: .minutes(5)), of: 1, isProbe: false, at: noon)
    #expect(lane.takeRelease(at: noon + .minutes(4)) == nil)
    #expect(lane.nextWake(at: noon + .minutes(4)) == noon + .minutes(5))
    #expect(lane.takeRelease(at: noon + .minutes(5)) != nil)
  }

  @Test func `a full window keeps nothing from being let go`() {
    var lane = live { $0.concurrency = 1 }
    lane.handed(delivery(1))
    _ = lane.next(at: noon)
    lane.holds(since: noon)
    #expect(lane.nextWake(at: noon) == noon + .seconds(60))
    #expect(lane.takeRelease(at: noon + .seconds(60)) == noon)
  }
}
