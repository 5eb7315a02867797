import Model
import Route
import Support
import Testing

private func route(
  _ name: String, markers: [String] = [], prefixes: [String] = [], statuses: [String]? = nil, otherwise: Bool = false
) -> RouteSettings {
  var route = RouteSettings(name: name, url: Secret("http://\(name)/"))
  route.markers = markers
  route.packetPrefixes = prefixes
  route.statuses = statuses
  route.otherwise = otherwise
  return route
}

private func report(_ body: String? = nil, packet: Int64? = nil, status: String = "delivered") -> Report {
  Report(key: ReportKey(id: 1, status: status), packetID: packet, to: nil, body: body.map { Array($0.utf8) })
}

/// Where a report goes while nobody claims anything.
private struct Goal: Equatable {
  var destiny: Destiny
  var routes: [Int]
}

extension RuleSet {
  fileprivate func match(_ report: Report) -> Goal {
    let resolved = route(report).resolved { _ in false }
    return Goal(destiny: resolved.destiny, routes: resolved.targets)
  }
}

@Suite(.ownThread) struct RuleSetTests {
  private func text(_ alphabet: [Character], _ lengths: ClosedRange<Int>, _ rng: inout Seeded) -> String {
    String((0..<Int.random(in: lengths, using: &rng)).map { _ in alphabet.randomElement(using: &rng)! })
  }

  @Test func `10,000 markers in deep states are found as a few are`() {
    var rng = Seeded(state: 7)
    // Long shared beginnings, so that most states are beyond those with whole rows.
    let routes = (0..<10_000).map { route("r\($0)", markers: ["kampanya-\(text(Array("abcdefgh"), 10...14, &rng))"]) }
    let byMarker = Dictionary(grouping: routes.indices) { routes[$0].markers[0] }
    let rules = RuleSet(routes)
    for _ in 0..<300 {
      let one = routes.randomElement(using: &rng)!.markers[0]
      let other = routes.randomElement(using: &rng)!.markers[0]
      // A marker cut short, then a whole one: the way back over the suffixes.
      let body = "kampanya-" + one.dropLast(Int.random(in: 1...5, using: &rng)) + other + " B186"
      let pieces = body.indices.flatMap { start in
        (19...23).compactMap { length in body.index(start, offsetBy: length, limitedBy: body.endIndex).map { String(body[start..<$0]) } }
      }
      let expected = Set(pieces.flatMap { byMarker[$0] ?? [] }).sorted()
      #expect(!expected.isEmpty)
      #expect(rules.match(report(body)) == Goal(destiny: .matched, routes: expected))
    }
  }

  @Test(
    arguments: [
      (0, ["0"], true), (104_525_848, ["1045"], true), (104_525_848, ["104525848"], true), (104_525_848, ["1045258480"], false),
      (104_525_848, ["045"], false), (104_525_848, ["0104"], false), (7, ["0"], false), (-1045, ["1045"], false),
      (Int64.max, ["9223372036854775807"], true), (Int64.max, ["922337203685477580"], true), (Int64.max, ["9223372036854775808"], false),
      (Int64.min, ["9"], false), (312_891_245, ["4", "5", "3"], true),
    ] as [(Int64, [String], Bool)])
  func `a packet prefix is one of the decimal text`(_ packet: Int64, _ prefixes: [String], _ isMatch: Bool) {
    let match = RuleSet([route("a", prefixes: prefixes)]).match(report(packet: packet))
    #expect(match == Goal(destiny: isMatch ? .matched : .unmatched, routes: isMatch ? [0] : []))
  }

  @Test func `a report that its owner does not want is filtered, and not for otherwise`() {
    let rules = RuleSet([route("shop", markers: ["#SHOP"], statuses: ["delivered"]), route("rest", otherwise: true)])
    #expect(rules.match(report("x #SHOP", status: "delivered")) == Goal(destiny: .matched, routes: [0]))
    #expect(rules.match(report("x #SHOP", status: "accepted")) == Goal(destiny: .filtered, routes: []))
    #expect(rules.match(report("x", status: "accepted")) == Goal(destiny: .matched, routes: [1]))
  }

  @Test func `what nobody owns and otherwise does not want is filtered`() {
    let rules = RuleSet([route("rest", statuses: ["delivered"], otherwise: true)])
    #expect(rules.match(report("x", status: "accepted")) == Goal(destiny: .filtered, routes: []))
    #expect(RuleSet([route("shop", markers: ["a"])]).match(report("x")) == Goal(destiny: .unmatched, routes: []))
  }

  @Test func `missing fields match no rule on them, and no rules match nothing`() {
    let rules = RuleSet([route("shop", markers: ["a"], prefixes: ["1"])])
    #expect(rules.match(report()) == Goal(destiny: .unmatched, routes: []))
    #expect(rules.match(report("", packet: 2)) == Goal(destiny: .unmatched, routes: []))
    #expect(RuleSet([]).match(report("a", packet: 1)) == Goal(destiny: .unmatched, routes: []))
  }

  @Test func `markers are compared by scalar, so composed and decomposed letters differ`() {
    let rules = RuleSet([route("composed", markers: ["\u{015F}"]), route("decomposed", markers: ["s\u{0327}"])])
    #expect(rules.match(report("\u{015F}ube")).routes == [0])
    #expect(rules.match(report("s\u{0327}ube")).routes == [1])
    #expect(RuleSet([route("i", markers: ["I"])]).match(report("ıİi")).destiny == .unmatched)
  }

  @Test func `a status is compared exactly`() {
    let rules = RuleSet([route("a", markers: ["x"], statuses: ["\u{E9}"])])
    #expect(rules.match(report("x", status: "\u{E9}")).destiny == .matched)
    #expect(rules.match(report("x", status: "e\u{301}")).destiny == .filtered)
  }

  @Test func `explain names the rule, or the first condition that failed`() {
    let rules = RuleSet([
      route("shop", markers: ["#ŞUBE", "iim.to/"], prefixes: ["1045"], statuses: ["delivered"]),
      route("crm", markers: ["#CRM"], prefixes: ["77", "88"]),
      route("packets", prefixes: ["1045"]),
      route("rest", otherwise: true),
    ])
    func lines(_ report: Report) -> [String] { rules.explain(report).map { "\($0.route) \($0.isCopied): \($0.reason)" } }

    #expect(
      lines(report("Değerli iim.to/x", packet: 99)) == [
        "shop true: the body contains \"iim.to/\" at character 9",
        "crm false: the body does not contain \"#CRM\", and packet_id 99 does not begin with any of its 2 prefixes",
        "packets false: packet_id 99 does not begin with \"1045\"",
        "rest false: it gets what no other route matched, and route \"shop\" matched",
      ])
    #expect(
      lines(report(packet: 104_525, status: "accepted")) == [
        "shop false: packet_id 104525 begins with \"1045\", but status \"accepted\" is not among delivered",
        "crm false: the report has no body, and packet_id 104525 does not begin with any of its 2 prefixes",
        "packets true: packet_id 104525 begins with \"1045\"",
        "rest false: it gets what no other route matched, and route \"packets\" matched",
      ])
    #expect(
      lines(report("iim.to/", status: "accepted")).last
        == "rest false: it gets what no other route matched, and route \"shop\" owns this report but does not want its status")
    #expect(
      lines(report("merhaba")) == [
        "shop false: the body does not contain any of its 2 markers, and the report has no packet_id",
        "crm false: the body does not contain \"#CRM\", and the report has no packet_id",
        "packets false: the report has no packet_id",
        "rest true: no other route matched",
      ])
  }

  // MARK: - Folding

  /// Each with what it is, and is not, the same as.
  @Test(
    arguments: [
      (Fold.none, "iim.to/", "iim.to/", ["IIM.TO/", "\u{131}im.to/"]),
      (.ascii, "IIM.to/", "iim.TO/", ["\u{131}im.to/", "\u{130}im.to/"]),
      (.ascii, "\u{15E}ube", "\u{15E}UBE", ["\u{15F}ube", "S\u{327}ube"]),
      (.turkish, "I\u{15E}IK", "\u{131}\u{15F}\u{131}k", ["i\u{15F}ik", "\u{130}\u{15E}\u{130}K"]),
      (.turkish, "\u{130}ST", "ist", ["\u{131}st", "IST"]),
      (.turkish, "I\u{307}ST", "ist", ["IST"]),
      (.turkish, "\u{C7}\u{D6}\u{DC}\u{11E}\u{C2}", "c\u{327}o\u{308}u\u{308}g\u{306}a\u{302}", ["couga"]),
      (.turkish, "\u{212A}ALE", "kale", ["ale"]),
      (.turkish, "\u{1E9E}", "\u{DF}", ["ss", "SS"]),
      (.turkish, "\u{23A}", "\u{2C65}", ["A"]),
      (.turkish, "\u{10400}", "\u{10428}", ["\u{10401}"]),
    ] as [(Fold, String, String, [String])])
  func `a fold says what is the same, whichever of two texts is the marker`(_ fold: Fold, _ a: String, _ b: String, _ others: [String]) {
    func finds(_ marker: String, _ body: String, _ match: (String) -> Condition) -> Bool {
      var route = route("a")
      route.fold = fold
      route.match = match(marker)
      return RuleSet([route]).match(report(body)).destiny == .matched
    }
    for (marker, text) in [(a, b), (b, a), (a, a)] {
      #expect(finds(marker, "xy \(text) z", Condition.bodyContains))
      #expect(finds(marker, "\(text) z", Condition.bodyStartsWith))
      #expect(!finds(marker, "xy \(text) z", Condition.bodyStartsWith))
      for other in others { #expect(!finds(marker, "xy \(other) z", Condition.bodyContains), "\(marker) in \(other)") }
    }
  }

  @Test(arguments: Fold.allCases)
  func `bytes that are no UTF-8 trap nothing`(_ fold: Fold) {
    var route = route("a", markers: ["a\u{15F}"])
    route.fold = fold
    let rules = RuleSet([route])
    for bytes in [[0xFF], [0xC5], [0x61, 0xC5, 0x9F, 0xC5], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0x80, 0x61, 0xC5, 0x9F]] as [[UInt8]] {
      var report = report()
      report.body = bytes
      _ = rules.explain(report)
      #expect(rules.match(report).routes == (bytes.count >= 4 ? [0] : []))
    }
  }

  // MARK: - Trees and orders

  @Test func `a claim decides only where nothing else does`() {
    var (orders, tree, both, never) = (
      route("orders"), route("tree"), route("both", markers: ["#B"], statuses: ["delivered"]), route("never")
    )
    orders.orders = true
    both.orders = true
    tree.match = .all([.not(.order), .bodyContains("#B")])
    never.match = .all([.order, .not(.order)])
    let rules = RuleSet([orders, tree, both, never])
    #expect(
      rules.route(report("x", packet: 7))
        == Routing(
          targets: [], isOwned: false,
          conditional: [.init(0, ifClaimed: .copy, ifNot: .no), .init(2, ifClaimed: .copy, ifNot: .no)]))
    #expect(
      rules.route(report("#B", packet: 7, status: "accepted"))
        == Routing(
          targets: [], isOwned: true,
          conditional: [.init(0, ifClaimed: .copy, ifNot: .no), .init(1, ifClaimed: .no, ifNot: .copy)]))
    #expect(
      rules.route(report("x", packet: 7, status: "accepted")).conditional.last == .init(2, ifClaimed: .unwanted, ifNot: .no))
    // Without a packet there is nothing to claim.
    #expect(rules.route(report("#B")) == Routing(targets: [1, 2], isOwned: true))
    #expect(rules.route(report("x")) == Routing(targets: [], isOwned: false))
  }

  @Test func `without a body conditions on it are false, and their opposites true`() {
    var (with, without) = (route("with"), route("without"))
    with.match = .any([.bodyContains("a"), .all([.bodyStartsWith("a"), .status("delivered")])])
    without.match = .not(.bodyContains("a"))
    let rules = RuleSet([with, without])
    #expect(rules.match(report()).routes == [1])
    #expect(rules.match(report("a")).routes == [0])
    #expect(rules.match(report("")).routes == [1])
  }

  @Test func `explain names the path of the conditions that decide, and where in the text`() {
    var (tree, orders) = (route("tree"), route("orders"))
    tree.match = .all([.any([.bodyContains("iim.to/"), .toPrefix("+90532")]), .not(.bodyContains("test"))])
    tree.fold = .turkish
    orders.orders = true
    orders.match = .all([.bodyStartsWith("Kod:"), .status("delivered")])
    let rules = RuleSet([tree, orders])
    func reasons(_ body: String?, _ claimed: Set<Int> = [], packet: Int64? = 104, to: String? = nil) -> [String] {
      var report = report(body, packet: packet)
      report.to = to
      return rules.explain(report, isClaimed: claimed.contains).map { "\($0.isCopied): \($0.reason)" }
    }
    #expect(
      reasons("De\u{11F}erli I\u{307}\u{130}M.TO/x") == [
        "true: match.all[1].any[1].body_contains: the body contains \"iim.to/\" at character 9; match.all[2].not.body_contains: the body does not contain \"test\"",
        "false: packet 104 is not claimed for it, and match.all[1].body_starts_with: the body does not begin with \"Kod:\": it differs at character 1",
      ])
    #expect(
      reasons("Kod", [1], to: "+905321234567") == [
        "true: match.all[1].any[2].to_prefix: the recipient begins with \"+90532\"; match.all[2].not.body_contains: the body does not contain \"test\"",
        "true: packet 104 is claimed for it",
      ])
    #expect(
      reasons("Kod", packet: nil) == [
        "false: match.all[1].any[1].body_contains: the body does not contain \"iim.to/\"; match.all[1].any[2].to_prefix: the report has no recipient",
        "false: the report has no packet_id, by which it could be claimed, and match.all[1].body_starts_with: the body does not begin with \"Kod:\": "
          + "it ends after character 3",
      ])
    #expect(
      reasons("iim.to/ TEST").first == "false: match.all[2].not.body_contains: the body contains \"test\" at character 9")
    #expect(
      reasons("Kod: 1").last
        == "true: match.all[1].body_starts_with: the body begins with \"Kod:\"; match.all[2].status: the status is \"delivered\"")
  }
}
