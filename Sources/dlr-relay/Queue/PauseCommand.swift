import ArgumentParser
import Model
import Status

struct PauseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pause",
    abstract: "Send nothing to a route until it is resumed. Its copies wait.",
    discussion: """
      What is in flight ends. A pause stays over restarts, and the time does not count toward giving up.
      """)

  @Argument(help: "The name of the route.")
  var route: String
  @OptionGroup var options: QueueOptions

  func run() async throws {
    try await options.withQueues { queues in
      let row = try await queues.pause(route: route)
      let text = "route \(row.name) is paused: \(waiting(row)); resume it: dlr-relay queue resume \(row.name)"
      print(options.json ? try jsonText(row) : text)
    }
  }
}

struct ResumeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume",
    abstract: "Send to a route again that was paused by the command, or by its app's answer 410.",
    discussion: """
      A route that the rule file pauses is resumed there: take `paused: true` out.
      """)

  @Argument(help: "The name of the route.")
  var route: String
  @OptionGroup var options: QueueOptions

  func run() async throws {
    try await options.withQueues { queues in
      let row = try await queues.resume(route: route)
      let when = queues.isRunning ? "" : " when the relay starts"
      print(options.json ? try jsonText(row) : "route \(row.name) is sent to again\(when): \(waiting(row))")
    }
  }
}

private func waiting(_ row: StatusReport.Route) -> String { "\(grouped(row.pending)) \(row.pending == 1 ? "copy waits" : "copies wait")" }
