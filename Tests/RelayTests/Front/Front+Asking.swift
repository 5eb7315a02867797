import Foundation

/// What came back over HTTPS, or why nothing did.
struct Fetched: Sendable {
  /// 0 if no answer came.
  var status: Int
  var head: String
  var body: String
  /// Of curl: 0, or see curl(1), EXIT CODES.
  var exit: Program.Exit

  func header(_ name: String) -> String? {
    for line in head.split(separator: "\r\n") where line.lowercased().hasPrefix(name + ": ") {
      return String(line.dropFirst(name.count + 2))
    }
    return nil
  }
}

extension Front {
  static let path = "/api/iletimerkezi/webhook"
  static var target: String { "\(path)?token=\(RelayProcess.token)" }

  func post(
    _ body: some Sequence<UInt8>, as type: String = "application/json", to target: String = target, options: [String] = []
  ) async throws -> Fetched {
    let file = "\(folder)/body-\(UUID().uuidString)"
    try Data(body).write(to: URL(filePath: file))
    let fetched = try await fetch(target, options: ["-H", "content-type: \(type)", "--data-binary", "@\(file)"] + options)
    try FileManager.default.removeItem(atPath: file)
    return fetched
  }

  /// Asks by curl, which checks the certificate and the name, whatever leads to the front.
  func fetch(_ target: String, host: String = host, authority: String? = nil, options: [String] = []) async throws -> Fetched {
    let answer = "\(folder)/answer-\(UUID().uuidString)"
    let arguments = [
      "-q", "--silent", "--show-error", "--max-time", "60", "--noproxy", "*", "--cacert", authority ?? self.authority,
      "--connect-to", "\(host):443:127.0.0.1:\(httpsPort)", "--dump-header", "\(answer).head", "--output", "\(answer).body",
      "--write-out", "%{http_code}",
    ]
    let program = try Program.start(arguments + options + ["https://\(host)\(target)"], of: WebServers.curl)
    let exit = try await program.exit()
    func text(_ part: String) -> String {
      defer { try? FileManager.default.removeItem(atPath: "\(answer).\(part)") }
      return FileManager.default.contents(atPath: "\(answer).\(part)").map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
    return Fetched(status: Int(program.output) ?? 0, head: text("head"), body: text("body"), exit: exit)
  }
}
