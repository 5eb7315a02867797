import ArgumentParser
import Glibc
import Model
import Status
import Traffic

struct RerouteCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reroute",
    abstract: "Send unmatched reports through the present rules.",
    discussion: """
      Counts first who would get how many copies, and asks. Those that match now are owed from now on; the others stay unmatched. \
      The rules are those in force in a relay that runs, which takes a changed file at once, and else those of the file.

        dlr-relay unmatched           which they are, and why nobody gets them
        dlr-relay reroute --dry-run   who would get how many
        dlr-relay reroute             send them
      """)

  @Flag(help: "Count them, and do nothing.")
  var dryRun = false
  @Flag(help: "Do not ask. Needed where nobody can be asked.")
  var yes = false
  @OptionGroup var options: QueueOptions

  func validate() throws {
    guard yes || dryRun || isatty(STDIN_FILENO) == 1 else { throw ValidationError("nobody can be asked here; give --yes, or --dry-run") }
  }

  func run() async throws {
    try await options.withQueues { queues in
      let count = try await counted(queues)
      let copies = count.copies == 1 ? "1 copy" : "\(grouped(count.copies)) copies"
      guard count.matched > 0, !dryRun else { return try RerouteOutcome(count, job: nil).show(options.json, count.text) }
      if !options.json { print(count.text) }
      guard yes || confirms("Send \(copies)?") else { throw Failure("nothing was sent") }
      let job = try await queues.reroute()
      let text =
        queues.isRunning
        ? "job \(job.id) sends them; see how far it is: dlr-relay queue jobs"
        : "\(grouped(job.count)) \(job.count == 1 ? "copy is" : "copies are") owed now by job \(job.id), and sent when the relay starts"
      try RerouteOutcome(count, job: job).show(options.json, text)
    }
  }

  /// All of them, a page at a time, so that a relay that runs is not kept busy.
  private func counted(_ queues: any Queues) async throws -> RerouteCount {
    var sum = try await queues.rerouteCount(nil)
    while let next = sum.next {
      if Terminal.showsProgress { Terminal.progress("\(grouped(sum.examined)) looked at") }
      sum.add(try await queues.rerouteCount(next))
    }
    if Terminal.showsProgress { Terminal.endProgress() }
    return sum
  }
}

extension RerouteCount {
  fileprivate var copies: Int { routes.values.reduce(0, +) }

  fileprivate var text: String {
    guard examined > 0 else { return "no unmatched report is kept" }
    let reports = examined == 1 ? "1 unmatched report" : "\(grouped(examined)) unmatched reports"
    guard matched > 0 else { return "of \(reports) none matches by the present rules; see why: dlr-relay unmatched" }
    let rows = routes.sorted { $0.key < $1.key }.map { [$0.key, grouped($0.value)] }
    let table = aligned([["route", "copies"]] + rows, textColumns: 1)
    return "of \(reports) \(grouped(matched)) \(matched == 1 ? "matches" : "match") now\n\(table)"
  }
}

/// What a reroute prints as JSON.
private struct RerouteOutcome: Encodable {
  var examined: Int
  var matched: Int
  var routes: [String: Int]
  /// null if nothing was started.
  @OrNull var job: JobAnswer?

  init(_ count: RerouteCount, job: JobAnswer?) {
    (examined, matched, routes) = (count.examined, count.matched, count.routes)
    self.job = job
  }

  func show(_ isJSON: Bool, _ text: String) throws { print(isJSON ? try jsonText(self) : text) }
}
