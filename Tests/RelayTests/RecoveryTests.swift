import Support
import Testing

/// A store outlives the processes that work on it.
@Suite(.timeLimit(.minutes(10)))
struct RecoveryTests {
  @Test func `a backlog for a dead app is delivered after a restart, and the counters go on`() async throws {
    let place = try ReservedPort()
    let reports = (1...600).map { SentReport(id: Int64($0), text: "@shop \($0)") }
    let file = rules(#"name: shop, markers: ["@shop"], url: "\#(place.url)""#)
    try await RelayProcess.with(rules: file) { relay in
      try await relay.start()
      let provider = Provider(reports)
      await provider.send(to: relay)
      #expect(provider.log.read { $0.answered.count } == reports.count)
      _ = try await relay.post(Array("no report".utf8))
      _ = try await http("POST", "http://\(relay.publicDoor)/api/iletimerkezi/webhook?token=no", body: [])
      _ = try await relay.program.line("the app takes no copies")
      let before = try await relay.status { $0.received.rejected["token_wrong"] == 1 }
      #expect(before["shop"].matched == reports.count)
      #expect(before["shop"].pending == reports.count)
      #expect(before["shop"].lastError != nil)
      #expect(try await relay.stop() == .code(0))

      // Without an app still, so that nothing changes but the failures.
      try await relay.start()
      let after = try await relay.status()
      #expect(after.received == before.received)
      #expect(after["shop"].matched == reports.count)
      #expect(after["shop"].failedAttempts >= before["shop"].failedAttempts)

      let app = try await RecordingApp.start(at: place)
      let end = try await relay.status { $0.pending == 0 }
      #expect(end["shop"].delivered == reports.count)
      #expect(app.log.read { Set($0.taken.keys) } == Set(reports.map(\.webhookID)))
      #expect(app.log.read(\.repeats) == 0)
      let bytes = Dictionary(uniqueKeysWithValues: reports.map { ($0.webhookID, $0.bytes) })
      #expect(app.copies.allSatisfy { bytes[$0.id] == $0.body })
    }
  }

  @Test func `what a removed route is owed is held and shown, and sent when the route is back`() async throws {
    let (shop, crm) = (try ReservedPort(), try await RecordingApp.start())
    let crmRoute = #"name: crm, markers: ["@crm"], url: "\#(crm.url)""#
    let shopRoute = #"name: shop, markers: ["@shop"], url: "\#(shop.url)""#
    try await RelayProcess.with(rules: rules(shopRoute, crmRoute)) { relay in
      try await relay.start()
      for id in 1...7 { _ = try await relay.post(SentReport(id: Int64(id), text: "@shop @crm").bytes) }
      _ = try await relay.status { $0["crm"].delivered == 7 && $0["shop"].failedAttempts > 0 }
      #expect(try await relay.stop() == .code(0))

      try relay.write(rules: rules(crmRoute))
      let app = try await RecordingApp.start(at: shop)
      try await relay.start()
      #expect(try await relay.post(SentReport(id: 8, text: "@shop @crm").bytes).status == 200)
      let held = try await relay.status { $0["crm"].delivered == 8 }
      #expect(held["shop"].breaker == "held")
      #expect(held["shop"].pending == 7)
      let page = try await relay.page("/status").text
      #expect(page.contains("Route shop is not in the rule file any more: 7 copies wait"))
      #expect(try await relay.page("/metrics").text.contains(#"dlr_relay_pending{route="shop"} 7"#))
      #expect(app.copies.isEmpty)
      #expect(try await relay.stop() == .code(0))

      try relay.write(rules: rules(crmRoute, shopRoute))
      try await relay.start()
      let back = try await relay.status { $0["shop"].pending == 0 }
      #expect(back["shop"].delivered == 7)
      #expect(back["crm"].matched == 8)
      #expect(app.log.read { Set($0.taken.keys) } == Set((1...7).map { "dlr_\($0)_delivered" }))
    }
  }
}
