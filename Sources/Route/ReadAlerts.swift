import Model

extension Reader {
  /// Where operators are told, and of what.
  mutating func alerts(_ top: Fields) -> [AlertSettings] {
    let example = "[{ url: \"https://hooks.example.com/ops\" }]"
    guard let id = top[FileKeys.alerts], let items = list(id, "alerts", example: example) else { return [] }
    if items.count > Limits.alertHooksMax {
      error(id, "alerts has \(items.count) entries, and at most \(Limits.alertHooksMax) are told")
    }
    var alerts: [AlertSettings] = []
    var urls: [String: Int] = [:]
    for (index, item) in items.enumerated() {
      let place = "alert \(index + 1)"
      guard let fields = fields(of: item, in: place, as: .alert) else { continue }
      let url = hook(fields)
      if let url, let id = fields[AlertKeys.url], let first = urls.updateValue(id, forKey: url) {
        let hint = "whoever reads there is told twice; the first is on \(line(of: first))"
        warning(id, "\(place) has the same url as another", hint: hint)
      }
      var alert = AlertSettings(url: Secret(url ?? ""))
      take(AlertKeys.format, of: fields, into: &alert.format)
      if let node = value(AlertKeys.on, of: fields) { alert.kinds = kinds(node.id) ?? alert.kinds }
      readTimes(fields, into: &alert)
      alerts.append(alert)
    }
    return alerts
  }

  private mutating func hook(_ fields: Fields) -> String? {
    if !fields.has(AlertKeys.url) { error(fields.id, "\(fields.place) has no url", hint: "write where messages are to be posted") }
    return value(AlertKeys.url, of: fields)
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
    let times: [(AlertKind, Key<Duration>, WritableKeyPath<AlertSettings, Duration>)] = [
      (.failing, AlertKeys.failing, \.failing), (.oldestWaiting, AlertKeys.oldestWaiting, \.oldestWaiting),
      (.silence, AlertKeys.silence, \.silence),
    ]
    for (kind, key, field) in times {
      let name = key.name
      guard let time = value(key, of: fields), let id = fields[key] else { continue }
      alert[keyPath: field] = time
      if !alert.kinds.contains(kind) {
        warning(id, "\(name) has no effect in \(fields.place)", hint: "add \(name) to its list under on, or remove the time")
      }
    }
  }
}
