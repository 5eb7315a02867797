import Foundation
import Model
import Observe
import Status
import Support
import Testing

/// /api/v1/log.
struct LogPathTests {
  private static func with<Result: Sendable>(
    _ levels: LogLevels, _ body: @escaping @Sendable (_ url: String) async throws -> Result
  ) async throws -> (Result, [OperatorChange]) {
    let events = Tape<Event>()
    var source = sample().source
    source.levels = levels
    source.observer = { events.append($0) }
    let result = try await withDoor(source) { url, _ in try await body(url) }
    return (result, events.all.compactMap { if case .changed(let change) = $0 { change } else { nil } })
  }

  private static func put(_ url: String, _ body: String) async throws -> HTTPResponse {
    try await http("PUT", url + "/api/v1/log", headers: [("Content-Type", "application/json")], body: Array(body.utf8))
  }

  @Test func `the level is shown, changed for a while, and told`() async throws {
    let clock = ManualClock()
    let shared = SharedLevel(.info)
    let levels = LogLevels(shared, clock: clock.clock)
    let (answers, changes) = try await Self.with(levels) { url in
      [
        try await http("GET", url + "/api/v1/log"), try await Self.put(url, #"{"level": "debug", "for": "90s"}"#),
        try await http("GET", url + "/api/v1/log"), try await Self.put(url, #"{"level": "trace", "for": null}"#),
        try await Self.put(url, #"{"level": "warning"}"#),
      ]
    }
    #expect(answers.map(\.status) == [200, 200, 200, 200, 200])
    #expect(try sameJSON(answers[0].text, #"{"level": "info", "usual": "info", "until": null}"#))
    #expect(answers[1].body == answers[2].body)
    #expect(try sameJSON(answers[1].text, #"{"level": "debug", "usual": "info", "until": "2026-04-29T04:33:54.000000Z"}"#))
    #expect(try sameJSON(answers[3].text, #"{"level": "trace", "usual": "info", "until": "2026-04-29T04:47:24.000000Z"}"#))
    #expect(try sameJSON(answers[4].text, #"{"level": "warning", "usual": "info", "until": null}"#))
    #expect(shared.level == .warning)
    #expect(changes.map { $0.about["log_level"] } == ["debug", "trace", "warning"])
    #expect(changes.allSatisfy { $0.what == "log level" && $0.request.by == "this machine" })
  }

  @Test(arguments: [
    "", "{}", "[]", #"{"level": null}"#, #"{"level": "loud"}"#, #"{"level": "INFO"}"#, #"{"level": 7}"#, #"{"level": "debug", "for": 15}"#,
    #"{"level": "debug", "for": "25h"}"#, #"{"level": "debug", "for": "0s"}"#, #"{"level": "debug", "for": "15"}"#,
    #"{"level": "debug", "for": "-5m"}"#, #"{"level": "debug", "until": "15m"}"#, #"{"level": "debug"} x"#,
  ])
  func `what cannot be is refused and changes nothing`(_ body: String) async throws {
    let shared = SharedLevel(.info)
    let (answer, changes) = try await Self.with(LogLevels(shared, clock: ManualClock().clock)) { url in try await Self.put(url, body) }
    #expect(answer.status == 400)
    #expect(shared.level == .info && changes.isEmpty)
  }
}
