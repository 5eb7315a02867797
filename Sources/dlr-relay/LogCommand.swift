import ArgumentParser
import Foundation
import Model
import Observe
import Status

struct LogCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log",
    abstract: "What a running relay logs: show the level, or change it for a while.",
    discussion: """
      Without a level it says which is in force. A level stays until --for is over, then the one of the start is in force again; debug \
      and trace end after 15 minutes by themselves, others stay until the relay is started again.

        dlr-relay log debug --for 5m
      """)

  @Argument(help: "trace, debug, info, notice, warning, error or critical.")
  var level: LogLevel?

  @Option(name: .customLong("for"), help: "How long, from 1s to 24h: 90s, 15m, 2h.")
  var time: String?

  @OptionGroup var options: QueueOptions

  func validate() throws {
    guard let time else { return }
    if level == nil { throw ValidationError("--for goes with a level: dlr-relay log debug --for 5m") }
    guard let duration = DurationText.parse(time), LogLevels.times.contains(duration) else {
      throw ValidationError("--for is from 1s to 24h, such as 90s, 15m or 2h")
    }
  }

  func run() async throws {
    let configuration = try options.configuration()
    let relay = RunningRelay(configuration.status)
    guard try await relay.isThere() else {
      throw Failure("no relay listens on \(configuration.status.listen); start it with: dlr-relay serve --log-level LEVEL")
    }
    try await relay.expect(store: realPath(configuration.store.path))
    let answer: LogAnswer
    if let level {
      answer = try await relay.ask("PUT", "/api/v1/log", body: LogRequest(level: level.rawValue, for: time))
    } else {
      answer = try await relay.ask("GET", "/api/v1/log")
    }
    print(options.json ? try jsonText(answer) : Self.text(answer))
  }

  static func text(_ answer: LogAnswer) -> String {
    if let until = answer.until { return "the level is \(answer.level) until \(until), then \(answer.usual) again" }
    if answer.level == answer.usual { return "the level is \(answer.level), as it was started" }
    return "the level is \(answer.level) until the relay is started again; back at once: dlr-relay log \(answer.usual)"
  }
}
