import Model

/// The page of a search: the form as it was filled in, and what was found.
struct SearchView {
  let query: SearchQuery
  let now: Instant
  var since: Instant
  var until: Instant
  var found: SearchPage?
  var fault: SearchFault?
  private let phrases: Phrases

  init(_ query: SearchQuery, now: Instant) {
    (self.query, self.now) = (query, now)
    (since, until) = (now - SearchQuery.sinceIfLeftOut, now)
    phrases = Phrases(query.page.language)
  }

  private var words: Words { phrases.words }

  var html: String {
    var page = Frame.view(title: "\(words.search) – dlr-relay", query.page.language, home: query.page.elsewhere("/status")) {
      query.address(language: $0, before: query.before)
    }
    page["heading"] = heading
    page["q"] = query.text
    page["filters"] = filters
    page["fault"] = fault.map(text)
    page["range"] = found.map { range($0) }
    page["hasRows"] = !(found?.reports.isEmpty ?? true)
    page["rows"] = found?.reports.map(row) ?? []
    page["next"] = found?.next.map { query.address(before: $0) }
    return Templates.shared.render("search", page, in: query.page.language)
  }

  private var heading: String {
    guard let found else { return words.nothingAsked }
    guard found.reports.isEmpty else { return words.sentences.found(phrases.number(found.reports.count), found.reports.count) }
    return found.next == nil ? words.nothingFound : words.nothingFoundSoFar
  }

  private var filters: View {
    let states: [(String, String)] =
      [("", words.anyState)] + DeliveryState.allCases.map { ($0.rawValue, phrases.words.name(of: $0)) }
    return [
      "route": query.route, "status": query.status, "since": query.since, "until": query.until,
      "states": states.map { ["value": $0.0, "name": $0.1, "isChosen": $0.0 == query.state] as View },
    ]
  }

  private func text(_ fault: SearchFault) -> String {
    switch fault {
    case .time: words.badTime
    case .state: words.badState
    case .number: words.badNumber
    case .route(let name): words.sentences.noSuchRoute(name)
    case .store: words.storeUnread
    }
  }

  private func range(_ found: SearchPage) -> String {
    let whole = words.sentences.searchedRange(from: phrases.time(since), to: phrases.time(until))
    return found.searchedBackTo.map { "\(whole) \(words.sentences.searchedUntilHere(phrases.time($0)))" } ?? whole
  }

  private func row(_ record: ReportRecord) -> View {
    [
      "id": String(record.key.id), "address": query.page.elsewhere("/status/reports/\(record.key.id)"), "status": record.key.status,
      "packet": record.packetID.map { String($0) } ?? "–",
      "to": record.payload.flatMap(recipient).map(masked(phone:)) ?? "–", "iso": record.receivedAt.rfc3339,
      "received": phrases.time(record.receivedAt), "destiny": words.name(of: record.destiny),
      "shares": record.shares.map { share in
        let tone = share.state.tone
        return ["name": share.route, "state": words.name(of: share.state), "tone": tone, "sign": StatusView.sign(tone)] as View
      },
    ]
  }
}

extension DeliveryState {
  var tone: String {
    switch self {
    case .waiting: "warn"
    case .dead: "ill"
    case .delivered: "well"
    }
  }
}

extension Words {
  func name(of state: DeliveryState) -> String {
    switch state {
    case .waiting: stateWaiting
    case .dead: stateDead
    case .delivered: stateDelivered
    }
  }

  func name(of destiny: Destiny) -> String {
    switch destiny {
    case .matched: destinyMatched
    case .unmatched: destinyUnmatched
    case .filtered: destinyFiltered
    }
  }
}
