import Model
import Route
import Testing

/// SplitMix64: the same numbers from the same seed, everywhere.
private struct Seeded: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

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

@Suite struct RuleSetTests {
  /// The rules in the plainest words there are.
  private func naive(_ routes: [RouteSettings], _ report: Report) -> Match {
    func contains(_ body: [UInt8], _ marker: [UInt8]) -> Bool {
      body.count >= marker.count && (0...(body.count - marker.count)).contains { Array(body[$0..<($0 + marker.count)]) == marker }
    }
    let packet = report.packetID.map(String.init)
    var owners = routes.indices.filter { index in
      routes[index].markers.contains { contains(report.body ?? [], Array($0.utf8)) }
        || routes[index].packetPrefixes.contains { packet?.hasPrefix($0) ?? false }
    }
    if owners.isEmpty { owners = routes.indices.filter { routes[$0].otherwise } }
    let copied = owners.filter { routes[$0].statuses?.contains(report.key.status) ?? true }
    return Match(destiny: !copied.isEmpty ? .matched : owners.isEmpty ? .unmatched : .filtered, routes: copied)
  }

  private static let alphabets: [[Character]] = [
    ["a", "b"], ["a", "b", "c", "#"], Array("ıiİIşŞçğü "), Array("aé€😀\u{0301}"), Array("abcdefghijklmnopqrstuvwxyz0123456789./#"),
  ]

  private func text(_ alphabet: [Character], _ lengths: ClosedRange<Int>, _ rng: inout Seeded) -> String {
    String((0..<Int.random(in: lengths, using: &rng)).map { _ in alphabet.randomElement(using: &rng)! })
  }

  @Test(arguments: 0..<60 as Range<UInt64>)
  func `matching agrees with the plain meaning of the rules`(seed: UInt64) {
    var rng = Seeded(state: seed)
    let alphabet = Self.alphabets[Int(seed) % Self.alphabets.count]
    let statuses = ["accepted", "delivered", "undelivered", "x"]
    let routes = (0..<Int.random(in: 1...12, using: &rng)).map { index in
      route(
        "r\(index)",
        markers: (0..<Int.random(in: 1...6, using: &rng)).map { _ in text(alphabet, 1...6, &rng) },
        prefixes: (0..<Int.random(in: 0...3, using: &rng)).map { _ in String(Int.random(in: 0...300, using: &rng)) },
        statuses: Bool.random(using: &rng) ? nil : [statuses.randomElement(using: &rng)!],
        otherwise: false)
    }
    let all = routes + (seed % 3 == 0 ? [] : [route("rest", statuses: seed % 3 == 1 ? nil : ["accepted"], otherwise: true)])
    let rules = RuleSet(all)
    for _ in 0..<150 {
      let body = Int.random(in: 0..<10, using: &rng) == 0 ? nil : text(alphabet, 0...20, &rng)
      let packet = Bool.random(using: &rng) ? nil : Int64.random(in: -50...40_000, using: &rng)
      let report = report(body, packet: packet, status: statuses.randomElement(using: &rng)!)
      let expected = naive(all, report)
      #expect(rules.match(report) == expected, "seed \(seed), body \(body ?? "-"), packet \(packet ?? -1)")
      let verdicts = rules.explain(report)
      #expect(verdicts.indices.filter { verdicts[$0].isCopied } == expected.routes, "seed \(seed)")
      #expect(verdicts.allSatisfy { !$0.reason.isEmpty })
    }
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
      #expect(rules.match(report(body)) == Match(destiny: .matched, routes: expected))
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
    #expect(match == Match(destiny: isMatch ? .matched : .unmatched, routes: isMatch ? [0] : []))
  }

  @Test func `a report that its owner does not want is filtered, and not for otherwise`() {
    let rules = RuleSet([route("shop", markers: ["#SHOP"], statuses: ["delivered"]), route("rest", otherwise: true)])
    #expect(rules.match(report("x #SHOP", status: "delivered")) == Match(destiny: .matched, routes: [0]))
    #expect(rules.match(report("x #SHOP", status: "accepted")) == Match(destiny: .filtered, routes: []))
    #expect(rules.match(report("x", status: "accepted")) == Match(destiny: .matched, routes: [1]))
  }

  @Test func `what nobody owns and otherwise does not want is filtered`() {
    let rules = RuleSet([route("rest", statuses: ["delivered"], otherwise: true)])
    #expect(rules.match(report("x", status: "accepted")) == Match(destiny: .filtered, routes: []))
    #expect(RuleSet([route("shop", markers: ["a"])]).match(report("x")) == Match(destiny: .unmatched, routes: []))
  }

  @Test func `missing fields match no rule on them, and no rules match nothing`() {
    let rules = RuleSet([route("shop", markers: ["a"], prefixes: ["1"])])
    #expect(rules.match(report()) == Match(destiny: .unmatched, routes: []))
    #expect(rules.match(report("", packet: 2)) == Match(destiny: .unmatched, routes: []))
    #expect(RuleSet([]).match(report("a", packet: 1)) == Match(destiny: .unmatched, routes: []))
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
}
