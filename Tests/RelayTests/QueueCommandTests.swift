import Foundation
import Support
import Testing

/// `dlr-relay queue` on a relay that runs, and on the store of one that does not.
@Suite(.timeLimit(.minutes(10)))
struct QueueCommandTests {
  /// Gives up almost at once: five tries within a few tens of milliseconds.
  private static let givesUp = "retry: { first: 10ms, max: 20ms, for: 50ms }"

  /// Fails everything but replays.
  private static func failingApp() async throws -> RecordingApp {
    try await RecordingApp.start { copy, _ in .status(copy["relay-replay"] == "true" ? 200 : 500) }
  }

  private static func route(_ app: RecordingApp, _ more: String = givesUp) -> String {
    #"name: shop, markers: ["@shop"], url: "\#(app.url)", \#(more)"#
  }

  /// Posts reports 1, 2, 3 and waits until the app's copies of them are dead.
  private static func bury(_ relay: RelayProcess) async throws {
    for id in 1...3 { #expect(try await relay.post(SentReport(id: Int64(id), text: "@shop gizli").bytes).status == 200) }
    _ = try await relay.status { $0["shop"].dead == 3 }
  }

  @Test func `dead letters that are replayed reach the app, under the id they had`() async throws {
    let app = try await Self.failingApp()
    try await RelayProcess.with(rules: rules(Self.route(app))) { relay in
      try await relay.start()
      try await Self.bury(relay)
      let before = app.copies.count

      let dry = try await relay.queue("replay", "--route", "shop", "--since", "1h", "--dry-run")
      #expect((dry.exit, dry.output, dry.errors) == (.code(0), "3 dead copies would be sent again\n", []))
      #expect(app.copies.count == before)

      let replay = try await relay.queue("replay", "--route", "shop")
      #expect(replay.exit == .code(0))
      #expect(replay.output.hasPrefix("job 1 sends 3 dead copies again\n"))
      #expect(replay.output.contains("dlr-relay queue cancel 1"))
      let after = try await relay.status { $0["shop"].delivered == 3 }
      #expect((after["shop"].dead, after["shop"].pending) == (0, 0))
      let replayed = app.copies.filter { $0["relay-replay"] == "true" }
      #expect(Set(replayed.map(\.id)) == ["dlr_1_delivered", "dlr_2_delivered", "dlr_3_delivered"])
      #expect(replayed.count == 3)
      #expect(replayed.allSatisfy { $0.body == SentReport(id: Int64($0.id.split(separator: "_")[1])!, text: "@shop gizli").bytes })

      let jobs = try await relay.queue("jobs", "--json").json()
      let job = try #require((jobs["jobs"] as? [[String: Any]])?.first)
      #expect((job["kind"] as? String, job["route"] as? String, job["count"] as? Int) == ("replay", "shop", 3))

      // Nothing is dead any more.
      let again = try await relay.queue("replay", "--route", "shop", "--json").json()
      #expect(again["count"] as? Int == 0)
      #expect(again["job"] is NSNull)
    }
  }

  @Test func `what a route had when it left the rule file stays, whatever is done with it, until the route is back`() async throws {
    let (app, other) = (try await Self.failingApp(), try await RecordingApp.start())
    try await RelayProcess.with(rules: rules(Self.route(app))) { relay in
      try await relay.start()
      try await Self.bury(relay)
      #expect(try await relay.stop() == .code(0))
      try relay.write(rules: rules(#"name: other, markers: ["@other"], url: "\#(other.url)""#))
      try await relay.start()
      #expect(try await relay.queue("replay", "--all").exit == .code(0))
      let held = try await relay.status { $0["shop"].pending == 3 }
      #expect(held["shop"].dead == 0)
      #expect(try await relay.post(SentReport(id: 9, text: "@other").bytes).status == 200)
      try await other.taken("dlr_9_delivered")
      #expect(try await relay.stop() == .code(0))
      try relay.write(rules: rules(Self.route(app)))
      try await relay.start()
      _ = try await relay.status { $0["shop"].delivered == 3 }
    }
  }

  @Test func `a delivered copy can be sent once more`() async throws {
    let app = try await RecordingApp.start()
    try await RelayProcess.with(rules: rules(Self.route(app))) { relay in
      try await relay.start()
      for id in 1...2 { #expect(try await relay.post(SentReport(id: Int64(id), text: "@shop").bytes).status == 200) }
      _ = try await relay.status { $0["shop"].delivered == 2 }
      #expect(try await relay.queue("replay", "--id", "2", "--state", "delivered").exit == .code(0))
      try await app.log.until { $0.taken["dlr_2_delivered"] == 2 }
      let after = try await relay.status { $0.pending == 0 }
      #expect(after["shop"].dead == 0)
      #expect(app.count(of: "dlr_1_delivered") == 1)
      #expect(app.copies.map { $0["relay-replay"] } == ["", "", "true"])
    }
  }

  @Test func `what a removed route was sent can be replayed, and waits until the route is back`() async throws {
    let app = try await RecordingApp.start()
    try await RelayProcess.with(rules: rules(Self.route(app))) { relay in
      try await relay.start()
      #expect(try await relay.post(SentReport(id: 1, text: "@shop").bytes).status == 200)
      _ = try await relay.status { $0["shop"].delivered == 1 }
      #expect(try await relay.stop() == .code(0))
      try relay.write(rules: rules(#"name: other, markers: ["@other"], url: "\#(app.url)""#))
      try await relay.start()
      #expect(try await relay.queue("replay", "--route", "shop", "--state", "delivered").exit == .code(0))
      _ = try await relay.status { $0["shop"].pending == 1 }
      #expect(try await relay.post(SentReport(id: 2, text: "@other").bytes).status == 200)
      try await app.taken("dlr_2_delivered")
      #expect(try await relay.stop() == .code(0))
      try relay.write(rules: rules(Self.route(app)))
      try await relay.start()
      _ = try await relay.status { $0["shop"].delivered == 2 }
    }
  }

  @Test func `a report is shown with its tries, and without what is nobody's business`() async throws {
    let app = try await Self.failingApp()
    try await RelayProcess.with(rules: rules(Self.route(app))) { relay in
      try await relay.start()
      try await Self.bury(relay)
      let running = try await relay.queue("show", "2")
      #expect(running.exit == .code(0))
      #expect(running.output.hasPrefix("report 2\n\ndelivered, received 20"))
      #expect(running.output.contains("packet 104525848, to +90532***4567"))
      #expect(running.output.contains("  shop  given up 20"))
      #expect(running.output.contains("    try 1  20"))
      #expect(running.output.contains("answered 500"))
      for secret in ["gizli", "5321234567"] { #expect(!running.output.contains(secret)) }

      let unknown = try await relay.queue("show", "4")
      #expect((unknown.exit, unknown.output, unknown.errors) == (.code(1), "", ["No report 4 is known, or not any more."]))

      let json = try await relay.queue("show", "2", "--json")
      #expect(try await relay.stop() == .code(0))
      #expect(try await relay.queue("show", "2").output == running.output)
      #expect(try await relay.queue("show", "2", "--json").output == json.output)
      #expect(try await relay.queue("show", "4").errors == unknown.errors)
    }
  }

  @Test func `a pause holds over a restart, until somebody ends it`() async throws {
    let (app, other) = (try await RecordingApp.start(), try await RecordingApp.start())
    let file = rules(Self.route(app), #"name: other, markers: ["@shop"], url: "\#(other.url)""#)
    try await RelayProcess.with(rules: file) { relay in
      try await relay.start()
      let pause = try await relay.queue("pause", "shop")
      #expect((pause.exit, pause.errors) == (.code(0), []))
      #expect(pause.output == "route shop is paused: 0 copies wait; resume it: dlr-relay queue resume shop\n")
      #expect(try await relay.status()["shop"].pause == "operator")
      for id in 1...2 {
        #expect(try await relay.post(SentReport(id: Int64(id), text: "@shop").bytes).status == 200)
        try await other.taken("dlr_\(id)_delivered")
        #expect(app.copies.isEmpty)
        #expect(try await relay.stop() == .code(0))
        try await relay.start()
        let status = try await relay.status()
        #expect((status["shop"].pause, status["shop"].pending) == ("operator", id))
      }
      #expect(try await relay.queue("resume", "shop").output == "route shop is sent to again: 2 copies wait\n")
      for id in 1...2 { try await app.taken("dlr_\(id)_delivered") }
      #expect(try await relay.status()["shop"].pause == nil)
    }
  }

  @Test func `what waits is discarded for good, and only when that is said twice`() async throws {
    let place = try ReservedPort()
    let file = rules(#"name: shop, markers: ["@shop"], url: "\#(place.url)", retry: { first: 1h, max: 1h }"#)
    try await RelayProcess.with(rules: file) { relay in
      try await relay.start()
      for id in 1...3 { #expect(try await relay.post(SentReport(id: Int64(id), text: "@shop").bytes).status == 200) }
      _ = try await relay.status { $0["shop"].failedAttempts == 3 }

      let unsure = try await relay.queue("discard", "--route", "shop", "--state", "waiting")
      #expect(unsure.exit == .code(2))
      #expect(unsure.errors.first == "Error: nobody can be asked here; give --yes, or --dry-run")
      let dry = try await relay.queue("discard", "--id", "2", "--state", "waiting", "--dry-run")
      #expect(dry.output == "1 waiting copy would be discarded\n")
      #expect(try await relay.status()["shop"].pending == 3)

      #expect(try await relay.queue("discard", "--id", "2", "--state", "waiting", "--yes").exit == .code(0))
      let one = try await relay.status { $0["shop"].discarded == 1 }
      #expect((one["shop"].pending, one["shop"].dead, one["shop"].matched) == (2, 0, 3))
      #expect(try await relay.queue("discard", "--all", "--state", "waiting", "--yes").exit == .code(0))
      let all = try await relay.status { $0["shop"].discarded == 3 }
      #expect(all["shop"].pending == 0)
      #expect(try await relay.stop() == .code(0))
      try await relay.start()
      #expect(try await relay.status().counters == all.counters)
    }
  }

  @Test func `what a lane has in memory is discarded too`() async throws {
    let app = try await RecordingApp.start()
    try await RelayProcess.with(rules: rules(Self.route(app))) { relay in
      try await relay.start()
      // Sent to once, the lane has caught up, and what arrives from here on is handed to it in memory.
      #expect(try await relay.post(SentReport(id: 1, text: "@shop").bytes).status == 200)
      try await app.taken("dlr_1_delivered")
      #expect(try await relay.queue("pause", "shop").exit == .code(0))
      for id in 2...4 { #expect(try await relay.post(SentReport(id: Int64(id), text: "@shop").bytes).status == 200) }
      #expect(try await relay.queue("discard", "--all", "--state", "waiting", "--yes").exit == .code(0))
      _ = try await relay.status { $0["shop"].discarded == 3 }
      #expect(try await relay.queue("resume", "shop").exit == .code(0))
      #expect(try await relay.post(SentReport(id: 5, text: "@shop").bytes).status == 200)
      _ = try await relay.status { $0["shop"].delivered == 2 }
      #expect(app.copies.map(\.id) == ["dlr_1_delivered", "dlr_5_delivered"])
    }
  }

  @Test func `what arrives while the operator is asked is not discarded`() async throws {
    let app = try await RecordingApp.start()
    try await RelayProcess.with(rules: rules(Self.route(app))) { relay in
      try await relay.start()
      #expect(try await relay.queue("pause", "shop").exit == .code(0))
      #expect(try await relay.post(SentReport(id: 1, text: "@shop").bytes).status == 200)
      let terminal = try Terminal()
      let discard = try relay.startCommand(["queue", "discard", "--all", "--state", "waiting"], stdin: terminal.end)
      try await discard.writes("Discard 1 waiting copy for good? [y/N]")
      #expect(try await relay.post(SentReport(id: 2, text: "@shop").bytes).status == 200)
      terminal.type("y\n")
      #expect(try await discard.exit() == .code(0))
      let jobs = try await relay.queue("jobs", "--json").json()
      let job = try #require((jobs["jobs"] as? [[String: Any]])?.first)
      #expect(job["until"] is String)
      let after = try await relay.status { $0["shop"].discarded > 0 && $0["shop"].pending < 2 }
      #expect((after["shop"].discarded, after["shop"].pending) == (1, 1))
    }
  }

  @Test func `all of it works on the store of a stopped relay, and takes effect when it starts`() async throws {
    let app = try await Self.failingApp()
    try await RelayProcess.with(rules: rules(Self.route(app))) { relay in
      try await relay.start()
      try await Self.bury(relay)
      #expect(try await relay.stop() == .code(0))

      let discard = try await relay.queue("discard", "--id", "2", "--state", "dead", "--yes")
      #expect((discard.exit, discard.output, discard.errors) == (.code(0), "1 dead copy discarded by job 1\n", []))
      let replay = try await relay.queue("replay", "--route", "shop")
      #expect((replay.exit, replay.errors) == (.code(0), []))
      #expect(replay.output.hasPrefix("job 2 sends 2 dead copies again when the relay starts\n"))
      let pause = try await relay.queue("pause", "shop")
      #expect(pause.output == "route shop is paused: 2 copies wait; resume it: dlr-relay queue resume shop\n")
      let jobs = try await relay.queue("jobs", "--json").json()
      let list = try #require(jobs["jobs"] as? [[String: Any]])
      #expect(list.map { $0["status"] as? String } == ["ended", "ended"])
      #expect(list.map { $0["count"] as? Int } == [2, 1])

      try await relay.start()
      let paused = try await relay.status()
      #expect((paused["shop"].pause, paused["shop"].discarded, paused["shop"].pending, paused["shop"].dead) == ("operator", 1, 2, 0))
      #expect(try await relay.stop() == .code(0))
      let resume = try await relay.queue("resume", "shop")
      #expect(resume.output == "route shop is sent to again when the relay starts: 2 copies wait\n")

      try await relay.start()
      _ = try await relay.status { $0["shop"].delivered == 2 }
      #expect(app.log.read { Set($0.taken.keys) } == ["dlr_1_delivered", "dlr_3_delivered"])
    }
  }

  @Test func `a replay can be stopped, and what nobody tried goes back`() async throws {
    let app = try await Self.failingApp()
    try await RelayProcess.with(rules: rules(Self.route(app))) { relay in
      try await relay.start()
      try await Self.bury(relay)
      #expect(try await relay.queue("pause", "shop").exit == .code(0))
      #expect(try await relay.queue("replay", "--all").exit == .code(0))
      _ = try await relay.status { $0["shop"].pending == 3 }
      let cancel = try await relay.queue("cancel", "1")
      let line = "job 1 is cancelled, and what nobody has tried yet goes back; see how far that is: dlr-relay queue jobs\n"
      #expect((cancel.exit, cancel.output) == (.code(0), line))
      _ = try await relay.status { ($0["shop"].pending, $0["shop"].dead) == (0, 3) }
      let again = try await relay.queue("cancel", "1", "--json").json()
      #expect((again["status"] as? String, again["count"] as? Int) == ("cancelled", 0))
      #expect(try await relay.queue("resume", "shop").exit == .code(0))
      #expect(app.copies.allSatisfy { $0["relay-replay"] == "" })
      let unknown = try await relay.queue("cancel", "9")
      #expect(unknown.exit == .code(1))
      #expect(unknown.errors.count == 1)
    }
  }

  @Test func `on a stopped relay a replay is taken back before the command ends`() async throws {
    let app = try await Self.failingApp()
    try await RelayProcess.with(rules: rules(Self.route(app))) { relay in
      try await relay.start()
      try await Self.bury(relay)
      #expect(try await relay.stop() == .code(0))
      #expect(try await relay.queue("replay", "--all").exit == .code(0))
      let cancel = try await relay.queue("cancel", "1")
      #expect((cancel.exit, cancel.output, cancel.errors) == (.code(0), "job 1 is cancelled, with 0 copies done\n", []))
      #expect(try await relay.queue("replay", "--all", "--dry-run").output == "3 dead copies would be sent again\n")
      try await relay.start()
      let status = try await relay.status()
      #expect((status["shop"].pending, status["shop"].dead) == (0, 3))
    }
  }

  @Test func `another relay's store is not touched, and its door gets no token before it is known`() async throws {
    let app = try await RecordingApp.start()
    let file = rules(Self.route(app))
    try await RelayProcess.with(rules: file) { relay in
      try await RelayProcess.with(rules: file) { other in
        try await relay.start()
        try await other.start()
        for command in [["pause", "shop"], ["replay", "--all"], ["discard", "--all", "--state", "dead", "--yes"], ["jobs"]] {
          let ran = try await relay.queue(command, door: other.statusDoor)
          let line =
            "the relay on \(other.statusDoor) (process \(other.program.pid)) has the store \(try realPath(other.storePath)), and the "
            + "rule file says \(try realPath(relay.storePath)); set status.listen to where the relay of this rule file listens"
          #expect((ran.exit, ran.output, ran.errors) == (.code(1), "", [line]))
        }
        #expect(try await other.status()["shop"].pause == nil)
        #expect(try await other.queue("pause", "shop").exit == .code(0))
      }
    }
  }

  @Test func `a mistake is told in one line that says what to do`() async throws {
    let app = try await RecordingApp.start()
    let file = rules(Self.route(app), #"name: off, markers: ["@off"], url: "\#(app.url)?off", paused: true"#)
    try await RelayProcess.with(rules: file) { relay in
      let missing = try await relay.queue("pause", "shop")
      #expect((missing.exit, missing.errors) == (.code(1), ["there is no store at relay.db; start the relay once, or check store.path"]))
      #expect(!FileManager.default.fileExists(atPath: relay.storePath))

      try await relay.start()
      for isRunning in [true, false] {
        let unknown = try await relay.queue("replay", "--route", "shp")
        #expect((unknown.exit, unknown.errors) == (.code(1), [#"There is no route "shp". There are: shop, off."#]), "\(isRunning)")
        let paused = try await relay.queue("resume", "off")
        let line = #"Route off is paused in the rule file: take "paused: true" out there."#
        #expect((paused.exit, paused.errors) == (.code(1), [line]), "\(isRunning)")
        if isRunning { #expect(try await relay.stop() == .code(0)) }
      }

      // The rule file says another door than the one that the relay was started with.
      let port = try ReservedPort()
      try await relay.start()
      let elsewhere = try await relay.queue("pause", "shop", door: "127.0.0.1:\(port.port)")
      let line =
        "a relay (process \(relay.program.pid)) has the store relay.db, but none listens on 127.0.0.1:\(port.port); "
        + "set status.listen to what that one was started with, or stop it"
      #expect((elsewhere.exit, elsewhere.errors) == (.code(1), [line]))
      let notOurs = try await relay.queue("pause", "shop", door: "127.0.0.1:\(app.port)")
      #expect(notOurs.errors == ["what listens on 127.0.0.1:\(app.port) is no relay of this version; check status.listen"])
    }
  }

  @Test func `with a token set the commands send it`() async throws {
    let app = try await RecordingApp.start()
    let file = rules(Self.route(app)).replacing(#"status: { "#, with: #"status: { token: "op-3c9d7be2d84f5c11", "#)
    try await RelayProcess.with(rules: file) { relay in
      try await relay.start()
      #expect(try await relay.queue("pause", "shop").exit == .code(0))
      #expect(try await relay.queue("--json").exit == .code(0))
      let other = file.replacing("op-3c9d7be2d84f5c11", with: "another-3c9d7be2d84f5c")
      let refused = try await relay.queue("resume", "shop", file: other)
      #expect(refused.exit == .code(1))
      #expect(refused.errors == ["the relay on \(relay.statusDoor) wants another token; check status.token"])
      // No relay at all is not even told the token.
      #expect(try await relay.queue("resume", "shop", door: "127.0.0.1:\(app.port)").exit == .code(1))
      #expect(app.copies.map { $0.head.headers["authorization"] } == [[]])
    }
  }
}

private func realPath(_ path: String) throws -> String {
  let resolved = try #require(realpath(path, nil))
  defer { free(resolved) }
  return String(cString: resolved)
}
