import ArgumentParser
import Model
import Traffic

/// Plays the provider.
struct Simulate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Play iletiMerkezi: post delivery reports to a URL.",
    discussion: """
      Each message yields `accepted` and then `delivered` or `undelivered`, in Turkish and in every JSON escaping that a provider may \
      use. What is not answered 2xx is sent again. Without --count and --duration it runs until ctrl-C, which ends with the summary.
      Exit code 0 if every report was finally answered 2xx, else 1.
      """)

  @Argument(help: "The whole URL with its token, http only: http://127.0.0.1:8080/api/iletimerkezi/webhook?token=...")
  var url: String

  @Option(help: "Reports a second, whatever the answers take; 0 for as many as the connections allow.")
  var rate = 200.0
  @Option(help: "Requests on their way at once, at most.")
  var connections = 32
  @Option(help: "Stop sending new reports after this time: 500ms, 10s, 5m.", transform: durationOption)
  var duration: Duration?
  @Option(help: "Stop after so many distinct reports, two to a message; duplicates come on top.")
  var count: Int?
  @Option(help: "Share of reports that are sent twice.")
  var duplicates = 0.05
  @Option(help: "Share of messages whose final status comes before `accepted`.")
  var disorder = 0.02
  @Option(help: "The same seed gives the same reports. Default: a random one, which the summary shows.")
  var seed: UInt64?
  @Option(help: "Texts to put into message bodies, separated by commas.")
  var markers = "iim.to/,#SHOP"
  @Option(help: "Half of the packet ids begin with one of these, separated by commas.")
  var packetPrefixes = ""
  @Option(help: "Send again what was not answered 2xx, at most so many times.")
  var retries = 5
  @Option(help: "Before the first retry; it doubles with each.", transform: durationOption)
  var retryPause: Duration = Pace().retryPause
  @Option(help: "For connecting, and for each answer.", transform: durationOption)
  var timeout: Duration = .seconds(10)
  @Option(help: "Write `id<TAB>status` to this file for each distinct report, as soon as it was answered 2xx.")
  var record: String?
  @Flag(help: "Print the summary as JSON.")
  var json = false

  mutating func validate() throws {
    _ = try settings(seed: 0)
  }

  func run() async throws {
    let simulation = try await Simulation.start(settings(seed: seed ?? .random(in: 0..<1 << 32)))
    let interruption = await Interruption.watch { simulation.stop() }
    defer { interruption.cancel() }
    let summary = try await withProgress({ try await simulation.snapshot().progress }) { try await simulation.summary }
    Terminal.out(json ? summary.jsonLine : summary.text)
    if !summary.isComplete { throw ExitCode(1) }
  }

  private func settings(seed: UInt64) throws -> SimulateSettings {
    guard rate >= 0, rate <= 1e6 else { throw ValidationError("--rate must be from 0 to 1000000") }
    guard (1...10_000).contains(connections) else { throw ValidationError("--connections must be from 1 to 10000") }
    guard count.map({ $0 > 0 }) ?? true else { throw ValidationError("--count must be above 0") }
    guard (0...1).contains(duplicates) else { throw ValidationError("--duplicates must be from 0 to 1") }
    guard (0...1).contains(disorder) else { throw ValidationError("--disorder must be from 0 to 1") }
    guard (0...100).contains(retries) else { throw ValidationError("--retries must be from 0 to 100") }
    guard timeout > .zero else { throw ValidationError("--timeout must be above 0") }

    var campaign = CampaignSettings(seed: seed)
    campaign.duplicates = duplicates
    campaign.disorder = disorder
    campaign.count = count
    campaign.markers = markers.split(separator: ",").map(String.init)
    campaign.packetPrefixes = try packetPrefixes.split(separator: ",").map { text in
      guard let prefix = Int64(text), (1...Campaign.packetPrefixMax).contains(prefix), String(prefix) == text else {
        throw ValidationError("--packet-prefixes takes decimal numbers of 1 to 12 digits, not `\(text)`")
      }
      return prefix
    }
    var settings = SimulateSettings(target: try target(), campaign: campaign)
    settings.pace.rate = rate
    settings.pace.connections = connections
    settings.pace.duration = duration
    settings.pace.retries = retries
    settings.pace.retryPause = retryPause
    settings.timeout = timeout
    settings.record = record
    return settings
  }

  private func target() throws -> Target {
    do { return try Target(url) } catch { throw ValidationError(error.description) }
  }
}

/// The transform of an option that takes a duration.
@Sendable func durationOption(_ text: String) throws -> Duration {
  guard let duration = DurationText.parse(text) else {
    throw ValidationError("give a number and a unit, such as 500ms, 10s, 5m, 2h or 3d")
  }
  return duration
}
