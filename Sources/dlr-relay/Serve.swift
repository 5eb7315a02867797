import ArgumentParser
import Foundation
import Logging
import Metrics
import Model
import Observe
import ServiceLifecycle

/// `dlr-relay serve`: the relay itself.
struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Receive reports and forward them, until SIGTERM or SIGINT.",
    discussion: """
      Stopping takes no more reports, finishes what is in flight (at most 10 seconds) and stores the results. What was not \
      finished is sent again after the next start.

      The rule file is read again when it changes, and at SIGHUP: whole or not at all, without a request refused. One with an error \
      leaves the one before in force. receive.listen, status.listen and store.path need a restart.
      """)

  @Option(help: "The rule file.")
  var config = ConfigurationFile.defaultPath

  @Option(help: "trace, debug, info, notice, warning, error or critical.")
  var logLevel = LogLevel.info

  @Flag(help: "Print, once it runs, what to paste into the provider's panel, with the token, and a line that sends a sample.")
  var introduce = false

  func run() async throws {
    Hangup.ignore()
    let file = try ConfigurationFile(reading: config)
    let configuration = try file.configuration(warnings: true)
    // A pipe that closed, a file-size limit: errors of a write, not reasons to die.
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    let logger = makeLogger()
    let factory = PrometheusFactory()
    MetricsSystem.bootstrap(factory)
    let relay = try await Relay.start(configuration, of: file, logger: logger, libraryMetrics: factory)
    let hangup = await Hangup.watch { relay.reload() }
    defer { hangup.cancel() }
    var group = ServiceGroupConfiguration(
      services: [.init(service: relay.statusDoor(logger: logger, onRunning: introduction(configuration))), .init(service: relay)],
      gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    group.maximumGracefulShutdownDuration = .seconds(30)
    do {
      try await ServiceGroup(configuration: group).run()
    } catch {
      await relay.stop()
      throw Failure(explain(error, listening: configuration.status.listen, key: "status.listen"))
    }
  }

  private func introduction(_ configuration: Configuration) -> @Sendable (Endpoint, Endpoint) -> Void {
    { [introduce, config] publicDoor, statusDoor in
      guard introduce else { return }
      print(Introduction(config, configuration).running(publicDoor: publicDoor, statusDoor: statusDoor))
      // Into a pipe, print would keep it until the end.
      fflush(nil)
    }
  }

  private func makeLogger() -> Logger {
    let sink = LogSink.standardError
    let handler: any LogHandler =
      sink.isTerminal
      ? HumanLogHandler(label: "dlr-relay", level: logLevel.level, hasColour: true, sink: sink, clock: systemClock)
      : JSONLogHandler(label: "dlr-relay", level: logLevel.level, sink: sink, clock: systemClock)
    return Logger(label: "dlr-relay", factory: { _ in handler })
  }
}

/// The levels of swift-log, by their names.
enum LogLevel: String, ExpressibleByArgument, CaseIterable {
  case trace, debug, info, notice, warning, error, critical
  var level: Logger.Level { Logger.Level(rawValue: rawValue)! }
}

/// The one real clock.
let systemClock: Clock = {
  var now = timespec()
  clock_gettime(CLOCK_REALTIME, &now)
  return Instant(microseconds: Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1_000)
}
