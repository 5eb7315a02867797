import Foundation
import Testing

/// A server with a certificate that nobody signed but itself.
struct TLSServer {
  var port: Int

  static func with(_ body: (TLSServer) async throws -> Void) async throws {
    let folder = NSTemporaryDirectory() + "tls-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let openssl = "/usr/bin/openssl"
    let request = "req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 5 -subj /CN=localhost"
    let made = try Program.start(request.split(separator: " ").map(String.init), of: openssl, in: folder)
    #expect(try await made.exit() == .code(0), "\(made.errorText)")
    // It prints the port that it got (openssl-s_server(1), -accept 0).
    let server = try Program.start(
      ["s_server", "-accept", "127.0.0.1:0", "-key", "key.pem", "-cert", "cert.pem", "-www"], of: openssl, in: folder)
    defer { server.signal(SIGKILL) }
    let port = try await server.output { $0.firstMatch(of: /ACCEPT 127\.0\.0\.1:(\d+)/).flatMap { Int($0.1) } }
    try await body(TLSServer(port: port))
  }
}
