import ArgumentParser
import Foundation
import Model

struct Ready: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say whether the relay that runs can take reports; for health checks and scripts.",
    discussion: """
      Asks /readyz on the rule file's status.listen, which needs no token, for at most 3 seconds. Exit code 0 if the relay is ready, 1 if it \
      is not, or is not there.

      With --status no rule file is read, which is right for what restarts or replaces a relay: one that has refused a changed file goes on by \
      the file before, and is well.
      """)

  @Option(help: "The rule file.", completion: .ruleFile)
  var config = RuleFilePath()

  @Option(help: ArgumentHelp("Where its status.listen is, instead of the rule file.", valueName: "host:port"))
  var status: Endpoint?

  func run() async throws {
    let missing = try await RunningRelay(settings()).missingToBeReady()
    guard missing.isEmpty else { throw Failure("not ready: \(missing.joined(separator: "; "))") }
    print("ready")
  }

  private func settings() throws -> StatusSettings {
    guard let status else { return try ConfigurationFile(reading: config.path).configuration(warnings: false).status }
    var settings = StatusSettings()
    settings.listen = status
    return settings
  }
}

extension Endpoint: ExpressibleByArgument {
  /// `HOST:PORT`, an IPv6 address in brackets.
  package init?(argument: String) {
    guard let colon = argument.lastIndex(of: ":"), let port = UInt16(argument[argument.index(after: colon)...]), port > 0 else {
      return nil
    }
    var host = argument[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      return nil
    }
    guard !host.isEmpty else { return nil }
    self.init(host: String(host), port: Int(port))
  }
}

extension CompletionKind {
  static var ruleFile: CompletionKind { .file(extensions: ["yaml", "yml"]) }
}
