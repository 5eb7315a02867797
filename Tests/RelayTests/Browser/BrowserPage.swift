import Foundation

/// A tab, and all that it complained of.
final class BrowserPage: Sendable {
  struct Failed: Error, CustomStringConvertible { var description: String }

  /// A page that does not come to what is waited for hangs; this is no measure of how fast it is.
  private static let hangs: Duration = .seconds(90)

  private let devTools: DevTools
  private let session: String
  private let context: String

  init(devTools: DevTools, session: String, context: String) {
    self.devTools = devTools
    self.session = session
    self.context = context
  }

  @discardableResult
  func call(_ method: String, _ params: JSONValue = [:]) async throws -> JSONValue {
    try await devTools.call(method, params, session: session)
  }

  // MARK: Going somewhere

  /// Opens an address and waits until it has loaded.
  func open(_ url: String) async throws {
    try await loading {
      let answer = try await call("Page.navigate", ["url": .text(url)])
      guard answer["errorText"] == .null else { throw Failed(description: "\(url): \(answer["errorText"].text)") }
    }
  }

  /// Does what makes the tab load a page, and waits until it has.
  func loading(_ act: () async throws -> Void) async throws {
    let seen = devTools.eventCount
    try await act()
    let session = session
    _ = try await devTools.event(from: seen) { $0.session == session && $0.method == "Page.loadEventFired" }
  }

  // MARK: Looking

  /// The value of an expression, or of the promise that it is.
  @discardableResult
  func evaluate(_ expression: String) async throws -> JSONValue {
    let answer = try await call(
      "Runtime.evaluate", ["expression": .text(expression), "awaitPromise": true, "returnByValue": true, "userGesture": true])
    let exception = answer["exceptionDetails"]
    guard exception == .null else {
      let thrown = exception["exception"]
      throw Failed(description: "\(expression): \(thrown["description"].text)\(thrown["value"].text)\(exception["text"].text)")
    }
    return answer["result"]["value"]
  }

  func text(_ expression: String) async throws -> String { try await evaluate(expression).text }

  /// Returns as soon as the condition is true: it is asked now, and whenever something in the document has changed.
  func until(_ condition: String) async throws {
    try await evaluate(
      """
      new Promise((resolve, reject) => {
        const look = () => { if (\(condition)) { observer.disconnect(); clearTimeout(timer); resolve(true) } }
        const observer = new MutationObserver(look)
        const timer = setTimeout(
          () => reject('never so: ' + \(quoted(condition)) + ' in: ' + document.documentElement.innerText), \(Self.hangs.components.seconds * 1000))
        observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true })
        look()
      })
      """)
  }

  /// Role and name of each node that a screen reader is told of, in order.
  func accessibilityTree() async throws -> [(role: String, name: String)] {
    try await call("Accessibility.getFullAXTree")["nodes"].list.filter { !$0["ignored"].isTrue }
      .map { ($0["role"]["value"].text, $0["name"]["value"].text) }
  }

  // MARK: Acting

  func pressTab() async throws { try await press("Tab", code: 9) }
  func pressEnter() async throws { try await press("Enter", code: 13, text: "\r") }

  private func press(_ key: String, code: Int, text: String = "") async throws {
    for type in ["keyDown", "keyUp"] {
      try await call(
        "Input.dispatchKeyEvent",
        [
          "type": .text(type), "key": .text(key), "code": .text(key), "windowsVirtualKeyCode": .number(Double(code)),
          "text": .text(type == "keyDown" ? text : ""),
        ])
    }
  }

  func allowClipboard(_ isAllowed: Bool) async throws {
    for name in ["clipboard-read", "clipboard-write"] as [JSONValue] {
      try await devTools.call(
        "Browser.setPermission",
        ["permission": ["name": name], "setting": isAllowed ? "granted" : "denied", "browserContextId": .text(context)])
    }
  }

  // MARK: Being somebody else

  func size(width: Int, height: Int, isPhone: Bool = false) async throws {
    try await call(
      "Emulation.setDeviceMetricsOverride",
      ["width": .number(Double(width)), "height": .number(Double(height)), "deviceScaleFactor": 1, "mobile": .bool(isPhone)])
  }

  func prefersDark(_ isDark: Bool) async throws {
    try await call("Emulation.setEmulatedMedia", ["features": [["name": "prefers-color-scheme", "value": isDark ? "dark" : "light"]]])
  }

  func speaks(_ languages: String) async throws {
    try await call("Network.setExtraHTTPHeaders", ["headers": ["Accept-Language": .text(languages)]])
  }

  func runsScripts(_ runs: Bool) async throws {
    try await call("Emulation.setScriptExecutionDisabled", ["value": .bool(!runs)])
  }

  /// Runs the body with a person at hand who types this when the browser asks for a password.
  func answering(user: String, password: String, _ body: () async throws -> Void) async throws {
    try await call("Fetch.enable", ["handleAuthRequests": true])
    let (seen, session, devTools) = (devTools.eventCount, session, devTools)
    let person = Task {
      var next = seen
      while true {
        let (event, index) = try await devTools.event(from: next) { $0.session == session && $0.method.hasPrefix("Fetch.") }
        next = index + 1
        let request: JSONValue = event.params["requestId"]
        if event.method == "Fetch.authRequired" {
          let answer: JSONValue = ["response": "ProvideCredentials", "username": .text(user), "password": .text(password)]
          devTools.send("Fetch.continueWithAuth", ["requestId": request, "authChallengeResponse": answer], session: session)
        } else {
          devTools.send("Fetch.continueRequest", ["requestId": request], session: session)
        }
      }
    }
    defer { person.cancel() }
    try await body()
  }

  // MARK: What it leaves

  /// Writes .build/screenshots/NAME.png, for people to look at.
  /// - Parameter isWhole: with what one has to scroll to.
  func screenshot(_ name: String, isWhole: Bool = true) async throws {
    var params: [String: JSONValue] = ["format": "png"]
    if isWhole {
      let size = try await call("Page.getLayoutMetrics")["cssContentSize"]
      params["captureBeyondViewport"] = true
      params["clip"] = ["x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1]
    }
    guard let png = Data(base64Encoded: try await call("Page.captureScreenshot", .object(params))["data"].text) else {
      throw Failed(description: "no picture of \(name)")
    }
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../.build/screenshots").standardized
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try png.write(to: folder.appending(path: "\(name).png"))
  }

  /// Errors and warnings of the console, violations of a policy, and requests to anybody but this one.
  /// - Parameter origin: `http://host:port/`
  func complaints(allowing origin: String) -> [String] {
    devTools.events(of: session).compactMap { Self.complaint($0, allowing: origin) }
  }

  /// Returns when there is a complaint that begins so.
  func complaint(_ beginning: String, allowing origin: String) async throws {
    let session = session
    _ = try await devTools.event(from: 0) { event in
      event.session == session && Self.complaint(event, allowing: origin)?.hasPrefix(beginning) == true
    }
  }

  private static func complaint(_ event: DevTools.Event, allowing origin: String) -> String? {
    let params = event.params
    switch event.method {
    case "Runtime.exceptionThrown":
      return "exception: \(params["exceptionDetails"]["text"].text) \(params["exceptionDetails"]["exception"]["description"].text)"
    case "Runtime.consoleAPICalled" where ["error", "warning", "assert"].contains(params["type"].text):
      return "console: \(params["args"].list.map { $0["value"].text + $0["description"].text })"
    case "Log.entryAdded" where ["error", "warning"].contains(params["entry"]["level"].text):
      return "log: \(params["entry"]["text"].text) \(params["entry"]["url"].text)"
    case "Audits.issueAdded":
      return "issue: \(params["issue"])"
    case "Network.requestWillBeSent", "Network.webSocketCreated":
      let url = params["request"]["url"].text + params["url"].text
      return url.hasPrefix(origin) ? nil : "request: \(url)"
    default: return nil
    }
  }

  private func quoted(_ text: String) -> String {
    guard let json = try? JSONEncoder().encode(text) else { preconditionFailure("a text encodes") }
    return String(decoding: json, as: UTF8.self)
  }
}
