import Foundation
import Support
import Testing

extension BrowserTests {
  /// Much is wrong at once, and names and errors are long.
  @Suite struct TroubledPageTests {
    private static let longName = "campaigns-of-the-marketing-department-2026"

    /// A relay whose apps fail, pause and answer 410, with unmatched reports, bodies that are none, and a broken rule file.
    private func withTrouble(_ body: (BrowserScene, BrowserPage) async throws -> Void) async throws {
      let gone = try await RecordingApp.start { _, _ in .status(410) }
      let routes: (String) -> [String] = { url in
        [
          #"name: crm, markers: ["@crm"], url: "\#(gone.url)""#,
          #"name: \#(Self.longName), markers: ["@shop"], url: "http://127.0.0.1:1/hook""#,
          #"name: archive, markers: ["@archive"], url: "\#(url)", paused: true"#,
          #"name: billing, markers: ["@billing"], url: "\#(url)""#,
        ]
      }
      try await BrowserScene.with(routes: routes, hasRest: false) { scene in
        try await scene.send(4, text: "@billing", from: 1)
        _ = try await scene.relay.status { $0["billing"].delivered == 4 }
        try await scene.send(3, text: "@crm", from: 100)
        try await scene.send(5, text: "@archive", from: 200)
        try await scene.send(7, text: "nobody's", from: 300)
        for body in ["{}", "[1]", "not JSON"] { #expect(try await scene.relay.post(Array(body.utf8)).status == 200) }
        _ = try await http("POST", scene.relay.webhook + "x", body: [])
        try await scene.breakShop()
        try scene.relay.write(rules: "receive: { listn: 127.0.0.1:0 }\nroutes: []\n")
        _ = try await scene.relay.program.line("the rule file was not taken")
        let page = try await scene.browser.page()
        try await page.open(scene.status)
        try await body(scene, page)
        #expect(page.complaints(allowing: scene.origin) == [])
      }
    }

    @Test func `the worst trouble is the sentence, and the others stand below it with their commands`() async throws {
      try await withTrouble { scene, page in
        let commands = try await page.evaluate(On.commands).list.map(\.text)
        #expect(Set(commands).isSuperset(of: ["dlr-relay queue", "dlr-relay queue resume crm", "dlr-relay check", "dlr-relay reroute"]))
        #expect(try await page.text("document.querySelector('#health').innerText").contains("listn"))
        try await page.screenshot("trouble-light")
        try await page.prefersDark(true)
        try await page.screenshot("trouble-dark")
        try await page.prefersDark(false)
        for language in ["en", "tr"] {
          try await page.size(width: 1440, height: 900)
          try await page.open("\(scene.status)?lang=\(language)")
          for width in [360, 768, 1024, 1440] {
            try await page.size(width: width, height: 800, isPhone: width < 768)
            #expect(try await page.evaluate(On.tooWide).number <= 0, "\(language) \(width)")
            if language == "tr" || width < 1440 { try await page.screenshot("trouble-light-\(width)-\(language)") }
          }
        }
        try await page.size(width: 360, height: 800, isPhone: true)
        try await page.prefersDark(true)
        try await page.open("\(scene.status)?lang=en")
        try await page.screenshot("trouble-dark-phone", isWhole: false)
      }
    }

    @Test func `a hundred routes stay readable, those in trouble first`() async throws {
      let dead = try ReservedPort()
      let routes: (String) -> [String] = { url in
        (1...98).map { number in
          let name = number.isMultiple(of: 17) ? "\(Self.longName)-\(number)" : "route-\(number)"
          return #"name: \#(name), markers: ["@r\#(number)."], url: "\#(number == 60 ? dead.url : url)""#
        }
      }
      try await BrowserScene.with(routes: routes) { scene in
        for number in 1...98 where number != 60 { try await scene.send(1, text: "@r\(number).", from: Int64(number)) }
        try await scene.send(20, text: "@r60.", from: 1_000)
        _ = try await scene.relay.program.line("the app takes no copies")
        let page = try await scene.browser.page()
        try await page.open(scene.status)
        #expect(try await page.text("document.querySelector('#routes tbody th').textContent").contains("route-60"))
        #expect(try await page.evaluate(On.tooWide).number <= 0)
        try await page.update()
        try await page.screenshot("hundred-light")
        try await page.size(width: 360, height: 800, isPhone: true)
        try await page.prefersDark(true)
        #expect(try await page.evaluate(On.tooWide).number <= 0)
        try await page.screenshot("hundred-dark-phone", isWhole: false)
        #expect(page.complaints(allowing: scene.origin) == [])
      }
    }
  }
}
