import Foundation
import Support

/// What the repository gives an operator who watches by Prometheus: rules, a dashboard, and a table of the metrics.
enum WatchingFiles {
  struct Expression {
    /// The alert's or the panel's name.
    var place: String
    var text: String
  }

  private static func text(_ name: String) throws -> String {
    try String(contentsOfFile: Promtool.repository + "/" + name, encoding: .utf8)
  }

  static func rules() throws -> String { try text("deploy/alerts.yaml") }
  static func rulesTest() throws -> String { try text("Tests/Alerts/alerts_test.yaml") }

  /// The rules' expressions: on the line of their key, or folded below it.
  static func ruleExpressions() throws -> [Expression] {
    var expressions: [Expression] = []
    var (alert, isFolded) = ("", false)
    for line in try rules().split(separator: "\n") {
      let trimmed = line.trimmingCharacters(in: .whitespaces)
      if isFolded, line.hasPrefix("          ") {
        expressions[expressions.count - 1].text += trimmed + "\n"
        continue
      }
      isFolded = false
      if trimmed.hasPrefix("- alert: ") { alert = String(trimmed.dropFirst("- alert: ".count)) }
      guard trimmed.hasPrefix("expr: ") else { continue }
      let text = String(trimmed.dropFirst("expr: ".count))
      isFolded = text == ">-"
      expressions.append(Expression(place: alert, text: isFolded ? "" : text))
    }
    return expressions
  }

  static func dashboard() throws -> [String: Any] {
    struct NoDashboard: Error {}
    let json = try JSONSerialization.jsonObject(with: Data(text("deploy/grafana-dashboard.json").utf8))
    guard let dashboard = json as? [String: Any] else { throw NoDashboard() }
    return dashboard
  }

  static func panels() throws -> [[String: Any]] { try dashboard()["panels"] as? [[String: Any]] ?? [] }

  /// Of all panels, annotations and variables.
  static func dashboardExpressions() throws -> [Expression] {
    var expressions: [Expression] = []
    for panel in try panels() {
      for target in panel["targets"] as? [[String: Any]] ?? [] {
        expressions.append(Expression(place: panel["title"] as? String ?? "", text: target["expr"] as? String ?? ""))
      }
    }
    let annotations = (try dashboard()["annotations"] as? [String: Any])?["list"] as? [[String: Any]] ?? []
    expressions += annotations.map { Expression(place: "annotation", text: $0["expr"] as? String ?? "") }
    let variables = (try dashboard()["templating"] as? [String: Any])?["list"] as? [[String: Any]] ?? []
    for variable in variables where variable["type"] as? String == "query" {
      // label_values(metric, label): as an expression, metric with that label among those that are grouped by.
      let inner = (variable["definition"] as? String ?? "").dropFirst("label_values(".count).dropLast()
      guard let comma = inner.lastIndex(of: ",") else { continue }
      expressions.append(Expression(place: "variable", text: "sum by (\(inner[comma...].dropFirst())) (\(inner[..<comma]))"))
    }
    return expressions
  }

  /// The README's table: each metric with its labels.
  static func documented() throws -> [String: Set<String>] {
    var documented: [String: Set<String>] = [:]
    for row in try text("README.md").matches(of: /(?m)^\| `([a-z_]+)(?:\{([a-z_,]+)\})?` \| (?:counter|gauge|histogram) \|/) {
      documented[String(row.1)] = Set((row.2 ?? "").split(separator: ",").map(String.init))
    }
    return documented
  }

  /// The rows of a page that says what to do for each alert: the names of Prometheus' alerts, and those of the relay's own.
  static func answered(in page: String) throws -> (prometheus: Set<String>, own: Set<String>) {
    let rows = try text(page).matches(of: /(?m)^\| (?:`(DlrRelay[A-Za-z]+)`)? ?\| (?:`([a-z_]+)`)? ?\| [^|]+ \| [^|]+ \|$/)
    return (Set(rows.compactMap { $0.1.map(String.init) }), Set(rows.compactMap { $0.2.map(String.init) }))
  }
}
