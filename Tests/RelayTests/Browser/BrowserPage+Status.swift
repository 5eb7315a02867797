/// What stands where on the pages, as expressions.
enum On {
  static let sentence = "document.querySelector('#sentence').textContent.trim()"
  static let isWell = "document.querySelector('#health').classList.contains('well')"
  static let language = "document.documentElement.lang"
  /// When the numbers are of.
  static let stamp = "document.querySelector('#stamp').dataset.at"
  static let received = "document.querySelector('#tile-received .figure').textContent"
  static let commands = "[...document.querySelectorAll('#health [data-copy]')].map(button => button.dataset.copy)"

  /// A row of the table of routes.
  static func row(_ route: String) -> String {
    "[...document.querySelectorAll('#routes tbody tr')].find(row => row.querySelector('th').textContent.trim() == '\(route)')"
  }

  static func state(_ route: String) -> String { "\(row(route)).querySelector('.state').textContent" }

  /// How much further than the window the page goes to the right.
  static let tooWide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
}

extension BrowserPage {
  /// Returns when the page has shown newer numbers than it does now, by itself.
  func update() async throws {
    let stamp = try await text(On.stamp)
    try await until("\(On.stamp) != '\(stamp)'")
  }

  /// Types into the field of this selector, over what is there.
  func type(_ text: String, into selector: String) async throws {
    try await evaluate("document.querySelector('\(selector)').focus(), document.querySelector('\(selector)').select()")
    try await call("Input.insertText", ["text": .text(text)])
  }

  func click(_ selector: String) async throws { try await evaluate("document.querySelector('\(selector)').click()") }
}
