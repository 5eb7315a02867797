import Foundation
import Testing

extension BrowserTests {
  /// A test of a page proves nothing if the browser keeps to itself what is wrong with it.
  @Suite struct ChromiumTests {
    @Test(arguments: [
      ("<script>console.error('broken')</script>", "console: "),
      ("<script>nowhere()</script>", "exception: "),
      ("<meta http-equiv='Content-Security-Policy' content=\"style-src 'none'\"><style>p { color: red }</style>", "issue: "),
      ("<img src='http://192.0.2.1/x.png'>", "request: http://192.0.2.1/x.png"),
      ("<script>fetch('http://elsewhere.example/')</script>", "request: http://elsewhere.example/"),
    ])
    func `what a page does wrong is told`(_ fault: String, _ complaint: String) async throws {
      try await Chromium.with { browser in
        let page = try await browser.page()
        try await page.open(url(of: "<!doctype html><title>page</title><p>good"))
        #expect(page.complaints(allowing: "data:text") == [])
        try await page.open(url(of: "<!doctype html><title>page</title>\(fault)<p>bad"))
        try await page.complaint(complaint, allowing: "data:text")
      }
    }

    @Test func `a condition is waited for, and keys reach the page`() async throws {
      try await Chromium.with { browser in
        let page = try await browser.page()
        try await page.open(url(of: "<!doctype html><button onclick=\"this.textContent = 'pressed'\">button</button>"))
        async let pressed: Void = page.until("document.querySelector('button').textContent == 'pressed'")
        try await page.pressTab()
        try await page.pressEnter()
        try await pressed
        #expect(try await page.accessibilityTree().contains { $0 == ("button", "pressed") })
      }
    }

    @Test func `a browser that ends fails who waits for it`() async throws {
      try await Chromium.with { browser in
        browser.devTools.send("Browser.close")
        await #expect(throws: DevTools.Closed.self) { _ = try await browser.devTools.event(from: 0) { _ in false } }
      }
    }

    private func url(of html: String) throws -> String {
      "data:text/html," + (try #require(html.addingPercentEncoding(withAllowedCharacters: .alphanumerics)))
    }
  }
}
