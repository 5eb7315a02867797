import Foundation
import Support
import Testing

extension BrowserTests {
  /// The page as a person has it before them.
  @Suite struct LivePageTests {
    @Test func `numbers move, a route fails and recovers, and the page tells without a reload`() async throws {
      try await BrowserScene.with { scene in
        let page = try await scene.browser.page()
        try await scene.underTraffic {
          try await page.open(scene.status)
          try await page.evaluate("window.isStillTheSame = true")
          try await page.until("\(On.isWell) && parseInt(\(On.received)) > 0")
          let before = try await page.text(On.received)
          try await page.until("\(On.received) != '\(before)'")
          #expect(try await page.text(On.state("shop")).contains("sending"))
          try await page.screenshot("well-light")

          scene.mood.answer = Mood.broken
          try await page.until("\(On.sentence).includes('shop') && \(On.sentence).includes('failing')")
          try await page.until("\(On.state("shop")).includes('failing') && \(On.state("shop")).includes('answered 500')")
          // What a screen reader says: once, and not with each number.
          #expect(try await page.text("document.querySelector('#said').textContent").contains("shop"))
          #expect(try await page.evaluate(On.commands).list.contains("dlr-relay queue pause shop"))
          #expect(try await page.text("document.title").contains("(1)"))
          try await page.screenshot("failing-light")

          scene.mood.answer = Mood.fine
          try await page.until("\(On.isWell) && !\(On.sentence).includes('shop')")
          #expect(try await page.text(On.state("shop")).contains("sending"))
          #expect(try await page.evaluate("window.isStillTheSame").isTrue)
        }
        #expect(page.complaints(allowing: scene.origin) == [])
      }
    }

    @Test func `a relay that stops is told as a connection lost`() async throws {
      try await BrowserScene.with { scene in
        let page = try await scene.browser.page()
        try await page.open(scene.status)
        try await page.until("document.querySelector('#stamp').classList.contains('is-live')")
        #expect(page.complaints(allowing: scene.origin) == [])
        try await scene.relay.stop()
        try await page.until("document.querySelector('#stamp').classList.contains('is-lost')")
        #expect(try await page.text("document.querySelector('#stamp').textContent").contains("not live"))
        try await page.screenshot("lost-light")
      }
    }

    @Test func `Turkish by what the browser asks for and by the switch, also in what comes live`() async throws {
      try await BrowserScene.with { scene in
        try await scene.breakShop()
        let page = try await scene.browser.page()
        try await page.speaks("tr-TR,tr;q=0.9,en;q=0.5")
        try await page.open(scene.status)
        #expect(try await page.text(On.language) == "tr")
        try await page.update()
        let sentence = try await page.text(On.sentence)
        #expect(sentence.contains("shop") && !sentence.contains("failing"))
        try await page.screenshot("failing-turkish")

        try await page.loading { try await page.click("nav.languages a[lang=en]") }
        try await page.update()
        #expect(try await page.text(On.language) == "en")
        #expect(try await page.text(On.sentence).contains("failing"))
        try await page.loading { try await page.click("nav.languages a[lang=tr]") }
        try await page.update()
        #expect(try await page.text(On.language) == "tr")
        #expect(!(try await page.text(On.sentence).contains("failing")))
        #expect(page.complaints(allowing: scene.origin) == [])
      }
    }

    @Test func `without scripts the page shows the same`() async throws {
      let shown = """
        [document.title, \(On.sentence), ...[...document.querySelectorAll('#health code, #routes th, #routes .badge, .tile .figure')]
          .map(element => element.textContent.trim())].join('|').replace(/[0-9]+ (s|min)/g, 'TIME')
        """
      try await BrowserScene.with { scene in
        try await scene.breakShop()
        let page = try await scene.browser.page()
        try await page.open(scene.status)
        try await page.update()
        let live = try await page.text(shown)
        let plain = try await scene.browser.page()
        try await plain.runsScripts(false)
        try await plain.open(scene.status)
        #expect(try await plain.text(shown) == live)
        #expect(live.contains("dlr-relay queue"))
        #expect(page.complaints(allowing: scene.origin) == [])
        #expect(plain.complaints(allowing: scene.origin) == [])
      }
    }

    @Test func `the page asks for the status token, and is live with it`() async throws {
      let token = "status-5d0b7a91c3e84f26"
      try await BrowserScene.with(status: #", token: "\#(token)""#) { scene in
        let page = try await scene.browser.page()
        try await page.answering(user: "anybody", password: token) {
          try await page.open(scene.status)
          try await page.update()
        }
        #expect(try await page.text(On.sentence) != "")
        let complaints = page.complaints(allowing: scene.origin)
        #expect(complaints.filter { !$0.contains("401") } == [])
        #expect(!(try await page.text("document.documentElement.outerHTML").contains(token)))
      }
    }
  }
}
