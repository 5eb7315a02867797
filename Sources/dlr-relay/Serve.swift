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

  @Option(help: "The rule file.", completion: .ruleFile)
  var config = RuleFilePath()

  @Option(help: "trace, debug, info, notice, warning, error or critical. `dlr-relay log` changes it while the relay runs.")
  var logLevel = LogLevel.info

  @Option(help: "json: an object a line; human; auto: human on a terminal, else json.")
  var logFormat = LogFormat.auto

  @Flag(help: "Print, once it runs, what to paste into the provider's panel, with the token, and a line that sends a sample.")
  var introduce = false

  func run() async throws {
    Hangup.ignore()
    let service = ServiceEnvironment.take()
    let file = try ConfigurationFile(reading: config.path)
    let configuration = try file.configuration(warnings: isForPeople)
    // A pipe that closed, a file-size limit: errors of a write, not reasons to die.
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    let level = SharedLevel(logLevel.level)
    let levels = LogLevels(level, clock: systemClock)
    let logger = makeLogger(level)
    if !isForPeople { tellWarnings(of: file, logger) }
    let factory = PrometheusFactory()
    MetricsSystem.bootstrap(factory)
    let relay = try await Relay.start(configuration, of: file, logger: logger, levels: levels, libraryMetrics: factory, service: service)
    let hangup = await Hangup.watch { relay.reload() }
    defer { hangup.cancel() }
    var group = ServiceGroupConfiguration(
      services: [
        .init(service: relay.statusDoor(logger: makeLogger(level, isOfLibrary: true), onRunning: introduction(configuration))),
        .init(service: relay),
      ],
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
    { [introduce, path = config.path] publicDoor, statusDoor in
      guard introduce else { return }
      print(Introduction(path, configuration).running(publicDoor: publicDoor, statusDoor: statusDoor))
      // Into a pipe, print would keep it until the end.
      fflush(nil)
    }
  }

  private var isForPeople: Bool { logFormat == .human || logFormat == .auto && LogSink.standardError.isTerminal }

  /// For programs, a line as any other.
  private func tellWarnings(of file: ConfigurationFile, _ logger: Logger) {
    let log = EventLog(logger: logger, laneName: { "lane \($0.number)" }, clock: systemClock)
    for warning in file.reading.diagnostics { log.observe(.reloadWarned(words: warning.summary)) }
  }

  private func makeLogger(_ level: SharedLevel, isOfLibrary: Bool = false) -> Logger {
    let sink = LogSink.standardError
    return Logger(label: "dlr-relay") { label -> any LogHandler in
      if isForPeople {
        return HumanLogHandler(
          label: label, level: level, isOfLibrary: isOfLibrary, hasColour: sink.isTerminal, sink: sink, clock: systemClock)
      }
      return JSONLogHandler(label: label, level: level, isOfLibrary: isOfLibrary, sink: sink, clock: systemClock)
    }
  }
}

enum LogFormat: String, ExpressibleByArgument, CaseIterable {
  case json, human, auto
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
