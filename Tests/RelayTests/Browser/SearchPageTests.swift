import Foundation
import Support
import Testing

extension BrowserTests {
  /// A report is found, and its page says what became of it.
  @Suite struct SearchPageTests {
    private static let id: Int64 = 1_599_558_518
    private static let number = "5321234567"

    /// A page before a relay in which a report was refused twice and then taken, among others.
    private func withReport(_ body: (BrowserScene, BrowserPage) async throws -> Void) async throws {
      try await BrowserScene.with { scene in
        try await scene.send(3)
        _ = try await scene.relay.status { $0["shop"].delivered == 3 }
        scene.mood.answer = Mood.broken
        let report = SentReport(id: Self.id, to: "+90\(Self.number)", text: "@shop secret-words")
        #expect(try await scene.relay.post(report.bytes).status == 200)
        _ = try await scene.app.requests(5)
        scene.mood.answer = Mood.fine
        _ = try await scene.relay.status { $0["shop"].delivered == 4 }
        let page = try await scene.browser.page()
        try await page.open(scene.status)
        try await body(scene, page)
        #expect(page.complaints(allowing: scene.origin) == [])
      }
    }

    /// As a person does: types, Enter, looks at the first row.
    private func search(_ words: String, on page: BrowserPage) async throws -> [String] {
      try await page.type(words, into: "#q")
      try await page.loading { try await page.pressEnter() }
      return try await page.evaluate("[...document.querySelectorAll('.results tbody tr')].map(row => row.innerText)").list.map(\.text)
    }

    @Test func `a report is found by its id, and its page tells its life`() async throws {
      try await withReport { scene, page in
        let rows = try await search("\(Self.id)", on: page)
        #expect(rows.count == 1)
        #expect(rows.first?.contains("+90532***4567") == true && rows.first?.contains("shop") == true)
        try await page.screenshot("search-light")
        try await page.loading { try await page.click(".results tbody a") }
        #expect(try await page.text("document.querySelector('h1').textContent").contains("\(Self.id)"))
        let life = try await page.evaluate("[...document.querySelectorAll('.timeline li')].map(item => item.innerText)").list.map(\.text)
        #expect(life.filter { $0.contains("answered 500") && $0.contains("no such order") }.count >= 2, "\(life)")
        #expect(life.last?.contains("delivered") == true)
        let source = try await page.text("document.documentElement.outerHTML")
        #expect(source.contains("dlr-relay queue replay"))
        #expect(!source.contains(Self.number) && !source.contains("secret-words"))
        #expect(try await page.accessibilityTree().first { $0.role == "heading" }?.name.contains("\(Self.id)") == true)
        try await page.screenshot("report-light")
        try await page.prefersDark(true)
        try await page.screenshot("report-dark")
        try await page.size(width: 360, height: 800, isPhone: true)
        #expect(try await page.evaluate(On.tooWide).number <= 0)
        try await page.screenshot("report-dark-phone")
      }
    }

    @Test func `a report is found by its phone number, which is masked in the list`() async throws {
      try await withReport { scene, page in
        let rows = try await search("+90 532 123 45 67", on: page)
        #expect(rows.contains { $0.contains("\(Self.id)") && $0.contains("+90532***4567") })
        #expect(!(try await page.text("document.querySelector('main').innerHTML").contains(Self.number)))
        #expect(try await search("05329999999", on: page) == [])
        #expect(try await page.text("document.querySelector('h1').textContent") != "")
      }
    }

    @Test func `every field of the search has a name, and the page fits a phone`() async throws {
      try await withReport { scene, page in
        for language in ["en", "tr"] {
          try await page.open("\(scene.status)/search?lang=\(language)&q=\(Self.number)&since=24h")
          let tree = try await page.accessibilityTree()
          let fields = tree.filter { ["textbox", "searchbox", "combobox", "button", "link"].contains($0.role) }
          #expect(fields.count >= 6)
          #expect(fields.filter(\.name.isEmpty).map(\.role) == [])
          try await page.size(width: 360, height: 800, isPhone: true)
          #expect(try await page.evaluate(On.tooWide).number <= 0)
          try await page.screenshot("search-phone-\(language)")
        }
      }
    }
  }
}
