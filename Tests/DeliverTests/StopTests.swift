import Model
import Support
import Testing

@testable import Deliver

@Suite(.timeLimit(.minutes(10)))
struct StopTests {
  @Test func `with nothing in flight it ends at once`() async throws {
    // Time stands still: the bound on waiting never comes.
    try await withDeliverer([route()], clock: ManualClock().clock, stops: false) { sending in await sending.stop() }
  }

  @Test func `after the last copy it ends at once, with the result stored`() async throws {
    let latch = Latch()
    try await AppServer.with(answering: { _ in .status(200).after(latch) }) { app in
      let clock = ManualClock().clock
      let patient = route(url: app.url()) { ($0.concurrency, $0.timeout) = (1, .hours(1)) }
      try await withDeliverer([patient], clock: clock, stops: false) { sending in
        sending.journal.add([delivery(1)])
        _ = try await app.request(1)
        async let stopped: Void = sending.stop()
        latch.open()
        await stopped
        #expect(sending.journal.settled.all.map(\.result) == [.delivered])
        // What comes after the end is for the next start.
        sending.journal.add([delivery(2)])
        #expect(app.requests.all.count == 1)
      }
    }
  }

  @Test func `it waits for what hangs until the bound, whatever becomes of the time of day, and leaves it without a result`() async throws {
    try await AppServer.with(answering: { _ in .silence }) { app in
      let clock = ManualClock().clock
      try await withDeliverer([route(url: app.url()) { $0.timeout = .minutes(5) }], clock: clock, stops: false) { sending in
        sending.journal.add([delivery(1), delivery(2)])
        _ = try await app.requests(2)
        let took = await ContinuousClock().measure { await sending.stop() }
        // And not for the five minutes that the app could have taken.
        #expect(took >= Limits.stopTimeMax - .seconds(1))
        #expect(sending.journal.settled.all.isEmpty)
        _ = try await app.disconnections.first(2)
      }
    }
  }
}
