import Model

/// What is compared between routes.
struct RouteRules {
  var settings: RouteSettings
  var fields: Fields
  /// The texts of which each alone makes the route get a report, whether they stand in `markers` or in `match`.
  var markers: [Text] = []
}

extension Condition {
  /// Whether a fold can make a difference to it.
  fileprivate var asksForText: Bool { leaves.contains(where: \.isOfBody) }

  /// For a condition at an end of the tree.
  var isOfBody: Bool {
    switch self {
    case .bodyContains, .bodyStartsWith: true
    default: false
    }
  }
}

extension Reader {
  /// A longer marker is longer than any text message.
  static let markerBytesMax = 4096

  /// Which reports a route gets.
  /// - Parameter route: has its fold.
  mutating func readRules(_ fields: Fields, into route: inout RouteSettings) -> RouteRules {
    var rules = RouteRules(settings: route, fields: fields)
    if let node = value(RouteKeys.markers, of: fields) {
      rules.markers = markers(node.id, of: fields.place, route.fold)
      route.markers = rules.markers.map(\.value)
    }
    if let node = value(RouteKeys.packetPrefixes, of: fields) { route.packetPrefixes = packetPrefixes(node.id, of: fields.place) }
    let statuses = value(RouteKeys.statuses, of: fields).flatMap { self.statuses($0.id) }
    route.statuses = statuses?.map(\.value)
    let (otherwise, orders) = (value(RouteKeys.otherwise, of: fields), value(RouteKeys.orders, of: fields))
    (route.otherwise, route.orders) = (otherwise ?? false, orders ?? false)
    // What cannot be read may have been a rule.
    let mayAsk = (otherwise ?? fields.has(RouteKeys.otherwise)) || (orders ?? fields.has(RouteKeys.orders))
    if let node = value(RouteKeys.match, of: fields), let clause = match(node.id, of: fields.place, route.fold) {
      route.match = clause.condition
      if rules.markers.isEmpty { rules.markers = clause.markers }
      warnAboutContradictions(in: clause, statuses ?? [], fields, route.fold)
    }
    checkRules(fields, route, mayAsk: mayAsk)
    warnAboutFold(fields, route)
    return rules
  }

  private mutating func checkRules(_ fields: Fields, _ route: RouteSettings, mayAsk: Bool) {
    let lists = [RouteKeys.markers, RouteKeys.packetPrefixes].filter { fields.has($0) }.map(\.name)
    let rules = lists + (fields.has(RouteKeys.match) ? [RouteKeys.match.name] : [])
    if route.otherwise, let first = rules.first, let id = fields.key(RouteKeys.otherwise) {
      let hint = "otherwise gets what no other route matched; remove one of the two"
      error(id, "\(fields.place) has both otherwise and \(first)", hint: hint)
    }
    if let first = lists.first, let id = fields.key(RouteKeys.match) {
      let condition = first == RouteKeys.markers.name ? ConditionKeys.bodyContains.name : ConditionKeys.packetPrefix.name
      let hint = "write them into match as any: [{ \(condition): [...] }, ...], or remove one of the two"
      error(id, "\(fields.place) has both match and \(first)", hint: hint)
    }
    if rules.isEmpty, !mayAsk {
      let hint = "add markers, packet_prefixes, match or orders: true, or otherwise: true for what no other route matched"
      error(fields.id, "\(fields.place) matches nothing", hint: hint)
    }
  }

  private mutating func warnAboutFold(_ fields: Fields, _ route: RouteSettings) {
    guard let id = fields.key(SendingKeys.fold), !fields.has(RouteKeys.markers) else { return }
    // What cannot be read may have a text in it.
    if fields.has(RouteKeys.match), route.match?.asksForText ?? true { return }
    let what = fields.has(RouteKeys.match) ? ConditionKeys.bodyContains.name : RouteKeys.markers.name
    warning(id, "fold has no effect in \(fields.place), which looks for no text", hint: "remove it, or add \(what)")
  }

  private mutating func markers(_ id: Int, of place: String, _ fold: Fold) -> [Text] {
    guard let items = list(id, "markers", example: "[\"iim.to/\"]") else { return [] }
    let hint = "it would match every report; write otherwise: true for what no other route matched"
    let markers = items.compactMap { searched($0, "marker", ifEmpty: hint) }
    warnAboutRedundant(markers, of: place, fold)
    return markers
  }

  /// A text that is looked for in others.
  mutating func searched(_ id: Int, _ what: String, ifEmpty hint: String) -> Text? {
    guard let text = text(id, what) else { return nil }
    if text.value.isEmpty {
      error(id, "a \(what) is empty", hint: hint)
    } else if text.value.utf8.count > Self.markerBytesMax {
      error(id, "a \(what) of more than \(Self.markerBytesMax) bytes can never match")
    } else {
      return text
    }
    return nil
  }

  mutating func warnAboutRedundant(_ markers: [Text], of place: String, _ fold: Fold) {
    guard markers.count > 1, scrutiny.allows(Automaton.steps(toBuildOf: markers)) else { return }
    let texts = markers.map { fold.folded($0.value) }
    var known: Set<[UInt8]> = []
    // Of equal ones the first.
    let patterns = texts.enumerated().filter { known.insert($0.element).inserted }.map { Automaton.Pattern(bytes: $1, owner: $0) }
    let automaton = Automaton(patterns, rowEntriesMax: 0)
    for (index, marker) in markers.enumerated() {
      guard scrutiny.allows(texts[index].count) else { return }
      let found = automaton.owners(in: texts[index])
      guard scrutiny.allows(found.count * Scrutiny.stepsEach) else { return }
      // Of two equal markers the later one is in the way.
      guard let other = found.first(where: { texts[$0].count < texts[index].count || $0 < index }) else { continue }
      if texts[other] == texts[index] {
        let how = markers[other].value.utf8.elementsEqual(marker.value.utf8) ? "" : " as \(quoted(markers[other].raw)), by its fold"
        warning(marker.id, "marker \(quoted(marker.raw)) is already in \(place)\(how)")
      } else {
        let hint = "every text that contains it contains \(quoted(markers[other].raw)) too"
        warning(marker.id, "marker \(quoted(marker.raw)) is never needed in \(place)", hint: hint)
      }
    }
  }

  private mutating func packetPrefixes(_ id: Int, of place: String) -> [String] {
    guard let items = list(id, "packet_prefixes", example: "[\"1045\"]") else { return [] }
    let prefixes = items.compactMap { packetPrefix($0) }
    warnAboutRedundant(prefixes: prefixes, of: place)
    return prefixes.map(\.value)
  }

  mutating func packetPrefix(_ id: Int) -> Text? {
    guard let text = text(id, "packet prefix") else { return nil }
    let value = text.value
    if value.isEmpty || !value.utf8.allSatisfy(\.isASCIIDigit) {
      error(id, "packet prefix \(quoted(text.raw)) is not made of digits")
    } else if value.hasPrefix("0"), value != "0" {
      error(id, "packet prefix \(quoted(text.raw)) can never match", hint: "packet ids have no leading zeros")
    } else if Int64(value) == nil {
      error(id, "packet prefix \(quoted(text.raw)) can never match", hint: "packet ids are integers of 64 bits")
    } else {
      return text
    }
    return nil
  }

  mutating func warnAboutRedundant(prefixes: [Text], of place: String) {
    let lengths = prefixes.reduce(0) { $0 + $1.value.utf8.count }
    guard prefixes.count > 1, scrutiny.allows(lengths * Scrutiny.stepsEach) else { return }
    var first: [String: Int] = [:]
    for (index, prefix) in prefixes.enumerated() where first[prefix.value] == nil { first[prefix.value] = index }
    for (index, prefix) in prefixes.enumerated() {
      let text = prefix.value
      if first[text] != index {
        warning(prefix.id, "packet prefix \(quoted(prefix.raw)) is already in \(place)")
      } else if let shorter = (1..<text.utf8.count).lazy.compactMap({ first[String(text.prefix($0))] }).first {
        warning(
          prefix.id, "packet prefix \(quoted(prefix.raw)) is never needed in \(place)",
          hint: "every id with it begins with \(quoted(prefixes[shorter].raw)) too")
      }
    }
  }

  private mutating func statuses(_ id: Int) -> [Text]? {
    guard let items = list(id, "statuses", example: "[delivered, undelivered]") else { return nil }
    return statuses(items)
  }

  /// Those of a list that can be read.
  mutating func statuses(_ items: [Int]) -> [Text] {
    var seen: Set<[UInt8]> = []
    var statuses: [Text] = []
    for item in items {
      guard let text = status(item) else { continue }
      if !seen.insert(Array(text.value.utf8)).inserted { warning(item, "status \(quoted(text.raw)) is already in this list") }
      statuses.append(text)
    }
    return statuses
  }

  private mutating func status(_ id: Int) -> Text? {
    let known = ["accepted", "delivered", "undelivered"]
    guard let text = text(id, "status") else { return nil }
    if text.value.isEmpty {
      error(id, "a status is empty")
      return nil
    }
    if text.value.utf8.count > Limits.statusBytesMax {
      error(id, "a status of more than \(Limits.statusBytesMax) bytes can never match")
      return nil
    }
    let near = known.contains(text.value) ? nil : Vocabulary.nearest(to: text.value.lowercased(), in: known)
    if let near { warning(id, "status \(quoted(text.raw)) is none the provider documents", hint: "did you mean \(quoted(near))?") }
    return text
  }
}
