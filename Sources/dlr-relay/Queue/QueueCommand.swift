import ArgumentParser
import Model

/// `dlr-relay queue`: what waits, what was given up, and what to do about it.
struct QueueCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "queue",
    abstract: "What waits, by route and age; and replay, discard, pause, resume.",
    discussion: """
      Asks the running relay, through status.listen of the rule file, or works on the store of a stopped one.

      An app was down for days, and copies were given up:

        dlr-relay queue                                how many wait
        dlr-relay queue replay --route shop --dry-run  how many were given up
        dlr-relay queue replay --route shop --rate 20  send them again
        dlr-relay queue jobs                           how far it is
        dlr-relay queue cancel 1                       stop it

      What became of one report, and with what answers:

        dlr-relay queue show 1599558518
      """,
    subcommands: [
      QueueTableCommand.self, ShowCommand.self, ReplayCommand.self, DiscardCommand.self, JobsCommand.self, CancelCommand.self,
      PauseCommand.self, ResumeCommand.self,
    ],
    defaultSubcommand: QueueTableCommand.self)
}

struct QueueOptions: ParsableArguments {
  @Option(help: "The rule file.", completion: .ruleFile)
  var config = RuleFilePath()

  @Flag(help: "Print JSON.")
  var json = false

  /// Without the file's warnings, which `check` and `serve` tell.
  func configuration() throws -> Configuration { try ConfigurationFile(reading: config.path).configuration(warnings: false) }

  /// Runs the body with the queues of the relay of the rule file, whether it runs or not.
  func withQueues(_ body: (any Queues) async throws -> Void) async throws {
    try await dlr_relay.withQueues(of: configuration(), body)
  }
}
