import Model
import Testing

@testable import Route

/// Files that are large, or made to keep the reader busy. Each bound is on what is in the file, and not on a clock.
@Suite(.timeLimit(.minutes(5)))
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
}
