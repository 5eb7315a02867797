import Foundation

/// Caddy or nginx with the very file of deploy/, in a folder of its own, speaking for sms.example.com on ports of 127.0.0.1.
final class Front: Sendable {
  enum Kind: String, Sendable {
    /// Debian's.
    case caddy, nginx
    /// A Caddy as in the image that compose.yaml takes, told what compose.yaml tells it.
    case containerCaddy

    /// Those that could be had on this machine.
    static let there: [Kind] = [.caddy, .nginx] + (ContainerTools.areThere ? [.containerCaddy] : [])
  }

  /// What the test changes in the file, besides ports and folders, to be done in seconds.
  typealias Changes = [(words: String, by: String)]

  static let host = "sms.example.com"

  let kind: Kind
  let folder: String
  let httpPort: Int
  let httpsPort: Int
  let program: Program

  /// Starts it, runs the body, and leaves neither process nor folder behind.
  /// - Parameter upstream: where the relay listens on 127.0.0.1.
  static func with<Result>(
    _ kind: Kind, before upstream: Int, changes: Changes = [], isTalkative: Bool = false, _ body: (Front) async throws -> Result
  ) async throws -> Result {
    let folder = NSTemporaryDirectory() + "front-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let front =
      switch kind {
      case .caddy, .containerCaddy: try await caddy(kind, in: folder, upstream, changes, isTalkative)
      case .nginx: try await nginx(in: folder, upstream, changes, isTalkative)
      }
    do {
      let result = try await body(front)
      await front.end()
      return result
    } catch {
      print("\(kind) wrote last:\n\(front.program.errorLines.suffix(30).joined(separator: "\n"))")
      await front.end()
      throw error
    }
  }

  private init(_ kind: Kind, _ folder: String, _ ports: (http: Int, https: Int), _ program: Program) {
    self.kind = kind
    self.folder = folder
    (httpPort, httpsPort) = ports
    self.program = program
  }

  private func end() async {
    program.signal(SIGKILL)
    _ = try? await program.exit()
  }

  /// SIGTERM, and everything that it has written, to files and otherwise.
  func stopAndRead() async throws -> [String] {
    program.signal(SIGTERM)
    _ = try await program.exit()
    let files = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    let texts = files.compactMap { FileManager.default.contents(atPath: "\(folder)/\($0)").map { String(decoding: $0, as: UTF8.self) } }
    return texts + [program.output, program.errorText]
  }

  /// Who signed what it shows.
  var authority: String { Self.authority(kind, folder) }
  private static func authority(_ kind: Kind, _ folder: String) -> String {
    folder + (kind != .nginx ? "/data/caddy/pki/authorities/local/root.crt" : "/root.crt")
  }

  private static func ports() throws -> (http: Int, https: Int) {
    (http: try ReservedPort(isLent: true).port, https: try ReservedPort(isLent: true).port)
  }

  // MARK: - Caddy

  /// Only what its own variables allow: certificates of its own authority, and ports.
  private static func caddy(
    _ kind: Kind, in folder: String, _ upstream: Int, _ changes: Changes, _ isTalkative: Bool
  ) async throws -> Front {
    var file = Edited(try WebServers.deployed("Caddyfile"))
    for change in changes { try file.replace(change.words, by: change.by) }
    let path = changes.isEmpty ? WebServers.repository + "/deploy/Caddyfile" : folder + "/Caddyfile"
    if !changes.isEmpty { try file.text.write(toFile: path, atomically: false, encoding: .utf8) }
    let ports = try ports()
    let options = [
      "admin off", "local_certs", "skip_install_trust", "default_bind 127.0.0.1", "http_port \(ports.http)", "https_port \(ports.https)",
    ]
    var variables = [
      "HOME": folder, "XDG_DATA_HOME": folder + "/data", "XDG_CONFIG_HOME": folder + "/config",
      "CADDY_OPTIONS": (options + (isTalkative ? ["debug"] : [])).joined(separator: "\n"), "DLR_RELAY_UPSTREAM": "127.0.0.1:\(upstream)",
    ]
    if kind == .containerCaddy { variables["DLR_RELAY_BUFFER"] = try ContainerTools.deployed("DLR_RELAY_BUFFER") }
    let program = try Program.start(
      ["run", "--config", path], of: kind == .caddy ? WebServers.caddy : ContainerTools.caddy, environment: variables, in: folder)
    let front = Front(kind, folder, ports, program)
    do {
      _ = try await program.line("certificate obtained successfully")
      _ = try await program.line("serving initial configuration")
    } catch {
      await front.end()
      throw error
    }
    return front
  }

  // MARK: - nginx

  private static func nginx(in folder: String, _ upstream: Int, _ changes: Changes, _ isTalkative: Bool) async throws -> Front {
    let ports = try ports()
    try await makeCertificates(in: folder)
    try site(in: folder, upstream, ports, changes).write(toFile: folder + "/site", atomically: false, encoding: .utf8)
    // What Debian's nginx.conf has around a site, as far as it matters here, in one process that needs no rights.
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "\($0)_temp_path \(folder)/\($0);" }.joined(separator: " ")
    let main = """
      daemon off; master_process off; pid \(folder)/pid;
      error_log stderr \(isTalkative ? "info" : "notice");
      events { worker_connections 256; }
      http { access_log \(folder)/access.log combined; \(temporary) include \(folder)/site; }

      """
    try main.write(toFile: folder + "/nginx.conf", atomically: false, encoding: .utf8)
    let arguments = ["-p", folder, "-c", folder + "/nginx.conf", "-e", "stderr"]
    let check = try await run(WebServers.nginx, arguments + ["-t"])
    guard !check.errorText.contains("[warn]") else { throw Program.EndedEarly(exit: .code(0), written: check.errorText) }
    let program = try Program.start(arguments, of: WebServers.nginx, in: folder)
    let front = Front(.nginx, folder, ports, program)
    do { _ = try await program.line("] ", "OS: ") } catch {
      await front.end()
      throw error
    }
    return front
  }

  /// The file of deploy/ with other ports and folders.
  private static func site(
    in folder: String, _ upstream: Int, _ ports: (http: Int, https: Int), _ changes: Changes
  ) throws -> String {
    var file = Edited(try WebServers.deployed("nginx.conf"))
    for (words, others) in [
      ("listen [::]:80;", ""), ("listen [::]:443 ssl;", ""), ("listen 80;", "listen 127.0.0.1:\(ports.http);"),
      ("listen 443 ssl;", "listen 127.0.0.1:\(ports.https) ssl;"),
      ("proxy_pass http://127.0.0.1:8080;", "proxy_pass http://127.0.0.1:\(upstream);"),
      ("/etc/letsencrypt/live/sms.example.com/", folder + "/"), ("/var/log/nginx/", folder + "/"), ("/var/www/html", folder + "/html"),
    ] { try file.replace(words, by: others) }
    for change in changes { try file.replace(change.words, by: change.by) }
    return file.text
  }

  /// `root.crt`, and `fullchain.pem` and `privkey.pem` as certbot names them.
  private static func makeCertificates(in folder: String) async throws {
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    try await run(
      WebServers.openssl, ["req", "-x509", "-subj", "/CN=A test's authority", "-keyout", "root.key", "-out", "root.crt"] + key, in: folder)
    try await run(
      WebServers.openssl,
      [
        "req", "-x509", "-CA", "root.crt", "-CAkey", "root.key", "-subj", "/CN=\(host)", "-addext", "subjectAltName=DNS:\(host)",
        "-addext", "basicConstraints=critical,CA:FALSE", "-keyout", "privkey.pem", "-out", "fullchain.pem",
      ] + key, in: folder)
  }
}
