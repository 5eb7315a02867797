import Model
import Testing

@testable import Deliver

struct LaneTests {
  /// A lane that has caught up, with nothing to send.
  private func live(concurrency: Int = 2) -> Lane {
    var lane = Lane(id: LaneID(1), concurrency: concurrency, isPaused: false)
    _ = lane.pagesToFetch(at: noon)
    lane.paged(page([]))
    lane.paged(page([], .retry))
    return lane
  }

  @Test func `it sends in the order of the handover, as many at once as the window takes`() {
    var lane = live()
    for seq in 1...4 { lane.handed(delivery(Int64(seq))) }
    #expect(lane.next(at: noon)?.delivery.seq == 1)
    #expect(lane.next(at: noon)?.delivery.seq == 2)
    #expect(lane.next(at: noon) == nil)
    #expect(lane.gauge().inFlight == 2)
    _ = lane.settled(Ending(.answered(status: 200)), of: 1, isProbe: false, at: noon)
    #expect(lane.next(at: noon)?.delivery.seq == 3)
    #expect(lane.next(at: noon) == nil)
  }

  @Test func `it asks for its first pages once and is live when the ready queue has ended`() {
    var lane = Lane(id: LaneID(1), concurrency: 2, isPaused: false)
    #expect(lane.gauge().isSpilled)
    #expect(lane.pagesToFetch(at: noon) == [.ready, .retry])
    #expect(lane.pagesToFetch(at: noon).isEmpty)
    lane.paged(page((1...Int64(Lane.lowWater + 1)).map { delivery($0) }, isMore: true))
    #expect(lane.gauge().isSpilled)
    #expect(lane.pagesToFetch(at: noon).isEmpty)
    _ = lane.next(at: noon)
    #expect(lane.pagesToFetch(at: noon) == [.ready])
    lane.paged(page([delivery(100)]))
    #expect(!lane.gauge().isSpilled)
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
    lane.dueInStore(noon + .seconds(9))
    lane.dueInStore(noon + .seconds(5))
    lane.dueInStore(noon + .seconds(7))
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
    var lane = Lane(id: LaneID(1), concurrency: 2, isPaused: true)
    lane.handed(delivery(1))
    lane.dueInStore(noon)
    #expect(lane.next(at: noon) == nil)
    #expect(lane.pagesToFetch(at: noon).isEmpty)
    #expect(lane.nextWake(at: noon) == nil)
    #expect(lane.gauge().paused)
  }

  /// The lane with its breaker just opened by outages, at noon.
  private func down(waiting: Int = 10) -> Lane {
    var lane = live(concurrency: 8)
    for seq in 1...(Breaker.outagesMax + waiting) { lane.handed(delivery(Int64(seq))) }
    for _ in 0..<Breaker.outagesMax { _ = lane.next(at: noon) }
    for _ in 1..<Breaker.outagesMax { #expect(lane.settled(Ending(.failed(.refused)), of: 1, isProbe: false, at: noon) == .none) }
    #expect(lane.settled(Ending(.failed(.refused)), of: 1, isProbe: false, at: noon) == .opened(until: noon + .seconds(1)))
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
      #expect(lane.settled(Ending(.failed(.timeoutConnect)), of: 1, isProbe: true, at: now) == .opened(until: now + .seconds(wait * 2)))
    }
  }

  @Test func `an answer to the probe lets the window grow from one`() {
    var lane = down()
    let now = noon + .seconds(1)
    let probe = lane.next(at: now)
    #expect(probe?.isProbe == true)
    #expect(lane.settled(Ending(.answered(status: 200)), of: 1, isProbe: true, at: now) == .closed)
    var burst = 0
    while let (_, isProbe) = lane.next(at: now) {
      #expect(!isProbe)
      burst += 1
    }
    #expect(burst == 2)
    for _ in 0..<burst { _ = lane.settled(Ending(.answered(status: 200)), of: 1, isProbe: false, at: now) }
    #expect(lane.gauge().window == 4)
  }

  @Test func `a lane that is down and has nothing to send does not wake`() {
    let lane = down(waiting: 0)
    #expect(lane.nextWake(at: noon) == nil)
  }

  @Test func `a lane that is down wakes for a retry on disk, no sooner than its probe may go`() {
    var lane = down(waiting: 0)
    lane.dueInStore(noon)
    #expect(lane.nextWake(at: noon) == noon + .seconds(1))
    #expect(lane.pagesToFetch(at: noon).isEmpty)
    #expect(lane.pagesToFetch(at: noon + .seconds(1)) == [.retry])
    // The page comes by itself.
    #expect(lane.nextWake(at: noon + .seconds(1)) == nil)
  }

  @Test func `a lane that is down sleeps until there is something for its probe`() {
    var lane = down(waiting: 0)
    lane.dueInStore(noon + .hours(1))
    #expect(lane.nextWake(at: noon + .seconds(2)) == noon + .hours(1))
    lane.spilled()
    #expect(lane.nextWake(at: noon) == noon + .seconds(1))
    #expect(lane.pagesToFetch(at: noon + .seconds(2)) == [.ready])
    #expect(lane.nextWake(at: noon + .seconds(2)) == noon + .hours(1))
  }

  @Test func `answers that are no delivery close no lane`() {
    var lane = live(concurrency: 4)
    for seq in 1...20 {
      lane.handed(delivery(Int64(seq)))
      #expect(lane.next(at: noon) != nil)
      #expect(lane.settled(Ending(.answered(status: 500)), of: 1, isProbe: false, at: noon) == .none)
    }
    #expect(lane.gauge().window == 4)
  }
}
