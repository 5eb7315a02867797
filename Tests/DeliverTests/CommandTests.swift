import Model
import Support
import Synchronization
import Testing

@testable import Deliver

/// Pausing and resuming a deliverer that runs.
@Suite(.timeLimit(.minutes(10)))
struct CommandTests {
  /// - Returns: when the command's state is on disk, or could not be.
  private func wait(_ command: (@escaping @Sendable (JournalError?) -> Void) -> Void) async -> JournalError? {
    await withCheckedContinuation { continuation in command { continuation.resume(returning: $0) } }
  }

  @Test func `a lane that is paused sends nothing until it is resumed, and others go on`() async throws {
    try await AppServer.with { app in
      try await withDeliverer([route("a", url: app.url("/a")), route("b", url: app.url("/b"))]) { sending in
        #expect(await wait { sending.deliverer.pause(LaneID(1), then: $0) } == nil)
        #expect(sending.journal.kept.all.last?.state.pause?.reason == .operator, "on disk before it is answered")
        sending.journal.add([delivery(1, lane: 1), delivery(2, lane: 1)])
        for seq in 1...20 { _ = try await sending.send(delivery(Int64(seq), lane: 2)) }
        #expect(app.requests.all.allSatisfy { $0.uri == "/b" })
        #expect(await wait { sending.deliverer.resume(LaneID(1), then: $0) } == nil)
        #expect(sending.journal.kept.all.last?.state.pause == nil)
        _ = try await sending.journal.settled.wait { $0.filter { $0.lane == LaneID(1) }.count == 2 }
        let told = sending.events.all.compactMap { event -> String? in
          switch event {
          case .paused(LaneID(1), .operator): "paused"
          case .resumed(LaneID(1)): "resumed"
          default: nil
          }
        }
        #expect(told == ["paused", "resumed"])
      }
    }
  }

  @Test func `it begins as the journal kept it`() async throws {
    var state = LaneState()
    state.pause = Pause(.operator, since: noon)
    try await AppServer.with { app in
      let routes = [route("a", url: app.url("/a")), route("b", url: app.url("/b"))]
      try await withDeliverer(routes, states: [LaneID(1): state]) { sending in
        sending.journal.add([delivery(1, lane: 1)])
        _ = try await sending.send(delivery(2, lane: 2))
        #expect(app.requests.all.map(\.uri) == ["/b"])
        #expect(await wait { sending.deliverer.resume(LaneID(1), then: $0) } == nil)
        _ = try await app.requests(2)
      }
    }
  }

  @Test func `what cannot be kept is said, is in force, and is kept when it can be`() async throws {
    try await AppServer.with { app in
      // Time stands still, as it seems to for hours when a clock is set back.
      try await withDeliverer([route(url: app.url())], clock: ManualClock().clock) { sending in
        sending.journal.failKeeping(1, with: .full)
        #expect(await wait { sending.deliverer.pause(LaneID(1), then: $0) } == .full)
        sending.journal.add([delivery(1)])
        let kept = try await sending.journal.kept.first(1)
        #expect(kept[0].state.pause?.reason == .operator)
        #expect(app.requests.all.isEmpty)
      }
    }
  }

  @Test func `after the end a command is answered, too`() async throws {
    try await withDeliverer([route()], stops: false) { sending in
      await sending.stop()
      #expect(await wait { sending.deliverer.pause(LaneID(1), then: $0) } == .closed)
    }
  }

  @Test func `410 pauses, and an operator who resumes gets everything sent`() async throws {
    let isGone = Mutex(true)
    try await AppServer.with(answering: { _ in .status(isGone.withLock { $0 } ? 410 : 200) }) { app in
      let route = route(url: app.url()) {
        $0.concurrency = 1
        $0.retry.first = .milliseconds(10)
      }
      try await withDeliverer([route]) { sending in
        sending.journal.add((1...5).map { delivery($0) })
        _ = try await sending.events.first { if case .paused(LaneID(1), .gone) = $0 { true } else { false } }
        let kept = try await sending.journal.kept.first(1)
        #expect(kept[0].state.pause?.reason == .gone)
        isGone.withLock { $0 = false }
        _ = await wait { sending.deliverer.resume(LaneID(1), then: $0) }
        _ = try await sending.journal.settled.wait { $0.filter { $0.result == .delivered }.count == 5 }
        #expect(app.requests.all.count == 6)
      }
    }
  }

  @Test func `what is held back is let go by the journal when it is time`() async throws {
    try await withDeliverer([route { $0.orderHold = .milliseconds(1) }]) { sending in
      let since = realClock()
      sending.journal.hold(LaneID(1), since: since)
      let released = try await sending.journal.released.first(1)
      #expect(released[0].lane == LaneID(1))
      #expect(released[0].heldSince >= since)
    }
  }

  @Test func `the lanes are shown as they are, also when the clock was set back`() async throws {
    try await AppServer.with(answering: { _ in .silence }) { app in
      let clock = ManualClock()
      try await withDeliverer([route(url: app.url())], clock: clock.clock, stops: false) { sending in
        _ = await wait { sending.deliverer.resume(LaneID(1), then: $0) }
        clock.advance(by: .zero - .hours(3))
        sending.journal.add([delivery(1)])
        _ = try await app.request(1)
        // Nothing tells when they are: the suite's time limit is what fails.
        while sending.deliverer.gauges()[0].inFlight == 0 { await Task.yield() }
        await app.closeConnections()
        await sending.stop()
      }
    }
  }
}
