import ArgumentParser
import FoundationEssentials
import Glibc
import Model
import Receive
import Route

struct Explain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say which routes get a report, and why the others do not.",
    discussion: """
      The report is described by the flags, or comes as JSON on standard input:

        dlr-relay explain --body 'Siparişiniz yolda iim.to/x' --status delivered
        dlr-relay explain < report.json
      """)

  /// Of standard input. The public door takes less.
  private static let reportBytesMax = 1024 * 1024

  @Option(help: "The rule file.")
  var config = ConfigurationFile.defaultPath
  @Option(help: "The text of the message.")
  var body: String?
  @Option(help: "The order the message belongs to.")
  var packetID: Int64?
  @Option(help: "accepted, delivered, undelivered or another. With flags: delivered, if left out.")
  var status: String?
  @Option(help: "The recipient.")
  var to: String?
  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    guard hasFlags || isatty(STDIN_FILENO) == 0 else {
      throw ValidationError("give a report by --body, --packet-id, --status or --to, or as JSON on standard input")
    }
    guard status.map({ (1...Limits.statusBytesMax).contains($0.utf8.count) }) ?? true else {
      throw ValidationError("--status must have 1 to \(Limits.statusBytesMax) bytes")
    }
  }

  func run() throws {
    let configuration = try ConfigurationFile(reading: config).configuration(warnings: false)
    let report = try hasFlags ? reportOfFlags : reportOfStandardInput()
    let rules = RuleSet(configuration.routes)
    let match = rules.route(report).resolved { _ in false }
    let verdicts = rules.explain(report)
    print(json ? try Self.json(match, verdicts) : Self.text(match, verdicts))
  }

  private var hasFlags: Bool { body != nil || packetID != nil || status != nil || to != nil }

  private var reportOfFlags: Report {
    Report(key: ReportKey(id: 0, status: status ?? "delivered"), packetID: packetID, to: to, body: body.map { Array($0.utf8) })
  }

  private func reportOfStandardInput() throws -> Report {
    do {
      return try readReport(readAll(STDIN_FILENO, bytesMax: Self.reportBytesMax))
    } catch {
      complain(
        "the standard input is no report; it must be like {\"report\": {\"id\": 1, \"packet_id\": 2, \"status\": \"delivered\", ...}}")
      throw ExitCode(1)
    }
  }

  private static func text(_ match: Routing<Int>.Resolved, _ verdicts: [RouteVerdict]) -> String {
    let width = verdicts.map(\.route.count).max() ?? 0
    let lines = verdicts.map { verdict in
      let name = verdict.route + String(repeating: " ", count: width - verdict.route.count)
      return "\(name)  \(verdict.isCopied ? "gets a copy" : "no copy    ")  \(verdict.reason)"
    }
    let sum =
      switch match.destiny {
      case .matched: "\(match.targets.count) of \(verdicts.count) routes \(match.targets.count == 1 ? "gets" : "get") a copy"
      case .filtered: "filtered: its owner does not want this status, so nobody gets a copy"
      case .unmatched: "unmatched: no rule knows it; it is kept and sent to nobody"
      }
    return (lines + [sum]).joined(separator: "\n")
  }

  private struct Answer: Encodable {
    struct Entry: Encodable {
      var name: String
      var copied: Bool
      var reason: String
    }

    var destiny: String
    var routes: [Entry]
  }

  private static func json(_ match: Routing<Int>.Resolved, _ verdicts: [RouteVerdict]) throws -> String {
    try jsonText(
      Answer(
        destiny: "\(match.destiny)", routes: verdicts.map { Answer.Entry(name: $0.route, copied: $0.isCopied, reason: $0.reason) }))
  }
}
