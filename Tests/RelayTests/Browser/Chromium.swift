import Foundation
import Support

/// A browser without a window, with an empty profile, that talks to this machine only.
final class Chromium: Sendable {
  struct NotFound: Error {}

  /// nil where it is not installed.
  static let path: String? = ProcessInfo.processInfo.environment["PATH", default: "/usr/bin"].split(separator: ":")
    .map { "\($0)/chromium" }.first { FileManager.default.isExecutableFile(atPath: $0) }
  static let isInstalled = path != nil

  private static let flags = [
    "--headless=new", "--remote-debugging-pipe", "--no-first-run", "--no-default-browser-check", "--disable-gpu", "--mute-audio",
    // /dev/shm is small in a container.
    "--disable-dev-shm-usage", "--force-color-profile=srgb",
    // It asks nobody for anything but what a page does.
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-extensions",
    "--disable-domain-reliability", "--disable-breakpad", "--no-pings", "--disable-features=Translate,MediaRouter,OptimizationHints",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
  ]

  let devTools: DevTools
  private let program: Program
  private let profile: String

  /// Starts it, runs the body, and leaves neither process nor profile behind.
  static func with<Result>(_ body: (Chromium) async throws -> Result) async throws -> Result {
    let browser = try Chromium()
    do {
      let result = try await body(browser)
      await browser.end()
      return result
    } catch {
      await browser.end()
      throw error
    }
  }

  private init() throws {
    guard let path = Self.path else { throw NotFound() }
    let profile = NSTemporaryDirectory() + "browser-\(UUID().uuidString)"
    self.profile = profile
    try FileManager.default.createDirectory(atPath: profile, withIntermediateDirectories: true)
    let pipes = try ["commands", "messages"].map { name in
      guard mkfifo("\(profile)/\(name)", 0o600) == 0 else { throw Program.CannotStart(errno: errno) }
      let descriptor = open("\(profile)/\(name)", O_RDWR | O_CLOEXEC)
      guard descriptor >= 0 else { throw Program.CannotStart(errno: errno) }
      return descriptor
    }
    devTools = DevTools(commands: pipes[0], messages: pipes[1])
    var flags = Self.flags + ["--user-data-dir=\(profile)/profile"]
    // Its sandbox does not work for root.
    if geteuid() == 0 { flags.append("--no-sandbox") }
    // It reads commands from descriptor 3 and writes messages to 4.
    let environment = ["PATH": "/usr/bin:/bin", "HOME": profile, "TMPDIR": profile, "LANG": "C.UTF-8"]
    program = try Program.start(
      ["-c", #"exec "$0" "$@" 3<commands 4>messages"#, path] + flags, of: "/bin/sh", environment: environment, in: profile)
    Task { [program, devTools] in
      _ = try? await program.exit()
      devTools.close()
    }
  }

  /// A tab of its own, with nothing of the others': no cookie, no cache, no password.
  func page() async throws -> BrowserPage {
    let context = try await devTools.call("Target.createBrowserContext")["browserContextId"]
    let target = try await devTools.call("Target.createTarget", ["url": "about:blank", "browserContextId": context])["targetId"]
    let session = try await devTools.call("Target.attachToTarget", ["targetId": target, "flatten": true])["sessionId"].text
    let page = BrowserPage(devTools: devTools, session: session, context: context.text)
    for domain in ["Page", "Runtime", "Log", "Network", "Audits", "Accessibility"] { try await page.call("\(domain).enable") }
    // Its bars would be missing in a picture of the whole page, for which it was laid out with them.
    try await page.call("Emulation.setScrollbarsHidden", ["hidden": true])
    try await page.size(width: 1440, height: 900)
    return page
  }

  private func end() async {
    program.signal(SIGKILL)
    _ = try? await program.exit()
    try? FileManager.default.removeItem(atPath: profile)
  }
}
