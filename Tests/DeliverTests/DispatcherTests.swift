import Model
import Support
import Testing

@testable import Deliver

struct DispatcherTests {
  @Test func `it begins by asking for all queues of every lane that is not paused`() {
    var dispatcher = dispatcher([route("a"), route("b"), route("c") { $0.paused = true }])
    let fetch = dispatcher.advance(to: noon).fetch.map { "\($0.lane.number) \($0.queue)" }
    #expect(fetch == ["1 ready", "1 retry", "1 replay", "2 ready", "2 retry", "2 replay"])
    #expect(dispatcher.advance(to: noon).fetch.isEmpty)
  }

  @Test func `a delivery that is handed over is sent at once and settled once`() throws {
    let events = Tape<Event>()
    var dispatcher = live([route()], events)
    dispatcher.receive(handover([delivery(5)]))
    let start = dispatcher.advance(to: noon).start
    let attempt = try #require(start.first)
    #expect(attempt.delivery == delivery(5))
    #expect(attempt.startedAt == noon)
    dispatcher.ended(attempt, Ending(.answered(status: 204)), at: noon + .milliseconds(7))
    let output = dispatcher.advance(to: noon + .milliseconds(7))
    #expect(
      output.settle == [
        Settlement(
          of: delivery(5), result: .delivered, outcome: .answered(status: 204), detail: "", startedAt: noon, took: .milliseconds(7))
      ])
    #expect(dispatcher.advance(to: noon + .seconds(1)).settle.isEmpty)
    #expect(dispatcher.unsettled == 1)
    dispatcher.receive(handover(settled: 1))
    #expect(dispatcher.unsettled == 0)
    guard case .attempted(LaneID(1), .answered(status: 204), "", .milliseconds(7)) = events.all[0] else {
      Issue.record("\(events.all)")
      return
    }
    guard case .delivered(LaneID(1), tries: 1, lag: .milliseconds(7)) = events.all[1] else {
      Issue.record("\(events.all)")
      return
    }
  }

  @Test(arguments: [Outcome.answered(status: 301), .answered(status: 404), .answered(status: 500), .failed(.refused), .failed(.tls)])
  func `everything but 2xx is tried again after a wait by the policy`(outcome: Outcome) throws {
    var dispatcher = live([route { $0.retry.first = .seconds(8) }])
    dispatcher.receive(handover([delivery(5)]))
    let start = dispatcher.advance(to: noon).start
    let attempt = try #require(start.first)
    dispatcher.ended(attempt, Ending(outcome, detail: "why"), at: noon)
    let settle = dispatcher.advance(to: noon).settle
    let settlement = try #require(settle.first)
    guard case .retry(let due) = settlement.result else {
      Issue.record("\(settlement.result)")
      return
    }
    #expect((noon + .seconds(4)...noon + .seconds(8)).contains(due))
    #expect(settlement.tries == 1)
    #expect(settlement.detail == "why")
    // At that time the retry is asked for, not before.
    #expect(dispatcher.nextWake == due)
    #expect(dispatcher.advance(to: due - .microseconds(1)).fetch.isEmpty)
    #expect(dispatcher.advance(to: due).fetch.map(\.queue) == [.retry])
  }

  @Test(arguments: [(4, 100, false), (5, 71, false), (5, 72, true), (9, 72, true)])
  func `it is given up after its time and at least five tries`(tries: Int, hours: Int, isDead: Bool) throws {
    let events = Tape<Event>()
    var dispatcher = live([route()], events)
    dispatcher.receive(handover([delivery(5, tries: tries - 1)]))
    let now = noon + .hours(hours)
    let start = dispatcher.advance(to: now).start
    let attempt = try #require(start.first)
    dispatcher.ended(attempt, Ending(.answered(status: 500)), at: now)
    let settle = dispatcher.advance(to: now).settle
    #expect((settle.first?.result == .dead) == isDead)
    #expect(events.all.contains { if case .died(LaneID(1), tries) = $0 { true } else { false } } == isDead)
  }

  @Test func `wakes that are out of force are few, however long it goes on`() {
    var dispatcher = live([route()])
    for seconds in 1...1_000 {
      let now = noon + .seconds(seconds)
      var soon = Handover()
      soon.tell(due: Handover.Due(lane: LaneID(1), queue: .retry, at: now))
      dispatcher.receive(soon)
      _ = dispatcher.advance(to: now - .milliseconds(500))
      #expect(dispatcher.advance(to: now).fetch.map(\.queue) == [.retry])
      var far = Handover()
      far.pages = [page([], .retry, nextDue: noon + .hours(4))]
      dispatcher.receive(far)
      _ = dispatcher.advance(to: now)
      #expect(dispatcher.nextWake == noon + .hours(4))
    }
    #expect(dispatcher.wakesKept < 100)
    #expect(dispatcher.advance(to: noon + .hours(4)).fetch.map(\.queue) == [.retry])
  }

  @Test func `lanes share the transfers, and one with nothing in flight may always send one`() {
    let greedy = route("greedy") { $0.concurrency = 2_000 }
    var dispatcher = live([greedy, greedy, route("b"), route("c")])
    dispatcher.receive(handover((1...1_000).flatMap { [delivery($0), delivery($0, lane: 2)] }))
    let taken = dispatcher.advance(to: noon).start
    #expect(Dictionary(grouping: taken, by: \.route).mapValues(\.count) == [0: Limits.transfersOfLaneMax, 1: Limits.transfersOfLaneMax])
    #expect(taken.count == Limits.transfersMax)
    dispatcher.receive(handover((3_001...3_005).map { delivery($0, lane: 3) } + (4_001...4_005).map { delivery($0, lane: 4) }))
    #expect(dispatcher.advance(to: noon).start.map(\.delivery.seq).sorted() == [3_001, 4_001])
    #expect(dispatcher.advance(to: noon).start.isEmpty)
    // Room goes to all in turn, without any further input.
    for attempt in taken.prefix(500) { dispatcher.ended(attempt, Ending(.answered(status: 200)), at: noon) }
    let next = dispatcher.advance(to: noon)
    let started = Dictionary(grouping: next.start, by: \.route).mapValues(\.count)
    #expect(started[2] == 4)
    #expect(started[3] == 4)
    #expect(dispatcher.inFlight == Limits.transfersMax)
  }

  @Test func `one lane leaves room for others whatever its concurrency`() {
    var dispatcher = live([route("greedy") { $0.concurrency = 100_000 }, route("b") { $0.concurrency = 300 }])
    dispatcher.receive(handover((1...2_000).map { delivery($0) }))
    #expect(dispatcher.advance(to: noon).start.count == Limits.transfersOfLaneMax)
    dispatcher.receive(handover((1...2_000).map { delivery($0, lane: 2) }))
    #expect(dispatcher.advance(to: noon).start.count == 300)
    #expect(dispatcher.gauges(at: noon).map(\.window) == [Limits.transfersOfLaneMax, 300])
  }

  @Test func `results that are not on disk stop the sending until a commit has taken some`() {
    var dispatcher = live([route { $0.concurrency = 100 }, route("b")])
    dispatcher.receive(handover((1...2_000).map { delivery($0) } + [delivery(9_000, lane: 2)]))
    var settled = 0
    while true {
      let output = dispatcher.advance(to: noon)
      settled += output.settle.count
      if output.start.isEmpty { break }
      for attempt in output.start { dispatcher.ended(attempt, Ending(.answered(status: 200)), at: noon) }
    }
    #expect(dispatcher.unsettled >= Limits.unsettledMax)
    #expect(dispatcher.unsettled < Limits.unsettledMax + 101)
    #expect(settled == dispatcher.unsettled)
    dispatcher.receive(handover(settled: settled))
    #expect(dispatcher.advance(to: noon).start.count == 100)
  }

  @Test func `after stop nothing starts and results still come out`() throws {
    var dispatcher = live([route()])
    dispatcher.receive(handover([delivery(1)]))
    let start = dispatcher.advance(to: noon).start
    let attempt = try #require(start.first)
    dispatcher.stop()
    dispatcher.receive(handover([delivery(2)]))
    #expect(dispatcher.advance(to: noon).start.isEmpty)
    #expect(dispatcher.inFlight == 1)
    dispatcher.ended(attempt, Ending(.answered(status: 500)), at: noon)
    let output = dispatcher.advance(to: noon + .hours(1))
    #expect(output.settle.count == 1)
    #expect(output.start.isEmpty && output.fetch.isEmpty)
    #expect(dispatcher.nextWake == nil)
  }

  @Test func `a lane that opens and closes says so`() throws {
    let events = Tape<Event>()
    var dispatcher = live([route()], events)
    dispatcher.receive(handover((1...9).map { delivery($0) }))
    let first = dispatcher.advance(to: noon).start
    #expect(first.count == 9)
    for attempt in first.prefix(5) { dispatcher.ended(attempt, Ending(.failed(.refused), detail: "x"), at: noon) }
    #expect(dispatcher.gauges(at: noon)[0].breaker == .open)
    #expect(events.all.contains { if case .breakerOpened(LaneID(1), noon + .seconds(1)) = $0 { true } else { false } })
    // An answer to an attempt that was out before is news of life, too.
    dispatcher.ended(first[5], Ending(.answered(status: 200)), at: noon)
    #expect(dispatcher.gauges(at: noon)[0].breaker == .closed)
    #expect(events.all.contains { if case .breakerClosed(LaneID(1)) = $0 { true } else { false } })
  }
}
