import Crypto
import Foundation
import Support
import Testing

/// What the provider documents, in at one end and out at the other.
@Suite(.timeLimit(.minutes(10)))
struct DocumentedSampleTests {
  /// From the provider's page, with its whitespace.
  private static let sample = """
    {
      "report": {
        "id": 1599558518,
        "packet_id": 104525848,
        "status": "accepted",
        "to": "+905XXXXXXXXX",
        "body": "Message text"
      }
    }
    """

  /// Odd whitespace, escapes, members that nobody knows, a member twice, a byte order mark, line ends of Windows.
  private static let odd =
    "\u{FEFF}\t{ \"unknown\" : [1.50e+3,{}, null ],\r\n\"report\":{\"id\" :1599558519 ,\"packet_id\":\"104525848\",\"status\":"
    + "\"deliver\\u0065d\", \"extra\":\"\\/\\ud83d\\ude00\",\"to\":null, \"body\":\"old\",\"body\":\"Message\\u0020text İı \u{1F600}\"}} \n\n"

  private static let secret = "whsec_" + Data((0..<32).map { UInt8($0) }).base64EncodedString()

  @Test(arguments: [(sample, "dlr_1599558518_accepted"), (odd, "dlr_1599558519_delivered")])
  func `a report reaches two apps byte for byte, and a third not at all`(_ body: String, id: String) async throws {
    let (text, packet, third) = try await (RecordingApp.start(), RecordingApp.start(), RecordingApp.start())
    let rules = rules(
      #"name: by-text, markers: ["Message text"], url: "\#(text.url)?key=a%20b", secret: "\#(Self.secret)", headers: { x-app: "one two" }"#,
      #"name: by-packet, packet_prefixes: ["1045"], url: "\#(packet.url)""#,
      #"name: third, markers: ["iim.to/"], packet_prefixes: ["1046"], url: "\#(third.url)""#)
    try await RelayProcess.with(rules: rules) { relay in
      try await relay.start()
      let answer = try await relay.post(body.utf8, headers: [("Content-Type", "application/json; charset=utf-8")])
      #expect(answer.status == 200)
      #expect(answer.text == #"{"received": true}"#)
      #expect(answer["content-type"] == "application/json")
      for app in [text, packet] {
        let copy = try #require(try await app.copies(atLeast: 1).first)
        #expect(copy.body == Array(body.utf8))
        #expect(copy.id == id)
        #expect(copy.head.method == .POST)
        #expect(copy["content-type"] == "application/json; charset=utf-8")
        #expect(copy["content-length"] == String(body.utf8.count))
        #expect(!copy.head.headers.contains(name: "transfer-encoding"))
        #expect(copy["user-agent"].hasPrefix("dlr-relay/"))
        #expect(copy["relay-attempt"] == "1")
        #expect(copy["relay-received-at"].contains(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/))
      }
      let (first, second) = (text.copies[0], packet.copies[0])
      #expect(first.head.uri == "/hook?key=a%20b")
      #expect((first["relay-route"], second["relay-route"]) == ("by-text", "by-packet"))
      #expect((first["x-app"], second["x-app"]) == ("one two", ""))
      #expect(second["webhook-signature"] == "")
      try checkSignature(first)
      let status = try await relay.status { $0.pending == 0 }
      #expect(["by-text", "by-packet", "third"].map { status[$0].delivered } == [1, 1, 0])
      #expect(try await relay.stop() == .code(0))
      #expect(third.copies.isEmpty)
    }
  }

  /// Standard Webhooks, spec/standard-webhooks.md: HMAC-SHA256 of `id.timestamp.body`.
  private func checkSignature(_ copy: RecordingApp.Copy) throws {
    let key = try #require(Data(base64Encoded: String(Self.secret.dropFirst("whsec_".count))))
    let signed = Array("\(copy.id).\(copy["webhook-timestamp"]).".utf8) + copy.body
    let signature = try #require(Data(base64Encoded: String(copy["webhook-signature"].dropFirst("v1,".count))))
    #expect(copy["webhook-signature"].hasPrefix("v1,"))
    #expect(HMAC<SHA256>.isValidAuthenticationCode(signature, authenticating: signed, using: SymmetricKey(data: key)))
    let sentAt = try #require(TimeInterval(copy["webhook-timestamp"]))
    // Receivers refuse what is older than five minutes.
    #expect(abs(Date().timeIntervalSince1970 - sentAt) < 300)
  }

  @Test func `a repeat is not sent again, also after a restart, and another status of the same id is`() async throws {
    let app = try await RecordingApp.start()
    let report = SentReport(id: 1, status: "accepted", text: "@shop")
    try await RelayProcess.with(rules: rules(#"name: shop, markers: ["@shop"], url: "\#(app.url)""#)) { relay in
      try await relay.start()
      for _ in 1...3 { #expect(try await relay.post(report.bytes).status == 200) }
      // Other bytes around the same id and status are a repeat too.
      #expect(try await relay.post(SentReport(id: 1, status: "accepted", text: "other @shop").bytes).status == 200)
      try await app.taken(report.webhookID)
      _ = try await relay.status { $0.pending == 0 && $0.received.duplicates == 3 }
      #expect(try await relay.stop() == .code(0))

      try await relay.start()
      #expect(try await relay.post(report.bytes).status == 200)
      #expect(try await relay.post(SentReport(id: 1, status: "delivered", text: "@shop").bytes).status == 200)
      // Came last, so what stands before it in the queue has been sent.
      #expect(try await relay.post(SentReport(id: 2, text: "@shop").bytes).status == 200)
      try await app.taken("dlr_2_delivered")
      let status = try await relay.status { $0.pending == 0 }
      #expect(status.received.reports == 3)
      #expect(status.received.duplicates == 4)
      #expect(app.log.read(\.asked) == ["dlr_1_accepted": 1, "dlr_1_delivered": 1, "dlr_2_delivered": 1])
      #expect(app.copies[0].body == report.bytes)
    }
  }
}
