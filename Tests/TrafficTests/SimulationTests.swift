import Model
import Testing
import Traffic

@Suite(.timeLimit(.minutes(10)))
struct SimulationTests {
  private func sink(_ change: (inout SinkSettings) -> Void = { _ in }) async throws -> Sink {
    var settings = SinkSettings()
    settings.listen.port = 0
    change(&settings)
    return try await Sink.start(settings, clock: wallClock)
  }

  private func simulation(at port: Int, count: Int?, _ change: (inout SimulateSettings) -> Void = { _ in }) async throws -> Simulation {
    var settings = SimulateSettings(target: try Target("http://127.0.0.1:\(port)/hook?token=t"), campaign: CampaignSettings(seed: 5))
    settings.campaign.count = count
    settings.pace.retryPause = .milliseconds(1)
    change(&settings)
    return try await Simulation.start(settings)
  }

  @Test func `every report is sent, answered and recorded once`() async throws {
    let record = TemporaryFile()
    let sink = try await sink()
    let summary = try await simulation(at: sink.endpoint.port, count: 500) {
      $0.record = record.path
      $0.campaign.duplicates = 0.2
    }.summary
    sink.stop()
    #expect(summary.isComplete)
    #expect(summary.reports == 500)
    #expect(summary.duplicates > 0)
    #expect(summary.requests == 500 + summary.duplicates)
    #expect(try await sink.summary.requests == summary.requests)
    #expect(summary.latencyMs.p99 != nil)

    var expected = CampaignSettings(seed: 5)
    expected.count = 500
    expected.duplicates = 0.2
    var campaign = Campaign(expected)
    var lines: Set<String> = []
    while let request = campaign.next() { lines.insert("\(request.report.id)\t\(request.report.status.rawValue)") }
    #expect(try record.lines.count == 500)
    #expect(try Set(record.lines) == lines)
  }

  @Test func `what is answered 500 is sent again until it is answered 200`() async throws {
    let sink = try await sink { $0.fail = 0.3 }
    let summary = try await simulation(at: sink.endpoint.port, count: 200) { $0.pace.retries = 50 }.summary
    sink.stop()
    #expect(summary.isComplete)
    #expect(summary.reports == 200)
    #expect(summary.retries > 0)
    #expect(summary.answers["500"] == summary.retries)
    let taken = try await sink.summary
    #expect(taken.answers == summary.answers)
  }

  @Test func `what is never answered 2xx is given up and not recorded`() async throws {
    let record = TemporaryFile()
    let sink = try await sink { $0.status = 503 }
    let summary = try await simulation(at: sink.endpoint.port, count: 4) {
      $0.record = record.path
      $0.pace.retries = 2
      $0.campaign.duplicates = 0
    }.summary
    sink.stop()
    #expect(summary.givenUp == 4)
    #expect(!summary.isComplete)
    #expect(summary.answers == ["503": 12])
    #expect(try record.lines == [])
    _ = try await sink.summary
  }

  @Test func `a receiver that is not there is retried and reported`() async throws {
    let gone = try await sink()
    gone.stop()
    _ = try await gone.summary
    let summary = try await simulation(at: gone.endpoint.port, count: 2) { $0.pace.retries = 1 }.summary
    #expect(summary.answers == ["refused": summary.requests])
    #expect(summary.givenUp >= 2)
  }

  @Test func `a receiver that never answers is left after the time-out`() async throws {
    let sink = try await sink { $0.hangs = true }
    let summary = try await simulation(at: sink.endpoint.port, count: 2) {
      $0.pace.retries = 1
      $0.timeout = .milliseconds(30)
      $0.campaign.duplicates = 0
    }.summary
    #expect(summary.answers == ["timeout": 4])
    #expect(summary.givenUp == 2)
    sink.stop()
    _ = try await sink.summary
  }

  @Test func `a stall of the receiver shows in the latency of what should have been sent meanwhile`() async throws {
    let sink = try await sink { $0.delay = .milliseconds(40) }
    let summary = try await simulation(at: sink.endpoint.port, count: 10) {
      $0.pace.rate = 1_000
      $0.pace.connections = 1
      $0.campaign.duplicates = 0
    }.summary
    sink.stop()
    // The tenth is due at 9 ms at the earliest and after nine others, or after its message's first report.
    let longest = try #require(summary.latencyMs.max)
    #expect(longest >= 4 * 40)
    _ = try await sink.summary
  }

  @Test func `a rate is kept`() async throws {
    let sink = try await sink()
    let summary = try await simulation(at: sink.endpoint.port, count: nil) {
      $0.pace.rate = 500
      $0.pace.duration = .milliseconds(200)
    }.summary
    sink.stop()
    #expect(summary.requests == 100)
    #expect(summary.seconds >= 0.198)
    _ = try await sink.summary
  }

  @Test func `a stop ends an endless run with its summary`() async throws {
    let (events, continuation) = AsyncStream.makeStream(of: SinkEvent.self)
    let sink = try await sink { $0.observe = { continuation.yield($0) } }
    let simulation = try await simulation(at: sink.endpoint.port, count: nil) { $0.pace.rate = 2_000 }
    #expect(await events.first { $0 == .answered(status: 200) } != nil)
    simulation.stop()
    simulation.stop()
    let summary = try await simulation.summary
    #expect(summary.reports > 0)
    #expect(summary.givenUp == 0)
    sink.stop()
    _ = try await sink.summary
  }
}
