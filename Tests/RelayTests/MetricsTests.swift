import Foundation
import Model
import Support
import Testing

/// What Prometheus gets of a relay to which everything has happened, and what is made of it.
@Suite(.timeLimit(.minutes(10)))
struct MetricsTests {
  /// From a relay after successes, failures, a 410, pauses, refusals, strays and reloads: every family has something to show.
  private static let busy = Task {
    let (place, gone, app) = (try ReservedPort(), try await RecordingApp.start { _, _ in .status(410) }, try await RecordingApp.start())
    let shop = #"name: shop, markers: ["@shop"], url: "\#(app.url)""#
    let others = [
      #"name: bank, markers: ["@shop"], url: "\#(place.url)""#,
      #"name: gone, markers: ["@shop"], url: "\#(gone.url)""#,
      #"name: later, markers: ["@shop"], url: "\#(app.url)", paused: true"#,
    ]
    func file(_ routes: [String]) -> String { rules(routes.joined(separator: " }\n  - { ")) }
    return try await RelayProcess.with(rules: file([shop] + others + [#"name: old, markers: ["@shop"], url: "\#(place.url)""#])) { relay in
      try await relay.start()
      for id in 1...20 { #expect(try await relay.post(SentReport(id: Int64(id), text: "@shop").bytes).status == 200) }
      #expect(try await relay.post(SentReport(id: 1, text: "@shop").bytes).status == 200)
      #expect(try await relay.post(SentReport(id: 21, text: "nobody's").bytes).status == 200)
      #expect(try await relay.post(Array("no report".utf8)).status == 200)
      #expect(try await http("POST", "http://\(relay.publicDoor)/api/iletimerkezi/webhook?token=no", body: []).status == 401)
      _ = try await relay.program.line("the app takes no copies")
      var seen = relay.program.lineCount
      try relay.write(rules: file([shop] + others))
      _ = try await relay.program.line("the rule file is in force", from: seen)
      seen = relay.program.lineCount
      try relay.write(rules: "routes: [")
      _ = try await relay.program.line("the rule file was not taken", from: seen)
      _ = try await relay.status { $0["shop"].delivered == 20 && $0["gone"].pause == "gone" && $0["bank"].failedAttempts > 5 }
      for path in ["/readyz", "/metrics", "/nothing"] { _ = try await relay.page(path) }
      return try await relay.page("/metrics").text
    }
  }

  private func check() async throws -> PrometheusCheck { try PrometheusCheck(try await Self.busy.value) }

  @Test func `a busy relay has something to show in every family, and says what happened`() async throws {
    let check = try await check()
    for (name, family) in check.families { #expect(!family.samples.isEmpty, "\(name)") }
    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? { check.value("dlr_relay_" + name, labels) }
    #expect(value("reports_received_total", ["result": "accepted"]) == 20)
    #expect(value("deliveries_total", ["route": "shop", "result": "delivered"]) == 20)
    #expect(value("requests_rejected_total", ["reason": "token_wrong"]) == 1)
    #expect((value("attempts_total", ["route": "bank", "outcome": "refused"]) ?? 0) > 5)
    #expect((value("attempts_total", ["route": "gone", "outcome": "4xx"]) ?? 0) >= 1)
    #expect(value("paused", ["route": "gone", "reason": "gone"]) == 1)
    #expect(value("paused", ["route": "later", "reason": "rule_file"]) == 1)
    #expect(value("route_in_file", ["route": "old"]) == 0)
    #expect(value("route_in_file", ["route": "shop"]) == 1)
    #expect(value("config_last_reload_successful") == 0)
    #expect(value("store_writable") == 1)
    #expect(value("public_door_up") == 1)
    let (free, size) = (value("store_disk_free_bytes") ?? 0, value("store_disk_size_bytes") ?? 0)
    #expect(free > 0 && free <= size)
    #expect((check.value("process_resident_memory_bytes") ?? 0) > 5_000_000)
    #expect((check.value("process_virtual_memory_bytes") ?? 0) > (check.value("process_resident_memory_bytes") ?? 0))
    #expect((check.value("process_open_fds") ?? 0) > 5)
    #expect((check.value("process_max_fds") ?? 0) > (check.value("process_open_fds") ?? 0))
    #expect((check.value("process_cpu_seconds_total") ?? 0) > 0)
    // Within a day of now, and no later: in the right unit.
    let age = Date().timeIntervalSince1970 - (check.value("process_start_time_seconds") ?? 0)
    #expect((0..<86_400).contains(age))
  }

  @Test(.enabled(if: Promtool.isThere, Comment(rawValue: Promtool.absence)))
  func `promtool has nothing to say of the metrics`() async throws {
    let verdict = try Promtool.run("check", "metrics", input: try await Self.busy.value)
    #expect(verdict.isGood && verdict.words.isEmpty, "\(verdict.words)")
    // It would say so.
    #expect(try !Promtool.run("check", "metrics", input: "# TYPE x counter\nx 1\n").isGood)
  }

  @Test func `the README's table has every metric with its labels, and no other`() async throws {
    let documented = try WatchingFiles.documented()
    var real: [String: Set<String>] = [:]
    for (name, family) in try await check().families {
      real[name] = family.samples.reduce(into: Set<String>()) { $0.formUnion($1.labels.keys) }.subtracting(["le"])
    }
    #expect(Set(documented.keys).subtracting(real.keys) == [], "does not exist")
    #expect(Set(real.keys).subtracting(documented.keys) == [], "is not in the table")
    for (name, labels) in documented { #expect(real[name] == labels, "\(name)") }
  }

  // MARK: - What asks for them

  /// Labels that Prometheus itself adds.
  private static let added: Set = ["job", "instance"]

  private func faults(_ expression: WatchingFiles.Expression, _ check: PrometheusCheck) throws -> [String] {
    let asked = try PromQL(expression.text)
    var (faults, labels) = ([String](), Self.added)
    if asked.metrics.isEmpty { faults.append("asks for nothing") }
    // Prometheus' own.
    for metric in asked.metrics where metric.name != "up" {
      let samples = check.families.values.flatMap(\.samples).filter { $0.name == metric.name }
      if samples.isEmpty { faults.append("no metric \(metric.name)") }
      labels.formUnion(samples.flatMap(\.labels.keys))
      for matcher in metric.matchers where !Self.added.contains(matcher.label) {
        let values = Set(samples.compactMap { $0.labels[matcher.label] })
        if values.isEmpty { faults.append("\(metric.name) has no label \(matcher.label)") }
        // A variable of the dashboard can be anything.
        guard matcher.comparison.hasPrefix("="), !matcher.value.contains("$") else { continue }
        let wanted = try Regex(matcher.value)
        let isMet = matcher.comparison == "=" ? values.contains(matcher.value) : values.contains { $0.wholeMatch(of: wanted) != nil }
        if !isMet { faults.append("\(metric.name) has no \(matcher.label) \(matcher.value)") }
      }
    }
    return faults + asked.grouping.subtracting(labels).map { "nothing there has a label \($0)" }
  }

  @Test func `rules and dashboard ask only for metrics and labels that exist`() async throws {
    let check = try await check()
    let (rules, dashboard) = (try WatchingFiles.ruleExpressions(), try WatchingFiles.dashboardExpressions())
    #expect(rules.count >= 15 && dashboard.count >= 40)
    for expression in rules + dashboard {
      let faults = try faults(expression, check)
      #expect(faults == [], "\(expression.place): \(expression.text)")
    }
    // And this way of looking finds what does not.
    let mistakes = [
      "dlr_relay_nothing", #"dlr_relay_pending{rout="a"}"#, #"dlr_relay_paused{reason="x"}"#, "sum by (x) (dlr_relay_pending)", "1",
    ]
    for wrong in mistakes {
      #expect(try !faults(.init(place: "", text: wrong), check).isEmpty, "\(wrong)")
    }
    // What the descriptions tell people to look at.
    let names = Set(try WatchingFiles.rules().matches(of: /(?:dlr_relay|process)_[a-z_]+/).map { String($0.0) })
    let real = Set(check.families.flatMap { [$0.key] + $0.value.samples.map(\.name) })
    #expect(names.subtracting(real) == [])
  }

  @Test func `what to do is written for each alert, of Prometheus and of the relay itself, and for no other`() throws {
    let answered = try WatchingFiles.answered(in: "deploy/README.md")
    #expect(answered.prometheus == Set(try WatchingFiles.ruleExpressions().map(\.place)))
    #expect(answered.own == Set(AlertKind.allCases.map(\.rawValue)))
  }

  @Test func `every panel says what it shows, and in which unit`() throws {
    let panels = try WatchingFiles.panels().filter { $0["type"] as? String != "row" }
    #expect(panels.count > 30)
    for panel in panels {
      let title = panel["title"] as? String ?? ""
      #expect((panel["description"] as? String)?.isEmpty == false, "\(title)")
      let defaults = (panel["fieldConfig"] as? [String: Any])?["defaults"] as? [String: Any]
      let axis = (panel["options"] as? [String: Any])?["yAxis"] as? [String: Any]
      #expect((defaults?["unit"] ?? axis?["unit"]) is String, "\(title)")
    }
    #expect(Set(try WatchingFiles.panels().compactMap { $0["id"] as? Int }).count == (try WatchingFiles.panels().count))
    #expect(try WatchingFiles.dashboard()["schemaVersion"] as? Int == 38)
  }

  // MARK: - Rules

  @Test(.enabled(if: Promtool.isThere, Comment(rawValue: Promtool.absence)))
  func `every alert fires when it should and stays silent when it should not`() throws {
    for arguments in [["check", "rules", "deploy/alerts.yaml"], ["test", "rules", "Tests/Alerts/alerts_test.yaml"]] {
      let verdict = try Promtool.run(arguments[0], arguments[1], arguments[2])
      #expect(verdict.isGood, "\(verdict.words)")
    }
  }

  @Test func `every alert has a case in which it fires, a severity, and words on what to do`() throws {
    let (rules, test) = (try WatchingFiles.rules(), try WatchingFiles.rulesTest())
    let blocks = rules.components(separatedBy: "- alert: ").dropFirst()
    for block in blocks {
      let name = block.prefix { !$0.isWhitespace }
      #expect(test.contains(#"{alertname="\#(name)"}', value: 1"#), "\(name)")
      #expect(test.contains("- name: \(name)\n"), "\(name)")
      #expect(block.contains(#/severity: (critical|warning) /#), "\(name)")
      #expect(block.contains("summary: ") && block.contains("description: "), "\(name)")
    }
  }
}
