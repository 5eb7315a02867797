import ArgumentParser
import Model
import Traffic

/// Plays an app.
struct SinkCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sink",
    abstract: "Play an app: take copies, count them, check order, repeats and signatures.",
    discussion: """
      Says where it listens in its first line and runs until ctrl-C, --until or --idle, which end with the summary. Copies count as got \
      when they are answered 2xx. Exit code 1 if it ended before --until was reached, else 0.
      """)

  @Option(help: "0 lets the system choose.")
  var port = 9001
  @Option(help: "The address to listen on.")
  var host = "127.0.0.1"
  @Option(help: "A secret `whsec_...`: copies not signed with it are counted and answered 401. May be given several times.")
  var secret: [String] = []
  @Option(help: "Take so long for each answer: 500ms, 10s, 5m.", transform: durationOption)
  var delay: Duration = .zero
  @Option(help: "Share of requests answered 500.")
  var fail = 0.0
  @Option(help: "Answer always this HTTP status.")
  var status: Int?
  @Flag(help: "Never answer.")
  var hang = false
  @Option(help: "The same seed fails the same requests.")
  var seed: UInt64 = 0
  @Option(help: "End when so many distinct webhook-ids were answered 2xx.")
  var until: Int?
  @Option(help: "End when nothing came for so long: 500ms, 10s, 5m.", transform: durationOption)
  var idle: Duration?
  @Option(help: "Write the webhook-id to this file for each request answered 2xx.")
  var record: String?
  @Flag(help: "Print the summary as JSON, and everything else on stderr.")
  var json = false

  mutating func validate() throws {
    _ = try settings()
  }

  func run() async throws {
    let sink = try await Sink.start(settings(), clock: wallClock)
    let interruption = await Interruption.watch { sink.stop() }
    defer { interruption.cancel() }
    let ready = "sink listening on http://\(sink.endpoint)"
    if json { Terminal.error(ready) } else { Terminal.out(ready) }
    let summary = try await withProgress({ try await sink.snapshot().progress }) { try await sink.summary }
    Terminal.out(json ? summary.jsonLine : summary.text)
    if let until, summary.distinct < until { throw ExitCode(1) }
  }

  private func settings() throws -> SinkSettings {
    guard (0...65_535).contains(port) else { throw ValidationError("--port must be from 0 to 65535") }
    guard (0...1).contains(fail) else { throw ValidationError("--fail must be from 0 to 1") }
    guard status.map({ (200...599).contains($0) }) ?? true else { throw ValidationError("--status must be from 200 to 599") }
    guard until.map({ (1...SinkLedger.idsMax).contains($0) }) ?? true else {
      throw ValidationError("--until must be from 1 to \(SinkLedger.idsMax)")
    }
    guard idle.map({ $0 > .zero }) ?? true else { throw ValidationError("--idle must be above 0") }

    var settings = SinkSettings()
    settings.listen = Endpoint(host: host, port: port)
    do {
      settings.signature = secret.isEmpty ? nil : try SinkSignature(secrets: secret)
    } catch {
      throw ValidationError(error.description)
    }
    settings.delay = delay
    settings.fail = fail
    settings.status = status
    settings.hangs = hang
    settings.seed = seed
    settings.until = until
    settings.idle = idle
    settings.record = record
    return settings
  }
}
