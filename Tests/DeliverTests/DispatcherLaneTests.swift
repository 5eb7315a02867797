import Model
import Support
import Testing

@testable import Deliver

/// What the dispatcher makes of its lanes' states: verdicts, commands, what is kept and what is let go.
struct DispatcherLaneTests {
  /// Sends each delivery and ends it so.
  private func run(_ dispatcher: inout Dispatcher<Seeded>, _ deliveries: [Delivery], _ ending: Ending, at now: Instant) -> [Settlement] {
    dispatcher.receive(handover(deliveries))
    var settled: [Settlement] = []
    while true {
      let output = dispatcher.advance(to: now)
      settled += output.settle
      guard !output.start.isEmpty else { return settled }
      for attempt in output.start { dispatcher.ended(attempt, ending, at: now) }
    }
  }

  private let down = Ending(.failed(.refused))

  private func dueTime(_ settlement: Settlement) -> Instant? { if case .retry(let due) = settlement.result { due } else { nil } }

  // MARK: - Withdrawn

  @Test func `what is withdrawn is not sent, and gives its memory back unless it is in flight`() {
    for queue in [Queue.ready, .retry, .replay] {
      var dispatcher = live([route { $0.concurrency = 2 }])
      let deliveries = (1...6).map { delivery($0, queue: queue) }
      var pages = Handover()
      pages.pages = [page(deliveries, queue)]
      dispatcher.receive(pages)
      let inFlight = dispatcher.advance(to: noon).start
      #expect(inFlight.map(\.delivery.seq) == [1, 2])
      var withdrawal = Handover()
      for seq in [1, 3, 4, 6, 99] as [Int64] { withdrawal.tell(withdrawn: seq, of: LaneID(1), from: queue) }
      let other: Queue = queue == .retry ? .replay : .retry
      withdrawal.tell(withdrawn: 5, of: LaneID(1), from: other)
      dispatcher.receive(withdrawal)
      let output = dispatcher.advance(to: noon)
      #expect(output.giveBack.map(\.bytes) == [3 * deliveries[0].cost])
      #expect(output.giveBack.map(\.lane) == [LaneID(1)])
      #expect(dispatcher.advance(to: noon).giveBack.isEmpty)
      for attempt in inFlight { dispatcher.ended(attempt, Ending(.answered(status: 200)), at: noon) }
      let next = dispatcher.advance(to: noon)
      #expect(next.settle.map(\.seq) == [1, 2], "what is in flight is settled like any other")
      #expect(next.start.map(\.delivery.seq) == [5])
    }
  }

  // MARK: - Verdicts

  @Test func `time in which the lane could not send gives no delivery up`() {
    let now = noon + .days(10)
    for (held, isDead) in [(Duration.days(7), true), (.days(7) + .seconds(1), false)] {
      var state = LaneState()
      state.holds = Holds(spans: [.init(from: noon - Duration.days(1), to: noon + held)])
      var dispatcher = live([route()], states: [LaneID(1): state])
      let settled = run(&dispatcher, [delivery(1, tries: 4)], Ending(.answered(status: 500)), at: now)
      #expect((settled.map(\.result) == [.dead]) == isDead)
    }
  }

  @Test func `a delivery of an app that is down is due again soon, however often it failed`() throws {
    var dispatcher = live([route { $0.retry.first = .seconds(8) }])
    let before = run(&dispatcher, [delivery(1, tries: 9)], down, at: noon)
    #expect(try #require(dueTime(before[0])) > noon + .hours(1), "its own wait")
    let opening = run(&dispatcher, (2...4).map { delivery($0) } + [delivery(5, tries: 9)], down, at: noon)
    let openingDue = try #require(dueTime(opening[3]))
    #expect((noon + .seconds(4)...noon + .seconds(8)).contains(openingDue))
    let probe = run(&dispatcher, [delivery(6, tries: 20)], down, at: noon + .seconds(1))
    let probeDue = try #require(dueTime(probe[0]))
    #expect((noon + .seconds(5)...noon + .seconds(9)).contains(probeDue))
  }

  @Test func `so is one of a route that is gone`() throws {
    var dispatcher = live([route { $0.retry.first = .seconds(8) }])
    let settled = run(&dispatcher, [delivery(1, tries: 9)], Ending(.answered(status: 410)), at: noon)
    let soon = try #require(dueTime(settled[0]))
    #expect((noon + .seconds(4)...noon + .seconds(8)).contains(soon))
  }

  @Test func `the outage itself can make a delivery dead only with the time before it`() {
    var dispatcher = live([route { $0.retry.giveUpAfter = .hours(1) }])
    let first = run(&dispatcher, (1...5).map { delivery($0) }, down, at: noon + .minutes(59))
    #expect(first.count == 5)
    let late = run(&dispatcher, [delivery(6, tries: 50)], down, at: noon + .days(13))
    #expect(late.map { dueTime($0) != nil } == [true])
  }

  @Test func `what the app said is settled with the delivery`() {
    var dispatcher = live([route()])
    let settled = run(&dispatcher, [delivery(1)], Ending(.answered(status: 500), detail: "answered 500", answer: "oh"), at: noon)
    #expect(settled.map(\.detail) == ["answered 500"])
    #expect(settled.map(\.answer) == ["oh"])
  }

  @Test(arguments: [(Queue.ready, Queue.retry), (.retry, .retry), (.replay, .replay)])
  func `a failed delivery is asked for from the queue that it is then in`(from: Queue, then: Queue) throws {
    var dispatcher = live([route()])
    var pages = Handover()
    pages.pages = [page([delivery(1, tries: 1, queue: from)], from)]
    dispatcher.receive(pages)
    let settled = run(&dispatcher, [], Ending(.answered(status: 500)), at: noon)
    #expect(settled.map(\.queue) == [from])
    let due = try #require(dueTime(settled[0]))
    #expect(dispatcher.nextWake == due)
    #expect(dispatcher.advance(to: due).fetch.map(\.queue) == [then])
  }

  @Test func `what is due by another way is asked for from its own queue`() {
    var dispatcher = live([route()])
    var handover = Handover()
    handover.due = [.init(lane: LaneID(1), queue: .replay, at: noon + .seconds(1)), .init(lane: LaneID(1), at: noon + .seconds(2))]
    dispatcher.receive(handover)
    _ = dispatcher.advance(to: noon)
    #expect(dispatcher.advance(to: noon + .seconds(1)).fetch.map(\.queue) == [.replay])
    #expect(dispatcher.advance(to: noon + .seconds(2)).fetch.map(\.queue) == [.retry])
  }

  // MARK: - Commands

  @Test func `pause and resume take effect at once, are told and given out to be kept`() {
    let events = Tape<Event>()
    var dispatcher = live([route("a"), route("b")], events)
    dispatcher.pause(LaneID(2), at: noon)
    dispatcher.receive(handover([delivery(1), delivery(2, lane: 2)]))
    let paused = dispatcher.advance(to: noon)
    #expect(paused.start.map(\.delivery.seq) == [1])
    #expect(paused.keep.map(\.lane) == [LaneID(2)])
    #expect(paused.keep.map(\.state.pause) == [Pause(.operator, since: noon)])
    #expect(dispatcher.advance(to: noon).keep.isEmpty)
    dispatcher.resume(LaneID(2), at: noon + .seconds(1))
    let resumed = dispatcher.advance(to: noon + .seconds(1))
    #expect(resumed.start.map(\.delivery.seq) == [2])
    #expect(resumed.keep.map(\.state.pause) == [nil])
    let told = events.all.compactMap {
      switch $0 {
      case .paused(let lane, let reason): "paused \(lane.number) \(reason)"
      case .resumed(let lane): "resumed \(lane.number)"
      default: nil
      }
    }
    #expect(told == ["paused 2 operator", "resumed 2"])
  }

  @Test func `many changes between two turns are kept as one`() {
    var dispatcher = live([route()])
    dispatcher.receive(handover((1...7).map { delivery($0) }))
    let started = dispatcher.advance(to: noon).start
    for attempt in started.prefix(5) { dispatcher.ended(attempt, down, at: noon) }
    dispatcher.ended(started[5], Ending(.answered(status: 503), retryAfter: .seconds(9)), at: noon)
    dispatcher.pause(LaneID(1), at: noon)
    let keep = dispatcher.advance(to: noon).keep
    #expect(keep.count == 1)
    #expect(keep[0].state.notBefore == noon + .seconds(9))
    #expect(keep[0].state.pause?.reason == .operator)
    #expect(keep[0].state.holds.since == noon)
  }

  @Test func `what could not be kept is given out again, as it is by then`() {
    var dispatcher = live([route()])
    dispatcher.pause(LaneID(1), at: noon)
    _ = dispatcher.advance(to: noon)
    dispatcher.keepAgain(LaneID(1))
    #expect(dispatcher.advance(to: noon).keep.map(\.state.pause) == [Pause(.operator, since: noon)])
  }

  @Test func `while it stops a command is still kept`() {
    var dispatcher = live([route()])
    dispatcher.stop()
    dispatcher.pause(LaneID(1), at: noon)
    #expect(dispatcher.advance(to: noon).keep.count == 1)
  }

  @Test func `410 and Retry-After are told`() {
    let events = Tape<Event>()
    var dispatcher = live([route()], events)
    _ = run(&dispatcher, [delivery(1)], Ending(.answered(status: 429), retryAfter: .seconds(5)), at: noon)
    #expect(events.all.contains { if case .askedToWait(LaneID(1), noon + .seconds(5)) = $0 { true } else { false } })
    let now = noon + .seconds(5)
    _ = run(&dispatcher, [delivery(2)], Ending(.answered(status: 410)), at: now)
    #expect(events.all.contains { if case .paused(LaneID(1), .gone) = $0 { true } else { false } })
    _ = run(&dispatcher, [delivery(3)], Ending(.answered(status: 200)), at: now + Limits.goneProbeEvery)
    #expect(events.all.contains { if case .resumed(LaneID(1)) = $0 { true } else { false } })
    #expect(dispatcher.gauges(at: now)[0].pause == nil)
  }

  @Test func `it begins with the states that were kept`() {
    var (paused, waits) = (LaneState(), LaneState())
    paused.pause = Pause(.operator, since: noon)
    waits.notBefore = noon + .seconds(10)
    var dispatcher = dispatcher([route("a"), route("b"), route("c")], states: [LaneID(1): paused, LaneID(3): waits])
    #expect(dispatcher.advance(to: noon).fetch.map(\.lane.number) == [2, 2, 2])
    #expect(dispatcher.nextWake == noon + .seconds(10))
    #expect(dispatcher.advance(to: noon + .seconds(10)).fetch.map(\.lane.number) == [3, 3, 3])
  }

  // MARK: - Letting go

  @Test func `what an earlier status holds back is let go after order_hold, once`() {
    var dispatcher = live([route("a"), route("b") { $0.orderHold = .seconds(10) }])
    var handover = Handover()
    handover.held = [.init(lane: LaneID(2), at: noon)]
    dispatcher.receive(handover)
    #expect(dispatcher.advance(to: noon).release.isEmpty)
    #expect(dispatcher.nextWake == noon + .seconds(10))
    let output = dispatcher.advance(to: noon + .seconds(10))
    #expect(output.release.map(\.lane) == [LaneID(2)])
    #expect(output.release.map(\.heldSince) == [noon])
    #expect(dispatcher.advance(to: noon + .hours(1)).release.isEmpty)
  }

  // MARK: - A clock that is set back

  @Test func `after the clock was set back every lane is looked at, and woken by the new time`() {
    var dispatcher = live([route("down"), route("slow") { $0.rateLimit = RateLimit(perSecond: 1, burst: 1) }])
    _ = run(&dispatcher, (1...5).map { delivery($0) }, down, at: noon)
    dispatcher.receive(handover([delivery(6), delivery(7, lane: 2), delivery(8, lane: 2)]))
    #expect(dispatcher.advance(to: noon).start.map(\.delivery.seq) == [7])
    #expect(dispatcher.nextWake == noon + .seconds(1))
    let earlier = noon - .hours(3)
    let output = dispatcher.advance(to: earlier)
    #expect(output.start.map(\.delivery.seq) == [6])
    #expect(output.start.map(\.isProbe) == [true])
    #expect(dispatcher.nextWake == earlier + .seconds(1))
    #expect(dispatcher.advance(to: earlier + .seconds(1)).start.map(\.delivery.seq) == [8])
  }

  @Test func `what a delivery ends is told before it`() throws {
    let events = Tape<Event>()
    var dispatcher = live([route()], events)
    _ = run(&dispatcher, [delivery(1)], Ending(.answered(status: 410)), at: noon)
    let now = noon + Limits.goneProbeEvery
    _ = run(&dispatcher, [delivery(2)], Ending(.answered(status: 200)), at: now)
    let told = events.all.compactMap { event -> String? in
      switch event {
      case .resumed: "resumed"
      case .delivered: "delivered"
      default: nil
      }
    }
    #expect(told == ["resumed", "delivered"])
  }
}
