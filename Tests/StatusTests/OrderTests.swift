import Foundation
import Model
import Status
import Support
import Testing

/// /api/v1/orders, by an operator and by apps.
struct OrderTests {
  private static let packet = "/api/v1/orders/312891245"
  private static let (shopKey, oldShopKey, bankKey) = ("shop-key-7f3a", "shop-key-0b1c", "bank-key-91de")

  /// Routes `shop` and `bank` take orders, `mail` does not.
  private static func with<Result: Sendable>(
    _ desk: Desk, token: String? = "s3cret", _ body: @escaping @Sendable (_ url: String) async throws -> Result
  ) async throws -> Result {
    var source = sample(routes: ["shop", "bank"]) { $0.lanes.append(LaneStanding(id: LaneID(4), name: "mail")) }.source
    source.operations = desk.operations
    let routes = [("shop", [shopKey, oldShopKey]), ("bank", [bankKey, ""])].map { name, keys in
      var route = RouteSettings(name: name, url: Secret("http://127.0.0.1:9/"))
      route.orderKeys = keys.map { Secret($0) }
      return route
    }
    source.configuration = {
      var loaded = LoadedConfiguration(fingerprint: "", loadedAt: Instant(microseconds: 0), routes: ["shop", "bank", "mail"])
      (loaded.orderRoutes, loaded.orderKeys) = (["shop", "bank"], OrderKeys(routes))
      return loaded
    }
    return try await withDoor(source, token: token) { url, _ in try await body(url) }
  }

  private static func ask(
    _ method: String, _ url: String, as key: String? = "s3cret", _ body: String? = nil, type: String? = "application/json",
    host: String? = nil
  ) async throws -> HTTPResponse {
    var headers: [(String, String)] = []
    if let key { headers.append(("Authorization", "Bearer \(key)")) }
    if body != nil, let type { headers.append(("Content-Type", type)) }
    if let host { headers.append(("Host", host)) }
    return try await http(method, url, headers: headers, body: body.map { Array($0.utf8) })
  }

  private func detail(_ answer: HTTPResponse) throws -> String { try object(answer)["detail"] as? String ?? "" }

  // MARK: - Claims

  @Test func `a claim is answered as it is on disk, and shown, and withdrawn`() async throws {
    let desk = Desk(now: ManualClock().now)
    let answers = try await Self.with(desk) { url in
      [
        try await Self.ask("PUT", url + Self.packet, #"{"route": "shop"}"#), try await Self.ask("GET", url + Self.packet),
        try await Self.ask("DELETE", url + Self.packet + "?route=shop"), try await Self.ask("DELETE", url + Self.packet + "?route=shop"),
        try await Self.ask("GET", url + Self.packet),
      ]
    }
    let claim = """
      {"packet_id": 312891245, "route": "shop", "first_at": "2026-04-29T04:32:24.000000Z", "last_at": "2026-04-29T04:32:24.000000Z",
       "late_copies": 3, "catching_up": true}
      """
    let expected = [
      claim, "{\"claims\": [\(claim)]}", #"{"packet_id": 312891245, "withdrawn": 1}"#, #"{"packet_id": 312891245, "withdrawn": 0}"#,
      #"{"claims": []}"#,
    ]
    #expect(answers.map(\.status) == [200, 200, 200, 200, 200])
    for (answer, text) in zip(answers, expected) { #expect(try sameJSON(answer.text, text), "\(answer.text)") }
  }

  @Test func `an app claims for its own route by its key, and needs to say nothing more`() async throws {
    let desk = Desk()
    let statuses = try await Self.with(desk) { url in
      [
        try await Self.ask("PUT", url + Self.packet, as: Self.shopKey),
        try await Self.ask("PUT", url + Self.packet, as: Self.oldShopKey, "{}"),
        try await Self.ask("PUT", url + "/api/v1/orders/2", as: Self.bankKey, #"{"route": "bank"}"#),
        try await Self.ask("POST", url + "/api/v1/orders", as: Self.bankKey, #"{"packet_ids": [3]}"#),
      ].map(\.status)
    }
    #expect(statuses == [200, 200, 200, 200])
    #expect(
      desk.seen.claims.map(\.claim) == [
        Claim(packetID: 312_891_245, lane: LaneID(1)), Claim(packetID: 2, lane: LaneID(2)), Claim(packetID: 3, lane: LaneID(2)),
      ])
  }

  @Test func `an app acts for no other route, and learns nothing of it`() async throws {
    let desk = Desk()
    desk.change { state in
      state.claims = [1, 2].map { lane in
        ClaimRecord(
          claim: Claim(packetID: 312_891_245, lane: LaneID(lane)), firstAt: Instant(microseconds: 0), lastAt: Instant(microseconds: 0),
          caughtUp: 0, isCaughtUp: true)
      }
    }
    let (refused, shown, withdrawn) = try await Self.with(desk) { url in
      let url = url + Self.packet
      return (
        [
          try await Self.ask("PUT", url, as: Self.shopKey, #"{"route": "bank"}"#),
          try await Self.ask("PUT", url, as: Self.shopKey, #"{"route": "nobody"}"#),
          try await Self.ask("DELETE", url + "?route=bank", as: Self.shopKey),
          try await Self.ask(
            "POST", String(url.dropLast("/312891245".count)), as: Self.shopKey, #"{"route": "bank", "packet_ids": [1]}"#),
        ], try await Self.ask("GET", url, as: Self.shopKey), try await Self.ask("DELETE", url + "?all=true", as: Self.shopKey)
      )
    }
    #expect(refused.map(\.status) == [403, 403, 403, 403])
    for answer in refused + [shown] { #expect(!answer.text.contains("bank") && !answer.text.contains("mail"), "\(answer.text)") }
    #expect((try object(shown)["claims"] as? [Any])?.count == 1)
    #expect(try object(withdrawn)["withdrawn"] as? Int == 1, "all that is its own")
    #expect(desk.seen.claims.map(\.claim.lane) == [LaneID(2)])
  }

  @Test func `a packet is of 64 bits, as a number or as text`() async throws {
    let desk = Desk()
    let answers = try await Self.with(desk) { url in
      [
        try await Self.ask(
          "POST", url + "/api/v1/orders", #"{"route": "shop", "packet_ids": [9007199254740993, "9007199254740995", 9223372036854775807]}"#),
        try await Self.ask("PUT", url + "/api/v1/orders/9223372036854775805", #"{"route": "shop"}"#),
      ]
    }
    #expect(answers.map(\.status) == [200, 200])
    let packets: [Int64] = [9_007_199_254_740_993, 9_007_199_254_740_995, .max, .max - 2]
    #expect(desk.seen.claims.map(\.claim.packetID) == packets)
    for packet in packets { #expect(answers.contains { $0.text.contains("\"packet_id\" : \(packet)") }) }
  }

  @Test func `as many packets as there may be are claimed at once, and not one more`() async throws {
    let desk = Desk()
    let (most, more) = try await Self.with(desk) { url in
      func body(_ count: Int) -> String {
        let numbers = (0..<count).map { "\"\(Int64.max - Int64($0))\"" }.joined(separator: ", ")
        return "{\"route\": \"shop\", \"packet_ids\": [\(numbers)]}"
      }
      return (
        try await Self.ask("POST", url + "/api/v1/orders", body(Limits.claimsTogetherMax)),
        try await Self.ask("POST", url + "/api/v1/orders", body(Limits.claimsTogetherMax + 1))
      )
    }
    #expect((most.status, more.status) == (200, 400))
    #expect(desk.seen.claims.count == Limits.claimsTogetherMax)
  }

  @Test(arguments: [
    ("PUT", "/312891245", #"{"route": "shp"}"#, 404, #"There is no route "shp". There are: shop, bank, mail."#),
    ("PUT", "/312891245", #"{"route": "mail"}"#, 409, #"Write "orders: true""#),
    ("PUT", "/312891245", #"{"route": "old"}"#, 409, "rule file"),
    ("PUT", "/312891245", nil, 400, #"{"route": "shop"}"#), ("PUT", "/312891245", #"{"route": 5}"#, 400, #""route" must be text"#),
    ("PUT", "/312891245", #"{"route": null}"#, 400, "null"), ("PUT", "/312891245", #"{"rout": "shop"}"#, 400, #""rout" is not known"#),
    ("PUT", "/312891245", #"{"route": "shop", "packet_ids": [1]}"#, 400, "the path says"), ("PUT", "/312891245", "[1]", 400, "JSON object"),
    ("PUT", "/12x", #"{"route": "shop"}"#, 400, "whole number"),
    ("PUT", "/9223372036854775808", #"{"route": "shop"}"#, 400, "whole number"),
    ("POST", "", #"{"route": "shop"}"#, 400, "which packets"), ("POST", "", #"{"route": "shop", "packet_ids": []}"#, 400, "which packets"),
    ("POST", "", #"{"route": "shop", "packet_ids": 5}"#, 400, "list"), ("POST", "", #"{"packet_ids": [5]}"#, 400, "for which route"),
    ("POST", "", #"{"route": "shop", "packet_ids": [5, 5.5]}"#, 400, "whole numbers"),
    ("POST", "", #"{"route": "shop", "packet_ids": [5, "+6"]}"#, 400, "whole numbers"),
    ("POST", "", #"{"route": "s1\"1.5", "packet_ids": [9007199254740993.0]}"#, 400, "whole numbers"),
    ("POST", "", #"{"route": "shop", "packet_ids": [1e3]}"#, 400, "whole numbers"),
    ("POST", "", #"{"route": "s1\"1.5e3", "packet_ids": [1]}"#, 404, "no route"),
    ("POST", "", #"{"route": "shop", "packet_ids": [9223372036854775808]}"#, 400, "whole numbers"),
    ("POST", "", #"{"route": "shop", "packet_ids": [null]}"#, 400, "whole numbers"),
    ("DELETE", "/312891245", nil, 400, "?all=true"), ("DELETE", "/312891245?route=shop&all=true", nil, 400, "together"),
    ("DELETE", "/312891245?route=shp", nil, 404, "There are: shop, bank, mail, old"),
  ])
  func `what is wrong with a request is said, and nothing is done`(
    method: String, path: String, body: String?, status: Int, words: String
  ) async throws {
    let desk = Desk()
    let answer = try await Self.with(desk) { url in try await Self.ask(method, url + "/api/v1/orders" + path, body) }
    #expect(answer.status == status)
    #expect(answer["content-type"] == "application/problem+json")
    #expect(try detail(answer).contains(words), "\(answer.text)")
    #expect(desk.seen.claims.isEmpty)
  }

  @Test func `an operator may withdraw whoever's claims`() async throws {
    let desk = Desk()
    let answer = try await Self.with(desk) { url in
      for route in ["shop", "bank"] { _ = try await Self.ask("PUT", url + Self.packet, "{\"route\": \"\(route)\"}") }
      return try await Self.ask("DELETE", url + Self.packet + "?all=true")
    }
    #expect(try object(answer)["withdrawn"] as? Int == 2)
  }

  // MARK: - Who may

  private static let requests = [
    ("PUT", packet, #"{"route": "shop"}"#), ("GET", packet, nil), ("DELETE", packet + "?route=shop", nil),
    ("POST", "/api/v1/orders", #"{"route": "shop", "packet_ids": [1]}"#),
  ]

  @Test(arguments: ["s3cret", nil])
  func `a wrong key is refused, also where without one there would be no question`(token: String?) async throws {
    let desk = Desk()
    try await Self.with(desk, token: token) { url in
      for (method, path, body) in Self.requests {
        for key in ["wrong", "", Self.shopKey + "x", String(Self.shopKey.dropLast())] {
          let answer = try await Self.ask(method, url + path, as: key, body)
          #expect(answer.status == 401, "\(method) \(path) with \(key)")
          #expect(try detail(answer).contains("order_key"))
          #expect(answer.headers["www-authenticate"].contains { $0.hasPrefix("Bearer") })
        }
      }
      let twice = [("Authorization", "Bearer \(Self.shopKey)"), ("Authorization", "Bearer \(Self.shopKey)")]
      #expect(try await http("GET", url + Self.packet, headers: twice).status == 401)
      #expect(try await Self.ask("GET", url + Self.packet, as: nil).status == (token == nil ? 200 : 401))
    }
    #expect(desk.seen.claims.isEmpty)
  }

  @Test(
    arguments: ["s3cret", nil],
    [
      "/status", "/status.json", "/metrics", "/api/v1/queue", "/api/v1/jobs", "/api/v1/relay", "/api/v1/reports/5", "/api/v1/ordersx",
      "//api/v1/orders/1", "/api/v1/orders%2f1",
    ])
  func `an order key opens nothing but orders`(token: String?, path: String) async throws {
    let status = try await Self.with(Desk(), token: token) { url in try await Self.ask("GET", url + path, as: Self.shopKey).status }
    #expect(status == 401)
  }

  @Test func `an app with a key is served under whatever name it knows the door by`() async throws {
    let statuses = try await Self.with(Desk(), token: nil) { url in
      [
        try await Self.ask("GET", url + Self.packet, as: Self.shopKey, host: "relay.example.com").status,
        try await Self.ask("GET", url + Self.packet, as: nil, host: "relay.example.com").status,
        try await Self.ask("GET", url + Self.packet, as: "wrong", host: "relay.example.com").status,
      ]
    }
    #expect(statuses == [200, 421, 401])
  }

  @Test func `a foreign page's form changes nothing`() async throws {
    let desk = Desk()
    let statuses = try await Self.with(desk, token: nil) { url in
      var statuses: [Int] = []
      for type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", nil] {
        for (method, path, body) in Self.requests where body != nil {
          statuses.append(try await Self.ask(method, url + path, as: nil, body, type: type).status)
        }
      }
      return statuses
    }
    #expect(statuses == Array(repeating: 415, count: 8))
    #expect(desk.seen.claims.isEmpty)
  }

  @Test func `no key is in an answer`() async throws {
    try await Self.with(Desk()) { url in
      for (method, path, body) in Self.requests + [("GET", "/status.json", nil), ("GET", "/metrics", nil)] {
        for key in ["s3cret", Self.shopKey] {
          let answer = try await Self.ask(method, url + path, as: key, body)
          #expect(!answer.text.contains("key-") && !"\(answer.headers)".contains("key-"))
        }
      }
    }
  }

  @Test(arguments: [("PUT", "/api/v1/orders", "POST"), ("POST", "/api/v1/orders/1", "DELETE, GET, HEAD, PUT")])
  func `another method is told which there are`(method: String, path: String, allowed: String) async throws {
    let answer = try await Self.with(Desk()) { url in try await Self.ask(method, url + path, "{}") }
    #expect(answer.status == 405)
    #expect(answer["allow"] == allowed)
  }

  @Test func `a store that does not work is said to be`() async throws {
    let desk = Desk()
    desk.change { $0.error = .full }
    try await Self.with(desk) { url in
      for (method, path, body) in Self.requests {
        let answer = try await Self.ask(method, url + path, body)
        #expect(answer.status == 503)
        #expect(try object(answer)["detail"].map { "\($0)" }?.contains(JournalError.full.description) == true)
      }
    }
  }
}
