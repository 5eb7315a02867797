import ArgumentParser
import Model
import Status

struct JobsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "jobs", abstract: "The last replays, discards, reroutes and retries of the quarantine, and how far they are.")

  @OptionGroup var options: QueueOptions

  func run() async throws {
    try await options.withQueues { queues in
      let list = try await queues.jobs()
      print(options.json ? try jsonText(list) : list.text)
    }
  }
}

struct CancelCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel",
    abstract: "End a job before it has done all.",
    discussion: """
      What a replay has queued and nobody has tried yet goes back to where it was. What was sent, discarded or rerouted stays so.
      """)

  @Argument(help: "The number of the job: dlr-relay queue jobs.")
  var job: Int64
  @OptionGroup var options: QueueOptions

  func run() async throws {
    try await options.withQueues { queues in
      let answer = try await queues.cancel(job: job)
      print(options.json ? try jsonText(answer) : answer.text)
    }
  }
}

extension JobList {
  var text: String {
    guard !jobs.isEmpty else { return "no jobs yet" }
    let head = ["job", "kind", "of what", "status", "since", "done"]
    let rows = jobs.map { job in
      ["\(job.id)", job.kind.rawValue, job.selectionText, "\(job.status)", job.endedAt ?? job.createdAt, grouped(job.count)]
    }
    return aligned([head] + rows, textColumns: 5)
  }
}

extension JobAnswer {
  fileprivate var text: String {
    let done = "\(grouped(count)) \(kind == .readmit ? "reports" : "copies") done"
    guard status == .cancelling else { return "job \(id) is \(status), with \(done)" }
    return "job \(id) is cancelled, and what nobody has tried yet goes back; see how far that is: dlr-relay queue jobs"
  }

  /// `dead, route shop, from 2026-..., 20/s`.
  fileprivate var selectionText: String {
    guard let state else { return kind == .reroute ? "unmatched reports" : "the quarantine" }
    var parts = [state.rawValue]
    if let reportId { parts.append("report \(reportId)") }
    if let route { parts.append("route \(route)") }
    if let since { parts.append("from \(since)") }
    if let until { parts.append("before \(until)") }
    if let rate { parts.append("\(rate)/s") }
    return parts.joined(separator: ", ")
  }
}
