import Model

extension Reader {
  static let alertBounds: ClosedRange<Duration> = .seconds(1) ... .days(30)

  /// Where operators are told, and of what.
  mutating func alerts(_ top: Fields) -> [AlertSettings] {
    let example = "[{ url: \"https://hooks.example.com/ops\" }]"
    guard let id = top["alerts"], let items = list(id, "alerts", example: example) else { return [] }
    if items.count > Limits.alertHooksMax {
      error(id, "alerts has \(items.count) entries, and at most \(Limits.alertHooksMax) are told")
    }
    var alerts: [AlertSettings] = []
    var urls: [String: Int] = [:]
    for (index, item) in items.enumerated() {
      let place = "alert \(index + 1)"
      guard let fields = fields(of: item, in: place, known: Vocabulary.alert) else { continue }
      let url = hook(fields)
      if let url, let id = fields["url"], let first = urls.updateValue(id, forKey: url) {
        let hint = "whoever reads there is told twice; the first is on \(line(of: first))"
        warning(id, "\(place) has the same url as another", hint: hint)
      }
      var alert = AlertSettings(url: Secret(url ?? ""))
      if let id = fields["format"], let format: AlertSettings.Format = word(id, "format") { alert.format = format }
      if let id = fields["on"] { alert.kinds = kinds(id) ?? alert.kinds }
      readTimes(fields, into: &alert)
      alerts.append(alert)
    }
    return alerts
  }

  private mutating func hook(_ fields: Fields) -> String? {
    guard let id = fields["url"] else {
      if !fields.has("url") { error(fields.id, "\(fields.place) has no url", hint: "write where messages are to be posted") }
      return nil
    }
    return address(id, whoseContent: "messages and the hook's address")
  }

  /// - Returns: nil if not all of the list can be read, so that nothing is said of what seems to be missing.
  private mutating func kinds(_ id: Int) -> Set<AlertKind>? {
    if case .sequence(let items) = document[id].content, items.isEmpty {
      error(id, "on is an empty list", hint: "leave the key out to be told of everything, or remove the whole entry")
      return nil
    }
    guard let items = list(id, "on", example: "[failing, recovered, dead]") else { return nil }
    var kinds: Set<AlertKind> = []
    var isWhole = true
    for item in items {
      guard let kind: AlertKind = word(item, "on") else {
        isWhole = false
        continue
      }
      if !kinds.insert(kind).inserted { warning(item, "\(quoted(kind.rawValue)) is already in this list") }
    }
    guard isWhole else { return nil }
    if kinds.contains(.recovered), kinds.isDisjoint(with: [.failing, .paused]) {
      warning(id, "recovered is told only of what was told to be failing or paused", hint: "add failing or paused to the list")
    }
    return kinds
  }

  private mutating func readTimes(_ fields: Fields, into alert: inout AlertSettings) {
    let times: [(AlertKind, WritableKeyPath<AlertSettings, Duration>)] = [
      (.failing, \.failing), (.oldestWaiting, \.oldestWaiting), (.silence, \.silence),
    ]
    for (kind, field) in times {
      let name = kind.rawValue
      guard let id = fields[name], let time = duration(id, name, in: Self.alertBounds) else { continue }
      alert[keyPath: field] = time
      if !alert.kinds.contains(kind) {
        warning(id, "\(name) has no effect in \(fields.place)", hint: "add \(name) to its list under on, or remove the time")
      }
    }
  }
}
