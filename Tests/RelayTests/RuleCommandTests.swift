import Foundation
import Support
import Testing

/// `dlr-relay explain` and `backtest` on the store of a relay that runs, and of one that does not.
@Suite(.timeLimit(.minutes(10)))
struct RuleCommandTests {
  private static func route(_ name: String, _ markers: String, _ app: RecordingApp, _ more: String = "") -> String {
    #"name: \#(name), markers: [\#(markers)], url: "\#(app.url)?\#(name)"\#(more)"#
  }

  @Test func `explain tells what became of a stored report and what the rules say now, without its text or number`() async throws {
    let app = try await RecordingApp.start { copy, _ in .status(copy["relay-route"] == "shop" ? 200 : 500) }
    let old = rules(Self.route("shop", #""@shop""#, app), Self.route("crm", #""gizli""#, app))
    try await RelayProcess.with(rules: old) { relay in
      try await relay.start()
      for _ in 1...2 { #expect(try await relay.post(SentReport(id: 7, text: "@shop gizli 4711").bytes).status == 200) }
      #expect(try await relay.post(SentReport(id: 8, text: "kimse").bytes).status == 200)
      _ = try await relay.status { $0["shop"].delivered == 1 && $0["crm"].failedAttempts > 0 }
      try relay.write(rules: rules(Self.route("shop", #""@SHOP""#, app), Self.route("crm", #""gizli""#, app, ", statuses: [accepted]")))

      let text = try await relay.run("explain", "--stored", "7")
      #expect(text.exit == .code(0))
      let lines = text.output.split(separator: "\n", omittingEmptySubsequences: false)
      #expect(lines.prefix(2) == ["report 7", ""])
      #expect(text.output.contains("delivered, received "))
      #expect(text.output.contains(", came 2 times, last "))
      #expect(text.output.contains("packet 104525848, to +90532***4567"))
      #expect(text.output.contains("  shop  delivered "))
      #expect(text.output.contains("  crm   waits after "))
      #expect(text.output.contains("answered 500"))
      #expect(
        text.output.hasSuffix(
          """
            by the rules as they are now:
              shop  no copy      the body does not contain "@SHOP"
              crm   no copy      the body contains "gizli" at character 7, but status "delivered" is not among accepted
              filtered: its owner does not want this status, so nobody gets a copy

          """))

      let json = try await relay.run("explain", "--stored", "7", "--json").json()
      let status = try #require((json["statuses"] as? [[String: Any]])?.first)
      let stored = try #require(status["stored"] as? [String: Any])
      #expect((stored["seen"] as? Int, stored["destiny"] as? String) == (2, "matched"))
      #expect((stored["routes"] as? [[String: Any]])?.compactMap { $0["name"] as? String } == ["shop", "crm"])
      #expect((status["rules"] as? [String: Any])?["destiny"] as? String == "filtered")

      // The same when nobody runs.
      #expect(try await relay.stop() == .code(0))
      #expect(try await relay.run("explain", "--stored", "8").output.contains("unmatched: no rule knows it"))
      let drops = rules(Self.route("shop", #""@SHOP""#, app)) + "\nunmatched: drop\n"
      try relay.write(rules: drops)
      #expect(
        try await relay.run("explain", "--body", "kimse").output
          .hasSuffix("unmatched: no rule knows it; only its id and status are kept, and it is sent to nobody\n"))
      for ran in [text, try await relay.run("explain", "--stored", "7")] {
        #expect(!ran.output.contains("4711"))
        #expect(!ran.output.contains("5321234567"))
      }

      let missing = try await relay.run("explain", "--stored", "9")
      #expect(missing.exit == .code(1))
      #expect(missing.errors == ["no report 9 is in relay.db, or not any more"])
      #expect(try await relay.run("explain", "--stored", "7", "--body", "x").exit == .code(2))
      #expect(try await relay.run("explain", "--body", "x", "--order", "nobody").exit == .code(2))
      #expect(try await relay.run("explain", "--body", "x", "--order", "shop").exit == .code(2))
    }
  }

  @Test func `backtest says what each route would gain and lose, on a relay that runs and on a stopped one`() async throws {
    let app = try await RecordingApp.start()
    let old = rules(Self.route("shop", #""@shop""#, app), Self.route("crm", #""@crm""#, app))
    try await RelayProcess.with(rules: old) { relay in
      try await relay.start()
      for id in 1...3 as ClosedRange<Int64> { _ = try await relay.post(SentReport(id: id, text: "@shop gizli").bytes) }
      for id in 4...5 as ClosedRange<Int64> { _ = try await relay.post(SentReport(id: id, text: "@crm").bytes) }
      _ = try await relay.post(SentReport(id: 6, text: "@new").bytes)
      func write(_ rules: String) throws {
        try rules.write(toFile: relay.folder + "/new.yaml", atomically: true, encoding: .utf8)
      }
      let changed = rules(Self.route("shop", #""@shop""#, app), Self.route("new", #""@new", "@shop""#, app))

      try write(old)
      let same = try await relay.run("backtest", "new.yaml")
      #expect(same.exit == .code(0))
      #expect(same.output.hasSuffix("the same copies by both files\n"))

      try write(changed)
      for _ in 1...2 {
        let differs = try await relay.run("backtest", "new.yaml", "--since", "1h", "--samples", "2")
        #expect(differs.exit == .code(1))
        #expect(differs.errors == [])
        let lines = differs.output.split(separator: "\n").map(String.init)
        #expect(
          lines.prefix(7) == [
            "               same  gained  lost",
            "shop              3       0     0",
            "crm (removed)     0       0     2",
            "new (new)         0       4     0",
            "crm loses for example 4, 5",
            "new gains for example 3, 6",
            lines[6],
          ])
        #expect(lines[6].hasPrefix("6 reports received since "))
        #expect(lines[7] == "2 would become unmatched, 1 would no longer be")
        #expect(!differs.output.contains("gizli"))

        let json = try await relay.run("backtest", "new.yaml", "--json").json()
        #expect((json["reports"] as? Int, json["bytes_gone"] as? Int, json["same"] as? Bool) == (6, 0, false))
        let rows = try #require(json["routes"] as? [[String: Any]])
        #expect(rows.map { $0["file"] as? String } == ["both", "old", "new"])
        #expect(rows[1]["lost_samples"] as? [Int] == [4, 5])

        // Then of the relay that has stopped.
        if !relay.statusDoor.isEmpty { #expect(try await relay.stop() == .code(0)) }
      }
      #expect(try await relay.run("backtest", "new.yaml", "--fail-on", "none").exit == .code(0))
      #expect(try await relay.run("backtest", "new.yaml", "--fail-on", "lost").exit == .code(1))
      #expect(try await relay.run("backtest", "new.yaml", "--until", "1h", "--since", "2h").output.contains("0 reports received since"))
      #expect(try await relay.run("backtest", "new.yaml", "--until", "2d").exit == .code(2))

      try write(changed.replacing("@new", with: ""))
      let broken = try await relay.run("backtest", "new.yaml")
      #expect(broken.exit == .code(1))
      #expect(broken.errors.first?.hasPrefix("new.yaml:") == true)
      #expect(try await relay.run("backtest", "none.yaml").exit == .code(2))

      // And it starts again, with what it had.
      try await relay.start()
      #expect(try await relay.status().received.reports == 6)
    }
  }

  @Test func `a backtest of a relay that receives meanwhile disturbs neither it nor its WAL`() async throws {
    let app = try await RecordingApp.start()
    let old = rules(Self.route("shop", #""@shop""#, app, ", paused: true"))
    try await RelayProcess.with(rules: old) { relay in
      try await relay.start(logLevel: "info")
      let text = "@shop " + String(repeating: "x", count: 4_000)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for client in 0..<4 as Range<Int64> {
          group.addTask {
            for id in 1...400 as ClosedRange<Int64> {
              let answer = try await relay.post(SentReport(id: client * 1_000 + id, text: text).bytes)
              #expect(answer.status == 200)
            }
          }
        }
        for _ in 1...5 {
          let ran = try await relay.run("backtest", "routes.yaml")
          #expect((ran.exit, ran.errors) == (.code(0), []))
        }
        try await group.waitForAll()
      }
      // 6 MiB came, and the writer moves the WAL into the database every 2 MiB.
      let wal = try FileManager.default.attributesOfItem(atPath: relay.storePath + "-wal")[.size] as? Int
      #expect(try #require(wal) < 5 * 1024 * 1024)
      let ran = try await relay.run("backtest", "routes.yaml", "--json").json()
      #expect(ran["reports"] as? Int == 1_600)
      #expect(try await relay.status().received.reports == 1_600)
    }
  }
}

extension RelayProcess {
  /// Runs a command in the relay's folder.
  fileprivate func run(_ arguments: String...) async throws -> Ran {
    let program = try Program.start(arguments, environment: ["WEBHOOK_TOKEN": Self.token], in: folder)
    let exit = try await program.exit()
    return Ran(exit: exit, output: program.output, errors: program.errorLines)
  }
}
