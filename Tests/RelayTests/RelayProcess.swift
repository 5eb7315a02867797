import Foundation
import Support
import Synchronization

/// The real relay in a folder of its own, which outlives its processes: stop it, kill it, start it again on the same store.
///
/// Both doors listen on ports of the system's choice, other ones after each start.
final class RelayProcess: Sendable {
  static let token = "tok-4f1c9a7be2d84f5c"

  private struct Running: Sendable {
    var program: Program
    var publicDoor = ""
    var statusDoor = ""
  }

  let folder: String
  private let running = Mutex<Running?>(nil)
  private let everything = Mutex<[Program]>([])

  /// Makes the folder, runs the body, and leaves neither process nor folder behind.
  static func with<Result>(rules: String, folder: String? = nil, _ body: (RelayProcess) async throws -> Result) async throws -> Result {
    let relay = try RelayProcess(folder: folder)
    try relay.write(rules: rules)
    do {
      let result = try await body(relay)
      await relay.end()
      return result
    } catch {
      print("the relay wrote last:\n\(relay.written.split(separator: "\n").suffix(30).joined(separator: "\n"))")
      await relay.end()
      throw error
    }
  }

  private init(folder: String?) throws {
    self.folder = folder ?? NSTemporaryDirectory() + "relay-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: self.folder, withIntermediateDirectories: true)
  }

  var storePath: String { folder + "/relay.db" }

  /// A relay that runs notices it.
  func write(rules: String) throws {
    let path = folder + "/routes.yaml"
    try rules.write(toFile: path, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
  }

  /// Starts it, and does not wait until it is ready.
  /// - Parameters:
  ///   - limits: options of prlimit(1), to begin with.
  ///   - socket: is passed to it, as a service manager does.
  @discardableResult
  func launch(
    logLevel: String = "debug", environment: [String: String] = [:], limits: [String] = [], socket: Int32? = nil
  ) throws -> Program {
    let variables = ["WEBHOOK_TOKEN": Self.token].merging(environment) { $1 }
    let serve = ["serve", "--log-level", logLevel]
    let program =
      if let socket {
        // It is for the process that has this number, which only that process knows.
        try Program.start(
          ["-c", #"LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" "$@""#, Program.relay] + serve, of: "/bin/sh", environment: variables, in: folder,
          socket: socket)
      } else if limits.isEmpty {
        try Program.start(serve, environment: variables, in: folder)
      } else {
        try Program.start(limits + [Program.relay] + serve, of: prlimit, environment: variables, in: folder)
      }
    running.withLock { $0 = Running(program: program) }
    everything.withLock { $0.append(program) }
    return program
  }

  /// - Returns: when both doors are open.
  /// - Throws: what it wrote, if it ends before.
  func start(
    logLevel: String = "debug", environment: [String: String] = [:], limits: [String] = [], socket: Int32? = nil
  ) async throws {
    let program = try launch(logLevel: logLevel, environment: environment, limits: limits, socket: socket)
    let line = try await program.line(#""message":"started""#)
    let started = try JSONDecoder().decode([String: String].self, from: Data(line.utf8))
    running.withLock {
      $0?.publicDoor = started["receive"] ?? ""
      $0?.statusDoor = started["status"] ?? ""
    }
  }

  var program: Program {
    guard let program = running.withLock({ $0?.program }) else { preconditionFailure("the relay was not started") }
    return program
  }

  /// All that every process so far has written.
  var written: String { everything.withLock { $0 }.map { $0.output + $0.errorText }.joined(separator: "\n") }

  /// `host:port`
  var publicDoor: String { running.withLock { $0?.publicDoor ?? "" } }
  /// Empty while it does not run.
  var statusDoor: String { running.withLock { $0?.statusDoor ?? "" } }
  var webhook: String { "http://\(publicDoor)/api/iletimerkezi/webhook?token=\(Self.token)" }

  /// SIGTERM, and how it ended.
  @discardableResult
  func stop() async throws -> Program.Exit {
    program.signal(SIGTERM)
    let exit = try await program.exit()
    forgetStatusDoor()
    return exit
  }

  /// SIGKILL. Returns when the process is gone.
  func kill() async throws {
    program.signal(SIGKILL)
    _ = try await program.exit()
    forgetStatusDoor()
  }

  /// Its port may be another program's from now on.
  private func forgetStatusDoor() {
    running.withLock { $0?.statusDoor = "" }
  }

  func post(_ body: some Sequence<UInt8>, headers: [(String, String)] = [("Content-Type", "application/json")]) async throws -> HTTPResponse
  {
    try await http("POST", webhook, headers: headers, body: Array(body))
  }

  func page(_ path: String, headers: [(String, String)] = []) async throws -> HTTPResponse {
    try await http("GET", "http://\(statusDoor)\(path)", headers: headers)
  }

  func status() async throws -> StatusJSON { try StatusJSON(try await page("/status.json").body) }

  /// The first status of which this is true. Asks again whenever the relay has logged a commit, since only a commit changes a
  /// number; so it needs the log level `debug`.
  func status(where isSo: (StatusJSON) -> Bool) async throws -> StatusJSON {
    while true {
      let seen = program.lineCount
      let status = try await status()
      if isSo(status) { return status }
      _ = try await program.line(#""message":"committed""#, from: seen)
    }
  }

  private func end() async {
    for program in everything.withLock({ $0 }) {
      program.signal(SIGKILL)
      _ = try? await program.exit()
    }
    try? FileManager.default.removeItem(atPath: folder)
  }
}

/// A rule file with these routes, each a line in YAML's flow style.
func rules(_ routes: String..., defaults: String = "", receive: String = "", store: String = "") -> String {
  """
  receive: { listen: "127.0.0.1:0", tokens: ["${WEBHOOK_TOKEN}"]\(receive) }
  status: { listen: "127.0.0.1:0" }
  store: { path: relay.db\(store) }
  defaults: { timeout: 20s, retry: { first: 100ms, max: 1s }\(defaults) }
  routes:
  \(routes.map { "  - { \($0) }" }.joined(separator: "\n"))
  """
}
