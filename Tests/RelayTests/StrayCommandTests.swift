import Foundation
import Model
import Support
import Testing

/// `dlr-relay unmatched`, `reroute` and `quarantine`, on a relay that runs and on the store of one that does not.
@Suite(.timeLimit(.minutes(10)))
struct StrayCommandTests {
  private static let secrets = ["gizli", "5321234567"]

  private static func route(_ app: RecordingApp, marker: String) -> String {
    #"name: my_shop, markers: ["\#(marker)"], url: "\#(app.url)""#
  }

  /// Reports 1 and 2, which nobody gets for a slip in the rules, and 3, which nobody is to get.
  private static func lose(_ relay: RelayProcess) async throws {
    for (id, text) in [(1, "@shop gizli"), (2, "@shop"), (3, "gizli")] {
      #expect(try await relay.post(SentReport(id: Int64(id), text: text).bytes).status == 200)
    }
  }

  @Test func `what nobody got reaches the app once the rule is mended`() async throws {
    let app = try await RecordingApp.start()
    try await RelayProcess.with(rules: rules(Self.route(app, marker: "@shpo"))) { relay in
      try await relay.start()
      try await Self.lose(relay)
      let list = try await relay.command("unmatched")
      #expect((list.exit, list.errors) == (.code(0), []))
      let lines = list.output.split(separator: "\n")
      #expect(lines.count == 4, "\(list.output)")
      #expect(lines[1].contains(#/^1 +delivered  104525848  \+90532\*\*\*4567  20[^ ]+Z  once  my_shop: /#), "\(lines[1])")
      for secret in Self.secrets { #expect(!list.output.contains(secret)) }
      let none = try await relay.command("reroute", "--dry-run")
      #expect(none.output == "of 3 unmatched reports none matches by the present rules; see why: dlr-relay unmatched\n")

      #expect(try await relay.stop() == .code(0))
      try relay.write(rules: rules(Self.route(app, marker: "@shop")))
      try await relay.start()
      let dry = try await relay.command("reroute", "--dry-run")
      #expect((dry.exit, dry.errors) == (.code(0), []))
      #expect(dry.output == "of 3 unmatched reports 2 match now\nroute    copies\nmy_shop       2\n")
      let unsure = try await relay.command("reroute")
      #expect((unsure.exit, unsure.errors.first) == (.code(2), "Error: nobody can be asked here; give --yes, or --dry-run"))
      let terminal = try Terminal()
      let asked = try relay.startCommand(["reroute"], stdin: terminal.end)
      try await asked.writes("Send 2 copies? [y/N]")
      terminal.type("n\n")
      #expect(try await asked.exit() == .code(1))
      #expect(asked.errorText.hasSuffix("nothing was sent"))
      #expect(try await relay.command("queue", "jobs").output == "no jobs yet\n")
      #expect(app.copies.isEmpty)

      let reroute = try await relay.command("reroute", "--yes")
      #expect((reroute.exit, reroute.errors) == (.code(0), []))
      #expect(reroute.output == dry.output + "job 1 sends them; see how far it is: dlr-relay queue jobs\n")
      for id in 1...2 { try await app.taken("dlr_\(id)_delivered") }
      #expect(app.copies.first { $0.id == "dlr_1_delivered" }?.body == SentReport(id: 1, text: "@shop gizli").bytes)
      let status = try await relay.status { $0.pending == 0 && $0["my_shop"].delivered == 2 }
      #expect((status["my_shop"].matched, status.received.unmatched) == (2, 3))

      let rest = try await relay.command("unmatched", "--json").json()
      let reports = try #require(rest["reports"] as? [[String: Any]])
      #expect(reports.map { $0["id"] as? Int } == [3])
      #expect(reports[0]["to"] as? String == "+90532***4567")
      let again = try await relay.command("reroute", "--yes", "--json").json()
      #expect((again["examined"] as? Int, again["matched"] as? Int) == (1, 0))
      #expect(again["job"] is NSNull)
      #expect(app.copies.count == 2)
      let jobs = try await relay.command("queue", "jobs")
      #expect(jobs.output.contains(/1 +reroute +unmatched reports +ended +20[^ ]+Z +2/), "\(jobs.output)")
      for secret in Self.secrets { #expect(!relay.written.contains(secret)) }
    }
  }

  @Test func `what came before any route took orders is rerouted to who claims it`() async throws {
    let app = try await RecordingApp.start()
    let routes = { (orders: String) in rules(#"name: shop, markers: ["@shop"], url: "\#(app.url)"\#(orders)"#) }
    try await RelayProcess.with(rules: routes("")) { relay in
      try await relay.start()
      #expect(try await relay.post(SentReport(id: 1, packetID: 77, text: "no marker").bytes).status == 200)
      let seen = relay.program.lineCount
      try relay.write(rules: routes(", orders: true"))
      _ = try await relay.program.line("rule file", from: seen)
      #expect(try await relay.orders("claim", "77", "--route", "shop").exit == .code(0))
      #expect(try await relay.command("unmatched").output.contains("matches now: shop"))
      let dry = try await relay.command("reroute", "--dry-run").output
      #expect(dry == "of 1 unmatched report 1 matches now\nroute  copies\nshop        1\n")
      #expect(try await relay.command("reroute", "--yes").exit == .code(0))
      try await app.taken("dlr_1_delivered")
    }
  }

  @Test func `who owns a report but for its status is named as the reason, however far down it stands`() async throws {
    let app = try await RecordingApp.start()
    let others = (1...Limits.routesExplainedMax).map { #"name: r\#($0), markers: ["@r\#($0)"], url: "\#(app.url)?\#($0)""# }
    let owner = #"name: last, packet_prefixes: ["77"], statuses: [undelivered], url: "\#(app.url)""#
    let file = { (routes: [String]) in routes.dropFirst().reduce(rules(routes[0])) { $0 + "\n  - { \($1) }" } }
    try await RelayProcess.with(rules: file(others)) { relay in
      try await relay.start()
      #expect(try await relay.post(SentReport(id: 1, packetID: 77, text: "no marker").bytes).status == 200)
      let seen = relay.program.lineCount
      try relay.write(rules: file(others + [owner]))
      _ = try await relay.program.line("rule file", from: seen)
      let output = try await relay.command("unmatched").output
      #expect(output.contains(#"last: packet_id 77 begins with "77", but status "delivered" is not among undelivered"#), "\(output)")
    }
  }

  @Test func `a stopped relay's unmatched reports are rerouted by the present file, and sent when it starts`() async throws {
    let app = try await RecordingApp.start()
    try await RelayProcess.with(rules: rules(Self.route(app, marker: "@shpo"))) { relay in
      try await relay.start()
      try await Self.lose(relay)
      let list = try await relay.command("unmatched", "--json")
      #expect(try await relay.stop() == .code(0))
      #expect(try await relay.command("unmatched", "--json").output == list.output)
      let first = try await relay.command("unmatched", "--limit", "1")
      let cursor = try #require(try /\nmore: dlr-relay unmatched --cursor ([a-z0-9]+)\n$/.firstMatch(in: first.output), "\(first.output)").1
      let rest = try await relay.command("unmatched", "--cursor", String(cursor), "--json").json()
      #expect((rest["reports"] as? [[String: Any]])?.map { $0["id"] as? Int } == [2, 3])

      try relay.write(rules: rules(Self.route(app, marker: "@shop")))
      let now = try await relay.command("unmatched")
      #expect(now.output.contains("once  matches now: my_shop\n"))
      #expect(now.output.hasSuffix("\nsend what matches now: dlr-relay reroute\n"))
      let reroute = try await relay.command("reroute", "--yes")
      #expect((reroute.exit, reroute.errors) == (.code(0), []))
      #expect(reroute.output.hasSuffix("2 copies are owed now by job 1, and sent when the relay starts\n"), "\(reroute.output)")
      try await relay.start()
      for id in 1...2 { try await app.taken("dlr_\(id)_delivered") }
      #expect(app.count(of: "dlr_3_delivered") == 0)
    }
  }

  @Test func `a body that is no report is listed and shown, and its bytes only to who has the token`() async throws {
    let app = try await RecordingApp.start()
    let open = rules(Self.route(app, marker: "@shop"))
    let guarded = open.replacing(#"status: { "#, with: #"status: { token: "op-3c9d7be2d84f5c11", "#)
    let body = Array("to=+905321234567&text=gizli\n\0\u{ff}".utf8)
    try await RelayProcess.with(rules: open) { relay in
      try await relay.start()
      #expect(try await relay.command("quarantine").output == "the quarantine is empty\n")
      #expect(try await relay.post(body, headers: [("Content-Type", "text/plain")]).status == 200)
      let list = try await relay.command("quarantine")
      #expect((list.exit, list.errors) == (.code(0), []))
      let row = list.output.split(separator: "\n")[1]
      #expect(row.contains(/^1 +not_json  20[^ ]+Z  text\/plain +\d+$/), "\(list.output)")
      let shown = try await relay.command("quarantine", "show", "1")
      #expect(shown.output.contains("\n  xx=+000000000000&xxxx=xxxxx  xx\n"), "\(shown.output)")
      let refused = try await relay.command("quarantine", "show", "1", "--raw")
      #expect((refused.exit, refused.output) == (.code(1), ""))
      #expect(refused.errors.count == 1 && refused.errors[0].contains("set status.token in the rule file"))
      let unknown = try await relay.command("quarantine", "show", "9")
      #expect((unknown.exit, unknown.errors.count) == (.code(1), 1))

      #expect(try await relay.stop() == .code(0))
      #expect(try await relay.command("quarantine", "list").output == list.output)
      #expect(try await relay.command("quarantine", "show", "1").output == shown.output)
      #expect(try await relay.command("quarantine", "show", "1", "--raw").output == String(decoding: body, as: UTF8.self))
      let retry = try await relay.command("quarantine", "retry")
      #expect((retry.exit, retry.output) == (.code(0), "0 bodies were reports and have left the quarantine\n"))

      try relay.write(rules: guarded)
      try await relay.start()
      #expect(try await relay.command("quarantine", "show", "1", "--raw").output == String(decoding: body, as: UTF8.self))
      #expect(try await relay.command("quarantine", "retry", "--json").json()["kind"] as? String == "readmit")
      for text in [list.output, shown.output, relay.written] {
        for secret in Self.secrets { #expect(!text.contains(secret)) }
      }
    }
  }

  @Test func `who drops unmatched reports keeps none, and a repeat finds its route all the same`() async throws {
    let app = try await RecordingApp.start()
    func file(marker: String) -> String { rules(Self.route(app, marker: marker)) + "\nunmatched: drop" }
    try await RelayProcess.with(rules: file(marker: "@shpo")) { relay in
      try await relay.start()
      try await Self.lose(relay)
      #expect(try await relay.status().received.unmatched == 3)
      #expect(try await relay.command("unmatched").output == "no unmatched report is kept\n")
      #expect(try await relay.page("/status").text.contains("dlr-relay unmatched") == false)
      #expect(try await relay.stop() == .code(0))
      try relay.write(rules: file(marker: "@shop"))
      try await relay.start()
      #expect(try await relay.command("reroute", "--yes").output == "no unmatched report is kept\n")
      let report = SentReport(id: 1, text: "@shop gizli")
      #expect(try await relay.post(report.bytes).status == 200)
      try await app.taken(report.webhookID)
      #expect(app.copies.map(\.body) == [report.bytes])
      #expect(try await relay.status().received.duplicates == 1)
    }
  }
}
