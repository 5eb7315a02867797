import Foundation
import Support
import Testing

extension BrowserTests {
  /// The page without a mouse, and without eyes.
  @Suite struct PageAccessTests {
    @Test func `Tab goes through everything in order, and an update leaves the focus where it is`() async throws {
      try await BrowserScene.with { scene in
        try await scene.breakShop()
        let page = try await scene.browser.page()
        try await page.open(scene.status)
        let count = try await page.evaluate(
          """
          window.order = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, [tabindex="0"]')]
            .filter(element => element.checkVisibility()), order.length
          """
        ).number
        var visited: [Int] = []
        for _ in 0..<Int(count) {
          try await page.pressTab()
          visited.append(Int(try await page.evaluate("order.indexOf(document.activeElement)").number))
        }
        #expect(visited == Array(0..<Int(count)))
        #expect(try await page.text("order[0].className") == "skip")
        #expect(try await page.evaluate("order.some(element => element.matches('#q'))").isTrue)
        #expect(try await page.evaluate("order.filter(element => element.matches('.copy')).length").number >= 1)

        try await page.evaluate("document.querySelector('.copy').focus()")
        let command = try await page.text("document.activeElement.dataset.copy")
        for _ in 0..<2 {
          try await page.update()
          #expect(try await page.text("document.activeElement.dataset.copy") == command)
        }
        try await page.evaluate("document.querySelector('.skip').focus()")
        try await page.screenshot("focus-light", isWhole: false)
        try await page.pressEnter()
        try await page.until("document.activeElement.id == 'main'")
        #expect(page.complaints(allowing: scene.origin) == [])
      }
    }

    @Test func `a command is copied, or selected where it cannot be`() async throws {
      try await BrowserScene.with { scene in
        try await scene.breakShop()
        let page = try await scene.browser.page()
        try await page.call("Emulation.setFocusEmulationEnabled", ["enabled": true])
        try await page.allowClipboard(true)
        try await page.open(scene.status)
        let command = try await page.text("document.querySelector('.copy').dataset.copy")
        try await page.evaluate("document.querySelector('.copy').focus()")
        try await page.pressEnter()
        try await page.until("document.querySelector('.copy').textContent == document.querySelector('.copy').dataset.copied")
        #expect(try await page.text("navigator.clipboard.readText()") == command)

        try await page.allowClipboard(false)
        try await page.open(scene.status)
        try await page.evaluate("document.querySelector('.copy').focus()")
        try await page.evaluate(
          """
          new Promise(resolve => {
            document.addEventListener('selectionchange', () => { if (getSelection().toString() == '\(command)') resolve() })
            document.querySelector('.copy').click()
          })
          """)
        #expect(page.complaints(allowing: scene.origin) == [])
      }
    }

    @Test func `a screen reader finds headings, a named table, and a name on all that can be used`() async throws {
      try await BrowserScene.with { scene in
        try await scene.breakShop()
        let page = try await scene.browser.page()
        try await page.open(scene.status)
        let sentence = try await page.text(On.sentence)
        let tree = try await page.accessibilityTree()
        #expect(tree.first { $0.role == "heading" }?.name == sentence)
        #expect(tree.filter { $0.role == "heading" }.count >= 4)
        #expect(tree.contains { $0.role == "table" && $0.name.contains("Routes") })
        #expect(tree.contains { $0.role == "rowheader" && $0.name == "shop" })
        #expect(tree.contains { $0.role == "searchbox" && $0.name != "" })
        #expect(tree.contains { $0.role == "button" && $0.name.contains("dlr-relay queue") })
        for role in ["main", "search", "navigation"] { #expect(tree.contains { $0.role == role }, "\(role)") }
        let usable = ["button", "link", "textbox", "searchbox", "combobox", "table", "heading", "image"]
        #expect(tree.filter { usable.contains($0.role) && $0.name.isEmpty }.map(\.role) == [])
      }
    }
  }
}
