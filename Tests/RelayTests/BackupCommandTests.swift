import Foundation
import GRDB
import Support
import Testing

/// `dlr-relay backup` and `restore`, with the real relay.
@Suite(.timeLimit(.minutes(10)))
struct BackupCommandTests {
  private static let statusToken = "status-7d0a61f3c85e42b9"

  private static func rules(shop: Int, token: Bool = false) -> String {
    let file = RelayTests.rules(#"name: shop, markers: ["@shop"], url: "http://127.0.0.1:\#(shop)/hook""#)
    return token
      ? file.replacing(#"status: { listen: "127.0.0.1:0" }"#, with: #"status: { listen: "127.0.0.1:0", token: \#(statusToken) }"#) : file
  }

  private static func leftovers(_ relay: RelayProcess) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: relay.folder).filter { $0.contains("partial") || $0.contains("in-progress") }
  }

  @Test(arguments: [false, true])
  func `a backup made under load gives a relay elsewhere every copy that was owed when it began`(_ hasToken: Bool) async throws {
    // Nothing is delivered where the reports come in, so that all is owed in the backup.
    let closed = try ReservedPort()
    let provider = Provider((1...6_000).map { SentReport(id: Int64($0), text: "@shop \($0)") })
    try await RelayProcess.with(rules: Self.rules(shop: closed.port, token: hasToken)) { relay in
      try await relay.start(logLevel: "info")
      async let posting: Void = provider.send(to: relay)
      try await provider.log.until { $0.answered.count >= 1_000 }
      let before = provider.log.read(\.answered)
      let ran = try await relay.command(["backup", "copy.db", "--json"])
      #expect(ran.exit == .code(0), "\(ran.errors)")
      let told = try ran.json()
      let reports = try #require(told["reports"] as? Int)
      #expect(reports >= before.count)
      #expect(try Self.leftovers(relay) == [])
      try await relay.kill()
      await posting

      // Another machine: the app is there now.
      let app = try await RecordingApp.start()
      try await RelayProcess.with(rules: Self.rules(shop: app.port)) { other in
        try FileManager.default.copyItem(atPath: relay.folder + "/copy.db", toPath: other.folder + "/copy.db")
        let restored = try await other.command(["restore", "copy.db", "--yes", "--json"])
        #expect(restored.exit == .code(0), "\(restored.errors)")
        #expect(try restored.json()["reports"] as? Int == reports)
        try await other.start(logLevel: "info")
        try await app.log.until { $0.taken.count >= reports }
        #expect(try await other.stop() == .code(0))
        let taken = app.log.read { Set($0.taken.keys) }
        #expect(Set(before.map(\.webhookID)).subtracting(taken).isEmpty)
        #expect(taken.count == reports)
        #expect(app.log.read(\.repeats) == 0)
      }
    }
  }

  @Test func `killed with a backup in the making it starts again, and nothing is left of that`() async throws {
    let closed = try ReservedPort()
    try await RelayProcess.with(rules: Self.rules(shop: closed.port)) { relay in
      try await relay.start()
      #expect(try await relay.post(SentReport(id: 1, text: "@shop").bytes).status == 200)
      let json = [("Content-Type", "application/json")]
      let started = try await http("POST", "http://\(relay.statusDoor)/api/v1/backups", headers: json, body: Array("{}".utf8))
      #expect(started.status == 202)
      // The file is there from before the answer on, and nobody ends it.
      #expect(try Self.leftovers(relay).count >= 1)
      try await relay.kill()
      #expect(try Self.leftovers(relay).count >= 1)
      try await relay.start()
      #expect(try Self.leftovers(relay) == [])
      #expect(try await relay.status().received.reports == 1)
    }
  }

  @Test func `the bytes are for who has the token, and for nobody where there is none`() async throws {
    let closed = try ReservedPort()
    for hasToken in [false, true] {
      try await RelayProcess.with(rules: Self.rules(shop: closed.port, token: hasToken)) { relay in
        try await relay.start()
        #expect(try await relay.post(SentReport(id: 1, text: "@shop").bytes).status == 200)
        let headers = [("Content-Type", "application/json")] + (hasToken ? [("Authorization", "Bearer \(Self.statusToken)")] : [])
        let url = "http://\(relay.statusDoor)/api/v1/backups"
        #expect(try await http("POST", url, headers: headers, body: Array("{}".utf8)).status == 202)
        #expect(try await http("POST", url, headers: headers, body: Array("{}".utf8)).status == 409)
        _ = try await relay.program.line("a backup is ready")
        let file = try await http("GET", "\(url)/1/file", headers: headers)
        #expect(file.status == (hasToken ? 200 : 403))
        if hasToken {
          #expect(try await http("GET", "\(url)/1/file").status == 401)
          #expect(String(decoding: file.body.prefix(15), as: UTF8.self) == "SQLite format 3")
        }
        #expect(try await http("DELETE", "\(url)/1", headers: headers).status == 200)
        #expect(try await http("GET", "\(url)/2", headers: headers).status == 404)
        let changes = relay.program.errorLines.filter { $0.contains("somebody changed something") || $0.contains("backup") }
        #expect(changes.contains { $0.contains("end of backup") }, "\(changes)")
      }
    }
  }

  @Test func `nothing is overwritten, and nothing is left where it cannot be made`() async throws {
    let closed = try ReservedPort()
    try await RelayProcess.with(rules: Self.rules(shop: closed.port)) { relay in
      let none = try await relay.command(["backup", "copy.db"])
      #expect(none.exit == .code(1))
      #expect(none.errors == ["there is no store at relay.db; start the relay once, or check store.path"])
      try await relay.start()
      try Data("mine".utf8).write(to: URL(filePath: relay.folder + "/mine"))
      let taken = try await relay.command(["backup", "mine"])
      #expect(taken.exit == .code(1))
      #expect(taken.errors == ["mine is there already, and nothing overwrites it; give another name, or move it away"])
      #expect(try String(contentsOfFile: relay.folder + "/mine", encoding: .utf8) == "mine")
      for name in ["relay.db-journal", "./relay.db.backup-in-progress"] {
        let own = try await relay.command(["backup", name])
        #expect(own.errors == ["\(name) is a file of the store itself; give another name"])
      }
      let nowhere = try await relay.command(["backup", "no/such/copy.db"])
      #expect(nowhere.exit == .code(1))
      #expect(nowhere.errors.count == 1)
      #expect(try Self.leftovers(relay) == [])
      let restore = try await relay.command(["restore", "mine", "--yes"])
      #expect(restore.exit == .code(1))
      #expect(
        restore.errors.first?.contains("(process \(relay.program.pid)) has the store relay.db; stop it first") == true, "\(restore.errors)")
      #expect(try await relay.stop() == .code(0))
      let stopped = try await relay.command(["backup", "copy.db"])
      #expect(stopped.exit == .code(0), "\(stopped.errors)")
      let unasked = try await relay.command(["restore", "copy.db"])
      #expect(unasked.exit == .code(2))
      #expect(unasked.errors.first?.contains("give --yes") == true)
    }
  }

  @Test func `who says no at the terminal has the store that there was`() async throws {
    let closed = try ReservedPort()
    try await RelayProcess.with(rules: Self.rules(shop: closed.port)) { relay in
      try await relay.start()
      #expect(try await relay.post(SentReport(id: 1, text: "@shop").bytes).status == 200)
      #expect(try await relay.command(["backup", "copy.db"]).exit == .code(0))
      #expect(try await relay.post(SentReport(id: 2, text: "@shop").bytes).status == 200)
      #expect(try await relay.stop() == .code(0))
      let terminal = try Terminal()
      for (answer, code) in [("n\n", 1), ("y\n", 0)] as [(String, Int32)] {
        let program = try relay.startCommand(["restore", "copy.db"], stdin: terminal.end)
        try await program.writes("Restore it?")
        terminal.type(answer)
        #expect(try await program.exit() == .code(code))
        #expect(program.errorText.contains("1 reports came after the backup"), "\(program.errorText)")
      }
      let kept = try FileManager.default.contentsOfDirectory(atPath: relay.folder).filter { $0.contains("before-restore") }
      #expect(kept.count == 1)
      try await relay.start()
      #expect(try await relay.status().received.reports == 1)
    }
  }
}
