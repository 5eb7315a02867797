import Crypto
import Foundation
import Model
import Testing

@testable import Deliver

struct SignerTests {
  /// The vector of the specification's own libraries (github.com/standard-webhooks/standard-webhooks, libraries/*/test).
  @Test func `it signs the published vector`() throws {
    let signer = try #require(Signer(secrets: [Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]))
    let signature = signer.signature(
      id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body: Array(#"{"test": 2432232314}"#.utf8))
    #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
  }

  /// HMAC written out (RFC 2104), so that a mistake of the library's use would show.
  private func hmac(_ key: [UInt8], _ message: [UInt8]) -> Data {
    let block = (key.count > 64 ? Array(SHA256.hash(data: key)) : key) + Array(repeating: 0, count: 64)
    let inner = SHA256.hash(data: block.prefix(64).map { $0 ^ 0x36 } + message)
    return Data(SHA256.hash(data: block.prefix(64).map { $0 ^ 0x5c } + Array(inner)))
  }

  @Test(arguments: [1, 24, 64, 65, 200])
  func `it is HMAC-SHA256 over id, timestamp and body for keys of any length`(length: Int) throws {
    let key = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let body = Array(UInt8.min...UInt8.max)
    let signer = try #require(Signer(secrets: [Secret("whsec_" + Data(key).base64EncodedString())]))
    let expected = hmac(key, Array("dlr_1_x.1777437144.".utf8) + body).base64EncodedString()
    #expect(signer.signature(id: "dlr_1_x", timestamp: 1_777_437_144, body: body) == "v1,\(expected)")
  }

  @Test func `several secrets give several signatures, in their order, separated by a space`() throws {
    let keys: [[UInt8]] = [Array("first".utf8), Array("second".utf8)]
    let signer = try #require(Signer(secrets: keys.map { Secret("whsec_" + Data($0).base64EncodedString()) }))
    let message = Array("a.1.".utf8)
    #expect(
      signer.signature(id: "a", timestamp: 1, body: [])
        == keys.map { "v1," + hmac($0, message).base64EncodedString() }.joined(separator: " "))
  }

  @Test(arguments: [[], ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], ["whsec_*"], ["whsec_AAAA", "nonsense"]])
  func `without good secrets there is no signer`(secrets: [String]) {
    #expect(Signer(secrets: secrets.map { Secret($0) }) == nil)
  }

  @Test(arguments: [
    ("delivered", "dlr_7_delivered"), ("a-b_C9", "dlr_7_a-b_C9"), ("", "dlr_7_"), ("not sent", "dlr_7_not%20sent"), ("a/b", "dlr_7_a%2Fb"),
    ("100%", "dlr_7_100%25"), ("ı", "dlr_7_%C4%B1"), ("😀", "dlr_7_%F0%9F%98%80"), ("a\r\nx: y", "dlr_7_a%0D%0Ax%3A%20y"),
    ("\u{0}", "dlr_7_%00"), ("a.b", "dlr_7_a%2Eb"), ("a+b~", "dlr_7_a%2Bb%7E"),
  ])
  func `the id of a copy is made of plain characters whatever the status is`(status: String, id: String) {
    #expect(webhookID(ReportKey(id: 7, status: status)) == id)
  }

  @Test func `ids of 64 bits and negative ones are written whole`() {
    #expect(webhookID(ReportKey(id: .max, status: "x")) == "dlr_9223372036854775807_x")
    #expect(webhookID(ReportKey(id: .min, status: "x")) == "dlr_-9223372036854775808_x")
  }

  @Test func `different statuses never share an id`() {
    let statuses = ["a", "a%20", "a ", "a%", "%61", "A", "ä", "a\u{308}"]
    #expect(Set(statuses.map { webhookID(ReportKey(id: 1, status: $0)) }).count == statuses.count)
  }
}
