import Foundation
import Model
import Support
import Testing

@Suite(.serialized, .timeLimit(.minutes(10)))
struct KillTests {
  /// When to strike.
  private enum Moment: CustomStringConvertible {
    /// As soon as the process exists: opening, recovering, or not yet doing anything.
    case starting
    /// As soon as both doors are open, while the backlog is being read.
    case started
    /// After so many more answers.
    case answered(Int)
    /// After so many more copies at an app.
    case copied(Int)

    var description: String {
      switch self {
      case .starting: "starting"
      case .started: "started"
      case .answered(let n): "answered \(n)"
      case .copied(let n): "copied \(n)"
      }
    }

    static func random(using numbers: inout SeededNumbers) -> Moment {
      switch Int.random(in: 0..<10, using: &numbers) {
      case 0: .starting
      case 1: .started
      case 2..<6: .answered(.random(in: 1...400, using: &numbers))
      default: .copied(.random(in: 1...300, using: &numbers))
      }
    }
  }

  private static let rounds = 20
  private static let concurrency = 8

  /// Reports for one app, both, or none, of two statuses a message.
  private static func reports(using numbers: inout SeededNumbers) -> [SentReport] {
    (0..<rounds * 500).map { n in
      let text = ["@shop", "@crm", "@shop and @crm", "nobody's"].randomElement(using: &numbers)!
      return SentReport(id: 3_000_000_000 + Int64(n / 2), status: n % 2 == 0 ? "accepted" : "delivered", text: "\(text) \(n)")
    }
  }

  /// An app that refuses some copies at first, the same ones in every run.
  private static func app() async throws -> RecordingApp {
    try await RecordingApp.start { copy, earlier in .status(earlier == 0 && copy.body.reduce(0) { $0 &+ Int($1) } % 10 == 0 ? 500 : 200) }
  }

  @Test(arguments: [20_261_123]) func `a report answered 200 reaches every app it matches, whenever kill -9 strikes`(_ seed: UInt64)
    async throws
  {
    var numbers = SeededNumbers(seed: seed)
    let provider = Provider(Self.reports(using: &numbers))
    let apps = [("shop", "@shop", try await Self.app()), ("crm", "@crm", try await Self.app())]
    let file = rules(
      #"name: shop, markers: ["@shop"], url: "\#(apps[0].2.url)""#, #"name: crm, markers: ["@crm"], url: "\#(apps[1].2.url)""#,
      defaults: ", concurrency: \(Self.concurrency)")
    var trace: [String] = []
    try await RelayProcess.with(rules: file) { relay in
      for _ in 1...Self.rounds {
        let moment = Moment.random(using: &numbers)
        try await strike(relay, at: moment, provider, apps[0].2)
        trace.append("\(moment): answered \(provider.log.read(\.answered.count))")
      }
      try await relay.start()
      // What was sent in vain, the provider sends again; the rest of the campaign needs not be.
      let sentEnough = provider.log.read(\.answered.count)
      provider.log.change { $0.waiting = $0.waiting.suffix(100) }
      await provider.send(to: relay)
      let answered = provider.log.read(\.answered)
      #expect(answered.count > sentEnough, "the last relay takes reports")
      let end = try await relay.status { $0.pending == 0 }

      let sent = Set(Self.allReports(seed).map(\.webhookID))
      for (name, marker, app) in apps {
        let owed = Set(answered.filter { $0.text.contains(marker) }.map(\.webhookID))
        let got = app.log.read { Set($0.taken.keys) }
        #expect(owed.subtracting(got).isEmpty, "seed \(seed), \(name) misses copies\n\(trace.joined(separator: "\n"))")
        #expect(got.isSubset(of: sent), "seed \(seed), \(name) got what was never sent")
        let repeats = app.log.read(\.repeats)
        let bound = Self.rounds * (Self.concurrency + Limits.unsettledMax)
        #expect(repeats <= bound, "seed \(seed), \(name)\n\(trace.joined(separator: "\n"))")
        #expect(end[name].dead == 0)
        #expect(end[name].matched == end[name].delivered)
        #expect(end[name].matched == got.count)
      }
      try checkBytes(of: apps.map(\.2), seed)
      #expect(try await relay.stop() == .code(0))
    }
  }

  private func strike(_ relay: RelayProcess, at moment: Moment, _ provider: Provider, _ app: RecordingApp) async throws {
    if case .starting = moment {
      try relay.launch(logLevel: "info")
      return try await relay.kill()
    }
    try await relay.start(logLevel: "info")
    let (answeredBefore, copiesBefore) = (provider.log.read(\.answered.count), app.log.read(\.copies.count))
    async let sending: Void = provider.send(to: relay)
    switch moment {
    case .starting, .started: break
    case .answered(let n): try await provider.log.until { $0.answered.count >= answeredBefore + n || $0.waiting.isEmpty }
    case .copied(let n): try await app.log.until { $0.copies.count >= copiesBefore + n }
    }
    try await relay.kill()
    #expect(try await relay.program.exit() == .signal(SIGKILL))
    await sending
  }

  private static func allReports(_ seed: UInt64) -> [SentReport] {
    var numbers = SeededNumbers(seed: seed)
    return reports(using: &numbers)
  }

  private func checkBytes(of apps: [RecordingApp], _ seed: UInt64) throws {
    let bytes = Dictionary(uniqueKeysWithValues: Self.allReports(seed).map { ($0.webhookID, $0.bytes) })
    for app in apps {
      let wrong = app.copies.count { bytes[$0.id] != $0.body }
      #expect(wrong == 0, "seed \(seed)")
    }
  }
}
