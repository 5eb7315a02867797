import Model
import Testing

@testable import Deliver

struct LaneTests {
  /// A lane that has caught up, with nothing to send.
  private func live(concurrency: Int = 2, state: LaneState = LaneState(), _ change: (inout RouteSettings) -> Void = { _ in }) -> Lane {
    var lane = lane(concurrency: concurrency, state: state, change)
    _ = lane.pagesToFetch(at: noon)
    lane.paged(page([]))
    lane.paged(page([], .retry))
    lane.paged(page([], .replay))
    return lane
  }

  private func lane(concurrency: Int = 2, state: LaneState = LaneState(), _ change: (inout RouteSettings) -> Void = { _ in }) -> Lane {
    let settings = route {
      $0.concurrency = concurrency
      change(&$0)
    }
    return Lane(id: LaneID(1), route: settings, state: state, at: noon)
  }

  @Test func `it sends in the order of the handover, as many at once as the window takes`() {
    var lane = live()
    for seq in 1...4 { lane.handed(delivery(Int64(seq))) }
    #expect(lane.next(at: noon)?.delivery.seq == 1)
    #expect(lane.next(at: noon)?.delivery.seq == 2)
    #expect(lane.next(at: noon) == nil)
    #expect(lane.gauge(at: noon).inFlight == 2)
    _ = lane.settled(Ending(.answered(status: 200)), of: 1, isProbe: false, at: noon)
    #expect(lane.next(at: noon)?.delivery.seq == 3)
    #expect(lane.next(at: noon) == nil)
  }

  @Test func `it asks for its first pages once and is live when the ready queue has ended`() {
    var lane = lane()
    #expect(lane.gauge(at: noon).isSpilled)
    #expect(lane.pagesToFetch(at: noon) == [.ready, .retry, .replay])
    #expect(lane.pagesToFetch(at: noon).isEmpty)
    lane.paged(page((1...Int64(LaneQueues.lowWater + 1)).map { delivery($0) }, isMore: true))
    #expect(lane.gauge(at: noon).isSpilled)
    #expect(lane.pagesToFetch(at: noon).isEmpty)
    _ = lane.next(at: noon)
    #expect(lane.pagesToFetch(at: noon) == [.ready])
    lane.paged(page([delivery(100)]))
    #expect(!lane.gauge(at: noon).isSpilled)
    #expect(lane.pagesToFetch(at: noon).isEmpty)
    lane.spilled()
    #expect(lane.pagesToFetch(at: noon).isEmpty)
    while lane.next(at: noon) != nil { _ = lane.settled(Ending(.answered(status: 200)), of: 1, isProbe: false, at: noon) }
    #expect(lane.pagesToFetch(at: noon) == [.ready])
  }

  @Test func `first tries go before retries by weight, and neither starves`() {
    var lane = live(concurrency: 100)
    for seq in 1...12 { lane.handed(delivery(Int64(seq))) }
    lane.paged(page((101...103).map { delivery($0, tries: 1, queue: .retry) }, .retry))
    var order: [Int64] = []
    while let (next, _) = lane.next(at: noon) { order.append(next.seq) }
    #expect(order == [1, 2, 3, 4, 101, 5, 6, 7, 8, 102, 9, 10, 11, 12, 103])
  }

  @Test func `retries are asked for when the first is due, and it says when that is`() {
    var lane = live()
    #expect(lane.nextWake(at: noon) == nil)
    lane.isDue(.retry, at: noon + .seconds(9))
    lane.isDue(.retry, at: noon + .seconds(5))
    lane.isDue(.retry, at: noon + .seconds(7))
    #expect(lane.nextWake(at: noon) == noon + .seconds(5))
    #expect(lane.pagesToFetch(at: noon + .seconds(4)).isEmpty)
    #expect(lane.pagesToFetch(at: noon + .seconds(5)) == [.retry])
    #expect(lane.pagesToFetch(at: noon + .seconds(5)).isEmpty)
    #expect(lane.nextWake(at: noon) == nil)
    lane.paged(page([delivery(1, tries: 1, queue: .retry)], .retry, nextDue: noon + .seconds(7)))
    #expect(lane.next(at: noon + .seconds(5))?.delivery.seq == 1)
    #expect(lane.nextWake(at: noon + .seconds(5)) == noon + .seconds(7))
  }

  @Test func `a paused lane keeps what it has and asks for nothing`() {
    var lane = lane { $0.paused = true }
    lane.handed(delivery(1))
    lane.isDue(.retry, at: noon)
    #expect(lane.next(at: noon) == nil)
    #expect(lane.pagesToFetch(at: noon).isEmpty)
    #expect(lane.nextWake(at: noon) == nil)
    #expect(lane.gauge(at: noon).paused)
  }

  /// The lane with its breaker just opened by outages, at noon.
  private func down(waiting: Int = 10) -> Lane {
    var lane = live(concurrency: 8)
    for seq in 1...(Breaker.outagesMax + waiting) { lane.handed(delivery(Int64(seq))) }
    for _ in 0..<Breaker.outagesMax { _ = lane.next(at: noon) }
    for _ in 1..<Breaker.outagesMax { #expect(lane.settled(Ending(.failed(.refused)), of: 1, isProbe: false, at: noon).isEmpty) }
    #expect(lane.settled(Ending(.failed(.refused)), of: 1, isProbe: false, at: noon) == [.breakerOpened(until: noon + .seconds(1))])
    return lane
  }

  @Test func `an app that is down is asked by one copy at a time, with growing waits`() {
    var lane = down()
    var now = noon
    for wait in [1, 2, 4, 8] {
      #expect(lane.next(at: now) == nil)
      #expect(lane.pagesToFetch(at: now).isEmpty)
      #expect(lane.nextWake(at: now) == now + .seconds(wait))
      now = now + .seconds(wait)
      let probe = lane.next(at: now)
      #expect(probe?.isProbe == true)
      #expect(lane.next(at: now) == nil)
      #expect(lane.nextWake(at: now) == nil)
      let failed = lane.settled(Ending(.failed(.timeoutConnect)), of: 1, isProbe: true, at: now)
      #expect(failed == [.breakerOpened(until: now + .seconds(wait * 2))])
    }
  }

  @Test func `an answer to the probe lets the window grow from one`() {
    var lane = down()
    let now = noon + .seconds(1)
    let probe = lane.next(at: now)
    #expect(probe?.isProbe == true)
    #expect(lane.settled(Ending(.answered(status: 200)), of: 1, isProbe: true, at: now) == [.breakerClosed])
    var burst = 0
    while let (_, isProbe) = lane.next(at: now) {
      #expect(!isProbe)
      burst += 1
    }
    #expect(burst == 2)
    for _ in 0..<burst { _ = lane.settled(Ending(.answered(status: 200)), of: 1, isProbe: false, at: now) }
    #expect(lane.gauge(at: noon).window == 4)
  }

  @Test func `a lane that is down and has nothing to send does not wake`() {
    let lane = down(waiting: 0)
    #expect(lane.nextWake(at: noon) == nil)
  }

  @Test func `a lane that is down wakes for a retry on disk, no sooner than its probe may go`() {
    var lane = down(waiting: 0)
    lane.isDue(.retry, at: noon)
    #expect(lane.nextWake(at: noon) == noon + .seconds(1))
    #expect(lane.pagesToFetch(at: noon).isEmpty)
    #expect(lane.pagesToFetch(at: noon + .seconds(1)) == [.retry])
    // The page comes by itself.
    #expect(lane.nextWake(at: noon + .seconds(1)) == nil)
  }

  @Test func `a lane that is down sleeps until there is something for its probe`() {
    var lane = down(waiting: 0)
    lane.isDue(.retry, at: noon + .hours(1))
    #expect(lane.nextWake(at: noon + .seconds(2)) == noon + .hours(1))
    lane.spilled()
    #expect(lane.nextWake(at: noon) == noon + .seconds(1))
    #expect(lane.pagesToFetch(at: noon + .seconds(2)) == [.ready])
    #expect(lane.nextWake(at: noon + .seconds(2)) == noon + .hours(1))
  }

  @Test func `one report that an app cannot take closes no lane`() {
    var lane = live(concurrency: 4)
    for _ in 1...100 {
      lane.handed(delivery(1))
      #expect(lane.next(at: noon)?.isProbe == false)
      #expect(lane.settled(Ending(.answered(status: 500)), of: 1, isProbe: false, at: noon).isEmpty)
    }
  }

  @Test func `a window is never larger than one lane may have of all transfers`() {
    #expect(lane(concurrency: 100_000).gauge(at: noon).window == Limits.transfersOfLaneMax)
    #expect(lane(concurrency: 3).gauge(at: noon).window == 3)
  }

  // MARK: - Weights

  /// What is picked while all three queues wait, with this much in flight at once.
  private func picks(_ count: Int, window: Int) -> [Queue] {
    var lane = live(concurrency: window)
    for seq in 1...100 { lane.handed(delivery(Int64(seq))) }
    lane.paged(page((101...200).map { delivery($0, tries: 1, queue: .retry) }, .retry))
    lane.paged(page((201...300).map { delivery($0, queue: .replay) }, .replay))
    var order: [Delivery] = []
    while order.count < count {
      while let (next, _) = lane.next(at: noon) { order.append(next) }
      for delivery in order.suffix(lane.gauge(at: noon).inFlight) {
        _ = lane.settled(Ending(.answered(status: 200)), of: delivery.seq, isProbe: false, at: noon)
      }
    }
    // Each queue in its own order.
    for queue in [Queue.ready, .retry, .replay] {
      let seqs = order.filter { $0.queue == queue }.map(\.seq)
      #expect(seqs == seqs.sorted())
    }
    return order.prefix(count).map(\.queue)
  }

  @Test(arguments: [1, 2, 7, 100])
  func `of twenty picks at least four are retries and one is a replay, whatever the window`(window: Int) {
    let picks = picks(100, window: window)
    for start in 0...80 {
      let twenty = picks[start..<start + 20]
      #expect(twenty.count { $0 == .ready } == 15)
      #expect(twenty.count { $0 == .retry } == 4)
      #expect(twenty.count { $0 == .replay } == 1)
    }
  }

  @Test func `replays give way to retries, and take all that others leave`() {
    var lane = live(concurrency: 100)
    lane.paged(page((101...140).map { delivery($0, tries: 1, queue: .retry) }, .retry))
    lane.paged(page((201...210).map { delivery($0, queue: .replay) }, .replay))
    var order: [Queue] = []
    while let (next, _) = lane.next(at: noon) { order.append(next.queue) }
    #expect(order.prefix(40).count { $0 == .replay } == 2)
    #expect(order.suffix(8).allSatisfy { $0 == .replay })
    #expect(order.count == 50)
  }

  @Test func `the replay queue is asked for when it is due, beside the others`() {
    var lane = live()
    lane.isDue(.replay, at: noon + .seconds(5))
    lane.isDue(.retry, at: noon + .seconds(7))
    #expect(lane.nextWake(at: noon) == noon + .seconds(5))
    #expect(lane.pagesToFetch(at: noon + .seconds(5)) == [.replay])
    lane.paged(page([delivery(1, queue: .replay)], .replay, nextDue: noon + .seconds(6)))
    #expect(lane.next(at: noon + .seconds(5))?.delivery.queue == .replay)
    #expect(lane.nextWake(at: noon + .seconds(5)) == noon + .seconds(6))
    #expect(lane.pagesToFetch(at: noon + .seconds(7)) == [.retry, .replay])
  }

  // MARK: - Probes

  @Test func `each probe goes with another report, first tries first, then what is due of the rest`() {
    var lane = down(waiting: 2)
    lane.paged(page([delivery(50, tries: 1, queue: .retry)], .retry))
    lane.paged(page([delivery(60, queue: .replay)], .replay))
    var (now, probed): (Instant, [Int64]) = (noon, [])
    for _ in 1...4 {
      now = now + Breaker.probeWaitMax
      guard let (delivery, isProbe) = lane.next(at: now) else { break }
      #expect(isProbe)
      probed.append(delivery.seq)
      _ = lane.settled(Ending(.failed(.refused)), of: delivery.seq, isProbe: true, at: now)
    }
    #expect(probed == [6, 7, 50, 60])
  }

  @Test func `what an app that is down has failed to take is asked for when the next probe may go`() {
    var lane = down(waiting: 1)
    let probeAt = noon + .seconds(1)
    #expect(lane.next(at: probeAt)?.delivery.seq == 6)
    lane.isDue(.retry, at: probeAt + .seconds(5))
    _ = lane.settled(Ending(.failed(.refused)), of: 6, isProbe: true, at: probeAt)
    #expect(lane.nextWake(at: probeAt) == probeAt + .seconds(5), "the retry is due after the breaker's two seconds")
    #expect(lane.pagesToFetch(at: probeAt + .seconds(5)) == [.retry])
  }
}
