import Model

extension Reader {
  /// A longer marker is longer than any text message.
  static let markerBytesMax = 4096

  /// Which reports a route gets.
  mutating func readRules(_ fields: Fields, into route: inout RouteSettings) {
    if let id = fields["markers"] { route.markers = markers(id, of: fields.place) }
    if let id = fields["packet_prefixes"] { route.packetPrefixes = packetPrefixes(id, of: fields.place) }
    if let id = fields["statuses"] { route.statuses = statuses(id) }
    var isReadable = true
    if let id = fields["otherwise"] {
      let otherwise = boolean(id, "otherwise")
      route.otherwise = otherwise ?? false
      isReadable = otherwise != nil
    }

    let rules = ["markers", "packet_prefixes"].filter { fields.has($0) }
    if route.otherwise, let first = rules.first, let id = fields.key("otherwise") {
      let hint = "otherwise gets what no other route matched; remove one of the two"
      error(id, "\(fields.place) has both otherwise and \(first)", hint: hint)
    }
    if rules.isEmpty, !route.otherwise, isReadable {
      let hint = "add markers or packet_prefixes, or otherwise: true for what no other route matched"
      error(fields.id, "\(fields.place) matches nothing", hint: hint)
    }
  }

  private mutating func markers(_ id: Int, of place: String) -> [String] {
    guard let items = list(id, "markers", example: "[\"iim.to/\"]") else { return [] }
    var markers: [Text] = []
    for item in items {
      guard let text = text(item, "marker") else { continue }
      if text.value.isEmpty {
        error(item, "a marker is empty", hint: "it would match every report; write otherwise: true for what no other route matched")
      } else if text.value.utf8.count > Self.markerBytesMax {
        error(item, "a marker of more than \(Self.markerBytesMax) bytes can never match")
      } else {
        markers.append(text)
      }
    }
    warnAboutRedundant(markers, of: place)
    return markers.map(\.value)
  }

  private mutating func warnAboutRedundant(_ markers: [Text], of place: String) {
    let texts = markers.map { Array($0.value.utf8) }
    let automaton = Automaton(texts.enumerated().map { Automaton.Pattern(bytes: $1, owner: $0) })
    for (index, marker) in markers.enumerated() {
      // Of two equal markers the later one is in the way.
      let inside = automaton.owners(in: texts[index]).filter { texts[$0].count < texts[index].count || $0 < index }
      guard let other = inside.first else { continue }
      if texts[other] == texts[index] {
        warning(marker.id, "marker \(quoted(marker.raw)) is already in \(place)")
      } else {
        let hint = "every text that contains it contains \(quoted(markers[other].raw)) too"
        warning(marker.id, "marker \(quoted(marker.raw)) is never needed in \(place)", hint: hint)
      }
    }
  }

  private mutating func packetPrefixes(_ id: Int, of place: String) -> [String] {
    guard let items = list(id, "packet_prefixes", example: "[\"1045\"]") else { return [] }
    var prefixes: [(text: String, id: Int)] = []
    for item in items {
      guard let text = text(item, "packet prefix") else { continue }
      let value = text.value
      if value.isEmpty || !value.utf8.allSatisfy(\.isASCIIDigit) {
        error(item, "packet prefix \(quoted(text.raw)) is not made of digits")
      } else if value.hasPrefix("0"), value != "0" {
        error(item, "packet prefix \(quoted(text.raw)) can never match", hint: "packet ids have no leading zeros")
      } else if Int64(value) == nil {
        error(item, "packet prefix \(quoted(text.raw)) can never match", hint: "packet ids are integers of 64 bits")
      } else {
        prefixes.append((value, item))
      }
    }
    var first: [String: Int] = [:]
    for (index, prefix) in prefixes.enumerated() where first[prefix.text] == nil { first[prefix.text] = index }
    for (index, prefix) in prefixes.enumerated() {
      let text = prefix.text
      if first[text] != index {
        warning(prefix.id, "packet prefix \(quoted(text)) is already in \(place)")
      } else if let shorter = (1..<text.utf8.count).lazy.map({ String(text.prefix($0)) }).first(where: { first[$0] != nil }) {
        warning(
          prefix.id, "packet prefix \(quoted(text)) is never needed in \(place)",
          hint: "every id with it begins with \(quoted(shorter)) too")
      }
    }
    return prefixes.map(\.text)
  }

  private mutating func statuses(_ id: Int) -> [String]? {
    let known = ["accepted", "delivered", "undelivered"]
    guard let items = list(id, "statuses", example: "[delivered, undelivered]") else { return nil }
    var statuses: [String] = []
    for item in items {
      guard let text = text(item, "status") else { continue }
      if text.value.isEmpty {
        error(item, "a status is empty")
      } else if text.value.utf8.count > Limits.statusBytesMax {
        error(item, "a status of more than \(Limits.statusBytesMax) bytes can never match")
      } else {
        let near = known.contains(text.value) ? nil : Vocabulary.nearest(to: text.value.lowercased(), in: known)
        if let near { warning(item, "status \(quoted(text.raw)) is none the provider documents", hint: "did you mean \(quoted(near))?") }
        if statuses.contains(where: { isSameStatus($0, text.value) }) {
          warning(item, "status \(quoted(text.raw)) is already in this list")
        }
        statuses.append(text.value)
      }
    }
    return statuses
  }
}
