import Foundation
import Model
import Support
import Testing

/// The rule file changes while the relay runs.
@Suite(.timeLimit(.minutes(10)))
struct ReloadTests {
  private static func shop(_ app: String, _ more: String = "") -> String { #"name: shop, markers: ["@shop"], url: "\#(app)"\#(more)"# }

  // MARK: - What follows the file

  @Test func `copies that wait for an app that is down go to where it has moved, at once`() async throws {
    let (place, app) = (try ReservedPort(), try await RecordingApp.start())
    try await RelayProcess.with(rules: rules(Self.shop(place.url))) { relay in
      try await relay.start()
      for id in 1...20 { #expect(try await relay.post(SentReport(id: Int64(id), text: "@shop").bytes).status == 200) }
      _ = try await relay.program.line("the app takes no copies")
      try await relay.reload(rules(Self.shop(app.url)), by: .hangup)
      try await app.log.until { $0.taken.count == 20 }
      let after = try await relay.status { $0.pending == 0 }
      #expect(after["shop"].delivered == 20)
      #expect(app.log.read(\.repeats) == 0)
      #expect(relay.written.contains(#""changed":"shop""#))
    }
  }

  @Test func `a route that leaves the file is held and shown, also over a restart, and gets all when it is back`() async throws {
    let (app, other) = (try await RecordingApp.start(), try await RecordingApp.start())
    let bank = #"name: bank, markers: ["@shop"], url: "\#(other.url)""#
    let with = rules(Self.shop(app.url, ", paused: true"), bank)
    try await RelayProcess.with(rules: with) { relay in
      try await relay.start()
      for id in 1...10 { #expect(try await relay.post(SentReport(id: Int64(id), text: "@shop").bytes).status == 200) }
      try await relay.reload(rules(bank), by: .rename)
      for id in 11...20 { #expect(try await relay.post(SentReport(id: Int64(id), text: "@shop").bytes).status == 200) }
      try await other.log.until { $0.taken.count == 20 }
      let held = try await relay.status { $0.routes.contains { $0.name == "bank" && $0.delivered == 20 } }
      #expect((held["shop"].breaker, held["shop"].pending, held["shop"].matched) == ("held", 10, 10))
      #expect(relay.written.contains(#""removed":"shop""#))
      let page = String(decoding: try await relay.page("/status", headers: [("Accept", "text/html")]).body, as: UTF8.self)
      #expect(page.contains("Route shop is not in the rule file any more: 10 copies wait"))

      #expect(try await relay.stop() == .code(0))
      try await relay.start()
      #expect(try await relay.status()["shop"].breaker == "held")
      #expect(app.copies.isEmpty)
      try await relay.reload(rules(Self.shop(app.url), bank), by: .hangup)
      try await app.log.until { $0.taken.count == 10 }
      #expect(try await relay.post(SentReport(id: 21, text: "@shop").bytes).status == 200)
      try await app.taken("dlr_21_delivered")
      #expect(try await relay.status { $0.pending == 0 }["shop"].delivered == 11)
    }
  }

  @Test func `copies in flight end where they began while the rest of the route moves`() async throws {
    let (old, new) = (try await RecordingApp.start { _, _ in .held }, try await RecordingApp.start())
    try await RelayProcess.with(rules: rules(Self.shop(old.url, ", concurrency: 2"))) { relay in
      try await relay.start()
      for id in 1...10 { #expect(try await relay.post(SentReport(id: Int64(id), text: "@shop").bytes).status == 200) }
      _ = try await old.copies(atLeast: 2)
      try await relay.reload(rules(Self.shop(new.url, ", concurrency: 4")), by: .hangup)
      try await new.log.until { $0.taken.count == 8 }
      old.release()
      #expect(try await relay.status { $0.pending == 0 }["shop"].delivered == 10)
      #expect(old.copies.count == 2)
    }
  }

  @Test func `tokens of both doors follow the file`() async throws {
    let file = { (tokens: String, status: String) in
      rules(Self.shop("http://127.0.0.1:9/")).replacing(#"["${WEBHOOK_TOKEN}"]"#, with: tokens)
        .replacing(#"status: { listen: "127.0.0.1:0" }"#, with: #"status: { listen: "127.0.0.1:0"\#(status) }"#)
    }
    try await RelayProcess.with(rules: file(#"["${WEBHOOK_TOKEN}"]"#, "")) { relay in
      try await relay.start()
      let report = SentReport(id: 1, text: "x").bytes
      let next = relay.webhook.replacing(RelayProcess.token, with: "tok-next-4f1c9a7be2d8")
      #expect(try await http("POST", next, body: report).status == 401)
      try await relay.reload(file(#"["tok-next-4f1c9a7be2d8", "${WEBHOOK_TOKEN}"]"#, ""), by: .hangup)
      #expect(try await http("POST", next, body: report).status == 200)
      #expect(try await relay.post(report).status == 200)
      try await relay.reload(file(#"["tok-next-4f1c9a7be2d8"]"#, ", token: st4tus-7be2d84f5c"), by: .hangup)
      #expect(try await relay.post(report).status == 401)
      #expect(try await http("POST", next, body: report).status == 200)
      #expect(try await relay.page("/status.json").status == 401)
      #expect(try await relay.page("/status.json", headers: [("Authorization", "Bearer st4tus-7be2d84f5c")]).status == 200)
      #expect(try await relay.page("/readyz").status == 200)
      for secret in ["tok-next", "st4tus"] { #expect(!relay.logged.contains(secret)) }
    }
  }

  // MARK: - What is no good

  @Test func `a broken file leaves the old one in force and says why, wherever anybody looks, until it is mended`() async throws {
    let (app, hook) = (try await RecordingApp.start(), try await RecordingApp.start())
    let good = rules(Self.shop(app.url)) + #"\#nalerts: [{ url: "\#(hook.url)", on: [reload] }]"#
    let bad = good.replacing("markers:", with: "marker: s3cret-word, markers:")
    try await RelayProcess.with(rules: good) { relay in
      try await relay.start()
      let before = try #require(try await relay.status().config)
      #expect((before.lastError, before.lastErrorAt, before.needsRestart) == (nil, nil, []))
      try await relay.reload(bad, by: .rename, isTaken: false)
      let words = #"routes.yaml:6:19: error: unknown key "marker" in route "shop"; did you mean "markers"?"#
      let during = try #require(try await relay.status().config)
      #expect((during.fingerprint, during.loadedAt, during.lastError) == (before.fingerprint, before.loadedAt, words))
      #expect(during.lastErrorAt != nil)
      #expect(try await relay.page("/metrics").text.contains("dlr_relay_config_last_reload_successful 0\n"))
      #expect(try await relay.page("/metrics").text.contains(#"dlr_relay_config_reloads_total{result="refused"} 1\#n"#))
      #expect(try await relay.page("/status").text.contains("did you mean &quot;markers&quot;"))
      let told = try await hook.copies(atLeast: 1)[0]
      #expect(String(decoding: told.body, as: UTF8.self).contains(#""kind":"reload""#))
      #expect(String(decoding: told.body, as: UTF8.self).contains("routes.yaml:6:19"))
      #expect(try await relay.post(SentReport(id: 1, text: "@shop").bytes).status == 200)
      try await app.taken("dlr_1_delivered")

      // The same as before: nothing changes, and nothing is wrong any more.
      try await relay.reload(good, by: .hangup)
      #expect(try await relay.status().config == before)
      #expect(try await relay.page("/metrics").text.contains("dlr_relay_config_last_reload_successful 1\n"))
      #expect(!relay.logged.contains("s3cret"))
    }
  }

  @Test func `a file that is gone is missed once, and the relay goes on`() async throws {
    let app = try await RecordingApp.start()
    let file = rules(Self.shop(app.url))
    try await RelayProcess.with(rules: file) { relay in
      try await relay.start()
      let seen = relay.program.lineCount
      try FileManager.default.removeItem(atPath: relay.folder + "/routes.yaml")
      _ = try await relay.program.line("the rule file was not taken", "routes.yaml is not there", from: seen)
      #expect(try await relay.post(SentReport(id: 1, text: "@shop").bytes).status == 200)
      try await app.taken("dlr_1_delivered")
      try await relay.reload(file, by: .inPlace)
      #expect(relay.program.errorLines.filter { $0.contains("the rule file was not taken") }.count == 1)
    }
  }

  @Test func `what needs a restart is said, and the rest of the file is in force`() async throws {
    let app = try await RecordingApp.start()
    let file = rules(Self.shop("http://127.0.0.1:9/"))
    let moved = rules(Self.shop(app.url)).replacing("relay.db", with: "other.db")
      .replacing(#"receive: { listen: "127.0.0.1:0""#, with: #"receive: { listen: "127.0.0.1:1""#)
    try await RelayProcess.with(rules: file) { relay in
      try await relay.start()
      try await relay.reload(moved, by: .hangup)
      _ = try await relay.program.line("takes a restart", #""keys":"receive.listen, store.path""#)
      #expect(try await relay.status().config?.needsRestart == ["receive.listen", "store.path"])
      #expect(try await relay.page("/status").text.contains("changes receive.listen, store.path, which takes a restart"))
      #expect(try await relay.post(SentReport(id: 1, text: "@shop").bytes).status == 200)
      try await app.taken("dlr_1_delivered")
      #expect(!FileManager.default.fileExists(atPath: relay.folder + "/other.db"))
      try await relay.reload(file, by: .hangup)
      #expect(try await relay.status().config?.needsRestart == [])
    }
  }

  // MARK: - How it is noticed

  @Test func `a swap of what a symbolic link leads to is noticed, and so is a secret in a file of its own`() async throws {
    let app = try await RecordingApp.start()
    let file = { (number: Int) in rules(Self.shop(app.url)).replacing("${WEBHOOK_TOKEN}", with: "${file:token}") + "\n# \(number)" }
    try await RelayProcess.with(rules: "") { relay in
      // As Kubernetes mounts a ConfigMap: routes.yaml -> ..data/routes.yaml, ..data -> ..1
      let files = FileManager.default
      try files.removeItem(atPath: relay.folder + "/routes.yaml")
      func mount(_ number: Int, token: String) throws {
        try files.createDirectory(atPath: relay.folder + "/..\(number)", withIntermediateDirectories: true)
        for (name, text) in [("routes.yaml", file(number)), ("token", token)] {
          try text.write(toFile: relay.folder + "/..\(number)/\(name)", atomically: false, encoding: .utf8)
        }
        try files.createSymbolicLink(atPath: relay.folder + "/..data_tmp", withDestinationPath: "..\(number)")
        #expect(rename(relay.folder + "/..data_tmp", relay.folder + "/..data") == 0)
      }
      try mount(1, token: RelayProcess.token)
      for name in ["routes.yaml", "token"] {
        try files.createSymbolicLink(atPath: relay.folder + "/\(name)", withDestinationPath: "..data/\(name)")
      }
      try await relay.start()
      for number in 2...6 {
        let seen = relay.program.lineCount
        try mount(number, token: number == 6 ? "tok-next-4f1c9a7be2d8" : RelayProcess.token)
        _ = try await relay.program.line("the rule file is in force", from: seen)
      }
      let report = SentReport(id: 1, text: "@shop").bytes
      #expect(try await relay.post(report).status == 401)
      let next = relay.webhook.replacing(RelayProcess.token, with: "tok-next-4f1c9a7be2d8")
      #expect(try await http("POST", next, body: report).status == 200)

      // The rule file itself stays.
      let seen = relay.program.lineCount
      try files.removeItem(atPath: relay.folder + "/token")
      try RelayProcess.token.write(toFile: relay.folder + "/token", atomically: true, encoding: .utf8)
      _ = try await relay.program.line("the rule file is in force", from: seen)
      #expect(try await relay.post(report).status == 200)
    }
  }

  // MARK: - All of it at once

  @Test(.timeLimit(.minutes(10)))
  func `over 200 reloads under load, half of them broken, no request is refused and every copy arrives`() async throws {
    let (first, second, now) = (try await RecordingApp.start(), try await RecordingApp.start(), try await RecordingApp.start())
    let load = Load(clients: 6)
    func file(_ tokens: [Int], _ round: Int) -> String {
      // Every other good file has the shop's app elsewhere, and not the route `now and then`.
      let isOdd = round % 2 == 1
      let routes = [
        Self.shop((isOdd ? second : first).url, ", concurrency: \(1 + round % 16)"),
        isOdd ? #"name: rest, otherwise: true, url: "\#(now.url)""# : #"name: now-and-then, markers: ["@shop"], url: "\#(now.url)""#,
      ]
      let list = tokens.map { #""\#(Load.token($0))""# }.joined(separator: ", ")
      return rules(routes[0], routes[1]).replacing(#""${WEBHOOK_TOKEN}""#, with: list)
    }
    try await RelayProcess.with(rules: file([0], 0)) { relay in
      try await relay.start()
      async let sent: Void = load.run(relay.publicDoor)
      for round in 1...50 {
        let (old, new) = (round - 1, round)
        // Both tokens; broken; the new one alone, once nobody sends the old one; broken.
        try await relay.reload(file([old, new], round), by: .of(round))
        try await load.use(new)
        try await relay.reload(file([], round), by: .of(round + 1), isTaken: false)
        try await relay.reload(file([new], round), by: .of(round + 2))
        try await relay.reload(file([new], round).replacing("url:", with: "urls:"), by: .of(round + 3), isTaken: false)
      }
      load.stop()
      try await sent
      let posted = load.posted
      #expect(load.statuses == [200: posted.count])
      #expect(posted.count > 200)

      try await relay.reload(file([50], 50), by: .hangup)
      let after = try await relay.status { $0.pending == 0 }
      #expect(after.received.reports == posted.count)
      #expect(after["shop"].matched == posted.count)
      #expect(now.log.read(\.taken.count) == after["now-and-then"].matched)
      #expect(after["now-and-then"].matched > 0)
      #expect([first, second, now].map { $0.log.read(\.repeats) } == [0, 0, 0])
      let taken = Set(first.log.read { Array($0.taken.keys) } + second.log.read { Array($0.taken.keys) })
      #expect(taken == Set(posted.map { "dlr_\($0)_delivered" }))
      #expect(after.received.rejected.values.allSatisfy { $0 == 0 })
      #expect(try await relay.stop() == .code(0))
    }
  }
}

/// Posts reports, by the token that is the present one when each begins.
private final class Load: Sendable {
  private struct State: Sendable {
    var token = 0
    var isOver = false
    var posted: [Int64] = []
    var statuses: [Int: Int] = [:]
    /// The token of each client's last request that was answered.
    var used: [Int]
  }

  private let state: Watched<State>

  init(clients: Int) { state = Watched(State(used: Array(repeating: 0, count: clients))) }

  static func token(_ number: Int) -> String { "tok-\(number)-9f8e7d6c5b4a3f2e1d0c" }

  var posted: [Int64] { state.read(\.posted) }
  var statuses: [Int: Int] { state.read(\.statuses) }

  /// Returns when nobody uses another token any more.
  func use(_ token: Int) async throws {
    state.change { $0.token = token }
    try await state.until { $0.used.allSatisfy { $0 == token } }
  }

  func stop() { state.change { $0.isOver = true } }

  func run(_ door: String) async throws {
    let parts = door.split(separator: ":")
    let (host, port) = (String(parts[0]), Int(parts[1])!)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for client in state.read({ $0.used.indices }) {
        group.addTask {
          try await RawConnection.with(host: host, port: port) { try await self.post(client, over: $0) }
        }
      }
      try await group.waitForAll()
    }
  }

  private func post(_ client: Int, over connection: RawConnection) async throws {
    var number: Int64 = 0
    while let token = state.read({ $0.isOver ? nil : $0.token }) {
      number += 1
      let report = SentReport(id: Int64(client + 1) * 10_000_000 + number, text: "@shop")
      let target = "/api/iletimerkezi/webhook?token=\(Self.token(token))"
      let head = "POST \(target) HTTP/1.1\r\nHost: relay\r\nContent-Length: \(report.bytes.count)\r\n\r\n"
      try await connection.send(Array(head.utf8) + report.bytes)
      let answer = try await connection.read { $0.last == UInt8(ascii: "}") }
      let status = Int(String(decoding: answer.dropFirst(9).prefix(3), as: UTF8.self)) ?? 0
      state.change { state in
        state.posted.append(report.id)
        state.statuses[status, default: 0] += 1
        state.used[client] = token
      }
      // As fast as it can, it would be all that the machine does.
      try await Task.sleep(for: .milliseconds(20))
    }
  }
}

extension RelayProcess {
  fileprivate enum Way {
    /// Written in place, and told by a signal.
    case hangup
    /// Another file gets the name.
    case rename
    /// Written in place, to be noticed when it has been the same for a second.
    case inPlace

    /// Mostly what takes no time.
    static func of(_ number: Int) -> Way { number % 25 == 0 ? .inPlace : number % 4 == 0 ? .rename : .hangup }
  }

  /// Returns when the relay has read the file.
  fileprivate func reload(_ rules: String, by way: Way, isTaken: Bool = true) async throws {
    let seen = program.lineCount
    let path = folder + "/routes.yaml"
    switch way {
    case .hangup:
      try rules.write(toFile: path, atomically: false, encoding: .utf8)
      program.signal(SIGHUP)
    case .inPlace: try rules.write(toFile: path, atomically: false, encoding: .utf8)
    case .rename:
      try rules.write(toFile: path + ".new", atomically: false, encoding: .utf8)
      try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSinceNow: -60)], ofItemAtPath: path + ".new")
      guard Foundation.rename(path + ".new", path) == 0 else { throw Program.CannotStart(errno: errno) }
    }
    _ = try await program.line(isTaken ? "the rule file is in force" : "the rule file was not taken", from: seen)
  }

  /// Log lines, without the warnings on the rule file, which show it.
  fileprivate var logged: String { program.errorLines.filter { $0.hasPrefix("{") }.joined(separator: "\n") }
}
