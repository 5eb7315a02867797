import Model
import Support
import Testing

@testable import Route

/// Files that are large, or made to keep the reader busy. Each bound is on what is in the file, and not on a clock.
@Suite(.ownThread, .timeLimit(.minutes(10)))
struct LargeFileTests {
  private let head = "receive: { tokens: [\"${T}\"] }\n"

  @Test func `10,000 routes are read`() throws {
    let routes = (0..<10_000).map { "- { name: r\($0), markers: [\"m-\($0)-x\"], url: \"http://10.0.0.1/\($0)\" }\n" }.joined()
    let reading = read(head + "routes:\n" + routes)
    #expect(reading.diagnostics == [])
    #expect(reading.configuration?.routes.count == 10_000)
  }

  @Test func `of thousands of relations twenty are said, and how many more there are`() {
    let same = (0..<1_000).map { "- { name: r\($0), markers: [same], url: \"http://10.0.0.1/\($0)\" }\n" }.joined()
    let messages = read(head + "routes:\n" + same).diagnostics.map(\.message)
    #expect(messages.count == 21)
    #expect(messages.contains("979 more routes have the same rules as another"))

    let inside = (0..<500).map { "- { name: r\($0), markers: [iim.to/\($0)!], url: \"http://10.0.0.1/\($0)\" }\n" }.joined()
    let short = "- { name: short, markers: [iim.to/], url: \"http://10.0.0.1/\" }\n"
    let more = read(head + "routes:\n" + short + inside).diagnostics.map(\.message)
    #expect(more.count == 21)
    #expect(more.contains("480 more markers are or contain another route's"))
  }

  @Test func `markers in each other are looked for no longer than they are told of`() {
    // Every marker contains all shorter ones.
    let routes = (1...600).map { "- { name: r\($0), markers: [\(String(repeating: "a", count: $0))], url: \"http://10.0.0.1/\($0)\" }\n" }
    let messages = read(head + "routes:\n" + routes.joined()).diagnostics.map(\.message)
    #expect(messages.count == 21)
    #expect(messages.contains { $0.hasPrefix("at least ") })
  }

  @Test func `10,000 mistakes on one line of megabytes are all said`() {
    let routes = (0..<10_000).map { "{ name: \"\($0) \(String(repeating: "x", count: 60))\", otherwise: true, url: \"http://a/\($0)\" }" }
    let yaml = head + "routes: [" + routes.joined(separator: ", ") + "]\n"
    #expect(yaml.utf8.count > 1_000_000)
    let diagnostics = read(yaml).diagnostics
    #expect(diagnostics.count == 10_000)
    #expect(diagnostics.allSatisfy { $0.excerpt.isEmpty && $0.line == 3 - 1 })
  }

  @Test(arguments: [
    ((0...1_000).map { "- &a\($0) x" }, "the file has more than 1000 anchors"),
    (["- &a x"] + [String](repeating: "- *a", count: 100_001), "the file has more than 100000 aliases"),
    ([String](repeating: "-", count: 1_000_001), "the file has more than 1000000 values"),
  ])
  func `anchors, aliases and values are counted before anything is built of them`(_ lines: [String], _ message: String) {
    #expect(read(lines.joined(separator: "\n")).diagnostics.map(\.message) == [message])
  }

  @Test func `a file of unknown keys is read to its end`() {
    let yaml = head + "store:\n" + (0..<30_000).map { "  kyes\($0): 1\n" }.joined()
    let diagnostics = read(yaml).diagnostics
    #expect(diagnostics.count == 30_001)
  }

  // MARK: - Work to warn of what rules have to do with each other

  private static let notAll = "not all rules were looked at for what excludes, repeats or contains another: there is too much to compare"

  private func listed(_ texts: [String]) -> String { "[\(texts.joined(separator: ", "))]" }

  @Test func `long texts in one match are compared in the time of their lengths`() throws {
    let long = String(repeating: "a", count: 3_000)
    let almost = String(repeating: "a", count: 1_500) + "b"
    let parts = (0..<20).map { _ in "{ body_contains: \(long) }, { not: { body_contains: \(almost) } }" }
    let reading = read(head + "routes: [{ name: a, url: \"http://a/\", match: { all: \(listed(parts)) } }]\n")
    #expect(reading.configuration != nil)
    #expect(reading.diagnostics.map(\.message) == [])
    // 400 pairs of the long with the almost same, and what each costs by itself.
    #expect((400 * 4_500...2 * 400 * 4_500).contains(reading.stepsCompared))
  }

  @Test func `markers that all contain each other are compared as often as one is found`() {
    let markers = (1...1_000).map { String(repeating: "a", count: $0) }
    let reading = read(head + "routes: [{ name: a, url: \"http://a/\", markers: \(listed(markers)) }]\n")
    #expect(reading.diagnostics.count == 999)
    #expect(reading.diagnostics.allSatisfy { $0.message.hasSuffix("is never needed in route \"a\"") })
    // Each pair within its route, and once more between routes.
    #expect((2 * 500_500 * Scrutiny.stepsEach...2 * 700_000 * Scrutiny.stepsEach).contains(reading.stepsCompared))
  }

  @Test func `one marker of thousands of routes is compared up to the bound, and that is said once`() {
    func file(_ count: Int) -> String {
      let routes = (0..<count).map { "- { name: r\($0), markers: [same], statuses: [s\($0)-x], url: \"http://10.0.0.1/\($0)\" }\n" }
      return head + "routes:\n" + routes.joined()
    }
    let whole = read(file(300))
    #expect(whole.diagnostics == [])
    #expect((300 * 300 * Scrutiny.stepsEach...Scrutiny.stepsMax).contains(whole.stepsCompared))
    let part = read(file(5_000))
    #expect(part.configuration?.routes.count == 5_000)
    #expect(part.diagnostics.map(\.message) == [Self.notAll])
    #expect((Scrutiny.stepsMax / 2...Scrutiny.stepsMax).contains(part.stepsCompared))
  }

  @Test func `a match that a thousand routes share is looked at up to the bound`() {
    let texts = (0..<900).map { "\"text number \($0)!\"" }
    let routes = (0..<1_000).map { "- { name: r\($0), match: *shared, url: \"http://10.0.0.1/\($0)\" }\n" }
    let reading = read("x-shared: &shared { body_contains: \(listed(texts)) }\n" + head + "routes:\n" + routes.joined())
    #expect(reading.configuration?.routes.count == 1_000)
    #expect(reading.diagnostics.contains { $0.message == Self.notAll })
    #expect((Scrutiny.stepsMax / 2...Scrutiny.stepsMax).contains(reading.stepsCompared))
  }

  @Test func `10,000 ordinary routes are looked through whole`() {
    let routes = (0..<9_999).map { index in
      let rule =
        index.isMultiple(of: 2)
        ? "markers: [\"#SHOP-\(index)-x\", \"iim.to/\(index)?\", \"kampanya \(index)!\"], fold: turkish"
        : "match: { body_contains: \"@app-\(index)-x\", not: { body_contains: test }, status: [delivered, undelivered] }"
      return "- { name: r\(index), \(rule), url: \"http://10.0.0.1/\(index)\" }\n"
    }
    let last = "- { name: last, markers: [\"see iim.to/4000? now\"], fold: turkish, url: \"http://10.0.0.1/last\" }\n"
    let reading = read(head + "routes:\n" + routes.joined() + last)
    #expect(
      reading.diagnostics.map(\.message) == [
        #"marker "see iim.to/4000? now" of route "last" contains "iim.to/4000?", a marker of route "r4000""#
      ])
    #expect(reading.stepsCompared < Scrutiny.stepsMax / 2)
  }

  @Test func `a text is found where it first stands`() {
    var rng = Seeded(state: 11)
    for _ in 0..<2_000 {
      let text = (0..<Int.random(in: 0...24, using: &rng)).map { _ in UInt8.random(in: 0...1, using: &rng) }
      let needle = (0..<Int.random(in: 0...6, using: &rng)).map { _ in UInt8.random(in: 0...1, using: &rng) }
      let expected = text.indices.first { text[$0...].starts(with: needle) } ?? (needle.isEmpty ? 0 : nil)
      #expect(text.firstOffset(of: needle) == expected, "\(needle) in \(text)")
    }
  }
}
