import ArgumentParser
import Model
import Status

struct ReplayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Send copies again that were given up, or were delivered.",
    discussion: """
      They go out below live traffic, with the webhook-id they had and `relay-replay: true`, and are tried for as long as the route's \
      rules say. The command returns once the job is on disk; the relay goes on with it, over restarts too.

        dlr-relay queue replay --route shop --dry-run
        dlr-relay queue replay --route shop --since 2h --rate 20
        dlr-relay queue replay --id 1599558518 --state delivered
      """)

  enum State: String, ExpressibleByArgument, CaseIterable {
    case dead, delivered
    var deliveryState: DeliveryState { DeliveryState(rawValue: rawValue)! }
  }

  @OptionGroup(title: "Which copies") var selection: SelectionOptions
  @Option(help: "Those that were given up, or those that the app has.")
  var state = State.dead
  @Option(help: "At most so many copies a second over all routes; as fast as they are taken, if left out.")
  var rate: Double?
  @Flag(help: "Count them, and do nothing.")
  var dryRun = false
  @OptionGroup var options: QueueOptions

  func validate() throws {
    guard rate.map(SelectionRequest.rates.contains) ?? true else { throw ValidationError("--rate must be from 0.001 to 1000000") }
  }

  func run() async throws {
    let state = state.deliveryState
    let request = selection.request(state: state, rate: rate)
    try await options.withQueues { queues in
      let count = try await queues.count(.replay, request)
      guard count.count > 0, !dryRun else {
        return try JobOutcome(count: count, job: nil).show(options.json, "\(copies(count, state)) would be sent again")
      }
      let job = try await queues.start(.replay, request)
      let when = queues.isRunning ? "" : " when the relay starts"
      let text = """
        job \(job.id) sends \(copies(count, state)) again\(when)
        see how far it is: dlr-relay queue jobs
        stop it:           dlr-relay queue cancel \(job.id)
        """
      try JobOutcome(count: count, job: job).show(options.json, text)
    }
  }
}

/// What a replay or a discard prints as JSON.
struct JobOutcome: Encodable {
  /// How many copies were meant.
  var count: Int
  /// True if they may be more.
  var atLeast: Bool
  /// null if nothing was started.
  @OrNull var job: JobAnswer?

  init(count: CountAnswer, job: JobAnswer?) {
    (self.count, atLeast) = (count.count, count.atLeast)
    self.job = job
  }

  func show(_ isJSON: Bool, _ text: String) throws { print(isJSON ? try jsonText(self) : text) }
}

/// `at least 100,000 dead copies`.
func copies(_ count: CountAnswer, _ state: DeliveryState) -> String { (count.atLeast ? "at least " : "") + copies(count.count, state) }

/// `1,234 dead copies`.
func copies(_ count: Int, _ state: DeliveryState) -> String { "\(grouped(count)) \(state.rawValue) \(count == 1 ? "copy" : "copies")" }
