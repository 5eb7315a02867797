import Crypto
import Foundation
import Model
import Observe

/// /status for people: one page, no script, nothing from elsewhere.
struct StatusPage {
  var snapshot: Snapshot
  var health: Health

  /// Nothing may be loaded or sent; the one style sheet is allowed by its digest.
  static let contentSecurityPolicy: String = {
    let digest = Data(SHA256.hash(data: Data(style.utf8))).base64EncodedString()
    return "default-src 'none'; style-src 'sha256-\(digest)'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
  }()

  var html: HTML {
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(health.problems.isEmpty ? "" : "(\(health.problems.count)) ")dlr-relay</title>
    <style>\(Self.styleElement)</style>
    </head>
    <body>
    <h1 class="\(health.problems.isEmpty ? "well" : "ill")">\(health.sentence)</h1>
    \(findings(health.problems, kind: "problems"))
    \(routes)
    \(received)
    \(findings(health.notes, kind: "notes"))
    \(foot)
    </body>
    </html>

    """
  }

  private func findings(_ findings: [Health.Finding], kind: String) -> HTML {
    guard !findings.isEmpty else { return "" }
    let items = findings.map { finding -> HTML in
      let command: HTML = finding.command.map { " <code>\($0)</code>" } ?? ""
      return "<li>\(finding.text)\(command)</li>\n"
    }
    return "<ul class=\"\(kind)\">\n\(.joined(items))</ul>"
  }

  private var routes: HTML {
    let rows = snapshot.routes.map(row)
    return """
      <h2>Routes</h2>
      <div class="wide"><table>
      <thead><tr><th scope="col">Route</th><th scope="col">State</th><th scope="col">Matched</th><th scope="col">Delivered</th>
      <th scope="col">Waiting</th><th scope="col">Oldest</th><th scope="col">In flight / window</th><th scope="col">Failed tries</th>
      <th scope="col">Given up</th><th scope="col">Discarded</th><th scope="col">Dropped as stale</th>
      <th scope="col">Lag p50 / p95 / p99</th></tr></thead>
      <tbody>
      \(.joined(rows))</tbody>
      </table></div>
      """
  }

  private func row(_ route: Snapshot.Route) -> HTML {
    let lane = route.lane
    let oldest = route.oldestWaiting.map { spoken(snapshot.now - $0) } ?? "–"
    let lag = [0.5, 0.95, 0.99].map { route.lag.quantile($0).map(spoken) ?? "–" }.joined(separator: " / ")
    let inFlight = route.gauge.map { "\(grouped($0.inFlight)) / \(route.isHeld ? "–" : grouped($0.window))" } ?? "–"
    var lastError: HTML = ""
    if let error = lane.lastError {
      let at = lane.lastErrorAt.map { ", \(spoken(snapshot.now - $0)) ago" } ?? ""
      lastError = "<tr class=\"error\"><td colspan=\"12\">last error\(at): \(masked(phonesIn: error))</td></tr>\n"
    }
    return """
      <tr><th scope="row">\(lane.name)</th><td>\(state(of: route))</td><td>\(lane.matched)</td><td>\(lane.delivered)</td>
      <td>\(lane.pending)</td><td>\(oldest)</td><td>\(inFlight)</td><td>\(lane.failedAttempts)</td>
      <td>\(lane.dead)</td><td>\(lane.discarded)</td><td>\(lane.staleDropped)</td><td>\(lag)</td></tr>
      \(lastError)
      """
  }

  private func state(of route: Snapshot.Route) -> String {
    if route.isHeld { return "held: not in the file" }
    switch route.pause {
    case .operator: return "paused by an operator"
    case .gone: return "paused: answered 410"
    case .ruleFile: return "paused in the rule file"
    case nil: break
    }
    guard let gauge = route.gauge else { return "–" }
    switch gauge.breaker {
    case .open: return "failing"
    case .probing: return "failing, trying one"
    case .closed: break
    }
    if let notBefore = route.notBefore { return "left alone for \(spoken(notBefore - snapshot.now)), as it asked" }
    return gauge.isSpilled ? "catching up" : "sending"
  }

  private var received: HTML {
    let standing = snapshot.standing
    let refused = standing.refused.sorted { $0.key < $1.key }.map { "\($0.key) \(grouped($0.value))" }
    let last = standing.lastReportAt.map { "\($0.rfc3339), \(spoken(snapshot.now - $0)) ago" } ?? "none yet"
    let tokens = snapshot.tokenUses.map { use in
      "\(use.label): \(use.lastUsedAt.map { "\(spoken(snapshot.now - $0)) ago" } ?? "not used since the start")"
    }
    return """
      <h2>Received</h2>
      <dl>
      <dt>Reports</dt><dd>\(standing.reports)</dd>
      <dt>Last report</dt><dd>\(last)</dd>
      <dt>Repeats</dt><dd>\(standing.duplicates)</dd>
      <dt>Matched no route</dt><dd>\(standing.unmatched)</dd>
      <dt>Filtered by status</dt><dd>\(standing.filtered)</dd>
      <dt>No report</dt><dd>\(snapshot.quarantined)</dd>
      <dt>Refused</dt><dd>\(refused.isEmpty ? "none" : refused.joined(separator: ", "))</dd>
      <dt>Tokens</dt><dd>\(tokens.joined(separator: ", "))</dd>
      </dl>
      """
  }

  private var foot: HTML {
    let configuration = snapshot.configuration
    return """
      <footer>dlr-relay \(snapshot.version), up for \(spoken(snapshot.now - snapshot.startedAt)). Rules \(configuration.fingerprint), \
      loaded \(configuration.loadedAt.rfc3339). Store: \(snapshot.storeBackend), \(sized(snapshot.standing.bytes)). \
      Counted since the store was made; lag since the relay started. As of \(snapshot.now.rfc3339). \
      <a href="/status.json">JSON</a> <a href="/metrics">metrics</a> <a href="/api/v1/queue">queue</a></footer>
      """
  }

  private static let styleElement = HTML(stringLiteral: style)

  private static let style = """
    :root { color-scheme: light dark; --text: #1a1a1a; --faint: #5c5c5c; --line: #d4d4d4; --page: #fff; --well: #0a6b2d; --ill: #b00020 }
    @media (prefers-color-scheme: dark) {
      :root { --text: #e6e6e6; --faint: #a3a3a3; --line: #3d3d3d; --page: #161616; --well: #6fd08c; --ill: #ff8a80 }
    }
    body { font: 16px/1.5 system-ui, sans-serif; color: var(--text); background: var(--page) }
    body { max-width: 75rem; margin: 2rem auto; padding: 0 1rem }
    h1 { font-size: 1.6rem } h2 { font-size: 1.1rem; margin-top: 2rem }
    .well { color: var(--well) } .ill, .problems { color: var(--ill) } .error td, .notes, footer { color: var(--faint) }
    .wide { overflow-x: auto } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
    th, td { text-align: right; padding: .3rem .6rem; border-top: 1px solid var(--line); vertical-align: bottom }
    th:first-child, td:nth-child(2), .error td { text-align: left } .error td { border-top: 0; font-size: .9rem; overflow-wrap: anywhere }
    dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.5rem } dd { margin: 0 }
    footer { margin-top: 2rem; font-size: .9rem } a { color: inherit }
    """
}
