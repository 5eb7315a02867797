import ArgumentParser
import Model
import Status

struct JobsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "jobs", abstract: "The last replays and discards, the newest first, and how far they are.")

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
    abstract: "End a replay or a discard.",
    discussion: """
      What a replay has queued and nobody has tried yet goes back to where it was. What was sent or discarded stays so.
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
    let head = ["job", "kind", "which copies", "status", "since", "copies"]
    let rows = jobs.map { job in
      ["\(job.id)", job.kind.rawValue, job.selectionText, "\(job.status)", job.endedAt ?? job.createdAt, grouped(job.count)]
    }
    return aligned([head] + rows, textColumns: 5)
  }
}

extension JobAnswer {
  fileprivate var text: String {
    guard status == .cancelling else { return "job \(id) is \(status), with \(grouped(count)) copies done" }
    return "job \(id) is cancelled, and what nobody has tried yet goes back; see how far that is: dlr-relay queue jobs"
  }

  /// `dead, route shop, from 2026-..., 20/s`.
  fileprivate var selectionText: String {
    var parts = [state.rawValue]
    if let reportId { parts.append("report \(reportId)") }
    if let route { parts.append("route \(route)") }
    if let since { parts.append("from \(since)") }
    if let until { parts.append("before \(until)") }
    if let rate { parts.append("\(rate)/s") }
    return parts.joined(separator: ", ")
  }
}
