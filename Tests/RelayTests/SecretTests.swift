import Foundation
import NIOCore
import Support
import Testing

/// Nothing that the relay writes, answers or shows holds a secret, a message or a whole phone number, at any log level.
@Suite(.timeLimit(.minutes(10)))
struct SecretTests {
  private static let key = Data((100..<132).map { UInt8($0) }).base64EncodedString()
  private static let oldToken = "tok-old-77aa01be5c2d"
  private static let statusToken = "st-0c9d8e7f6a5b4c3d"
  private static let urlToken = "url-5d3b1f0e9c7a"
  private static let headerToken = "hdr-2b4d6f8a0c1e"
  private static let phone = "+905321234567"
  private static let text = "Gizli kod 471193"

  /// What must not be found, in the forms in which it could be.
  private static let needles: [String] = {
    let secrets = [RelayProcess.token, oldToken, statusToken, urlToken, headerToken, key]
    let encoded = secrets.map { $0.replacing("-", with: "%2D") }
    let base64 = [statusToken, ":" + statusToken, "anyone:" + statusToken, headerToken].map {
      Data($0.utf8).base64EncodedString()
    }
    return secrets + encoded + base64 + [String(phone.dropFirst()), String(phone.dropFirst(3)), "Gizli", "471193"]
  }()

  private func found(in text: String) -> [String] { Self.needles.filter { text.localizedCaseInsensitiveContains($0) } }

  private static func routes(_ good: RecordingApp, _ failing: RecordingApp, _ hanging: RecordingApp, dead: ReservedPort) -> String {
    func route(_ name: String, _ url: String, _ more: String = "") -> String {
      #"name: \#(name), markers: ["kod"], url: "\#(url)?token=\#(urlToken)", secret: "whsec_\#(key)", headers: { authorization: "Bearer \#(headerToken)" }\#(more)"#
    }
    let file = rules(
      route("good", good.url), route("failing", failing.url), route("hanging", hanging.url, ", timeout: 200ms, concurrency: 1"),
      route("dead", dead.url), route("no-tls", "https://127.0.0.1:\(good.port)/hook"), route("no-host", "http://no-such-host.invalid/hook"))
    return file.replacing(#""${WEBHOOK_TOKEN}""#, with: #""${WEBHOOK_TOKEN}", { label: old, value: \#(oldToken) }"#)
      .replacing(#"status: { "#, with: #"status: { token: \#(statusToken), "#)
  }

  @Test func `no output and no answer holds a secret, whatever happens`() async throws {
    let (good, hanging) = (try await RecordingApp.start(), try await RecordingApp.start { _, _ in .held })
    let failing = try await RecordingApp.start { copy, earlier in .status(earlier < 3 ? [301, 401, 500][earlier] : 200) }
    let dead = try ReservedPort()
    let hook = try await RecordingApp.start()
    let alerts = [hook.url, dead.url].map { #"{ url: "\#($0)?token=\#(Self.urlToken)" }"# }.joined(separator: ", ")
    let file = Self.routes(good, failing, hanging, dead: dead) + "\nalerts: [\(alerts)]"
    try await RelayProcess.with(rules: file) { relay in
      try await relay.start(logLevel: "trace")
      var answers: [String] = []
      let report = SentReport(id: 1, to: Self.phone, text: Self.text)
      for _ in 1...2 { answers.append(shown(try await relay.post(report.bytes))) }
      answers += try await refusals(at: relay.publicDoor, report)
      // For nobody, and no report.
      answers.append(shown(try await relay.post(SentReport(id: 3, to: Self.phone, text: "Gizli 471193").bytes)))
      answers.append(shown(try await relay.post(Array("to=\(Self.phone)&text=\(Self.text)".utf8))))
      try await good.taken(report.webhookID)
      try await failing.taken(report.webhookID)
      for route in ["hanging", "dead", "no-tls", "no-host"] {
        _ = try await relay.program.line(#""message":"tried""#, #""route":"\#(route)""#)
      }
      answers += try await pages(of: relay.statusDoor)

      // The store fails, and recovers.
      try await limitFileSize(of: relay.program.pid, to: try size(of: relay.storePath + "-wal"))
      answers.append(shown(try await relay.post(SentReport(id: 2, to: Self.phone, text: Self.text).bytes)))
      answers += try await pages(of: relay.statusDoor)
      try await limitFileSize(of: relay.program.pid, to: nil)
      // Of the bodies that are no report, and of the store.
      for message in try await hook.copies(atLeast: 2) { #expect(found(in: String(decoding: message.body, as: UTF8.self)) == []) }
      #expect(try await relay.stop() == .code(0))

      #expect(answers.contains { $0.contains("\n401 ") || $0.hasPrefix("401 ") })
      for answer in answers { #expect(found(in: answer) == [], "\(answer)") }
      let leaks = relay.written.split(separator: "\n").filter { !found(in: String($0)).isEmpty }
      #expect(leaks == [])
      #expect(relay.written.contains(#""level":"debug""#), "it was told to say all")
      #expect(relay.written.contains(#""alert":"2 (127.0.0.1:\#(dead.port))""#), "a hook is known by its host")
    }
  }

  private func refusals(at door: String, _ report: SentReport) async throws -> [String] {
    let hook = "http://\(door)/api/iletimerkezi/webhook"
    let token = RelayProcess.token
    var answers: [String] = []
    let body = report.bytes
    for (method, url) in [
      ("POST", "\(hook)?token=\(token)x"), ("POST", "\(hook)?token=\(token)&token=\(token)"), ("POST", "\(hook)x?token=\(token)"),
      ("PUT", "\(hook)?token=\(token)"), ("GET", "\(hook)?token=\(token)"), ("GET", "\(hook)?token=\(Self.oldToken)"),
    ] {
      answers.append(
        shown(try await http(method, url, headers: [("Authorization", "Bearer \(token)")], body: method == "GET" ? nil : body)))
    }
    for body in ["[\(String(decoding: body, as: UTF8.self))]", "\(Self.phone) \(Self.text)", String(repeating: Self.text, count: 10_000)] {
      answers.append(shown(try await http("POST", "\(hook)?token=\(token)", body: Array(body.utf8))))
    }
    let parts = door.split(separator: ":")
    for line in ["POST \(hook)?token=\(token) HTTP/9.9", "\(token) /?token=\(token) HTTP/1.1", "GET /?token=\(token)"] {
      let bytes = Array("\(line)\r\nx-\(token): \u{1}\(token)\r\n\r\n".utf8)
      answers.append(String(decoding: try await raw(bytes, host: String(parts[0]), port: Int(parts[1])!, halfClose: true), as: UTF8.self))
    }
    return answers
  }

  private func pages(of door: String) async throws -> [String] {
    var answers: [String] = []
    let basic = Data("anyone:\(Self.statusToken)".utf8).base64EncodedString()
    for path in [
      "/status", "/status.json", "/metrics", "/livez", "/readyz", "/api/v1/queue", "/api/v1/reports/1", "/api/v1/jobs",
      "/api/v1/unmatched", "/api/v1/quarantine", "/api/v1/quarantine/1", "/api/v1/quarantine/\(Self.statusToken)",
      "/api/v1/reports/\(Self.statusToken)", "/api/v1/routes/\(Self.statusToken)/pause", "/no?token=\(Self.statusToken)",
    ] {
      for authorization in ["Bearer \(Self.statusToken)", "Basic \(basic)", "Bearer \(Self.statusToken)x"] {
        answers.append(shown(try await http("GET", "http://\(door)\(path)", headers: [("Authorization", authorization)])))
      }
      answers.append(shown(try await http("POST", "http://\(door)\(path)", body: Array(Self.statusToken.utf8))))
    }
    return answers
  }

  private func shown(_ answer: HTTPResponse) -> String {
    "\(answer.status) " + answer.headers.map { "\($0.name): \($0.value)" }.joined(separator: "\n") + "\n\n" + answer.text
  }

  /// Rule files with a mistake at, in or beside a secret. Each stands for a line that is replaced, and what replaces it.
  static let mistakes: [(what: String, instead: String)] = [
    ("tokens: [SECRET]", "tokns: [SECRET]"),
    ("tokens: [SECRET]", "tokens: [\"SECRET]"),
    ("tokens: [SECRET]", "tokens: ['SECRET"),
    ("tokens: [SECRET]", "tokens: SECRET"),
    ("tokens: [SECRET]", "tokens: { SECRET }"),
    ("tokens: [SECRET]", "tokens: [{ SECRET }]"),
    ("tokens: [SECRET]", "tokens: [{ label: old, valeu: SECRET }]"),
    ("tokens: [SECRET]", "tokens: [SECRET, SECRET]"),
    ("tokens: [SECRET]", "tokens: [[SECRET]]"),
    ("tokens: [SECRET]", "tokens: [$SECRET]"),
    ("tokens: [SECRET]", "tokens: [\"${SECRET\"]"),
    ("tokens: [SECRET]", "tokens: [\"${NOBODY}SECRET\"]"),
    ("tokens: [SECRET]", "tokens: [*SECRET]"),
    ("tokens: [SECRET]", "tokens: [%SECRET]"),
    ("tokens: [SECRET]", "tokens:\n  - SECRET\n  label: x"),
    ("tokens: [SECRET]", "tokens:\n\t- SECRET"),
    ("tokens: [SECRET]", "tokens: [SECRET], path: \"/hook?token=SECRET\""),
    ("tokens: [SECRET]", "tokens: [SECRET], path: \"hook?token=SECRET\""),
    ("tokens: [SECRET]", "tokens: [SECRET], public_url: \"https://x.example.com/hook?token=SECRET\""),
    ("tokens: [SECRET]", "tokens: [SECRET], public_url: \"http://x.example.com/?token=SECRET\""),
    ("url: \"http://127.0.0.1/\"", "url: \"ftp://user:SECRET@host/?token=SECRET\""),
    ("url: \"http://127.0.0.1/\"", "url: \"http://host:SECRET/\""),
    ("url: \"http://127.0.0.1/\"", "url: \"http://SECRET@/\""),
    ("url: \"http://127.0.0.1/\"", "url: \"host?token=SECRET\""),
    ("url: \"http://127.0.0.1/\"", "url: http://host/?token=SECRET: x"),
    ("url: \"http://127.0.0.1/\"", "urls: [\"http://host/?token=SECRET\"]"),
    ("url: \"http://127.0.0.1/\"", "url: [\"http://host/?token=SECRET\"]"),
    ("url: \"http://127.0.0.1/\"", "url: \"http://127.0.0.1/\", secret: SECRET"),
    ("url: \"http://127.0.0.1/\"", "url: \"http://127.0.0.1/\", secret: { SECRET }"),
    ("url: \"http://127.0.0.1/\"", "url: \"http://127.0.0.1/\", secret: \"whsec_SECRET\""),
    ("url: \"http://127.0.0.1/\"", "url: \"http://127.0.0.1/\", secret: |\n      whsec_SECRET\n    more"),
    ("url: \"http://127.0.0.1/\"", "url: \"http://127.0.0.1/\", headers: \"x: SECRET\""),
    ("url: \"http://127.0.0.1/\"", "url: \"http://127.0.0.1/\", headers: [\"x: SECRET\"]"),
    ("url: \"http://127.0.0.1/\"", "url: \"http://127.0.0.1/\", headers: { x: [SECRET] }"),
    ("url: \"http://127.0.0.1/\"", "url: \"http://127.0.0.1/\", headers: { \"x: SECRET\" }"),
    ("url: \"http://127.0.0.1/\"", "url: \"http://127.0.0.1/\", header: { authorization: SECRET }"),
    ("status: {", "status: { token: [SECRET],"),
    ("status: {", "status: { tokn: SECRET,"),
    ("routes:", "x-secret: &secret SECRET, x: y\nroutes:"),
    ("routes:", "secret: SECRET\nroutes:"),
    ("routes:", "SECRET\nroutes:"),
  ]

  @Test(arguments: mistakes) func `no message about a broken rule file holds a secret`(_ what: String, instead: String) async throws {
    let secret = "sEcReT-0f1e2d3c4b5a"
    let file = """
      receive: { listen: "127.0.0.1:0", tokens: [SECRET] }
      status: { listen: "127.0.0.1:0" }
      store: { path: relay.db }
      routes:
        - { name: shop, markers: ["@shop"], url: "http://127.0.0.1/" }

      """
    #expect(file.contains(what))
    try await RelayProcess.with(rules: file.replacing(what, with: instead).replacing("SECRET", with: secret)) { relay in
      let program = try relay.launch(logLevel: "trace")
      #expect(try await program.exit() == .code(1))
      #expect(!program.errorText.isEmpty)
      #expect(!program.errorText.localizedCaseInsensitiveContains(secret), "\(program.errorText)")
      #expect(program.output == "")
    }
  }
}
