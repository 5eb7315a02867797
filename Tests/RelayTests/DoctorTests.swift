import Foundation
import GRDB
import Model
import Support
import Testing

@testable import dlr_relay

/// `dlr-relay doctor`, beside real relays, files and servers.
@Suite(.timeLimit(.minutes(10)))
struct DoctorTests {
  /// A finding as a script reads it.
  private struct Line: Decodable, Equatable {
    var level: String
    var topic: String
    var text: String
    var advice: String?
  }

  private static func lines(_ ran: Ran) throws -> [Line] {
    struct Answer: Decodable { var findings: [Line] }
    return try JSONDecoder().decode(Answer.self, from: Data(ran.output.utf8)).findings
  }

  private static func look(_ relay: RelayProcess, file: String? = nil, _ more: String...) async throws -> (Ran, [Line]) {
    let ran = try await relay.command(["doctor", "--json"] + more, file: file)
    #expect(ran.errors == [])
    return (ran, try lines(ran))
  }

  /// The rules, with the address at which the relay's public door listens.
  private static func rules(_ relay: RelayProcess, _ file: String) -> String {
    file.replacing(#"receive: { listen: "127.0.0.1:0""#, with: #"receive: { listen: "\#(relay.publicDoor)""#)
  }

  @Test func `beside a relay that is well, whose app never hears of it`() async throws {
    let app = try await RecordingApp.start()
    let file = RelayTests.rules(#"name: shop, markers: ["@shop"], url: "\#(app.url)?token=app-token-0c9d8e""#)
    try await RelayProcess.with(rules: file) { relay in
      try await relay.start()
      #expect(try await relay.post(SentReport(id: 1, text: "@shop").bytes).status == 200)
      try await app.taken("dlr_1_delivered")
      let (_, lines) = try await Self.look(relay, file: Self.rules(relay, file))
      let byTopic = Dictionary(lines.map { ($0.topic, $0) }, uniquingKeysWith: { first, _ in first })
      for topic in ["rule file", "token", "status door", "files", "store", "public door", "route shop"] {
        #expect(byTopic[topic]?.level == "ok", "\(topic): \(String(describing: byTopic[topic]))")
      }
      #expect(byTopic["store"]?.text.hasPrefix("1 reports, 0 copies wait") == true)
      #expect(byTopic["fsync"] != nil && byTopic["disk"] != nil && byTopic["clock"] != nil)
      #expect(app.copies.count == 1, "a connection is no request")
      let left = try FileManager.default.contentsOfDirectory(atPath: relay.folder).filter { $0.contains("doctor") }
      #expect(left == [])
    }
  }

  @Test func `an address is this relay's own, another relay's, or one that knows no such token`() async throws {
    let closed = try ReservedPort()
    let file = RelayTests.rules(#"name: shop, markers: ["@shop"], url: "\#(closed.url)""#)
    func ask(_ url: String) async -> Facts.PublicAnswer? {
      await offPool { NetworkProbe.look([NetworkProbe.Target(topic: "public URL", url: Secret(url), asks: true)])[0].answer }
    }
    func judged(_ answer: Facts.PublicAnswer?, here: Facts.PublicAnswer?) -> String? {
      answer.map { DoctorRules.publicAnswer($0, origin: "http://sms", instance: here?.instance).text }
    }
    try await RelayProcess.with(rules: file) { relay in
      try await relay.start()
      let here = await ask(relay.webhook)
      #expect(here?.isReady == true && here?.instance != nil)
      #expect(judged(await ask(relay.webhook), here: here)?.contains("leads to this relay") == true)
      try await RelayProcess.with(rules: file) { other in
        try await other.start()
        #expect(judged(await ask(other.webhook), here: here)?.contains("another relay than this one") == true)
        let wrong = other.webhook.replacing(RelayProcess.token, with: "tok-another-91c2d7e0")
        #expect(judged(await ask(wrong), here: here)?.contains("knows no token") == true)
      }
      let app = try await RecordingApp.start()
      #expect(judged(await ask(app.url), here: here)?.contains("is no relay (200)") == true)
      #expect(await ask(closed.url) == nil)
    }
  }

  @Test func `routes that cannot be reached, each for its reason, and no secret in any line`() async throws {
    let closed = try ReservedPort()
    try await TLSServer.with { server in
      let file = RelayTests.rules(
        #"name: refused, markers: ["@a"], url: "\#(closed.url)?token=app-token-0c9d8e""#,
        #"name: tls, markers: ["@b"], url: "https://localhost:\#(server.port)/hook?token=app-token-0c9d8e""#,
        #"name: nowhere, markers: ["@c"], url: "https://no.such.invalid/hook?token=app-token-0c9d8e""#)
      try await RelayProcess.with(rules: file) { relay in
        let (ran, lines) = try await Self.look(relay)
        #expect(ran.exit == .code(1))
        func text(_ route: String) -> String { lines.first { $0.topic == "route \(route)" }?.text ?? "" }
        #expect(text("refused").hasSuffix("refuses the connection"))
        #expect(text("tls").contains("self-signed certificate") || text("tls").contains("self signed certificate"), "\(text("tls"))")
        #expect(text("nowhere").contains("has no address"))
        #expect(lines.first { $0.topic == "relay" }?.level == "note")
        #expect(!ran.output.contains("app-token") && !ran.output.contains(RelayProcess.token))
        let plain = try await relay.command(["doctor"])
        #expect(!plain.output.contains("app-token") && !plain.output.contains(RelayProcess.token) && !plain.output.contains("\u{1b}"))
        #expect(plain.output.split(separator: "\n").count == lines.count + 1, "a line for each, and one for all")
      }
    }
  }

  @Test func `a damaged store, files for everybody, and a relay that is hidden`() async throws {
    let closed = try ReservedPort()
    let file = RelayTests.rules(#"name: shop, markers: ["@shop"], url: "\#(closed.url)""#)
    try await RelayProcess.with(rules: file) { relay in
      try await relay.start()
      for id in 1...200 { _ = try await relay.post(SentReport(id: Int64(id), text: "@shop \(String(repeating: "x", count: 500))").bytes) }
      // Nobody listens where this rule file says.
      let other = try await relay.command(["doctor", "--json"], door: "127.0.0.1:\(closed.port)")
      #expect(try Self.lines(other).first { $0.topic == "relay" }?.text.hasPrefix("process \(relay.program.pid) has the store") == true)
      #expect(try await relay.stop() == .code(0))
      try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: relay.storePath)
      let open = try await Self.look(relay).1
      #expect(open.first { $0.topic == "files" }?.level == "warning")
      try Self.spoil(relay.storePath)
      let (ran, lines) = try await Self.look(relay, "--thorough")
      #expect(lines.first { $0.topic == "store" }?.level == "error", "\(lines)")
      #expect(ran.exit == .code(1))
    }
  }

  /// Overwrites the root of an index.
  private static func spoil(_ path: String) throws {
    let database = try DatabaseQueue(path: path)
    try database.writeWithoutTransaction { db in _ = try Row.fetchAll(db, sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
    let (root, size) = try database.read { db in
      (
        try Int.fetchOne(db, sql: "SELECT rootpage FROM sqlite_master WHERE name = 'report_key'")!,
        try Int.fetchOne(db, sql: "PRAGMA page_size")!
      )
    }
    try database.close()
    let handle = try #require(FileHandle(forUpdatingAtPath: path))
    try handle.seek(toOffset: UInt64((root - 1) * size + 12))
    try handle.write(contentsOf: Data(repeating: 0xff, count: size - 12))
    try handle.close()
  }

  @Test func `a rule file with an error is all that there is to say`() async throws {
    let file = RelayTests.rules(#"name: shop, marker: ["@shop"], url: "http://127.0.0.1:9/""#)
    try await RelayProcess.with(rules: file) { relay in
      let (ran, lines) = try await Self.look(relay)
      #expect(ran.exit == .code(1))
      #expect(lines.map(\.topic) == ["rule file"])
      #expect(lines[0].advice?.contains("dlr-relay check --config command.yaml") == true)
    }
  }
}
