import ArgumentParser
import Foundation
import Model
import Status

struct QuarantineCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quarantine",
    abstract: "Bodies that came with the right token and were no report.",
    discussion: """
      They are kept for store.retention.quarantine. A later version of the relay may understand them: then `retry` makes reports of them.

        dlr-relay quarantine                   which there are, and what was wrong
        dlr-relay quarantine show 3            what it looks like, without its words
        dlr-relay quarantine show 3 --raw      its bytes
        dlr-relay quarantine retry             read them again
      """,
    subcommands: [QuarantineListCommand.self, QuarantineShowCommand.self, QuarantineRetryCommand.self],
    defaultSubcommand: QuarantineListCommand.self)
}

struct QuarantineListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Which there are. Also without its name: dlr-relay quarantine.")

  @OptionGroup var page: PageOptions
  @OptionGroup var options: QueueOptions

  func run() async throws {
    try await options.withQueues { queues in
      let (bodies, next) = try await pages(page) { cursor, limit in
        let answer = try await queues.quarantine(cursor, limit: limit)
        return (answer.bodies, answer.next)
      }
      let answer = QuarantineAnswer(bodies: bodies, next: next)
      print(options.json ? try jsonText(answer) : answer.text)
    }
  }
}

struct QuarantineShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "What one of them looks like, or with --raw its bytes.",
    discussion: """
      Without --raw letters are shown as x and digits as 0. The bytes may hold a phone number and a message: a relay that runs gives \
      them only to who has status.token.
      """)

  @Argument(help: "The number of the body: dlr-relay quarantine.")
  var id: Int64
  @Flag(help: "Write its bytes to standard output, and nothing else.")
  var raw = false
  @OptionGroup var options: QueueOptions

  func validate() throws {
    guard !(raw && options.json) else { throw ValidationError("--raw does not go together with --json") }
  }

  func run() async throws {
    try await options.withQueues { queues in
      guard !raw else { return try FileHandle.standardOutput.write(contentsOf: await queues.quarantinedBytes(id)) }
      let body = try await queues.quarantined(id)
      print(options.json ? try jsonText(body) : body.text)
    }
  }
}

struct QuarantineRetryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retry",
    abstract: "Read them again: after an upgrade the relay may understand them.",
    discussion: """
      What is a report now is stored with the time at which it came, routed by the present rules and sent, and leaves the quarantine. What \
      still is none stays.
      """)

  @OptionGroup var options: QueueOptions

  func run() async throws {
    try await options.withQueues { queues in
      let job = try await queues.readmit()
      let reports = job.count == 1 ? "1 body was a report and has" : "\(grouped(job.count)) bodies were reports and have"
      let text =
        job.status == .ended ? "\(reports) left the quarantine" : "job \(job.id) reads them again; see how far it is: dlr-relay queue jobs"
      print(options.json ? try jsonText(job) : text)
    }
  }
}

extension QuarantineAnswer {
  fileprivate var text: String {
    guard !bodies.isEmpty else { return "the quarantine is empty" }
    let head = ["body", "reason", "received", "type", "bytes"]
    let rows = bodies.map { ["\($0.id)", $0.reason, $0.receivedAt, printable($0.type), grouped($0.bytes)] }
    return aligned([head] + rows, textColumns: 4) + (next.map { "\nmore: dlr-relay quarantine list --cursor \($0)" } ?? "")
  }
}

extension QuarantinedAnswer {
  fileprivate var type: String { contentType ?? "application/json" }

  fileprivate var text: String {
    let size = bytes == 1 ? "1 byte" : "\(grouped(bytes)) bytes"
    let head = "body \(id), received \(receivedAt), \(size) of \(printable(type)): \(reason)"
    return "\(head)\n  \(outline ?? "")\nits bytes: dlr-relay quarantine show \(id) --raw"
  }
}
