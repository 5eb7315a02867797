import Foundation
import Model
import Testing

@testable import Route

@Suite struct ExampleFileTests {
  private func example() throws -> [UInt8] {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    return Array(try Data(contentsOf: root.appending(path: "routes.example.yaml")))
  }

  /// A good value for every secret, and nothing else.
  private let variables = Variables(
    environment: { name in
      if name.contains("SECRET") { return "whsec_" + String(repeating: "A", count: 44) }
      return ["TOKEN", "KEY"].contains { name.contains($0) } ? "a-good-value-of-\(name)" : nil
    }, contents: { _ in throw NoSuchFile() })

  @Test func `the example loads without a word once its secrets are set`() throws {
    let reading = RuleFile.read(try example(), named: "routes.example.yaml", variables: variables)
    #expect(reading.diagnostics.map(\.description) == [])
    #expect(reading.configuration?.routes.map(\.name) == ["shop", "appointments", "otp", "campaigns", "abroad", "rest"])
  }

  @Test func `without its secrets the example does not load`() throws {
    let nothing = Variables(environment: { _ in nil }, contents: { _ in throw NoSuchFile() })
    let reading = RuleFile.read(try example(), named: "routes.example.yaml", variables: nothing)
    #expect(reading.configuration == nil)
    let names = ["WEBHOOK_TOKEN", "WEBHOOK_TOKEN_OLD", "STATUS_TOKEN", "STATUS_READ_TOKEN", "SHOP_TOKEN", "SHOP_SECRET"]
    let more = ["APPOINTMENTS_SECRET", "APPOINTMENTS_SECRET_OLD", "APPOINTMENTS_KEY", "CAMPAIGNS_ORDER_KEY", "ALERTS_KEY"]
    #expect(reading.diagnostics.map(\.message) == (names + more).map { "the variable \($0) is not set" })
  }

  @Test func `what the example calls a default is one`() throws {
    let read = try #require(RuleFile.read(try example(), named: "routes.example.yaml", variables: variables).configuration)
    var receive = ReceiveSettings(tokens: read.receive.tokens)
    receive.publicURL = read.receive.publicURL
    #expect(read.receive == receive)
    #expect(read.status.listen == StatusSettings().listen)
    #expect(read.store == StoreSettings())
    let plain = RouteSettings(name: "", url: Secret(""))
    let rest = try #require(read.routes.last)
    #expect(rest.timeout == plain.timeout && rest.concurrency == plain.concurrency && rest.retry == plain.retry && !rest.paused)
    #expect(rest.rateLimit == nil && rest.ordering == plain.ordering && rest.orderHold == plain.orderHold && rest.stale == plain.stale)
    #expect(rest.fold == plain.fold && !rest.orders && read.unmatched == .keep)
    let alert = try #require(read.alerts.first)
    #expect(alert == AlertSettings(url: alert.url))
  }

  @Test func `the example shows every key`() throws {
    let text = String(decoding: try example(), as: UTF8.self)
    for key in Block.allCases.flatMap(\.keys) { #expect(text.contains("\(key.name):"), "\(key.name)") }
  }
}
