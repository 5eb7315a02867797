import Foundation
import Model
import Testing

/// The files of deploy/ for the servers before the relay, as they are.
struct FrontFileTests {
  @Test(.enabled(if: WebServers.areThere, Comment(rawValue: WebServers.absence)))
  func `Caddy finds its file valid and well formatted`() async throws {
    let folder = NSTemporaryDirectory() + "caddy-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let variables = ["HOME": folder, "XDG_DATA_HOME": folder, "XDG_CONFIG_HOME": folder]
    let path = WebServers.repository + "/deploy/Caddyfile"
    let verdict = try await run(WebServers.caddy, ["validate", "--config", path], environment: variables)
    #expect(verdict.output.contains("Valid configuration"))
    #expect(!verdict.errorText.contains(#""level":"warn""#), "\(verdict.errorText)")
    #expect(try await run(WebServers.caddy, ["fmt", path], environment: variables).output == WebServers.deployed("Caddyfile"))
    // As with compose.
    let compose = variables.merging(["DLR_RELAY_UPSTREAM": "relay:8080", "DLR_RELAY_HOST": "dlr.example.org"]) { $1 }
    let adapted = try await run(WebServers.caddy, ["adapt", "--config", path], environment: compose).output
    #expect(adapted.contains(#""dial":"relay:8080""#) && adapted.contains(#""host":["dlr.example.org"]"#))
  }

  private static func seconds(_ pattern: Regex<(Substring, Substring)>, _ text: String) throws -> Duration {
    let digits = try #require(text.firstMatch(of: pattern)?.1)
    return .seconds(Int64(digits)!)
  }

  @Test func `their times and sizes fit the relay's`() throws {
    let (relay, caddy, nginx) = (ReceiveSettings(tokens: []), try WebServers.deployed("Caddyfile"), try WebServers.deployed("nginx.conf"))
    // One that waits for an answer waits for the last word.
    #expect(try Self.seconds(/response_header_timeout (\d+)s/, caddy) > relay.deadline + relay.readTimeout)
    #expect(try Self.seconds(/proxy_read_timeout +(\d+)s/, nginx) > relay.deadline + relay.readTimeout)
    for (text, size) in [(caddy, /max_size 1MiB/), (nginx, /client_max_body_size +1m;/)] {
      #expect(text.contains(size))
      #expect(relay.bodyBytesMax < 1024 * 1024)
    }
    for text in [caddy, nginx] { #expect(text.contains(relay.path) && text.contains("127.0.0.1:\(relay.listen.port)")) }
    #expect(Limits.headerBytesMax == 16 * 1024 && caddy.contains("max_header_size 16KiB"))
    #expect(nginx.contains("large_client_header_buffers 4 4k;"))
  }
}
