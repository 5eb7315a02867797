import Foundation
import Model
import Support
import Testing

/// An operator hears of an app that is down, and that it is back.
@Suite(.timeLimit(.minutes(10)))
struct AlertingTests {
  @Test func `a dead app is told to the hook, and so is that it is back`() async throws {
    let (place, hook) = (try ReservedPort(), try await RecordingApp.start())
    let alerts = #"alerts: [{ url: "\#(hook.url)?key=k3y", on: [failing, recovered], failing: 1s }]"#
    let file = rules(#"name: shop, markers: ["@shop"], url: "\#(place.url)""#) + "\n" + alerts
    try await RelayProcess.with(rules: file) { relay in
      try await relay.start()
      for id in 1...Breaker.outagesMax {
        #expect(try await relay.post(SentReport(id: Int64(id), text: "@shop").bytes).status == 200)
      }
      let failing = try await hook.message(.failing)
      #expect(failing["route"] as? String == "shop")
      #expect(failing["over"] as? Bool == false)
      #expect((failing["text"] as? String)?.contains("The last try: connection refused.") == true)
      // On a busy machine the breaker may open by second tries, before all of them are there.
      let waiting = try #require((failing["facts"] as? [String: Any])?["waiting"] as? Int)
      #expect((1...Breaker.outagesMax).contains(waiting))

      let app = try await RecordingApp.start(at: place)
      try await app.taken("dlr_1_delivered")
      let recovered = try await hook.message(.recovered)
      #expect(recovered["route"] as? String == "shop")
      #expect(recovered["over"] as? Bool == true)
      #expect(hook.copies.count == 2)
      #expect(try await relay.stop() == .code(0))
      #expect(!relay.written.contains("k3y"))
    }
  }

  @Test func `reports that match no route are told with the commands that help`() async throws {
    let (app, hook) = (try await RecordingApp.start(), try await RecordingApp.start())
    let file = rules(#"name: shop, markers: ["@shop"], url: "\#(app.url)""#) + #"\#nalerts: [{ url: "\#(hook.url)", on: [unmatched] }]"#
    try await RelayProcess.with(rules: file) { relay in
      try await relay.start()
      #expect(try await relay.post(SentReport(id: 1, text: "gizli").bytes).status == 200)
      let told = try await hook.message(.unmatched)
      let text = try #require(told["text"] as? String)
      #expect(text.contains("dlr-relay unmatched") && text.contains("dlr-relay reroute") && !text.contains("gizli"))
      let page = try await relay.page("/status").text
      #expect(page.contains("dlr-relay unmatched"))
    }
  }

  @Test func `a hook that does not answer keeps no copy waiting, and the end neither`() async throws {
    let (hook, good) = (try await RecordingApp.start { _, _ in .held }, try await RecordingApp.start())
    let file = rules(#"name: shop, markers: ["@shop"], url: "\#(good.url)""#) + #"\#nalerts: [{ url: "\#(hook.url)" }]"#
    try await RelayProcess.with(rules: file) { relay in
      try await relay.start()
      #expect(try await relay.post(Array("no report".utf8)).status == 200)
      _ = try await hook.copies(atLeast: 1)
      #expect(try await relay.post(SentReport(id: 1, text: "@shop").bytes).status == 200)
      try await good.taken("dlr_1_delivered")
      #expect(try await relay.stop() == .code(0))
      // Its ten seconds were not over, but on a machine that is very slow.
      #expect(relay.written.contains(#""error":"no answer "#))
    }
  }
}

extension RecordingApp {
  /// The first message of a kind, as soon as it is there.
  fileprivate func message(_ kind: AlertKind) async throws -> [String: Any] {
    let body = try await log.first { log in
      log.copies.first { (Self.object($0.body)?["kind"] as? String) == kind.rawValue }?.body
    }
    return try #require(Self.object(body))
  }

  private static func object(_ body: [UInt8]) -> [String: Any]? {
    try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
  }
}
