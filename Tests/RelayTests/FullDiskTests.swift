import Foundation
import Support
import Synchronization
import Testing

/// No room: 503 until there is some, and not one 200 that is not kept.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct FullDiskTests {
  private static func reports(_ ids: ClosedRange<Int>) -> [SentReport] { ids.map { SentReport(id: Int64($0), text: "@shop \($0)") } }

  /// Holds every copy until told otherwise.
  private struct HoldingApp {
    let app: RecordingApp
    private let isHolding: IsHolding

    private final class IsHolding: Sendable { let value = Mutex(true) }

    static func start() async throws -> HoldingApp {
      let isHolding = IsHolding()
      let app = try await RecordingApp.start { _, _ in isHolding.value.withLock { $0 } ? .held : .status(200) }
      return HoldingApp(app: app, isHolding: isHolding)
    }

    func answerAll() {
      isHolding.value.withLock { $0 = false }
      app.release()
    }
  }

  @Test func `at a file-size limit reports are answered 503, copies go out, and it heals without a restart`() async throws {
    let holding = try await HoldingApp.start()
    try await RelayProcess.with(rules: rules(#"name: shop, markers: ["@shop"], url: "\#(holding.app.url)", timeout: 5m"#)) { relay in
      try await relay.start()
      let provider = Provider(Self.reports(1...300))
      await provider.send(to: relay)
      #expect(provider.log.read(\.statuses) == [200: 300])
      #expect(try await relay.page("/readyz").status == 200)

      // The log cannot grow by one byte.
      try await limitFileSize(of: relay.program.pid, to: try size(of: relay.storePath + "-wal"))
      let refused = try await relay.post(SentReport(id: 301, text: "@shop").bytes)
      #expect(refused.status == 503)
      #expect(refused.text == #"{"received": false}"#)
      #expect(refused["retry-after"] != nil)
      provider.log.change { $0.waiting = Self.reports(301...320) }
      await provider.send(to: relay)
      #expect(provider.log.read { Set($0.statuses.keys) } == [200, 503])
      #expect(provider.log.read(\.answered.count) == 300)
      let readiness = try await relay.page("/readyz")
      #expect(readiness.status == 503)
      #expect(readiness.text.contains("store"))

      holding.answerAll()
      try await holding.app.log.until { $0.taken.count == 300 }
      #expect(try await relay.status()["shop"].delivered < 300, "the results have nowhere to go")

      let seen = relay.program.lineCount
      try await limitFileSize(of: relay.program.pid, to: nil)
      // By itself: nobody sends, and a balancer that asks /readyz would never let anybody send.
      _ = try await relay.program.line("the store works again", from: seen)
      #expect(try await relay.page("/readyz").status == 200)
      #expect(try await relay.status { $0.pending == 0 }["shop"].delivered == 300)

      await provider.send(to: relay)
      #expect(provider.log.read(\.answered.count) == 320)
      let end = try await relay.status { $0["shop"].delivered == 320 }
      #expect(end.received.reports == 320)
      #expect(holding.app.log.read(\.repeats) == 0)
      #expect(try await relay.stop() == .code(0))
    }
  }

  @Test(.enabled(if: SmallDisk.isPermitted, "mounting a file system is not permitted here"))
  func `on a full disk nothing answered 200 is lost, results are stored, and it heals without a restart`() async throws {
    let disk = try SmallDisk(megabytes: 16)
    defer { disk.unmount() }
    let holding = try await HoldingApp.start()
    let file = rules(#"name: shop, markers: ["@shop"], url: "\#(holding.app.url)", timeout: 5m"#)
    try await RelayProcess.with(rules: file, folder: disk.path + "/relay") { relay in
      try await relay.start()
      let provider = Provider(Self.reports(1...300))
      await provider.send(to: relay)
      #expect(provider.log.read(\.statuses) == [200: 300])

      let filler = disk.path + "/filler"
      try fill(filler)
      let seen = relay.program.lineCount
      provider.log.change { $0.waiting = Self.reports(301...900).reversed() }
      await provider.send(to: relay)
      #expect(provider.log.read { $0.statuses[503, default: 0] } > 0)
      #expect(try await relay.page("/readyz").status == 503)
      // There is room for results, kept for the purpose.
      holding.answerAll()
      let answered = provider.log.read(\.answered.count)
      _ = try await relay.status { $0.pending == 0 && $0["shop"].delivered == answered }
      #expect(try await relay.post(SentReport(id: 9_999, text: "@shop").bytes).status == 503)
      #expect(try await relay.page("/readyz").status == 503)
      let lines = relay.program.errorLines.dropFirst(seen)
      #expect(!lines.contains { $0.contains("the store works again") }, "it does not: its own reserve is no room")

      let healing = relay.program.lineCount
      try FileManager.default.removeItem(atPath: filler)
      _ = try await relay.program.line("the store works again", from: healing)
      #expect(try await relay.page("/readyz").status == 200)
      await provider.send(to: relay)
      #expect(provider.log.read(\.answered.count) == 900)
      let end = try await relay.status { $0.pending == 0 }
      #expect(end["shop"].delivered == end.received.reports)
      let owed = provider.log.read { Set($0.answered.map(\.webhookID)) }
      #expect(owed.subtracting(holding.app.log.read { Set($0.taken.keys) }).isEmpty)
      #expect(holding.app.log.read(\.repeats) == 0)
      #expect(try await relay.stop() == .code(0))
    }
  }

  @Test(.enabled(if: SmallDisk.isPermitted, "mounting a file system is not permitted here"))
  func `on a full disk retention deletes, in the room kept for it`() async throws {
    let disk = try SmallDisk(megabytes: 16)
    defer { disk.unmount() }
    let app = try await RecordingApp.start()
    func file(_ store: String) -> String { rules(#"name: shop, markers: ["@shop"], url: "\#(app.url)""#, store: store) }
    try await RelayProcess.with(rules: file(""), folder: disk.path + "/relay") { relay in
      try await relay.start()
      let provider = Provider((1...300).map { SentReport(id: $0, text: "@shop" + String(repeating: "x", count: 4_000)) })
      await provider.send(to: relay)
      _ = try await relay.status { $0["shop"].delivered == 300 }
      #expect(try await relay.stop() == .code(0))

      try relay.write(rules: file(", retention: { payloads: 0s }"))
      let filler = disk.path + "/filler"
      try fill(filler)
      // Enough to open the store, and not to delete what is in it.
      guard truncate(filler, off_t(try size(of: filler) - 256 * 1024)) == 0 else { throw SystemError(errno: errno) }
      try await relay.start()
      _ = try await relay.program.line(#""message":"deleted what was kept long enough""#)
    }
  }
}
