import ArgumentParser
import Glibc
import Model
import Receive
import Route

struct Explain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say which routes get a report, and why the others do not.",
    discussion: """
      The report is described by the flags, comes as JSON on standard input, or is in the store:

        dlr-relay explain --body 'Siparişiniz yolda iim.to/x' --status delivered
        dlr-relay explain --packet-id 104525848 --order shop
        dlr-relay explain < report.json
        dlr-relay explain --stored 1599558518

      Of a tree it names the condition that decides as it stands in the file, such as match.any[2].not.to_prefix, counted from 1; and where \
      in the text, in Unicode characters from 1 (with fold: turkish of the text in NFC). Of a stored report it also says what became of it; the rules are those of the file as it \
      is now. No text and no whole phone number is shown.
      """)

  /// Of standard input. The public door takes less.
  private static let reportBytesMax = 1024 * 1024

  @Option(help: "The rule file.", completion: .ruleFile)
  var config = RuleFilePath()
  @Option(help: "The text of the message.")
  var body: String?
  @Option(help: "The order the message belongs to.")
  var packetID: Int64?
  @Option(help: "accepted, delivered, undelivered or another. With flags: delivered, if left out.")
  var status: String?
  @Option(help: "The recipient.")
  var to: String?
  @Option(help: "Take it that the packet was claimed for this route. May be given several times.")
  var order: [String] = []
  @Option(help: "A report that is in the store, by the provider's id; all its statuses.")
  var stored: Int64?
  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if stored != nil {
      guard !hasFlags else { throw ValidationError("--stored does not go together with --body, --packet-id, --status or --to") }
    } else {
      guard hasFlags || isatty(STDIN_FILENO) == 0 else {
        throw ValidationError("give a report by --body, --packet-id, --status or --to, by --stored, or as JSON on standard input")
      }
    }
    guard status.map({ (1...Limits.statusBytesMax).contains($0.utf8.count) }) ?? true else {
      throw ValidationError("--status must have 1 to \(Limits.statusBytesMax) bytes")
    }
  }

  func run() throws {
    let configuration = try ConfigurationFile(reading: config.path).configuration(warnings: false)
    try checkOrders(configuration)
    if let stored {
      let answer = try StoredExplanation(of: stored, configuration, claimedFor: Set(order))
      print(json ? try jsonText(answer) : answer.text)
    } else {
      let report = try hasFlags ? reportOfFlags : reportOfStandardInput()
      let explanation = Explanation(of: report, by: RuleSet(configuration.routes), configuration, claimedFor: Set(order))
      print(json ? try jsonText(explanation) : explanation.text)
    }
  }

  private var hasFlags: Bool { body != nil || packetID != nil || status != nil || to != nil }

  private func checkOrders(_ configuration: Configuration) throws {
    for name in order {
      guard let route = configuration.routes.first(where: { $0.name == name }) else {
        throw ValidationError("--order \(name): no route of \(config) has this name")
      }
      guard route.asksForOrders else {
        throw ValidationError("--order \(name): the route takes no orders; write orders: true into it, or order into its match")
      }
    }
  }

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
}
