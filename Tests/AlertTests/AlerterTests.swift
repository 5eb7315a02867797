import Foundation
import Model
import Support
import Testing

@testable import Alert

/// Messages over real sockets.
@Suite(.timeLimit(.minutes(10)))
struct AlerterTests {
  private static let impatient: Patience = {
    var patience = Patience()
    patience.waits = [.milliseconds(1), .milliseconds(1)]
    patience.atTheEnd = .zero
    return patience
  }()

  /// - Parameter settings: of the hooks, by their addresses.
  private func with(
    _ settings: [AlertSettings], _ patience: Patience = impatient, _ body: (Alerter, Tape<Event>) async throws -> Void
  ) async throws {
    let events = Tape<Event>()
    let alerter = Alerter(
      settings, relay: "sms.example.com", userAgent: "dlr-relay/9.8.7", routeName: routeName, clock: ManualClock().clock,
      patience: patience, observer: { events.append($0) })
    alerter.start { Readings(standing: Standing(), gauges: [], oldestWaiting: [:], disk: nil) }
    do {
      try await body(alerter, events)
      await stop(alerter)
    } catch {
      await stop(alerter)
      throw error
    }
  }

  /// Blocks a thread of its own.
  private func stop(_ alerter: Alerter) async {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        alerter.stop()
        continuation.resume()
      }
    }
  }

  private func hook(_ server: AppServer, _ format: AlertSettings.Format = .json) -> AlertSettings {
    var settings = AlertSettings(url: Secret(server.url("/hook/s3cret?key=s3cret")))
    settings.format = format
    return settings
  }

  private func object(_ request: AppServer.Request) throws -> [String: any Sendable] {
    try #require(try JSONSerialization.jsonObject(with: Data(request.body)) as? [String: any Sendable])
  }

  @Test func `a hook gets one JSON object`() async throws {
    try await AppServer.with { server in
      try await with([hook(server)]) { alerter, _ in
        alerter.observe(.died(shop, tries: 5))
        let request = try await server.request(1)
        #expect((request.method, request.uri) == ("POST", "/hook/s3cret?key=s3cret"))
        #expect(request["content-type"] == ["application/json"])
        #expect(request["user-agent"] == ["dlr-relay/9.8.7"])
        let expected =
          #"{"at":"2026-04-29T04:32:24.000000Z","facts":{"count":1},"kind":"dead","over":false,"relay":"sms.example.com","route":"shop","#
          + #""text":"1 copy for route shop was given up and kept. Once the app takes them, send them again with: "#
          + #"dlr-relay queue replay --route shop"}"#
        #expect(String(decoding: request.body, as: UTF8.self) == expected)
        alerter.observe(.quarantined(.noID))
        #expect(try object(try await server.request(2))["route"] is NSNull)
      }
    }
  }

  @Test func `Slack gets a text, with its own marks escaped`() async throws {
    try await AppServer.with { server in
      try await with([hook(server, .slack)]) { alerter, _ in
        alerter.observe(.commitFailed(.failed(code: 1, words: "a < b && c > d")))
        let object = try object(try await server.request(1))
        #expect(object.keys.sorted() == ["text"])
        let words = "the store failed with code 1: a &lt; b &amp;&amp; c &gt; d"
        #expect((object["text"] as? String)?.hasPrefix("sms.example.com: The store cannot commit: \(words).") == true)
      }
    }
  }

  @Test func `a hook that hangs keeps neither the caller nor another hook waiting`() async throws {
    try await AppServer.with(answering: { _ in .silence }) { hanging in
      try await AppServer.with { good in
        var patience = Self.impatient
        patience.timeout = .hours(1)
        try await with([hook(hanging), hook(good)], patience) { alerter, _ in
          for lane in 1...20 { alerter.observe(.died(LaneID(lane), tries: 5)) }
          #expect(try await good.requests(20).count == 20)
          _ = try await hanging.request(1)
          // The end of the relay is not kept waiting either: the request under way would take an hour.
        }
        #expect(hanging.requests.all.count == 1)
      }
    }
  }

  @Test func `a message is tried three times`() async throws {
    try await AppServer.with(answering: { .status($0.number < 3 ? 503 : 200) }) { server in
      try await with([hook(server)]) { alerter, events in
        alerter.observe(.died(shop, tries: 5))
        let requests = try await server.requests(3)
        #expect(Set(requests.map(\.body)).count == 1)
        alerter.observe(.died(bank, tries: 5))
        #expect(try object(try await server.request(4))["route"] as? String == "bank")
        #expect(events.all.isEmpty)
      }
    }
  }

  @Test func `a hook that takes nothing is logged once by its host, and what it missed is counted in the next message`() async throws {
    try await AppServer.with(answering: { $0.number <= 6 ? .status(302, headers: [("location", "/elsewhere")]) : .status(200) }) { server in
      try await with([hook(server)]) { alerter, events in
        for lane in 1...3 { alerter.observe(.died(LaneID(lane), tries: 5)) }
        let object = try object(try await server.request(7))
        #expect(server.requests.all.allSatisfy { $0.uri.hasPrefix("/hook/") }, "a redirect is not followed")
        #expect((object["text"] as? String)?.hasSuffix(" (The 2 messages before this one could not be sent.)") == true)
        #expect((object["facts"] as? [String: Any])?["messages_lost"] as? Int == 2)
        let failures = events.all.compactMap { if case .alertFailed(let hook, let words) = $0 { [hook, words] } else { nil } }
        #expect(failures == [["1 (127.0.0.1:\(server.port))", "answered 302"]])
        alerter.observe(.quarantined(.noID))
        #expect(((try self.object(try await server.request(8)))["facts"] as? [String: Any])?["messages_lost"] == nil)
      }
    }
  }

  @Test func `beyond what may wait for a hook the oldest is lost, and counted`() async throws {
    let latch = Latch()
    try await AppServer.with(answering: { $0.number == 1 ? .status(200).after(latch) : .status(200) }) { server in
      // A message that was given up for the machine's slowness would come again.
      var patience = Self.impatient
      patience.timeout = .hours(1)
      let messages = MessageCounts()
      let hook = Hook(hook(server), number: 1, relay: "r", userAgent: "u", patience: patience, messages: messages, observer: { _ in })
      hook.start()
      func alert(_ number: Int) -> Alert {
        Alert(kind: .dead, route: "\(number)", isOver: false, text: "", at: ManualClock().now, facts: [:])
      }
      hook.send([alert(0)])
      _ = try await server.request(1)
      hook.send((1...(Limits.alertsWaitingMax + 5)).map(alert))
      latch.open()
      let requests = try await server.requests(1 + Limits.alertsWaitingMax)
      let objects = try requests.map(object)
      #expect(objects.map { $0["route"] as? String } == ["0"] + (6...(Limits.alertsWaitingMax + 5)).map(String.init))
      #expect(objects.map { ($0["facts"] as? [String: Int])?["messages_lost"] ?? 0 }.prefix(3) == [0, 5, 0])
      hook.beginStopping()
      hook.waitForEnd()
      #expect(messages.sent == 1 + Limits.alertsWaitingMax)
      #expect(messages.lost == 5)
    }
  }

  @Test func `hooks follow the rule file: one that stays knows what it was told, one that goes says its last`() async throws {
    try await AppServer.with { stays in
      try await AppServer.with { goes in
        try await AppServer.with { comes in
          var patience = Self.impatient
          patience.atTheEnd = .minutes(1)
          try await with([hook(goes), hook(stays)], patience) { alerter, _ in
            alerter.observe(.reloadFailed(words: "line 3"))
            _ = (try await stays.request(1), try await goes.request(1))
            alerter.observe(.died(bank, tries: 5))
            alerter.reload([hook(stays), hook(comes)], relay: "new.example.com")
            #expect(try object(try await goes.request(2))["route"] as? String == "bank")
            for _ in 1...3 { alerter.observe(.died(bank, tries: 5)) }
            alerter.observe(.reloadFailed(words: "line 3"))
            alerter.observe(.quarantined(.noID))
            // Told of the bank a moment ago, and of the file.
            let kinds = try await stays.requests(3).map { try object($0)["kind"] as? String }
            #expect(kinds == ["reload", "dead", "quarantine"])
            #expect(try await comes.requests(3).map { try object($0)["kind"] as? String } == ["dead", "reload", "quarantine"])
            #expect(try object(stays.requests.all[2])["relay"] as? String == "new.example.com")
            #expect(goes.requests.all.count == 2)
          }
        }
      }
    }
  }

  @Test func `a hook that hangs keeps nobody waiting when it leaves the file, and the end only for its patience`() async throws {
    try await AppServer.with(answering: { _ in .silence }) { hanging in
      var patience = Self.impatient
      patience.timeout = .hours(1)
      try await with([hook(hanging)], patience) { alerter, events in
        alerter.observe(.died(shop, tries: 5))
        _ = try await hanging.request(1)
        alerter.reload([], relay: "r")
        alerter.observe(.died(bank, tries: 5))
        _ = try await events.first(1)
      }
      #expect(hanging.requests.all.count == 1)
    }
  }

  @Test func `a log names a hook by its place in the file of now`() async throws {
    try await AppServer.with(answering: { _ in .status(500) }) { server in
      try await with([hook(server, .slack), hook(server)]) { alerter, events in
        alerter.reload([hook(server)], relay: "r")
        alerter.observe(.died(shop, tries: 5))
        let failures = try await events.first(1).map { if case .alertFailed(let hook, _) = $0 { hook } else { "" } }
        #expect(failures == ["1 (127.0.0.1:\(server.port))"])
      }
    }
  }

  @Test func `nobody is told, and nothing runs, without hooks`() async throws {
    try await with([]) { alerter, events in
      alerter.observe(.commitFailed(.full))
      #expect(events.all.isEmpty)
    }
  }
}
