import Foundation
import GRDB
import Support
import Testing

/// What goes wrong before it runs: one line that says what to do, and an exit code.
@Suite(.timeLimit(.minutes(10)))
struct ErrorTests {
  private static let valid = rules(#"name: shop, markers: ["@shop"], url: "http://127.0.0.1:9/""#)

  /// Starts it and expects it to end, with these as the lines on stderr.
  private func expect(_ code: Int32, _ lines: [String], from program: Program, _ location: SourceLocation = #_sourceLocation) async throws {
    #expect(try await program.exit() == .code(code), "\(program.errorText)", sourceLocation: location)
    #expect(program.errorLines == lines, sourceLocation: location)
    #expect(program.output == "", sourceLocation: location)
  }

  @Test func `an unknown key`() async throws {
    try await RelayProcess.with(rules: Self.valid.replacing("markers", with: "timeouts: 1s, markers")) { relay in
      let lines = [
        #"routes.yaml:6:19: error: unknown key "timeouts" in route "shop"; did you mean "timeout"?"#,
        #"  - { name: shop, timeouts: 1s, markers: ["@shop"], url: "***" }"#,
        "                  ^",
        "routes.yaml: 1 error; mend the file and try again",
      ]
      try await expect(1, lines, from: try relay.launch())
    }
  }

  @Test(arguments: [("NOBODY", nil), ("WEBHOOK_TOKEN", "")] as [(String, String?)])
  func `a variable that is not set, or empty`(_ name: String, _ value: String?) async throws {
    try await RelayProcess.with(rules: Self.valid.replacing("WEBHOOK_TOKEN", with: name)) { relay in
      let lines = [
        "routes.yaml:1:45: error: the variable \(name) is \(value == nil ? "not set" : "empty"); set it in the environment of the relay",
        #"receive: { listen: "127.0.0.1:0", tokens: ["${\#(name)}"] }"#,
        "                                            ^",
        "routes.yaml: 1 error; mend the file and try again",
      ]
      try await expect(1, lines, from: try relay.launch(environment: value.map { [name: $0] } ?? [:]))
    }
  }

  @Test func `every mistake in the file, not only the first`() async throws {
    let file = Self.valid.replacing("markers", with: "marker").replacing("timeout: 20s", with: "timeout: 20").replacing(
      "9/", with: "9/${NOBODY}")
    try await RelayProcess.with(rules: file) { relay in
      let program = try relay.launch()
      #expect(try await program.exit() == .code(1))
      #expect(program.errorLines.count { $0.contains(": error: ") } >= 3)
    }
  }

  @Test func `a file that is not there, or cannot be read`() async throws {
    try await RelayProcess.with(rules: Self.valid) { relay in
      let missing = try Program.start(["serve", "--config", "other.yaml"], in: relay.folder)
      let line =
        "other.yaml cannot be read: No such file or directory; "
        + "say with --config where it is, or write one with: dlr-relay init --config other.yaml"
      try await expect(2, [line], from: missing)
      let folder = try Program.start(["serve", "--config", "."], in: relay.folder)
      try await expect(2, [". cannot be read: Is a directory"], from: folder)
    }
  }

  @Test(.enabled(if: geteuid() != 0, "root may read everything"))
  func `a file without permission to read it`() async throws {
    try await RelayProcess.with(rules: Self.valid) { relay in
      try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: relay.folder + "/routes.yaml")
      try await expect(2, ["routes.yaml cannot be read: Permission denied"], from: try relay.launch())
    }
  }

  @Test(arguments: ["receive", "status"]) func `a port in use`(_ door: String) async throws {
    let other = try await RecordingApp.start()
    let file = Self.valid.replacing(#"\#(door): { listen: "127.0.0.1:0""#, with: #"\#(door): { listen: "127.0.0.1:\#(other.port)""#)
    try await RelayProcess.with(rules: file) { relay in
      let program = try relay.launch(logLevel: "info")
      let line = "cannot listen on 127.0.0.1:\(other.port): the port is in use; stop the program that has it, or change \(door).listen"
      #expect(try await program.exit() == .code(1))
      // What was open already is closed in order, and the log says so.
      #expect(program.errorLines.filter { !$0.hasPrefix("{") } == [line])
      #expect(program.errorLines.last == line)
    }
  }

  @Test func `a second relay on the same store`() async throws {
    try await RelayProcess.with(rules: Self.valid) { relay in
      try await relay.start()
      let second = try Program.start(["serve"], environment: ["WEBHOOK_TOKEN": RelayProcess.token], in: relay.folder)
      let line = "the store relay.db is in use by another relay (process \(relay.program.pid)); stop that one, or set another store.path"
      try await expect(1, [line], from: second)
      // And the first does not mind.
      #expect(try await relay.post(SentReport(id: 1, text: "@shop").bytes).status == 200)
    }
  }

  @Test func `a store from a newer version`() async throws {
    try await RelayProcess.with(rules: Self.valid) { relay in
      try await relay.start()
      #expect(try await relay.stop() == .code(0))
      let store = try DatabaseQueue(path: relay.storePath)
      try await store.write { try $0.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('99: what is yet to come')") }
      try store.close()
      let before = try Data(contentsOf: URL(filePath: relay.storePath))
      let line = "the store relay.db was written by a newer version; start that version, or set another store.path"
      try await expect(1, [line], from: try relay.launch(logLevel: "info"))
      #expect(try Data(contentsOf: URL(filePath: relay.storePath)) == before)
    }
  }

  @Test func `a store that is none`() async throws {
    try await RelayProcess.with(rules: Self.valid) { relay in
      let text = String(repeating: "not a database\n", count: 500)
      try text.write(toFile: relay.storePath, atomically: true, encoding: .utf8)
      let line = "relay.db is not a store of this relay; set another store.path, or move the file away"
      try await expect(1, [line], from: try relay.launch(logLevel: "info"))
      #expect(try String(contentsOfFile: relay.storePath, encoding: .utf8) == text)
    }
    try await RelayProcess.with(rules: Self.valid.replacing("path: relay.db", with: "path: no/such/relay.db")) { relay in
      let line =
        "the store no/such/relay.db cannot be opened: No such file or directory; check store.path, its folder and who may write there"
      try await expect(1, [line], from: try relay.launch(logLevel: "info"))
    }
  }

  @Test(arguments: [
    ["serv"], ["serve", "--confg", "x"], ["serve", "--log-level", "loud"], ["serve", "more"], ["simulate"],
    ["simulate", "http://127.0.0.1:9/", "--rate", "-1"], ["sink", "--port", "70000"], ["queue", "--no"],
    ["queue", "pasue", "shop"], ["queue", "pause"], ["queue", "show", "x"], ["queue", "replay"], ["queue", "replay", "--state", "dead"],
    ["queue", "replay", "--all", "--route", "shop"], ["queue", "replay", "--id", "1", "--state", "waiting"],
    ["queue", "replay", "--since", "yesterday"], ["queue", "replay", "--since", "1h", "--until", "2h"],
    ["queue", "replay", "--id", "1", "--rate", "0"], ["queue", "discard", "--route", "shop", "--yes"],
    ["queue", "discard", "--route", "shop", "--state", "dead"],
  ])
  func `wrong usage exits 2`(_ arguments: [String]) async throws {
    let program = try Program.start(arguments)
    #expect(try await program.exit() == .code(2))
    #expect(program.output == "")
    #expect(program.errorLines.first?.isEmpty == false)
  }

  @Test func `every command has help, and exits 0 with it`() async throws {
    let help = try Program.start(["--help"])
    #expect(try await help.exit() == .code(0))
    let list = try #require(help.output.split(separator: "SUBCOMMANDS:\n").last)
    let commands = list.split(separator: "\n").filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }
      .compactMap { $0.split(separator: " ").first.map(String.init) }.filter { $0 != "See" }
    #expect(Set(commands).isSuperset(of: ["serve", "simulate", "sink"]))
    for command in commands {
      let program = try Program.start([command, "--help"])
      #expect(try await program.exit() == .code(0), "\(command)")
      #expect(program.output.contains("USAGE: dlr-relay \(command)"))
      #expect(program.errorText == "")
    }
  }

  @Test(arguments: ["table", "show", "replay", "discard", "jobs", "cancel", "pause", "resume"])
  func `every command of the queue has help`(_ command: String) async throws {
    let program = try Program.start(["queue", command, "--help"])
    #expect(try await program.exit() == .code(0))
    #expect(program.output.contains("USAGE: dlr-relay queue \(command)"))
    #expect(program.errorText == "")
  }

  @Test(arguments: [["--version"], ["serve", "--version"], ["sink", "--version"]])
  func `the version is told, and nothing else`(_ arguments: [String]) async throws {
    let program = try Program.start(arguments)
    #expect(try await program.exit() == .code(0))
    let made = #/dlr-relay \d+\.\d+\.\d+ \(commit [0-9A-Za-z.+-]+, (debug|release) build, Swift 6\.\d+( or later)?, [a-z0-9_-]+; /#
    let runsOn = /SQLite 3\.[0-9.]+, libcurl [0-9].*, libyaml [0-9.]+\)\n/
    let rest = program.output.trimmingPrefix(made)
    #expect(rest != program.output && rest.wholeMatch(of: runsOn) != nil, "\(program.output)")
    #expect(program.errorText == "")
  }
}
