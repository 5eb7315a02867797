import Model
import NIOCore
import NIOPosix

package struct SimulateSettings: Sendable {
  package var target: Target
  package var campaign: CampaignSettings
  package var pace = Pace()
  /// For connecting, and then from each request to the end of its answer.
  package var timeout: Duration = .seconds(10)
  /// Gets a line `id<TAB>status` for each distinct report, as soon as it was answered 2xx.
  package var record: String?

  package init(target: Target, campaign: CampaignSettings) {
    self.target = target
    self.campaign = campaign
  }
}

/// A run of the simulated provider against a URL.
package final class Simulation: Sendable {
  private let provider: NIOLoopBound<Provider>
  private let done: EventLoopFuture<SimulateSummary>

  /// Begins at once.
  /// - Throws: `.record` if the record cannot be written.
  package static func start(_ settings: SimulateSettings) async throws -> Simulation {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    return try await loop.submit {
      let record = try settings.record.map { try RecordFile(path: $0) }
      let done = loop.makePromise(of: SimulateSummary.self)
      let provider = Provider(settings, record: record, loop: loop, done: done)
      provider.pump()
      return Simulation(provider: NIOLoopBound(provider, eventLoop: loop), done: done.futureResult)
    }.get()
  }

  private init(provider: NIOLoopBound<Provider>, done: EventLoopFuture<SimulateSummary>) {
    self.provider = provider
    self.done = done
  }

  /// Begins nothing new; what is on its way may still be answered for two seconds. From any thread, any number of times.
  package func stop() {
    done.eventLoop.execute { [provider] in provider.value.stop() }
  }

  /// How far it is.
  package func snapshot() async throws -> SimulateSummary {
    try await done.eventLoop.submit { [provider] in provider.value.summary }.get()
  }

  /// The end of the run.
  /// - Throws: `.record` if the record could not be written to the end.
  package var summary: SimulateSummary {
    get async throws { try await done.get() }
  }
}
