import Foundation
import Logging
import Model
import Observe
import Support
import Testing

struct EventLogTests {
  private let shop = LaneID(1)
  private let bank = LaneID(2)

  private func lines(level: Logger.Level = .info, _ body: (EventLog, ManualClock) -> Void) throws -> [[String: Any]] {
    let clock = ManualClock()
    return try objects(try written { sink in body(eventLog(to: sink, level: level, clock: clock.clock), clock) })
  }

  private var perReport: [Event] {
    [
      .accepted(after: .milliseconds(1)), .committed(reports: 1, results: 1, took: .milliseconds(1)),
      .attempted(shop, .answered(status: 200), detail: "", took: .milliseconds(1)), .delivered(shop, tries: 1, lag: .milliseconds(2)),
      .swept(rows: 3),
    ]
  }

  @Test func `nothing about a single report is above debug`() throws {
    #expect(try lines { log, _ in perReport.forEach(log.observe) }.isEmpty)
    let debug = try lines(level: .debug) { log, _ in perReport.forEach(log.observe) }
    #expect(debug.count == perReport.count)
    #expect(debug.allSatisfy { $0["level"] as? String == "debug" })
  }

  @Test func `start and stop are told, with the addresses`() throws {
    let lines = try lines { log, _ in
      log.observe(
        .started(version: "1.2.3", publicDoor: Endpoint(host: "10.0.0.7", port: 8080), statusDoor: Endpoint(host: "::1", port: 9090)))
      log.observe(.stopping)
      log.observe(.stopped)
    }
    #expect(lines.map { $0["level"] as? String } == ["info", "info", "info"])
    #expect(lines[0]["receive"] as? String == "10.0.0.7:8080")
    #expect(lines[0]["status"] as? String == "[::1]:9090")
    #expect(lines[0]["version"] as? String == "1.2.3")
  }

  @Test(arguments: ["0.0.0.0", "::"]) func `a door that all addresses lead to says that it speaks plain HTTP`(_ host: String) throws {
    let lines = try lines { log, _ in
      log.observe(
        .started(version: "1.2.3", publicDoor: Endpoint(host: host, port: 8080), statusDoor: Endpoint(host: "::1", port: 9090)))
    }
    #expect(lines.map { $0["level"] as? String } == ["info", "notice"])
    #expect((lines[1]["message"] as? String)?.contains("plain HTTP") == true)
  }

  @Test func `a rule file that is taken is told with what it changes, one that is not with its first error`() throws {
    var changes = RouteChanges()
    changes.added = (1...25).map { "r\($0)" }
    changes.changed = ["shop"]
    let lines = try lines { log, _ in
      log.observe(.reloaded(fingerprint: "c0ffee", changes))
      log.observe(.reloadFailed(words: "routes.yaml:3:5: error: unknown key"))
      log.observe(.reloadNeedsRestart(keys: ["receive.listen", "store.path"]))
    }
    #expect(lines.map { $0["level"] as? String } == ["notice", "error", "warning"])
    #expect(lines[0]["fingerprint"] as? String == "c0ffee")
    #expect((lines[0]["added"] as? String)?.hasSuffix("r19, r20 and 5 more") == true)
    #expect(lines[0]["changed"] as? String == "shop" && lines[0]["removed"] == nil)
    #expect(lines[1]["error"] as? String == "routes.yaml:3:5: error: unknown key")
    #expect(lines[2]["keys"] as? String == "receive.listen, store.path")
  }

  @Test func `lanes are called by the names of their routes`() throws {
    let lines = try lines { log, clock in
      log.observe(.breakerOpened(shop, until: clock.now))
      log.observe(.breakerClosed(shop))
      log.observe(.died(bank, tries: 5))
    }
    #expect(lines.map { $0["route"] as? String } == ["shop", "shop", "bank"])
    #expect(lines.map { $0["level"] as? String } == ["warning", "notice", "warning"])
    #expect(lines[0]["next_try"] as? String == "2026-04-29T04:32:24.000000Z")
  }

  @Test func `a failed probe is no news, but the next outage is`() throws {
    let lines = try lines { log, clock in
      for _ in 0..<4 { log.observe(.breakerOpened(shop, until: clock.now)) }
      log.observe(.breakerOpened(bank, until: clock.now))
      log.observe(.breakerClosed(shop))
      clock.advance(by: .seconds(60))
      log.observe(.breakerOpened(shop, until: clock.now))
    }
    #expect(lines.map { $0["route"] as? String } == ["shop", "bank", "shop", "shop"])
  }

  @Test func `an app that takes a copy now and then fills no log`() throws {
    let lines = try lines { log, clock in
      for _ in 1...100 {
        log.observe(.breakerOpened(shop, until: clock.now))
        log.observe(.breakerOpened(shop, until: clock.now))
        log.observe(.breakerClosed(shop))
      }
      clock.advance(by: .seconds(60))
      log.observe(.breakerOpened(shop, until: clock.now))
    }
    #expect(lines.map { $0["more"] as? String } == [nil, nil, "99", "99"])
    #expect(lines.allSatisfy { $0["route"] as? String == "shop" })
  }

  @Test func `an app that takes no copies is told once and then summed, with the words of the first`() throws {
    let lines = try lines { log, clock in
      for n in 1...413 {
        log.observe(.attempted(shop, .answered(status: 503), detail: "answered 503, \(n) to +905051234567", took: .zero))
      }
      log.observe(.attempted(shop, .failed(.timeoutConnect), detail: "slow", took: .zero))
      log.observe(.attempted(bank, .answered(status: 404), detail: "no", took: .zero))
      clock.advance(by: .seconds(60))
      log.tick()
    }
    #expect(
      lines.map { $0["message"] as? String } == [
        "the app refused a copy", "the app could not be reached", "the app refused a copy", "the app refused a copy",
      ])
    #expect(lines.map { $0["route"] as? String } == ["shop", "shop", "bank", "shop"])
    #expect(lines.map { $0["outcome"] as? String } == ["5xx", "timeout_connect", "4xx", "5xx"])
    #expect(lines.map { $0["more"] as? String } == [nil, nil, nil, "412"])
    #expect(lines[3]["within"] as? String == "60 s")
    #expect(lines[3]["detail"] as? String == "answered 503, 2 to +90505***4567")
    #expect(lines.allSatisfy { $0["level"] as? String == "notice" })
  }

  @Test func `what was held back is written though nothing else happens`() throws {
    let lines = try lines { log, clock in
      for _ in 0..<3 { log.observe(.refused(.tokenWrong)) }
      clock.advance(by: .seconds(59))
      log.tick()
      log.observe(.accepted(after: .zero))
      clock.advance(by: .seconds(1))
      log.tick()
      log.tick()
    }
    #expect(lines.map { $0["more"] as? String } == [nil, "2"])
  }

  @Test func `a request of the public door is called by its connection and its place on it`() throws {
    let lines = try lines(level: .debug) { log, _ in
      log.observe(.accepted(after: .zero, by: RequestNumber(connection: 7, request: 2)))
      log.observe(.refused(.path, by: RequestNumber(connection: 8, request: 1)))
      log.observe(.notStored(.full, by: RequestNumber(connection: 9, request: 3)))
    }
    #expect(lines.map { $0["request"] as? String } == ["7.2", "8.1", "9.3"])
  }

  private func answer(_ status: Int, path: String? = "/api/v1/reports/{id}") -> OperatorAnswer {
    OperatorAnswer(request: request, method: "GET", path: path, status: status, took: .milliseconds(3))
  }

  private var request: OperatorRequest { OperatorRequest(id: "abc-1", from: "192.0.2.7", by: "status.token") }

  @Test func `an operator's request is a line of debug, and a warning where it fails`() throws {
    let quiet = try lines { log, _ in for status in [200, 404, 503, 503, 500] { log.observe(.answered(answer(status))) } }
    #expect(quiet.map { $0["status"] as? String } == ["503", "500"])
    #expect(quiet.allSatisfy { $0["level"] as? String == "warning" && $0["request_id"] as? String == "abc-1" })
    let debug = try lines(level: .debug) { log, _ in
      log.observe(.answered(answer(200)))
      log.observe(.answered(answer(404, path: nil)))
    }
    #expect(debug.map { $0["path"] as? String } == ["/api/v1/reports/{id}", "not served"])
    #expect(debug[0]["from"] as? String == "192.0.2.7" && debug[0]["method"] as? String == "GET")
  }

  @Test func `each change by an operator is a line, and those of an app are summed`() throws {
    var pause = OperatorChange("pause", about: ["route": "shop"], request: request)
    let lines = try lines { log, _ in
      for _ in 0..<2 { log.observe(.changed(pause)) }
      (pause.what, pause.isOfApp, pause.request.by) = ("claim", true, "order_key of shop")
      for _ in 0..<2 { log.observe(.changed(pause)) }
    }
    #expect(lines.map { $0["what"] as? String } == ["pause", "pause", "claim"])
    #expect(lines.map { $0["by"] as? String } == ["status.token", "status.token", "order_key of shop"])
    #expect(lines.allSatisfy { $0["level"] as? String == "notice" && $0["from"] as? String == "192.0.2.7" })
    #expect(lines[0]["route"] as? String == "shop")
  }

  @Test func `wrong tokens at the operator's door are told once a minute, and a browser's first question not at all`() throws {
    let lines = try lines { log, _ in
      for _ in 0..<9 { log.observe(.turnedAway(.wrongCredentials, request)) }
      log.observe(.turnedAway(.noCredentials, request))
      log.observe(.turnedAway(.readOnly, request))
    }
    #expect(lines.map { $0["reason"] as? String } == ["wrong_credentials", "read_only"])
  }

  @Test func `it is said how a pause ends`() throws {
    let lines = try lines { log, _ in
      log.observe(.paused(shop, .operator))
      log.observe(.paused(bank, .gone))
    }
    #expect(
      lines.map { $0["message"] as? String } == [
        "paused: nothing is sent until it is resumed", "paused: the app answered 410; one copy asks every 15 min, and a 2xx resumes",
      ])
    #expect(lines.map { $0["reason"] as? String } == ["operator", "gone"])
  }

  @Test func `what repeats is written once a minute with how often it happened`() throws {
    let lines = try lines { log, clock in
      for _ in 0..<8 { log.observe(.commitFailed(.full)) }
      clock.advance(by: .seconds(59))
      log.observe(.commitFailed(.full))
      clock.advance(by: .seconds(1))
      log.observe(.commitFailed(.full))
      clock.advance(by: .seconds(60))
      log.observe(.committed(reports: 1, results: 0, took: .zero))
    }
    #expect(lines.map { $0["level"] as? String } == ["error", "error", "error"])
    #expect(lines.map { $0["more"] as? String } == [nil, "8", "1"])
    #expect(lines[1]["within"] as? String == "60 s")
    #expect(lines[1]["error"] as? String == JournalError.full.description)
  }

  @Test func `one reason does not hide another`() throws {
    let lines = try lines { log, _ in
      for refusal in [Refusal.tokenWrong, .tokenWrong, .tokenMissing] { log.observe(.refused(refusal)) }
      for reason in [QuarantineReason.notJSON, .notJSON, .noID] { log.observe(.quarantined(reason)) }
      log.observe(.died(shop, tries: 5))
      log.observe(.died(bank, tries: 5))
      log.observe(.notStored(.full))
      log.observe(.notStored(.overloaded))
    }
    #expect(lines.compactMap { $0["reason"] as? String } == ["token_wrong", "token_missing", "not_json", "no_id"])
    #expect(lines.compactMap { $0["route"] as? String } == ["shop", "bank"])
    #expect(lines.filter { $0["level"] as? String == "error" }.count == 2)
  }

  @Test func `what was held back is written before the end`() throws {
    let lines = try lines { log, _ in
      for _ in 0..<3 { log.observe(.refused(.tokenWrong)) }
      log.observe(.stopped)
    }
    #expect(lines.map { $0["more"] as? String } == [nil, "2", nil])
    #expect(lines.last?["message"] as? String == "stopped")
  }

  @Test func `a hook that takes no message is a warning`() throws {
    let lines = try lines { log, _ in
      for _ in 0..<3 { log.observe(.alertFailed(hook: "1 (hooks.example.com)", words: "answered 500")) }
      log.observe(.alertFailed(hook: "2 (hooks.example.com)", words: "answered 404"))
    }
    #expect(lines.map { $0["alert"] as? String } == ["1 (hooks.example.com)", "2 (hooks.example.com)"])
    #expect(lines.map { $0["error"] as? String } == ["answered 500", "answered 404"])
    #expect(lines.allSatisfy { $0["level"] as? String == "warning" })
  }

  @Test func `no phone number is in a line, even if an error holds one`() throws {
    let clock = ManualClock()
    let text = try written { sink in
      eventLog(to: sink, level: .trace, clock: clock.clock)
        .observe(.attempted(shop, .answered(status: 500), detail: "cannot send to +905051234567", took: .zero))
    }
    #expect(text.contains("cannot send to +90505***4567"))
    #expect(!text.contains("1234567"))
  }
}
