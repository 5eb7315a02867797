import Foundation
import Support
import Synchronization

/// An app that answers every copy alike, until a test changes its mind.
final class Mood: Sendable {
  static let fine = AppAnswer.status(200)
  static let broken = AppAnswer.status(500, body: Array("no such order".utf8))

  private let mutex: Mutex<AppAnswer>

  init(_ answer: AppAnswer = fine) { mutex = Mutex(answer) }

  var answer: AppAnswer {
    get { mutex.withLock { $0 } }
    set { mutex.withLock { $0 = newValue } }
  }
}

/// A relay with one app, which is `shop` and gets what others do not, and a browser.
struct BrowserScene {
  var relay: RelayProcess
  var browser: Chromium
  var app: AppServer
  var mood: Mood

  /// - Parameters:
  ///   - routes: further ones, each a line in YAML's flow style, given the app's URL.
  ///   - hasRest: the app is also `rest`, which gets what no other route does.
  ///   - status: further keys of `status`.
  static func with(
    routes: (_ url: String) -> [String] = { _ in [] }, hasRest: Bool = true, status: String = "",
    _ body: (BrowserScene) async throws -> Void
  ) async throws {
    let mood = Mood()
    try await AppServer.with(answering: { _ in mood.answer }) { app in
      let shop = #"name: shop, markers: ["@shop"], url: "\#(app.url())""#
      let rest = hasRest ? [#"name: rest, otherwise: true, url: "\#(app.url())""#] : []
      let file = rules([shop] + routes(app.url()) + rest, status: status)
      try await RelayProcess.with(rules: file) { relay in
        try await relay.start()
        try await Chromium.with { browser in
          try await body(BrowserScene(relay: relay, browser: browser, app: app, mood: mood))
        }
      }
    }
  }

  static func rules(_ routes: [String], status: String) -> String {
    """
    receive: { listen: "127.0.0.1:0", tokens: [{ label: "2026-11", value: "${WEBHOOK_TOKEN}" }] }
    status: { listen: "127.0.0.1:0"\(status) }
    store: { path: relay.db }
    defaults: { timeout: 20s, retry: { first: 100ms, max: 1s } }
    routes:
    \(routes.map { "  - { \($0) }" }.joined(separator: "\n"))
    """
  }

  var origin: String { "http://\(relay.statusDoor)/" }
  var status: String { origin + "status" }

  /// Sends reports for `shop` and `rest` as the provider does, for as long as the body runs.
  func underTraffic(_ body: () async throws -> Void) async throws {
    let arguments = ["simulate", relay.webhook, "--rate", "40", "--markers", "@shop", "--seed", "5"]
    let provider = try Program.start(arguments)
    let result = await Result.of(body)
    provider.signal(SIGINT)
    _ = try await provider.exit()
    try result.get()
  }

  /// So many reports, one after the other, each answered 200.
  func send(_ count: Int, text: String = "@shop", from id: Int64 = 1_599_558_000) async throws {
    let provider = Provider((0..<Int64(count)).map { SentReport(id: id + $0, text: "\(text) \($0)") })
    await provider.send(to: relay, connections: 2)
  }

  /// The app of `shop` fails until the relay leaves it alone.
  func breakShop() async throws {
    mood.answer = .disconnect
    try await send(20)
    _ = try await relay.program.line("the app takes no copies")
  }
}

extension Result where Failure == any Error, Success == Void {
  static func of(_ body: () async throws -> Void) async -> Self {
    do { return .success(try await body()) } catch { return .failure(error) }
  }
}
