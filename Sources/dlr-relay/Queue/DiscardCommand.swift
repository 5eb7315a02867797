import ArgumentParser
import Glibc
import Model
import Status
import Traffic

struct DiscardCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "discard",
    abstract: "Take copies out that wait or were given up, for good.",
    discussion: """
      They are not sent any more and count as discarded. The reports themselves are kept for as long as any others. Says how many they \
      are and asks, unless --yes is given.

        dlr-relay queue discard --route shop --state dead --dry-run
        dlr-relay queue discard --route old --state waiting --until 1d
      """)

  enum State: String, ExpressibleByArgument, CaseIterable {
    case waiting, dead
    var deliveryState: DeliveryState { DeliveryState(rawValue: rawValue)! }
  }

  @OptionGroup(title: "Which copies") var selection: SelectionOptions
  @Option(help: "Those that wait, or those that were given up.")
  var state: State
  @Flag(help: "Count them, and do nothing.")
  var dryRun = false
  @Flag(help: "Do not ask. Needed where nobody can be asked.")
  var yes = false
  @OptionGroup var options: QueueOptions

  func validate() throws {
    guard yes || dryRun || isatty(STDIN_FILENO) == 1 else { throw ValidationError("nobody can be asked here; give --yes, or --dry-run") }
  }

  func run() async throws {
    let state = state.deliveryState
    let request = requested(state, at: systemClock())
    try await options.withQueues { queues in
      let count = try await queues.count(.discard, request)
      guard count.count > 0, !dryRun else {
        return try JobOutcome(count: count, job: nil).show(options.json, "\(copies(count, state)) would be discarded")
      }
      guard yes || confirms("Discard \(copies(count, state)) for good?") else { throw Failure("nothing was discarded") }
      let job = try await queues.start(.discard, request)
      let text =
        queues.isRunning
        ? "job \(job.id) discards \(copies(count, state)); see how far it is: dlr-relay queue jobs"
        : "\(copies(job.count, state)) discarded by job \(job.id)"
      try JobOutcome(count: count, job: job).show(options.json, text)
    }
  }

  /// What arrives while somebody is asked was not counted, and is not meant.
  private func requested(_ state: DeliveryState, at now: Instant) -> SelectionRequest {
    var request = selection.request(state: state)
    if selection.until == nil, selection.since.map({ $0 < now }) ?? true { request.until = now.rfc3339 }
    return request
  }
}

/// Asks somebody at the terminal.
func confirms(_ question: String) -> Bool {
  // Not on stdout, which may be a file that takes the JSON.
  Terminal.prompt("\(question) [y/N] ")
  return ["y", "yes"].contains(readLine()?.lowercased())
}
