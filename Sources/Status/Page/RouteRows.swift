import Model
import Observe

/// The table of routes: those in trouble first, a bounded number on each page.
struct RouteRows {
  static let rowsMax = 100
  private let page: StatusView

  init(_ page: StatusView) { self.page = page }

  private var words: Words { page.phrases.words }
  private var phrases: Phrases { page.phrases }
  private var now: Instant { page.snapshot.now }

  var view: View {
    let routes = page.routes
    let pages = max(1, (routes.count + Self.rowsMax - 1) / Self.rowsMax)
    // Of a page that is not there any more, the last.
    let number = min(page.query.page, pages)
    let first = (number - 1) * Self.rowsMax
    let end = min(first + Self.rowsMax, routes.count)
    return [
      "count": phrases.number(routes.count), "isPaged": pages > 1, "pages": pages > 1 ? links(number, of: pages) : [],
      "rows": routes[first..<end].map(row), "rest": rest(routes[end...], next: number < pages ? number + 1 : nil),
    ]
  }

  /// The first, the last, and those around the present one.
  private func links(_ number: Int, of pages: Int) -> [View] {
    let shown = (1...pages).filter { $0 == 1 || $0 == pages || abs($0 - number) <= 2 }
    return shown.map { page in
      [
        "name": words.sentences.page(phrases.number(page)), "address": self.page.query.address(page: page), "isChosen": page == number,
      ]
    }
  }

  private func rest(_ routes: ArraySlice<Snapshot.Route>, next: Int?) -> View? {
    guard let next else { return nil }
    let (count, troubled) = (phrases.number(routes.count), routes.count { $0.isTroubled(at: now) })
    let text =
      troubled == 0
      ? words.sentences.moreRoutesAllWell(count) : words.sentences.moreRoutes(count, troubled: phrases.number(troubled))
    return ["text": text, "address": page.query.address(page: next)]
  }

  private func row(_ route: Snapshot.Route) -> View {
    let lane = route.lane
    let tone = tone(of: route)
    let inFlight = route.gauge.map { "\(phrases.number($0.inFlight)) / \(route.isHeld ? "–" : phrases.number($0.window))" }
    return [
      "id": "route-\(lane.id.number < 0 ? "new-" + lane.name : String(lane.id.number))", "tone": tone, "sign": StatusView.sign(tone),
      "name": lane.name, "state": state(of: route),
      "error": lane.lastError.map { page.errorView(masked(phonesIn: $0), lane.lastErrorAt) },
      "rate": route.ratePerMinute.map { phrases.number($0) } ?? "–",
      "lag": route.recentLag.quantile(0.95).map(phrases.took) ?? "–",
      "waiting": phrases.number(lane.pending), "oldest": route.oldestWaiting.map { phrases.short(now - $0) } ?? "–",
      "failed": phrases.number(lane.failedAttempts), "dead": phrases.number(lane.dead), "breaker": breaker(of: route),
      "inFlight": inFlight ?? "–",
    ]
  }

  private func tone(of route: Snapshot.Route) -> String {
    guard route.isTroubled(at: now) else { return "well" }
    let isIntended = route.isHeld || route.pause == .operator || route.pause == .ruleFile
    return isIntended ? "warn" : "ill"
  }

  private func state(of route: Snapshot.Route) -> String {
    if route.isHeld { return words.held }
    switch route.pause {
    case .operator: return words.pausedByOperator
    case .gone: return words.pausedGone
    case .ruleFile: return words.pausedInFile
    case nil: break
    }
    guard let gauge = route.gauge else { return words.unknownState }
    switch gauge.breaker {
    case .open: return words.failing
    case .probing: return words.probing
    case .closed: break
    }
    if let notBefore = route.notBefore { return words.sentences.leftAloneState(phrases.short(notBefore - now)) }
    return gauge.isSpilled ? words.catchingUp : words.sending
  }

  private func breaker(of route: Snapshot.Route) -> String {
    guard !route.isHeld, let gauge = route.gauge else { return "–" }
    switch gauge.breaker {
    case .closed: return words.breakerClosed
    case .open: return words.breakerOpen
    case .probing: return words.breakerProbing
    }
  }
}
