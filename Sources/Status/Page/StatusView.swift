import Model

/// The page of /status: its sections, each as what its template is filled with.
struct StatusView {
  /// A template that is a section of the page, and the `id` of its element. In the order of the page.
  static let sections = ["stamp", "health", "numbers", "routes", "details"]

  let snapshot: Snapshot
  let health: Health
  let history: [HistorySample]
  let query: PageQuery
  let phrases: Phrases
  let routes: [Snapshot.Route]

  init(_ snapshot: Snapshot, _ health: Health, _ history: [HistorySample], _ query: PageQuery) {
    (self.snapshot, self.health, self.history, self.query) = (snapshot, health, history, query)
    phrases = Phrases(query.language)
    let (all, now) = (snapshot.routes, snapshot.now)
    routes = all.filter { $0.isTroubled(at: now) } + all.filter { !$0.isTroubled(at: now) }
  }

  private var words: Words { phrases.words }
  private var say: any Sentences { phrases.words.sentences }
  private var now: Instant { snapshot.now }

  var html: String { Templates.shared.render("status", page, in: query.language) }

  /// Each section by itself, for a page that is open already.
  var parts: [(id: String, html: String)] {
    Self.sections.map { ($0, Templates.shared.render($0, section($0), in: query.language)) }
  }

  private var page: View {
    let sum = health.problems.isEmpty ? "" : "(\(health.problems.count)) "
    var page = Frame.view(title: "\(sum)dlr-relay", query.language, home: query.elsewhere("/status")) { query.address(language: $0) }
    page["isLive"] = true
    page["searchPage"] = query.elsewhere("/status/search")
    for name in Self.sections { page[name] = section(name) }
    return page
  }

  private func section(_ name: String) -> View {
    switch name {
    case "stamp": ["clock": String(now.rfc3339.dropFirst(11).prefix(8)), "iso": now.rfc3339]
    case "health": healthView
    case "numbers": numbers
    case "routes": RouteRows(self).view
    default: details
    }
  }

  // MARK: - Health

  /// So many stand on the page; of more their number.
  private static let troublesShownMax = 8

  private var healthView: View {
    let healthWords = HealthWords(health: health, phrases: phrases)
    let findings = health.problems.map { ($0, isNote: false) } + health.notes.map { ($0, isNote: true) }
    let more = health.problems.isEmpty ? findings[...] : findings.dropFirst()
    let shown = more.prefix(Self.troublesShownMax)
    let worst = health.problems.first
    let tone = worst.map { $0.isIntended ? "warn" : "ill" } ?? (health.dead > 0 ? "warn" : "well")
    return [
      "tone": tone, "sign": Self.sign(tone), "sentence": healthWords.sentence, "worst": worst.map { finding($0, healthWords) },
      "hasMore": !shown.isEmpty,
      "more": shown.map { trouble, isNote in
        let tone = isNote ? "note" : trouble.isIntended ? "warn" : "ill"
        return finding(trouble, healthWords).adding([
          "tone": tone, "sign": Self.sign(tone), "kind": isNote ? words.note : words.problem,
        ])
      },
      "others": more.count > shown.count ? say.moreTroubles(more.count - shown.count) : nil,
    ]
  }

  /// Colour is never the only sign.
  static func sign(_ tone: String) -> String {
    switch tone {
    case "well": "✓"
    case "ill": "✕"
    case "warn": "!"
    default: "•"
    }
  }

  private func finding(_ trouble: Trouble, _ words: HealthWords) -> View {
    var diagnostics: [String] = []
    if case .fileRefused(_, let line, let all) = trouble { diagnostics = all.isEmpty ? [line] : all }
    return [
      "text": words.text(trouble), "detail": words.detail(trouble), "error": trouble.lastError.map { errorView($0.words, $0.at) },
      "hasDiagnostics": !diagnostics.isEmpty, "diagnostics": diagnostics, "commands": trouble.commands.map { ["command": $0] as View },
    ]
  }

  /// - Parameter text: without phone numbers.
  func errorView(_ text: String, _ at: Instant?) -> View {
    let shown = ErrorWords(text, phrases)
    return ["text": shown.text, "isEnglish": shown.isEnglish, "age": at.map { phrases.ago($0, at: now) }]
  }

  // MARK: - Numbers

  private var numbers: View {
    let standing = snapshot.standing
    let (received, delivered) = (snapshot.rates.received(standing, at: now), snapshot.rates.delivered(standing, at: now))
    let oldest = snapshot.oldestWaiting?.values.min()
    return [
      "spans": Chart.Span.allCases.map { span in
        ["name": span == .hour ? words.hour : words.day, "address": query.address(span: span), "isChosen": span == query.span] as View
      },
      "tiles": [
        tile("received", words.received, standing.reports, rateNote(received), \.reports, isRate: true),
        tile("delivered", words.delivered, standing.delivered, rateNote(delivered), \.delivered, isRate: true),
        tile(
          "waiting", words.waiting, standing.waiting, oldest.map { "\(words.oldest): \(phrases.short(now - $0))" } ?? words.none, \.waiting,
          isRate: false),
        tile("dead", words.dead, standing.dead, deadNote, \.dead, isRate: false),
      ],
    ]
  }

  private func rateNote(_ rate: Double?) -> String { rate.map(phrases.perMinute) ?? words.noRateYet }

  private var deadNote: String {
    let failed = standing { $0.failedAttempts }
    return "\(words.failedTries): \(phrases.number(failed))"
  }

  private func standing(_ count: (LaneStanding) -> Int) -> Int { snapshot.standing.lanes.reduce(0) { $0 + count($1) } }

  private func tile(
    _ id: String, _ name: String, _ figure: Int, _ note: String, _ counter: (HistorySample) -> Int, isRate: Bool
  ) -> View {
    // Of this moment alone there is no line.
    let levels = history.isEmpty ? [] : self.levels
    let chart = isRate ? Chart.rate(of: history, counter, query.span, at: now) : .level(of: levels, counter, query.span, at: now)
    return [
      "id": id, "name": name, "figure": phrases.number(figure), "note": note,
      "tone": id == "dead" && figure > 0 ? "some" : nil,
      "chart": chart.runs.isEmpty ? nil : chart.view(id: "chart-\(id)", what: name, isRate: isRate, phrases),
    ]
  }

  /// With what is so at this moment.
  private var levels: [HistorySample] {
    let standing = snapshot.standing
    let present = HistorySample(
      at: now, reports: standing.reports, delivered: standing.delivered, failedAttempts: 0, waiting: standing.waiting, dead: standing.dead)
    return history + [present]
  }

  // MARK: - Details

  private var details: View {
    let (standing, configuration) = (snapshot.standing, snapshot.configuration)
    func row(_ name: String, _ value: String, _ time: Instant? = nil) -> View {
      ["name": name, "value": value, "time": time.map(phrases.time)]
    }
    func stray(_ name: String, _ count: Int, _ trouble: Trouble?) -> View {
      let commands = count > 0 ? trouble?.commands ?? [] : []
      return [
        "name": name, "value": phrases.number(count), "hasCommands": !commands.isEmpty,
        "commands": commands.map { ["command": $0] as View },
      ]
    }
    let unmatched = snapshot.keeps.unmatched ? Trouble.unmatched(standing.unmatched) : nil
    let quarantined = snapshot.keeps.quarantined ? Trouble.quarantined(snapshot.quarantined) : nil
    let last = standing.lastReportAt
    return [
      "strays": [
        stray(words.unmatched, standing.unmatched, unmatched),
        stray(words.quarantine, snapshot.quarantined, quarantined),
        stray(words.filtered, standing.filtered, nil),
      ],
      "door": [
        row(words.lastReport, last.map { phrases.ago($0, at: now) } ?? words.noneYet, last),
        row(words.repeats, phrases.number(standing.duplicates)), row(words.refused, refused),
      ],
      "tokens": snapshot.tokenUses.map { row($0.label, $0.lastUsedAt.map { phrases.ago($0, at: now) } ?? words.notUsed) },
      "relay": [
        row(words.version, snapshot.version), row(words.uptime, phrases.short(now - snapshot.startedAt)),
        row(words.rules, configuration.fingerprint),
        row(words.loaded, phrases.ago(configuration.loadedAt, at: now), configuration.loadedAt),
        row(words.store, "\(snapshot.storeBackend), \(phrases.size(standing.bytes))"),
      ],
    ]
  }

  private var refused: String {
    let reasons = snapshot.standing.refused.filter { $0.value > 0 }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    let shown = reasons.map { reason, count in
      "\(Refusal(rawValue: reason).flatMap { words.refusals[$0] } ?? reason) \(phrases.number(count))"
    }
    return shown.isEmpty ? words.none : shown.joined(separator: ", ")
  }
}

extension Trouble {
  var lastError: LastError? {
    switch self {
    case .failing(_, _, _, let error), .oldestWaiting(_, _, _, _, let error): error
    default: nil
    }
  }
}

/// What every page has around it.
enum Frame {
  /// - Parameter address: of the same page in another language.
  static func view(title: String, _ language: Language, home: String, address: (Language) -> String) -> View {
    [
      "title": title, "style": Asset.style.address, "script": Asset.script.address, "icon": Asset.icon.address, "isLive": false,
      "home": home,
      "languages": Language.allCases.map { other in
        ["code": other.rawValue, "name": other.words.languageName, "address": address(other), "isChosen": other == language] as View
      },
    ]
  }
}
