import ArgumentParser
import Model
import Receive
import Route
import Status
import Store
import Synchronization
import Traffic

struct BacktestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backtest",
    abstract: "Ask a new rule file about the stored reports: which route would gain or lose what.",
    discussion: """
      Routes every stored report by the rules in force and by the new ones, and counts what differs. Only reads: of a relay that runs a few \
      hundred reports at a time, so that it is not disturbed, or the store of a stopped one.

        dlr-relay backtest new.yaml --since 3d
        dlr-relay explain --stored 1599558518 --config new.yaml    why, for one of the reports that it names

      Reports whose bytes retention has deleted cannot be asked about, and are counted.

      Exit code 0 if nothing differs, 1 if a route gains or loses a copy (see --fail-on) or one of the files has errors, 2 for wrong usage.
      """)

  enum Difference: String, ExpressibleByArgument, CaseIterable { case any, lost, none }

  /// Reports that are read at once.
  private static let pageRows = 256
  private static let sinceDefault: Duration = .hours(24)

  @Argument(help: "The new rule file.", completion: .ruleFile)
  var new: String
  @Option(help: "The rule file in force, which also says where the store is.", completion: .ruleFile)
  var config = RuleFilePath()
  @Option(
    help: "Reports received at this time or later: 2026-11-23T12:34:56Z, or an age such as 90m, 2h, 3d. (default: 24h)",
    transform: timeOption)
  var since: Instant?
  @Option(help: "Reports received before this time, or longer ago than this age.", transform: timeOption)
  var until: Instant?
  @Option(help: "So many ids of reports for what each route gains and loses, the last ones.")
  var samples = 3
  @Option(help: "Which difference is exit code 1: any, only what is lost, or none.")
  var failOn = Difference.any
  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    guard (0...100).contains(samples) else { throw ValidationError("--samples must be from 0 to 100") }
    if let since, let until, since >= until { throw ValidationError("--since must be before --until") }
  }

  func run() async throws {
    let since = since ?? systemClock() - Self.sinceDefault
    if let until, since >= until { throw ValidationError("--until is longer ago than 24h, so --since must be given too") }
    // Both are read before either ends the command, so that all that is wrong is said at once.
    let files = [try ConfigurationFile(reading: config.path), try ConfigurationFile(reading: new, isInForce: false)]
    let configurations = files.map { file in Result { try file.configuration(warnings: false) } }
    let (inForce, new) = (try configurations[0].get(), try configurations[1].get())
    let backtest = Backtest(old: inForce.routes, new: new.routes, samplesMax: samples)
    let asked = Atomic(0)
    let result = try await withProgress({ "\(grouped(asked.load(ordering: .relaxed))) reports asked about" }) {
      try await ask(backtest, inForce.store.path, since, asked)
    }
    let answer = BacktestAnswer(result.backtest, bytesGone: result.bytesGone, since: since, until: until)
    print(json ? try jsonText(answer) : answer.text)
    let isFine =
      switch failOn {
      case .any: result.backtest.isSame
      case .lost: result.backtest.losesNothing
      case .none: true
      }
    if !isFine { throw ExitCode(1) }
  }

  private func ask(
    _ backtest: Backtest, _ path: String, _ since: Instant, _ asked: borrowing Atomic<Int>
  ) async throws -> (backtest: Backtest, bytesGone: Int) {
    do {
      let store = try StoreView(path: path)
      guard let seqs = try store.seqs(since: since, until: until) else { return (backtest, 0) }
      var (backtest, bytesGone, next) = (backtest, 0, seqs.lowerBound)
      while next <= seqs.upperBound {
        let page = try store.reports(next...seqs.upperBound, limit: Self.pageRows)
        guard let last = page.last else { break }
        next = last.seq + 1
        let claimants = backtest.asksForOrders ? try store.claimants(of: Set(page.compactMap(\.packetID))) : [:]
        for stored in page {
          // What was stored as a report is one to this version too; if ever not, it is as good as gone.
          guard let payload = stored.payload, let report = try? readReport(payload.bytes) else {
            bytesGone += 1
            continue
          }
          backtest.ask(about: report, claimants: report.packetID.flatMap { claimants[$0] } ?? [])
        }
        asked.store(backtest.reports, ordering: .relaxed)
      }
      return (backtest, bytesGone)
    } catch {
      throw Failure("\(error)")
    }
  }
}

/// What `backtest` prints.
struct BacktestAnswer: Encodable {
  struct Row: Encodable {
    var name: String
    /// `both`, `old` or `new`.
    var file: String
    var same: Int
    var gained: Int
    var lost: Int
    var gainedSamples: [Int64]
    var lostSamples: [Int64]
  }

  var since: String
  @OrNull var until: String?
  var reports: Int
  var bytesGone: Int
  var becomeUnmatched: Int
  var noLongerUnmatched: Int
  var same: Bool
  var routes: [Row]

  init(_ backtest: Backtest, bytesGone: Int, since: Instant, until: Instant?) {
    self.since = since.rfc3339
    self.until = until?.rfc3339
    self.bytesGone = bytesGone
    reports = backtest.reports
    becomeUnmatched = backtest.becomeUnmatched
    noLongerUnmatched = backtest.noLongerUnmatched
    same = backtest.isSame
    routes = backtest.rows.map {
      Row(
        name: $0.route, file: $0.isOld && $0.isNew ? "both" : $0.isOld ? "old" : "new", same: $0.same, gained: $0.gained, lost: $0.lost,
        gainedSamples: $0.gainedSamples, lostSamples: $0.lostSamples)
    }
  }

  var text: String {
    let table = [["", "same", "gained", "lost"]] + routes.map { [$0.label, grouped($0.same), grouped($0.gained), grouped($0.lost)] }
    let samples = routes.flatMap { route in
      [("gains", route.gainedSamples), ("loses", route.lostSamples)].filter { !$0.1.isEmpty }
        .map { "\(route.name) \($0) for example \($1.map(String.init).joined(separator: ", "))" }
    }
    var sums = [
      "\(grouped(reports)) \(reports == 1 ? "report" : "reports") received since \(since)\(until.map { " and before \($0)" } ?? "")"
    ]
    if becomeUnmatched + noLongerUnmatched > 0 {
      sums.append("\(grouped(becomeUnmatched)) would become unmatched, \(grouped(noLongerUnmatched)) would no longer be")
    }
    if bytesGone > 0 { sums.append("\(grouped(bytesGone)) more could not be asked about: their bytes are gone") }
    sums.append(same ? "the same copies by both files" : "why, for one report: dlr-relay explain --stored ID --config FILE")
    return ([aligned(table, textColumns: 1)] + samples + sums).joined(separator: "\n")
  }
}

extension BacktestAnswer.Row {
  fileprivate var label: String {
    switch file {
    case "old": "\(name) (removed)"
    case "new": "\(name) (new)"
    default: name
    }
  }
}
