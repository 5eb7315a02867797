import Model
import Testing

@testable import Route

@Suite struct MatchReadingTests {
  private func condition(_ yaml: String) throws -> Condition? {
    let reading = read("receive: { tokens: [\"${T}\"] }\nroutes: [{ name: a, url: \"http://a/\", match: \(yaml) }]\n")
    #expect(reading.diagnostics.map(\.description) == [])
    return try #require(reading.configuration).routes[0].match
  }

  @Test(arguments: [
    ("{ body_contains: iim.to/ }", Condition.bodyContains("iim.to/")),
    ("{ body_contains: [a, b] }", .values([.bodyContains("a"), .bodyContains("b")])),
    ("{ body_starts_with: 'Sipariş ₺$$5' }", .bodyStartsWith("Sipariş ₺$5")),
    ("{ packet_prefix: 1045 }", .packetPrefix("1045")), ("{ packet_prefix: [\"0\"] }", .packetPrefix("0")),
    ("{ status: [delivered, undelivered] }", .values([.status("delivered"), .status("undelivered")])),
    ("{ to_prefix: +90532 }", .toPrefix("+90532")), ("{ order: true }", .order), ("{ order: \"${NONE:-true}\" }", .order),
    ("{ not: { order: true } }", .not(.order)),
    ("{ to_prefix: +90, status: delivered }", .block([.toPrefix("+90"), .status("delivered")])),
    ("{ any: [{ order: true }] }", .any([.order])),
    (
      "{ all: [{ not: { any: [{ status: sent }, { order: true }] } }, { body_contains: x, packet_prefix: 1 }] }",
      .all([.not(.any([.status("sent"), .order])), .block([.bodyContains("x"), .packetPrefix("1")])])
    ),
  ])
  func `a tree is read as it is written`(_ yaml: String, _ expected: Condition) throws {
    #expect(try condition(yaml) == expected)
  }

  @Test func `anchors and merge keys bring conditions in`() throws {
    let reading = read(
      """
      x-final: &final { status: [delivered, undelivered] }
      x-shop: &shop { body_contains: "#SHOP" }
      receive: { tokens: ["${T}"] }
      routes:
        - { name: a, url: "http://a/", match: { <<: *final, to_prefix: "+90" } }
        - { name: b, url: "http://b/", match: { any: [*shop, { <<: [*final, *shop], packet_prefix: "1" }], not: *final } }
      """)
    let final = Condition.values([.status("delivered"), .status("undelivered")])
    let routes = try #require(reading.configuration).routes
    #expect(routes[0].match == .block([final, .toPrefix("+90")]))
    let inner = Condition.block([final, .bodyContains("#SHOP"), .packetPrefix("1")])
    #expect(routes[1].match == .block([.any([.bodyContains("#SHOP"), inner]), .not(final)]))
  }

  @Test(arguments: [
    ("{ <<: {} }", "match of route \"a\" has an empty condition"), ("{ <<: [{}, {}] }", "match of route \"a\" has an empty condition"),
    ("&m { not: *m }", "an alias refers to a value that it is part of"), ("&m { <<: *m }", "an alias refers to a value that it is part of"),
  ])
  func `what merges nothing, or itself, is no condition`(_ yaml: String, _ message: String) {
    let reading = read("receive: { tokens: [\"${T}\"] }\nroutes: [{ name: a, url: \"http://a/\", match: \(yaml) }]\n")
    #expect(reading.diagnostics.map(\.message) == [message])
    #expect(reading.configuration == nil)
  }

  /// `not` in `not`.
  private func nested(_ levels: Int) -> String {
    String(repeating: "{ not: ", count: levels - 1) + "{ order: true }" + String(repeating: " }", count: levels - 1)
  }

  @Test func `a tree of 16 levels is read, and one of 17 is not`() throws {
    #expect(try condition(nested(16)) != nil)
    let reading = read("receive: { tokens: [\"${T}\"] }\nroutes: [{ name: a, url: \"http://a/\", match: \(nested(17)) }]\n")
    #expect(reading.diagnostics.map(\.message) == ["match of route \"a\" is nested deeper than 16 levels"])
  }

  @Test func `a tree of 1,000 conditions is read, and one of 1,001 is not, however few lines it takes`() throws {
    func file(_ lists: Int, more: String) -> String {
      let list = (0..<100).map { "\"t\($0 + 100)\"" }.joined(separator: ", ")
      let uses = (0..<lists).map { _ in "{ body_contains: *list }" }.joined(separator: ", ")
      return
        "x-l: &list [\(list)]\nreceive: { tokens: [\"${T}\"] }\nroutes: [{ name: a, url: \"http://a/\", match: { any: [\(uses)\(more)] } }]\n"
    }
    #expect(read(file(10, more: "")).diagnostics == [])
    let hint = "split it into several routes"
    let message = "match of route \"a\" has more than 1000 conditions"
    #expect(read(file(10, more: ", { order: true }")).diagnostics.map { [$0.message, $0.hint] } == [[message, hint]])
    #expect(read(file(9_000, more: "")).diagnostics.map { [$0.message, $0.hint] } == [[message, hint]])
  }

  @Test func `what is possible is never called impossible`() throws {
    let possible = [
      "{ any: [{ status: delivered }, { status: undelivered }] }", "{ packet_prefix: 10, not: { packet_prefix: 104 } }",
      "{ body_contains: [a1, b1], not: { body_contains: c1 } }", "{ body_starts_with: Sip, not: { body_starts_with: Sipa } }",
      "{ all: [{ body_starts_with: Sip }, { body_starts_with: Sipariş }] }", "{ all: [{ to_prefix: +9 }, { to_prefix: +90 }] }",
      "{ all: [{ body_contains: a1 }, { body_contains: b1 }, { not: { body_starts_with: a1 } }] }",
      "{ not: { all: [{ status: delivered }, { status: undelivered }] } }", "{ any: [{ order: true }, { not: { order: true } }] }",
      "{ all: [{ not: { status: accepted } }, { not: { status: sent } }] }",
    ]
    for yaml in possible { #expect(try condition(yaml) != nil, "\(yaml)") }
  }

  @Test func `explain names a condition by its place in the file`() throws {
    let reading = read(
      """
      receive: { tokens: ["${T}"] }
      routes:
        - name: shop
          url: http://10.0.0.1/
          match:
            status: [delivered, undelivered]
            any:
              - { body_contains: ["iim.to/", "#SHOP"] }
              - { packet_prefix: "1045", not: { to_prefix: "+90" } }
              - { order: true }
              - { all: [{ status: sent }, { not: { any: [{ order: true }] } }] }
      """)
    let rules = RuleSet(try #require(reading.configuration).routes)
    func reason(_ body: String, packet: Int64, to: String, status: String = "delivered") -> String {
      let report = Report(key: ReportKey(id: 1, status: status), packetID: packet, to: to, body: Array(body.utf8))
      return rules.explain(report)[0].reason
    }
    #expect(
      reason("x #SHOP", packet: 1, to: "+1")
        == ##"match.status: the status is "delivered"; match.any[1].body_contains: the body contains "#SHOP" at character 3"##)
    #expect(
      reason("x", packet: 10_451, to: "+1", status: "undelivered") == """
        match.status: the status is "undelivered"; match.any[2].packet_prefix: packet_id 10451 begins with "1045"; \
        match.any[2].not.to_prefix: the recipient does not begin with "+90"
        """)
    #expect(
      reason("x", packet: 10_451, to: "+90", status: "sent")
        == #"match.status: the status is "sent", not "delivered"; match.status: the status is "sent", not "undelivered""#)
    // Of the first of `any` both values fail, so that the third of the ends is the second's.
    #expect(
      reason("x", packet: 10_451, to: "+90").hasSuffix(
        #"; match.any[2].not.to_prefix: the recipient begins with "+90"; and 2 more"#))
  }
}
