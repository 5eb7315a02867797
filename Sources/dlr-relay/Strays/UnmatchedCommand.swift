import ArgumentParser
import Model
import Status

struct UnmatchedCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unmatched",
    abstract: "The reports that no route matches, and why not.",
    discussion: """
      They are kept for store.retention.unmatched and sent to nobody. When the rules are mended, \
      `dlr-relay reroute` sends those that match now. Phone numbers are masked, and messages are not shown.
      """)

  @OptionGroup var page: PageOptions
  @OptionGroup var options: QueueOptions

  func run() async throws {
    try await options.withQueues { queues in
      let (reports, next) = try await pages(page) { cursor, limit in
        let answer = try await queues.unmatched(cursor, limit: limit)
        return (answer.reports, answer.next)
      }
      let answer = UnmatchedAnswer(reports: reports, next: next)
      print(options.json ? try jsonText(answer) : answer.text)
    }
  }
}

extension UnmatchedAnswer {
  fileprivate var text: String {
    guard !reports.isEmpty else { return "no unmatched report is kept" }
    let head = ["report", "status", "packet", "to", "received", "came", "why"]
    let rows = reports.map { report in
      [
        "\(report.id)", printable(report.status), report.packetId.map(String.init) ?? "-", report.to.map(printable) ?? "-",
        report.receivedAt, report.seen == 1 ? "once" : "\(grouped(report.seen)) times",
        report.reason.map(printable) ?? "matches now: \(report.routesNow.joined(separator: ", "))",
      ]
    }
    let more = next.map { "\nmore: dlr-relay unmatched --cursor \($0)" } ?? ""
    let help = reports.contains { !$0.routesNow.isEmpty } ? "\nsend what matches now: dlr-relay reroute" : ""
    return aligned([head] + rows, textColumns: 7) + more + help
  }
}
