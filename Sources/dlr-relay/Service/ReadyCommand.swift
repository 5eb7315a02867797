import ArgumentParser
import Foundation
import Model

struct Ready: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say whether the relay that runs can take reports; for health checks and scripts.",
    discussion: """
      Asks /readyz on the rule file's status.listen, which needs no token, for at most 3 seconds. Exit code 0 if the relay is ready, 1 if it \
      is not, or is not there.
      """)

  @Option(help: "The rule file.", completion: .ruleFile)
  var config = ConfigurationFile.defaultPath

  func run() async throws {
    let configuration = try ConfigurationFile(reading: config).configuration(warnings: false)
    let missing = try await RunningRelay(configuration.status).missingToBeReady()
    guard missing.isEmpty else { throw Failure("not ready: \(missing.joined(separator: "; "))") }
    print("ready")
  }
}

extension CompletionKind {
  static var ruleFile: CompletionKind { .file(extensions: ["yaml", "yml"]) }
}
