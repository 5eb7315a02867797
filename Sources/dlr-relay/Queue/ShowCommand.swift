import ArgumentParser
import Model
import Status

struct ShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "What became of one report: who got it, who did not, and what they answered.",
    discussion: """
      Every status of the report, the routes that are owed a copy of it, and the failed tries: of each copy the first and the last \
      \(Limits.attemptsKeptLast) are kept. The phone number is masked, and the message is not shown.
      """)

  @Argument(help: "The provider's id of the report.")
  var id: Int64
  @OptionGroup var options: QueueOptions

  func run() async throws {
    try await options.withQueues { queues in
      let report = try await queues.report(id)
      print(options.json ? try jsonText(report) : report.text)
    }
  }
}

extension ReportAnswer {
  var text: String { (["report \(id)"] + statuses.map(\.text)).joined(separator: "\n\n") }
}

extension ReportAnswer.Status {
  var text: String {
    var head = [printable(status), "received \(receivedAt)"]
    if seen > 1 { head.append("came \(seen) times, last \(lastSeenAt)") }
    if let packetId { head.append("packet \(packetId)") }
    if let to { head.append("to \(printable(to))") }
    if stale { head.append("stale: a final status came before it") }
    if bytes == nil { head.append("its bytes are gone") }
    let width = routes.map(\.name.count).max() ?? 0
    let lines = routes.isEmpty ? ["  \(nobody)"] : routes.flatMap { $0.lines(width: width) }
    return ([head.joined(separator: ", ")] + lines).joined(separator: "\n")
  }

  private var nobody: String {
    destiny == "\(Destiny.filtered)" ? "sent to nobody: its owner does not want this status" : "sent to nobody: no route matches it"
  }
}

extension ReportAnswer.Share {
  fileprivate func lines(width: Int) -> [String] {
    let name = name + String(repeating: " ", count: width - name.count)
    return ["  \(name)  \(standing)"] + attempts.flatMap(\.lines)
  }

  private var standing: String {
    let tried = tries == 1 ? "1 failed try" : "\(tries) failed tries"
    let time = at.map { " \($0)" } ?? ""
    switch (state, queue) {
    case (.delivered, _): return "delivered\(time)"
    case (.dead, _): return "given up\(time) after \(tries == 1 ? "1 try" : "\(tries) tries"); again: dlr-relay queue replay"
    case (.waiting, "ready"): return "waits for its first try"
    case (.waiting, "held"): return "waits until an earlier status is settled"
    case (.waiting, "replay"): return "waits to be sent again, below live traffic"
    case (.waiting, _): return "waits after \(tried)\(at.map { ", next \($0)" } ?? "")"
    }
  }
}

extension ReportAnswer.Attempt {
  /// A line for the try, and one for what the app said.
  fileprivate var lines: [String] {
    let what = detail.isEmpty ? outcome : printable(detail)
    let line = "    try \(number)  \(startedAt)  \(spoken(.microseconds(Int64(durationMs * 1_000))))  \(what)"
    return answer.isEmpty ? [line] : [line, "           \(printable(answer))"]
  }
}

/// In one line, and without what would steer a terminal: an app's answer is not ours.
func printable(_ text: String) -> String {
  var shown = ""
  for scalar in text.unicodeScalars {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: shown.unicodeScalars.append(scalar.value < 0x20 ? " " : "\u{fffd}")
    default: shown.unicodeScalars.append(scalar)
    }
  }
  return shown
}
