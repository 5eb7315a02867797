import Model

/// What the rules of routes have to do with each other.
enum Relations {
  /// Of each kind so many are said, and then how many more there are.
  static let saidMax = 20
  /// Markers found in other routes' markers; then no more are looked for.
  static let foundMax = 1_000

  struct Marker {
    var text: Text
    var route: Int
  }

  struct Inside {
    var outer: Marker
    var inner: Marker
    var isSame: Bool
  }

  /// Markers of routes in which another route's marker is, so that every text with one has the other. One pass per fold over all of them.
  static func markersInside(_ routes: [RouteRules], _ scrutiny: inout Scrutiny) -> (found: [Inside], isAll: Bool) {
    guard scrutiny.allows(routes.reduce(0) { $0 + $1.markers.count * Scrutiny.stepsEach }) else { return ([], false) }
    let markers = routes.indices.flatMap { index in routes[index].markers.map { Marker(text: $0, route: index) } }
    var found: [Inside] = []
    for fold in Fold.allCases {
      let ofFold = markers.filter { routes[$0.route].settings.fold == fold }
      if ofFold.isEmpty { continue }
      guard scrutiny.allows(Automaton.steps(toBuildOf: ofFold.map(\.text))) else { return (found, false) }
      let looked = Looked(ofFold, routes, fold)
      // What a fold makes equal is not equal to a route that folds less or otherwise.
      for marker in markers where [.none, fold].contains(routes[marker.route].settings.fold) {
        found += looked.inside(marker, routes, &scrutiny)
        if found.count >= foundMax || scrutiny.isSpent { return (found, false) }
      }
    }
    return (found, true)
  }

  /// The markers of all routes with one fold.
  private struct Looked {
    private let fold: Fold
    private let texts: [[UInt8]]
    /// By pattern: the first route, in the order of the file, with this marker and these statuses.
    private let markers: [Marker]
    private let automaton: Automaton

    private struct Wanted: Hashable {
      var text: [UInt8]
      var statuses: [[UInt8]]?
    }

    init(_ all: [Marker], _ routes: [RouteRules], _ fold: Fold) {
      self.fold = fold
      var known: Set<Wanted> = []
      var (texts, markers): ([[UInt8]], [Marker]) = ([], [])
      for marker in all {
        let text = fold.folded(marker.text.value)
        let statuses = routes[marker.route].settings.statuses?.map { Array($0.utf8) }
        guard known.insert(Wanted(text: text, statuses: statuses)).inserted else { continue }
        texts.append(text)
        markers.append(marker)
      }
      self.texts = texts
      self.markers = markers
      automaton = Automaton(texts.enumerated().map { Automaton.Pattern(bytes: $1, owner: $0) }, rowEntriesMax: 0)
    }

    /// At most one per other route.
    func inside(_ marker: Marker, _ routes: [RouteRules], _ scrutiny: inout Scrutiny) -> [Inside] {
      guard scrutiny.allows(2 * marker.text.value.utf8.count) else { return [] }
      let text = fold.folded(marker.text.value)
      var said: Set<Int> = []
      var found: [Inside] = []
      for index in automaton.owners(in: text) {
        let inner = markers[index]
        let isSame = texts[index].count == text.count
        // Of two that are the same to both routes the later one is told of.
        let isMutual = isSame && routes[inner.route].settings.fold == routes[marker.route].settings.fold
        guard scrutiny.allows(Scrutiny.stepsEach) else { break }
        guard inner.route != marker.route, !isMutual || inner.route < marker.route else { continue }
        let (wanted, offered) = (routes[inner.route].settings, routes[marker.route].settings)
        guard scrutiny.allows((wanted.statuses?.count ?? 0) * (offered.statuses?.count ?? 0)) else { break }
        guard wanted.wantsSome(of: offered), said.insert(inner.route).inserted else { continue }
        found.append(Inside(outer: marker, inner: inner, isSame: isSame))
      }
      return found
    }
  }

  /// Routes that get exactly what an earlier one gets: by index, which one.
  static func sameRules(_ routes: [RouteRules], _ scrutiny: inout Scrutiny) -> [(route: Int, first: Int)] {
    var first: [Rules: Int] = [:]
    var same: [(Int, Int)] = []
    for (index, route) in routes.enumerated() {
      guard scrutiny.allows(route.settings.steps) else { break }
      guard let rules = Rules(route.settings) else { continue }
      if let earlier = first[rules] { same.append((index, earlier)) } else { first[rules] = index }
    }
    return same
  }

  private struct Rules: Hashable {
    var fold: Fold
    var markers: Set<[UInt8]>
    var prefixes: Set<String>
    var match: String?
    var otherwise: Bool
    var statuses: Set<[UInt8]>?

    /// nil where claims decide, which are each route's own.
    init?(_ route: RouteSettings) {
      let hasRules = !route.markers.isEmpty || !route.packetPrefixes.isEmpty || route.match != nil || route.otherwise
      guard hasRules, !(route.match?.contains(.order) ?? false) else { return nil }
      fold = route.fold
      markers = Set(route.markers.map(route.fold.folded))
      prefixes = Set(route.packetPrefixes)
      match = route.match.map { $0.inOneOrder(route.fold) }
      otherwise = route.otherwise
      statuses = route.statuses.map { Set($0.map { Array($0.utf8) }) }
    }
  }
}

extension RouteSettings {
  /// True if there is a status that both want.
  fileprivate func wantsSome(of other: RouteSettings) -> Bool { other.statuses?.contains { wants($0) } ?? true }

  /// To compare its rules with those of others, as `Scrutiny` counts them.
  fileprivate var steps: Int {
    let texts = markers + packetPrefixes + (statuses ?? [])
    return texts.reduce(match?.steps ?? 0) { $0 + $1.utf8.count + Scrutiny.stepsEach }
  }
}

extension Condition {
  fileprivate var steps: Int {
    switch self {
    case .all(let parts), .any(let parts), .block(let parts), .values(let parts): parts.reduce(Scrutiny.stepsEach) { $0 + $1.steps }
    case .not(let part): Scrutiny.stepsEach + part.steps
    case .bodyContains(let text), .bodyStartsWith(let text), .packetPrefix(let text), .status(let text), .toPrefix(let text):
      2 * (text.utf8.count + Scrutiny.stepsEach)
    case .order: Scrutiny.stepsEach
    }
  }

  /// As text that is the same for trees that differ only in the order of their parts.
  fileprivate func inOneOrder(_ fold: Fold) -> String {
    func written(_ name: String, _ text: String) -> String { "\(name)(\(fold.folded(text)))" }
    func written(_ name: String, _ parts: [Condition]) -> String {
      "\(name)(\(parts.map { $0.inOneOrder(fold) }.sorted().joined(separator: ",")))"
    }
    return switch self {
    case .all(let parts), .block(let parts): written("all", parts)
    case .any(let parts), .values(let parts): written("any", parts)
    case .not(let part): written("not", [part])
    case .bodyContains(let text): written("contains", text)
    case .bodyStartsWith(let text): written("starts", text)
    case .packetPrefix(let digits): "packet(\(digits))"
    case .status(let word): "status(\(Array(word.utf8)))"
    case .toPrefix(let text): "to(\(Array(text.utf8)))"
    case .order: "order"
    }
  }
}

extension Reader {
  mutating func warnAboutRelations(of routes: [RouteRules]) {
    let same = Relations.sameRules(routes, &scrutiny)
    for pair in same.prefix(Relations.saidMax) {
      let (later, first) = (routes[pair.route], routes[pair.first])
      route = later.settings.name
      warning(
        later.fields.id, "\(later.fields.place) has the same rules as \(first.fields.place) on \(line(of: first.fields.id))",
        hint: "both always get a copy; remove one if that is not meant")
    }
    let isSame = Set(same.map(\.route))
    let (found, isAll) = Relations.markersInside(routes, &scrutiny)
    // Of a route of which that was said nothing is added.
    let inside = found.filter { !isSame.contains($0.outer.route) }
    for one in inside.prefix(Relations.saidMax) {
      let (outer, inner) = (routes[one.outer.route].fields.place, routes[one.inner.route].fields.place)
      let marker = quoted(one.outer.text.raw)
      route = routes[one.outer.route].settings.name
      let message =
        one.isSame
        ? "marker \(marker) of \(outer) is one of \(inner) too"
        : "marker \(marker) of \(outer) contains \(quoted(one.inner.text.raw)), a marker of \(inner)"
      warning(one.outer.text.id, message, hint: "every text with \(marker) goes to both routes, if they want its status")
    }
    route = nil
    sum(same.count, "routes have the same rules as another", at: same.map { routes[$0.route].fields.id })
    sum(inside.count, "markers are or contain another route's", at: inside.map(\.outer.text.id), isAll: isAll)
  }

  private mutating func sum(_ count: Int, _ what: String, at ids: [Int], isAll: Bool = true) {
    guard count > Relations.saidMax else { return }
    warning(ids[Relations.saidMax], "\(isAll ? "" : "at least ")\(count - Relations.saidMax) more \(what)", hint: "the first is here")
  }
}
