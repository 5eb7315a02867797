import Foundation
import Model
import Support
import Testing

/// One app's trouble is no other app's. Bounds are numbers of requests, not times.
@Suite(.timeLimit(.minutes(10)))
struct AppsInTroubleTests {
  @Test func `a dead and a hanging app keep no copy from the others, and the dead one gets everything when it is back`() async throws {
    let place = try ReservedPort()
    let hanging = try await RecordingApp.start { _, _ in .held }
    let good = try await RecordingApp.start()
    let file = rules(
      #"name: dead, markers: ["@shop"], url: "\#(place.url)""#,
      #"name: hanging, markers: ["@shop"], url: "\#(hanging.url)", concurrency: 3, timeout: 5m"#,
      #"name: good, markers: ["@shop"], url: "\#(good.url)""#)
    let reports = (1...1_000).map { SentReport(id: Int64($0), text: "@shop \($0)") }
    try await RelayProcess.with(rules: file) { relay in
      try await relay.start()
      let provider = Provider(reports)
      await provider.send(to: relay)
      #expect(provider.log.read(\.statuses) == [200: reports.count])
      // The hanging one has not answered anything, and the dead one nothing either.
      try await good.log.until { $0.taken.count == reports.count }
      #expect(hanging.copies.count == 3)
      let during = try await relay.status { $0["good"].delivered == reports.count }
      #expect(during["good"].failedAttempts == 0)
      #expect((during["hanging"].pending, during["dead"].pending) == (reports.count, reports.count))

      let app = try await RecordingApp.start(at: place)
      let after = try await relay.status { $0["dead"].pending == 0 }
      #expect(after["dead"].delivered == reports.count)
      #expect(app.log.read { Set($0.taken.keys) } == Set(reports.map(\.webhookID)))
      #expect(app.log.read(\.repeats) == 0)
      #expect(after["hanging"].pending == reports.count)
      #expect(hanging.copies.count == 3)
    }
  }

  @Test func `more hanging apps than transfers fit leave room for the one that answers`() async throws {
    let hanging = try await RecordingApp.start { _, _ in .held }
    let good = try await RecordingApp.start()
    let hangingRoutes = (1...20).map {
      #"  - { name: hanging-\#($0), markers: ["@shop"], url: "\#(hanging.url)?\#($0)", concurrency: 64, timeout: 5m }"#
    }
    let file = rules(#"name: good, markers: ["@shop"], url: "\#(good.url)""#) + "\n" + hangingRoutes.joined(separator: "\n")
    let reports = (1...200).map { SentReport(id: Int64($0), text: "@shop \($0)") }
    let (before, after) = (Provider(Array(reports.prefix(100))), Provider(Array(reports.dropFirst(100))))
    try await RelayProcess.with(rules: file) { relay in
      // What a shell or systemd gives to start with.
      try await relay.start(limits: ["--nofile=1024:"])
      await before.send(to: relay)
      #expect(before.log.read(\.answered).count == 100)
      try await hanging.log.until { $0.copies.count >= 950 }
      // Over new connections.
      await after.send(to: relay)
      #expect(after.log.read(\.answered).count == 100)
      try await good.log.until { $0.taken.count == reports.count }
      // A lane with nothing in flight may always send one.
      #expect(hanging.copies.count <= Limits.transfersMax + 20)
      #expect(good.log.read(\.repeats) == 0)
    }
  }

  @Test func `no copy goes to whom nobody vouches for, nor over a proxy that the environment names`() async throws {
    let (good, proxy) = (try await RecordingApp.start(), try await RecordingApp.start())
    try await TLSServer.with { stranger in
      let file = rules(
        #"name: stranger, markers: ["@shop"], url: "https://localhost:\#(stranger.port)/hook""#,
        #"name: good, markers: ["@shop"], url: "\#(good.url)""#)
      let proxies = Dictionary(
        uniqueKeysWithValues: ["http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"].map {
          ($0, "http://127.0.0.1:\(proxy.port)")
        })
      try await RelayProcess.with(rules: file) { relay in
        try await relay.start(environment: proxies)
        let report = SentReport(id: 1, text: "@shop")
        #expect(try await relay.post(report.bytes).status == 200)
        try await good.taken(report.webhookID)
        let after = try await relay.status { $0["stranger"].failedAttempts >= 2 }
        #expect((after["stranger"].delivered, after["stranger"].pending) == (0, 1))
        #expect(after["stranger"].lastError?.contains("certificate") == true, "\(String(describing: after["stranger"].lastError))")
        #expect(proxy.copies.isEmpty)
      }
    }
  }

  @Test(arguments: [301, 400, 401, 404, 429, 500, 503])
  func `whatever is not 2xx is tried again until it is`(_ status: Int) async throws {
    let app = try await RecordingApp.start { _, earlier in .status(earlier < 2 ? status : 204) }
    try await RelayProcess.with(rules: rules(#"name: shop, markers: ["@shop"], url: "\#(app.url)""#)) { relay in
      try await relay.start()
      let report = SentReport(id: 1, text: "@shop")
      #expect(try await relay.post(report.bytes).status == 200)
      try await app.taken(report.webhookID)
      let after = try await relay.status { $0.pending == 0 }
      #expect((after["shop"].delivered, after["shop"].failedAttempts) == (1, 2))
      #expect(after["shop"].lastError == "answered \(status)")
      #expect(app.copies.map { $0["relay-attempt"] } == ["1", "2", "3"])
      #expect(Set(app.copies.map(\.id)) == [report.webhookID])
      #expect(app.copies.allSatisfy { $0.body == report.bytes })
    }
  }

  @Test func `a copy is given up after its time, and stays counted as dead`() async throws {
    let app = try await RecordingApp.start { _, _ in .status(500) }
    let file = rules(#"name: shop, markers: ["@shop"], url: "\#(app.url)", retry: { first: 10ms, max: 20ms, for: 50ms }"#)
    try await RelayProcess.with(rules: file) { relay in
      try await relay.start()
      #expect(try await relay.post(SentReport(id: 1, text: "@shop").bytes).status == 200)
      let after = try await relay.status { $0["shop"].dead == 1 }
      #expect(after.pending == 0)
      #expect(after["shop"].failedAttempts >= Limits.triesBeforeDeadMin)
      #expect(app.copies.count == after["shop"].failedAttempts)
      #expect(try await relay.stop() == .code(0))
      try await relay.start()
      #expect(try await relay.status().counters == after.counters)
    }
  }

  @Test func `while copies wait for a dead app the relay rests`() async throws {
    let place = try ReservedPort()
    // Fails once and is tried again after 3 to 6 s: that is the time in which the relay should do nothing.
    let app = try await RecordingApp.start { _, earlier in .status(earlier == 0 ? 500 : 200) }
    let file = rules(
      #"name: dead, markers: ["@dead"], url: "\#(place.url)", retry: { first: 1h, max: 1h }"#,
      #"name: shop, markers: ["@shop"], url: "\#(app.url)", retry: { first: 6s, max: 6s }"#)
    try await RelayProcess.with(rules: file) { relay in
      try await relay.start(logLevel: "info")
      for id in 1...Breaker.outagesMax { #expect(try await relay.post(SentReport(id: Int64(id), text: "@dead").bytes).status == 200) }
      _ = try await relay.program.line("the app takes no copies")
      #expect(try await relay.post(SentReport(id: 9, text: "@shop").bytes).status == 200)
      _ = try await app.copies(atLeast: 1)
      let before = try processorTime(of: relay.program.pid)
      try await app.taken("dlr_9_delivered")
      let used = try processorTime(of: relay.program.pid) - before
      #expect(used < .milliseconds(500), "of at least 3 s; the first probe is due after 1 s, and nothing is due for it")
    }
  }
}
