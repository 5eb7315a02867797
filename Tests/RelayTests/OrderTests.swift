import Foundation
import Support
import Testing

/// Apps that claim their orders from a relay that runs.
@Suite(.timeLimit(.minutes(10)))
struct OrderTests {
  private static let (shopKey, bankKey) = ("shop-order-key-c41f7a90be52", "bank-order-key-90d2e6b8aa17")

  private struct Apps {
    var shop: RecordingApp
    var bank: RecordingApp
    /// Gets what nobody else owns.
    var rest: RecordingApp

    static func start() async throws -> Apps {
      Apps(shop: try await .start(), bank: try await .start(), rest: try await .start())
    }

    var rules: String {
      RelayTests.rules(
        #"name: shop, orders: true, order_key: "\#(shopKey)", url: "\#(shop.url)""#,
        #"name: bank, orders: true, order_key: "\#(bankKey)", url: "\#(bank.url)""#,
        #"name: rest, otherwise: true, url: "\#(rest.url)""#)
    }
  }

  private func ask(
    _ relay: RelayProcess, _ method: String, _ path: String, as key: String?, _ body: String? = nil
  ) async throws -> HTTPResponse {
    let headers = [key.map { ("Authorization", "Bearer \($0)") }, body.map { _ in ("Content-Type", "application/json") }].compactMap(\.self)
    let url = "http://\(relay.statusDoor)/api/v1/orders\(path)"
    return try await http(method, url, headers: headers, body: body.map { Array($0.utf8) })
  }

  private func post(_ relay: RelayProcess, _ id: Int64, of packet: Int64) async throws {
    let report = SentReport(id: id, packetID: packet, text: "no rule knows this")
    #expect(try await relay.post(report.bytes).status == 200)
  }

  private func object(_ answer: HTTPResponse) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])
  }

  @Test func `an app gets the reports of what it claims, before and after, and over a restart`() async throws {
    let apps = try await Apps.start()
    try await RelayProcess.with(rules: apps.rules) { relay in
      try await relay.start()
      // Claimed first.
      #expect(try await ask(relay, "PUT", "/100", as: Self.shopKey).status == 200)
      try await post(relay, 1, of: 100)
      try await apps.shop.taken("dlr_1_delivered")

      // Claimed when another app has it already: by one, then by both.
      for id in 2...3 { try await post(relay, Int64(id), of: 200) }
      for id in 2...3 { try await apps.rest.taken("dlr_\(id)_delivered") }
      let late = try await ask(relay, "PUT", "/200", as: Self.shopKey)
      #expect(late.status == 200)
      #expect(try object(late)["late_copies"] as? Int == 2)
      for id in 2...3 { try await apps.shop.taken("dlr_\(id)_delivered") }
      #expect(try await ask(relay, "PUT", "/200", as: nil, #"{"route": "bank"}"#).status == 200)
      for id in 2...3 { try await apps.bank.taken("dlr_\(id)_delivered") }
      try await post(relay, 4, of: 200)
      for app in [apps.shop, apps.bank] { try await app.taken("dlr_4_delivered") }

      // What an app has and the disk does not know yet is sent again after a kill, which is not what this is about.
      _ = try await relay.status { $0.pending == 0 }
      try await relay.kill()
      try await relay.start()
      try await post(relay, 5, of: 200)
      for app in [apps.shop, apps.bank] { try await app.taken("dlr_5_delivered") }
      let again = try await ask(relay, "PUT", "/200", as: Self.shopKey)
      #expect(try object(again)["late_copies"] as? Int == 2, "to claim again is to claim")

      let withdrawn = try await ask(relay, "DELETE", "/200", as: Self.shopKey)
      #expect(try object(withdrawn)["withdrawn"] as? Int == 1)
      try await post(relay, 6, of: 200)
      try await apps.bank.taken("dlr_6_delivered")
      let after = try await relay.status { $0.pending == 0 }
      #expect(["shop", "bank", "rest"].map { after[$0].delivered } == [5, 5, 2])
      #expect(apps.rest.copies.map(\.id) == ["dlr_2_delivered", "dlr_3_delivered"])
      #expect(apps.shop.copies.allSatisfy { $0.body.count > 0 && $0["relay-route"] == "shop" && $0["relay-replay"] == "" })
      #expect([apps.shop, apps.bank, apps.rest].allSatisfy { $0.log.read(\.repeats) == 0 })
      for key in [Self.shopKey, Self.bankKey] { #expect(!relay.written.contains(key)) }
    }
  }

  @Test func `a thousand orders are claimed at once, by the app's key and for nobody else`() async throws {
    let apps = try await Apps.start()
    try await RelayProcess.with(rules: apps.rules) { relay in
      try await relay.start()
      try await post(relay, 1, of: 9_007_199_254_740_993)
      try await apps.rest.taken("dlr_1_delivered")
      let packets = (0..<1_000).map { "\"\(9_007_199_254_740_993 + $0)\"" }.joined(separator: ",")
      let stolen = try await ask(relay, "POST", "", as: Self.bankKey, "{\"route\": \"shop\", \"packet_ids\": [\(packets)]}")
      #expect(stolen.status == 403)
      #expect(try await ask(relay, "POST", "", as: "wrong", "{\"route\": \"shop\", \"packet_ids\": [\(packets)]}").status == 401)
      #expect(try await relay.page("/status.json", headers: [("Authorization", "Bearer \(Self.bankKey)")]).status == 401)
      for _ in 0..<2 {
        let claimed = try await ask(relay, "POST", "", as: Self.shopKey, "{\"packet_ids\": [\(packets)]}")
        #expect(claimed.status == 200)
        #expect((try object(claimed)["claims"] as? [Any])?.count == 1_000)
      }
      try await apps.shop.taken("dlr_1_delivered")
      try await post(relay, 2, of: 9_007_199_254_741_992)
      try await apps.shop.taken("dlr_2_delivered")
      #expect(apps.bank.copies.isEmpty)
      let shown = try object(try await ask(relay, "GET", "/9007199254740993", as: nil))
      #expect((shown["claims"] as? [[String: Any]])?.map { "\($0["route"] ?? "")" } == ["shop"])
      let shownToBank = try object(try await ask(relay, "GET", "/9007199254740993", as: Self.bankKey))
      #expect((shownToBank["claims"] as? [Any])?.count == 0)
    }
  }

  @Test func `an operator claims by command, of a relay that runs and of one that does not`() async throws {
    let apps = try await Apps.start()
    try await RelayProcess.with(rules: apps.rules) { relay in
      try await relay.start()
      for id in 1...2 { try await post(relay, Int64(id), of: Int64(100 * id)) }
      for id in 1...2 { try await apps.rest.taken("dlr_\(id)_delivered") }
      #expect(try await relay.orders("show", "100").output == "nobody has claimed packet 100\n")
      let claimed = try await relay.orders("claim", "100", "101", "--route", "shop")
      #expect((claimed.exit, claimed.errors) == (.code(0), []))
      #expect(claimed.output.contains("packet 100 is claimed for shop since 2"))
      #expect(claimed.output.contains("; 1 copy of what had come before\n"))
      try await apps.shop.taken("dlr_1_delivered")
      let unknown = try await relay.orders("claim", "100", "--route", "rest")
      #expect(unknown.exit == .code(1))
      #expect(unknown.errors == [#"Route rest takes no orders. Write "orders: true" in its block of the rule file."#])

      #expect(try await relay.stop() == .code(0))
      #expect(try await relay.orders("claim", "200", "--route", "bank").output.contains("; 1 copy of what had come before\n"))
      #expect(try await relay.orders("withdraw", "101", "--all").output == "1 withdrawn\n")
      #expect(try await relay.orders("withdraw", "101").exit == .code(2))
      try await relay.start()
      try await apps.bank.taken("dlr_2_delivered")
      let shown = try await relay.orders("show", "200", "--json").json()
      let claim = try #require((shown["claims"] as? [[String: Any]])?.first)
      #expect((claim["route"] as? String, claim["late_copies"] as? Int, claim["catching_up"] as? Bool) == ("bank", 1, false))
    }
  }
}
