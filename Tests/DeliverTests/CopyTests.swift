import Crypto
import Foundation
import Model
import Support
import Testing

@testable import Deliver

@Suite(.timeLimit(.minutes(10)))
struct CopyTests {
  static let bodies: [[UInt8]] = [
    Array(#"{"report":{"id":1599558518,"body":"\#u{131}\u0131\/ 😀"}}"#.utf8), [], [0], Array(UInt8.min...UInt8.max),
    Array("\r\n\r\nPOST / HTTP/1.1\r\n\r\n".utf8), (0..<65_536).map { UInt8(truncatingIfNeeded: $0 &* 31) },
  ]

  @Test(arguments: bodies)
  func `a copy has the same bytes, with their length and in one piece`(body: [UInt8]) async throws {
    try await AppServer.with { app in
      try await withDeliverer([route(url: app.url())]) { sending in
        let settlement = try await sending.send(delivery(1, body: body))
        #expect(settlement.outcome == .answered(status: 200))
        #expect(settlement.result == .delivered)
        #expect(settlement.detail.isEmpty)
        let copy = try await app.request(1)
        #expect(copy.body == body)
        #expect(copy["content-length"] == ["\(body.count)"])
        #expect(copy["transfer-encoding"].isEmpty)
        #expect(copy.method == "POST")
        #expect(copy.version == .http1_1)
      }
    }
  }

  @Test func `a short body after a long one is the short one`() async throws {
    try await AppServer.with { app in
      try await withDeliverer([route(url: app.url()) { $0.concurrency = 1 }]) { sending in
        let bodies: [[UInt8]] = [Array(repeating: 1, count: 5_000), [2], [], [3, 3]]
        for (seq, body) in zip(1..., bodies) {
          _ = try await sending.send(delivery(Int64(seq), body: body))
          #expect(try await app.request(seq).body == body)
        }
      }
    }
  }

  @Test func `it has exactly the headers of a copy, each once`() async throws {
    try await AppServer.with { app in
      try await withDeliverer([route("shop", url: app.url())]) { sending in
        let before = realClock().microseconds / 1_000_000
        _ = try await sending.send(delivery(1_599_558_518, status: "not sent", tries: 2))
        let copy = try await app.request(1)
        let headers = Dictionary(grouping: copy.headers, by: \.name).mapValues { $0.map(\.value) }
        let timestamp = try #require(copy["webhook-timestamp"].first.flatMap { Int64($0) })
        #expect((before...before + 60).contains(timestamp))
        #expect(
          headers == [
            "Host": ["127.0.0.1:\(app.port)"], "Content-Length": ["2"], "content-type": ["application/json"],
            "user-agent": ["dlr-relay/9.8.7"],
            "webhook-id": ["dlr_1599558518_not%20sent"], "webhook-timestamp": ["\(timestamp)"], "relay-route": ["shop"],
            "relay-attempt": ["3"], "relay-received-at": ["2026-04-29T04:32:24.000000Z"],
          ])
      }
    }
  }

  @Test(arguments: ["application/json; charset=utf-8", "text/plain", "application/x-www-form-urlencoded", "x"])
  func `the type of the body is the one it came with`(type: String) async throws {
    try await AppServer.with { app in
      try await withDeliverer([route(url: app.url())]) { sending in
        _ = try await sending.send(delivery(1, contentType: type))
        #expect(try await app.request(1)["content-type"] == [type])
      }
    }
  }

  @Test func `a body that came with an empty type is JSON`() async throws {
    try await AppServer.with { app in
      try await withDeliverer([route(url: app.url())]) { sending in
        _ = try await sending.send(delivery(1, contentType: ""))
        #expect(try await app.request(1)["content-type"] == ["application/json"])
      }
    }
  }

  @Test func `path, query and headers of the route's own are sent as they are written`() async throws {
    let own = [("authorization", "Bearer s3cr=et; x"), ("x-tenant", "ı"), ("X-Case", "a,b")]
    try await AppServer.with { app in
      let target = "/a%20b/c;d?token=%2F%c3%a4&x=a+b&y={z}"
      let route = route(url: app.url(target)) { $0.headers = own.map { Header(name: $0, value: Secret($1)) } }
      try await withDeliverer([route]) { sending in
        _ = try await sending.send(delivery(1))
        let copy = try await app.request(1)
        for (name, value) in own { #expect(copy[name] == [value]) }
        #expect(copy.uri == target)
      }
    }
  }

  @Test func `each secret signs the copy of each attempt, over its own id, time and bytes`() async throws {
    let keys = [Array("0123456789abcdefghijklmn".utf8), Array("another key of twenty-four".utf8)]
    try await AppServer.with(answering: { .status($0.number == 1 ? 500 : 200) }) { app in
      let route = route(url: app.url()) {
        $0.secrets = keys.map { Secret("whsec_" + Data($0).base64EncodedString()) }
        $0.retry.first = .milliseconds(20)
      }
      try await withDeliverer([route]) { sending in
        let body = Array(UInt8.min...UInt8.max)
        sending.journal.add([delivery(77, body: body)])
        for (n, copy) in zip(1..., try await app.requests(2)) {
          let timestamp = try #require(copy["webhook-timestamp"].first)
          let message = Array("dlr_77_delivered.\(timestamp).".utf8) + body
          let expected = keys.map {
            "v1," + Data(HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: $0))).base64EncodedString()
          }
          #expect(copy["webhook-signature"] == [expected.joined(separator: " ")])
          #expect(copy["webhook-id"] == ["dlr_77_delivered"])
          #expect(copy["relay-attempt"] == ["\(n)"])
          #expect(copy.body == body)
        }
      }
    }
  }
}
