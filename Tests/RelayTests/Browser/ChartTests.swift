import Foundation
import GRDB
import Testing

extension BrowserTests {
  /// What happened, as far back as the store knows.
  @Suite struct ChartTests {
    /// A sample for each minute of a day, up and down twice, without the two hours in which the relay was off.
    private static func samples(before now: Date) -> [[Int64]] {
      let present = Int64(now.timeIntervalSince1970) / 60
      var (reports, samples) = (Int64(0), [[Int64]]())
      for ago in (1...1_440).reversed() {
        let wave = 1 + sin(Double(ago) / 1_440 * 4 * .pi)
        reports += Int64(60 * wave) + Int64(ago * 7_919 % 17)
        if (600..<720).contains(ago) { continue }
        let waiting: Int64 = (200..<260).contains(ago) ? Int64(260 - ago) * 40 : Int64(ago % 5)
        samples.append([(present - Int64(ago)) * 60_000_000, reports, reports - waiting, 0, waiting, ago < 200 ? 12 : 0])
      }
      return samples
    }

    @Test func `the last hour and the last day are drawn from what the store kept`() async throws {
      try await BrowserScene.with { scene in
        try await scene.send(30)
        try await scene.relay.stop()
        let store = try DatabaseQueue(path: scene.relay.storePath)
        let samples = Self.samples(before: Date())
        try await store.write { db in
          try db.execute(sql: "DELETE FROM sample")
          for sample in samples {
            try db.execute(
              sql: "INSERT INTO sample (minute, reports, delivered, failed_attempts, waiting, dead) VALUES (?, ?, ?, ?, ?, ?)",
              arguments: StatementArguments(sample))
          }
        }
        try store.close()
        try await scene.relay.start()
        let page = try await scene.browser.page()
        for (span, lines) in [("hour", 1), ("day", 2)] {
          try await page.open("\(scene.status)?chart=\(span)")
          // Each stretch without a gap is a line of its own.
          #expect(try await page.evaluate("document.querySelectorAll('#tile-received path.line').length").number == Double(lines))
          try await page.update()
          try await page.screenshot("charts-\(span)-light")
          try await page.prefersDark(true)
          try await page.screenshot("charts-\(span)-dark", isWhole: false)
          try await page.prefersDark(false)
        }
        let images = try await page.accessibilityTree().filter { $0.role == "image" }
        #expect(images.count == 4 && images.allSatisfy { !$0.name.isEmpty })
        #expect(page.complaints(allowing: scene.origin) == [])
      }
    }
  }
}
