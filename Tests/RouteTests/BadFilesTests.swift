import Route
import Support
import Testing

/// A rule file, and everything that is said about it.
struct BadFile: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let yaml: String
  let diagnostics: String
  let schema: Schema

  /// What the schema says of the file.
  enum Schema {
    /// At least one of the mistakes is one of structure.
    case refuses
    /// What is wrong depends on variables, on several values together or on bounds that no schema has; or there are warnings alone.
    case accepts
    /// It is no YAML, or none that becomes JSON.
    case cannotRead
  }

  static let all = syntax + blocks + routes + sending + alerts + match + relations

  init(_ promise: String, _ yaml: String, _ diagnostics: String, schema: Schema = .refuses) {
    testDescription = promise
    self.yaml = yaml
    self.diagnostics = diagnostics
    self.schema = schema
  }
}

@Suite(.ownThread) struct BadFilesTests {
  @Test(arguments: BadFile.all)
  func `every mistake is reported with its place and what to do`(_ file: BadFile) {
    let reading = read(file.yaml)
    #expect(reading.diagnostics.map(\.description).joined(separator: "\n") == file.diagnostics)
    #expect((reading.configuration == nil) == reading.diagnostics.contains { $0.severity == .error })
  }

  @Test func `bytes that are not UTF-8 are found`() {
    let reading = RuleFile.read(Array("store: {}\nstatus: ".utf8) + [0xC3, 0x28], named: "routes.yaml", variables: .forTests)
    let expected = """
      routes.yaml:2:9: error: the file is not UTF-8; save it as UTF-8
      status: \u{FFFD}(
              ^
      """
    #expect(reading.diagnostics.map(\.description) == [expected])
  }

  @Test func `a file over 8 MiB is refused unread`() {
    let reading = RuleFile.read([UInt8](repeating: 0x20, count: 8 * 1024 * 1024 + 1), named: "routes.yaml", variables: .forTests)
    let expected = "routes.yaml:1:1: error: the file has 8388609 bytes, and at most 8388608 are read"
    #expect(reading.diagnostics.map(\.description) == [expected])
  }

  @Test(
    arguments: [
      (String(repeating: "[", count: 1_000_000), "the file is nested deeper than 64 levels"),
      (String(repeating: "{a: ", count: 250_000), "the file is nested deeper than 64 levels"),
      (Self.unfolding(levels: 20), "the aliases of the file unfold to more than 1000000 values"),
    ])
  func `a file made to keep the reader busy is refused`(_ yaml: String, _ message: String) {
    let clock = ContinuousClock()
    let took = clock.measure { #expect(read(yaml).diagnostics.map(\.message) == [message]) }
    // Unbounded, each of these takes minutes or for ever.
    #expect(took < .seconds(30))
  }

  /// Each level refers nine times to the one before.
  static func unfolding(levels: Int) -> String {
    (1...levels).reduce("x-0: &a0 [1]\n") { text, level in
      text + "x-\(level): &a\(level) [" + [String](repeating: "*a\(level - 1)", count: 9).joined(separator: ", ") + "]\n"
    }
  }

  @Test func `10,000 mistakes are all reported`() {
    let yaml = "receive: { tokens: [\"${T}\"] }\nroutes:\n" + (0..<10_000).map { "- { name: r\($0), otherwise: true }\n" }.joined()
    #expect(read(yaml).diagnostics.count == 10_000)
  }

  @Test func `a long line is clipped around the caret`() throws {
    let markers = (0..<200).map { "m\($0 + 100)" }.joined(separator: ", ")
    let reading = read("receive: { tokens: [\"${T}\"] }\nroutes: [{ name: a, markers: [\(markers), \"\"], url: http://a/ }]\n")
    let diagnostic = try #require(reading.diagnostics.last)
    #expect(diagnostic.message == "a marker is empty")
    #expect(diagnostic.excerpt.unicodeScalars.count <= 163)
    #expect(diagnostic.excerpt.unicodeScalars.dropFirst(diagnostic.caretOffset).starts(with: "\"\"".unicodeScalars))
  }

  @Test func `a tab before the caret is repeated below it`() throws {
    let reading = read("receive: { tokens: [\"${T}\"],\tlisten: x }\nroutes: [{ name: a, otherwise: true, url: \"http://a/\" }]\n")
    let lines = try #require(reading.diagnostics.first).description.split(separator: "\n")
    #expect(lines.dropFirst() == ["receive: { tokens: [\"${T}\"],\tlisten: x }", "                            \t        ^"])
  }

  @Test func `no line that is shown has a secret in it`() {
    let secret = "hunter2hunter2"
    let places = [
      "receive: { tokens: [\(secret)], paht: 1 }", "receive: { tokens: [{ label: a, value: \(secret), x: 1 }] }",
      "receive: { tokens: [\(secret)] ", "receive: { token: \(secret) }", "status: { token: \"\(secret)\", listn: 1 }",
      "status: { read_token: \"\(secret)\", listn: 1 }", "status: { read_token: \(secret) }",
      "routes: [{ name: a, url: \"http://a/?token=\(secret)\", x: 1 }]", "routes: [{ secret: \(secret), x: 1 }]",
      "routes: [{ headers: { authorization: Bearer \(secret) }, x: 1 }]", "password: \(secret)", "routes: [{ secrets: [\(secret)] }]",
      "receive: { tokens: [\"${A:-\(secret)}${B}\"] }", "  - \(secret): : x", "x-y: { \"url\": \(secret), y",
      "routes: [{ headers: \(secret) }]", "alerts: [{ url: \"https://a/\(secret)\", x: 1 }]", "alerts: [{ url: \"\(secret)\" }]",
      "alerts: [{ url: https://a/\(secret), on: []",
      "routes: [{ order_key: \(secret), x: 1 }]", "routes: [{ order_key: [\"\(secret)\"], x: 1 }]", "routes: [{ orderkey: \(secret) }]",
      "routes: [{ order-key: \(secret) }]", "routes: [{ orders: true, order_key: \(secret): }]",
      "receive: { tokens: \"\(secret)\" }", "receive: { tokens: [|\n  \(secret)\n  : ] }", "routes: [{ secrte: \(secret) }]",
    ]
    for yaml in places {
      let reading = read(yaml + "\n")
      #expect(!reading.diagnostics.isEmpty)
      #expect(!reading.diagnostics.map(\.description).joined().contains(secret), "\(yaml)")
    }
  }

  @Test func `what a variable holds is in no diagnostic`() {
    let variables = Variables(environment: { _ in "hunter2 hunter2" }, contents: { _ in "hunter2 hunter2" })
    let yaml = """
      receive:
        listen: ${A}
        path: ${A}
        public_url: ${A}
        tokens: ["${A}", "${file:/a}"]
        max_body: ${A}
        deadline: ${A}
        connections: ${A}
      defaults: { retry: { factor: "${A}" }, fold: "${A}" }
      unmatched: ${A}
      routes:
        - name: ${A}
          markers: ["${A}", "${A}"]
          packet_prefixes: ["${A}"]
          statuses: ["${A}", "${A}"]
          url: ${A}
          secret: ${A}
          headers: { a: "${A}" }
          paused: ${A}
          rate_limit: { per_second: "${A}", burst: "${A}" }
          ordering: ${A}
          order_hold: ${A}
          stale: ${A}
          fold: ${A}
          orders: ${A}
          order_key: ${A}
        - name: ${A}
          match:
            body_contains: ["${A}", "${A}"]
            packet_prefix: ${A}
            status: ["${A}", "${A}"]
            to_prefix: ${A}
            order: ${A}
            not: { body_contains: "${A}" }
      alerts:
        - url: ${A}
          format: ${A}
          on: ["${A}", dead]
          failing: ${A}
      """
    let diagnostics = RuleFile.read(Array(yaml.utf8), named: "routes.yaml", variables: variables).diagnostics
    #expect(diagnostics.count >= 34)
    #expect(!diagnostics.map(\.description).joined().contains("hunter2"))
  }
}
