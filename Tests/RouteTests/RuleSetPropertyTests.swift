import Model
import Route
import Support
import Testing

/// Random rules and reports, in which much overlaps.
private struct Maker {
  /// Letters that some fold takes for the same, in several normal forms and plane sizes; and marks that join what stands before them.
  private static let letters = [
    "I", "ı", "i", "İ", "I\u{307}", "i\u{307}", "ş", "s\u{327}", "Ş", "S\u{327}", "ğ", "g\u{306}", "Ğ", "Ö", "o\u{308}", "ü", "Ü", "Ç",
    "c\u{327}", "â", "Â", "a", "A", "b", "B", "z", "Z", "K", "\u{212A}", "k", "Ⱥ", "ⱥ", "ẞ", "ß", "Ω", "\u{2126}", "ω", "ǅ", "ǆ", "😀",
    "𐐀", "𐐨", "\u{301}", "\u{327}", "\u{323}", "1", "#", " ", "\u{958}",
  ]
  private static let words = ["accepted", "delivered", "undelivered", "\u{E9}", "e\u{301}", "deliver"]

  var numbers: Seeded
  private let letters: [String]

  init(seed: UInt64) {
    var numbers = Seeded(state: seed)
    letters = (0..<Int.random(in: 1...9, using: &numbers)).map { _ in Self.letters.randomElement(using: &numbers)! }
    self.numbers = numbers
  }

  mutating func isOne(in n: Int) -> Bool { Int.random(in: 0..<n, using: &numbers) == 0 }

  mutating func text(_ lengths: ClosedRange<Int>) -> String {
    (0..<Int.random(in: lengths, using: &numbers)).map { _ in letters.randomElement(using: &numbers)! }.joined()
  }

  private mutating func digits() -> String {
    isOne(in: 20) ? "0\(Int.random(in: 0...9, using: &numbers))" : "\(Int.random(in: 0...40, using: &numbers))"
  }
  private mutating func number() -> String { (isOne(in: 2) ? "+" : "") + "\(Int.random(in: 0...30, using: &numbers))" }
  private mutating func word() -> String { Self.words.randomElement(using: &numbers)! }

  mutating func condition(depth: Int) -> Condition {
    switch Int.random(in: 0..<(depth == 0 ? 6 : 12), using: &numbers) {
    case 0: .bodyContains(text(1...4))
    case 1: .bodyStartsWith(text(1...4))
    case 2: .packetPrefix(digits())
    case 3: .status(word())
    case 4: .toPrefix(number())
    case 5: .order
    case 6: .all(parts(depth))
    case 7: .block(parts(depth))
    case 8: .any(parts(depth))
    case 9: .values(parts(depth))
    default: .not(condition(depth: depth - 1))
    }
  }

  private mutating func parts(_ depth: Int) -> [Condition] {
    (0..<Int.random(in: 0...3, using: &numbers)).map { _ in condition(depth: depth - 1) }
  }

  mutating func route(_ index: Int) -> RouteSettings {
    var route = RouteSettings(name: "r\(index)", url: Secret("http://r\(index)/"))
    route.fold = Fold.allCases.randomElement(using: &numbers)!
    if isOne(in: 2) {
      route.match = condition(depth: 4)
    } else {
      route.markers = (0..<Int.random(in: 0...4, using: &numbers)).map { _ in text(1...4) }
      route.packetPrefixes = (0..<Int.random(in: 0...2, using: &numbers)).map { _ in digits() }
    }
    route.orders = isOne(in: 4)
    route.otherwise = isOne(in: 8)
    if isOne(in: 2) { route.statuses = (0..<Int.random(in: 1...2, using: &numbers)).map { _ in word() } }
    return route
  }

  mutating func report() -> Report {
    Report(
      key: ReportKey(id: 1, status: word()), packetID: isOne(in: 4) ? nil : Int64.random(in: -20...500, using: &numbers),
      to: isOne(in: 4) ? nil : number(), body: isOne(in: 8) ? nil : Array(text(0...12).utf8))
  }
}

@Suite(.ownThread) struct RuleSetPropertyTests {
  private static let setsOfRun: UInt64 = 150
  private static let reportsOfSet = 10

  @Test(arguments: 0..<20 as Range<UInt64>)
  func `whatever the rules are, each report goes where their plain meaning sends it`(run: UInt64) {
    for seed in run * Self.setsOfRun..<(run + 1) * Self.setsOfRun {
      var maker = Maker(seed: seed)
      let routes = (0..<Int.random(in: 1...8, using: &maker.numbers)).map { maker.route($0) }
      let (rules, plain) = (RuleSet(routes), PlainRules(routes: routes))
      for _ in 0..<Self.reportsOfSet {
        let report = maker.report()
        let (routing, expected) = (rules.route(report), plain.routing(report))
        guard routing == expected else {
          Issue.record("seed \(seed): \(report)\nof \(routes.map(\.shown).joined(separator: "\n"))\ngoes \(routing)\nand not \(expected)")
          return
        }
        let claimants = Set(routes.indices.filter { _ in report.packetID != nil && maker.isOne(in: 2) })
        let resolved = expected.resolved(claimants.contains)
        let verdicts = rules.explain(report, isClaimed: claimants.contains)
        let unclaimed = rules.explain(report)
        let refusals = rules.refusals(of: report, max: routes.count)
        let isRefusing = refusals.map { refusal in refusal.reason.contains(", but status ") }
        guard refusals.sorted(by: { $0.route < $1.route }) == unclaimed.sorted(by: { $0.route < $1.route }),
          refusals.starts(with: rules.refusals(of: report, max: 2)), rules.refusals(of: report, max: 2).count == min(2, routes.count)
        else {
          Issue.record("seed \(seed): \(report)\nis refused by \(refusals)\nand explained by \(unclaimed)")
          return
        }
        // An `otherwise` route that does not want the status owns nothing.
        let isOwned = expected.resolved { _ in false }.destiny != .unmatched && !routes.contains(where: \.otherwise)
        guard !isOwned || isRefusing == isRefusing.sorted(by: { $0 && !$1 }) else {
          Issue.record("seed \(seed): \(report)\nis refused in the order \(refusals)")
          return
        }
        let copied = verdicts.indices.filter { verdicts[$0].isCopied }
        guard copied == resolved.targets.sorted(), verdicts.allSatisfy({ !$0.reason.isEmpty }) else {
          Issue.record("seed \(seed): \(report)\nof \(routes.map(\.shown).joined(separator: "\n"))\nis explained by \(verdicts)")
          return
        }
      }
    }
  }
}

extension RouteSettings {
  fileprivate var shown: String {
    "\(name) \(markers) \(packetPrefixes) \(match.map { "\($0)" } ?? "-") \(fold) \(orders) \(statuses ?? ["*"]) \(otherwise)"
  }
}
