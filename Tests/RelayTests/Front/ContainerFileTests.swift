import Foundation
import Model
import Testing

/// The files of deploy/ for containers, as they are. Tests/Deploy/run.sh builds and runs them.
struct ContainerFileTests {
  private static let variables = [
    "DLR_RELAY_HOST": "sms.example.com", "TUNNEL_TOKEN": "a-token", "DLR_RELAY_COMMIT": "0123456789ab", "HOME": "/nowhere",
  ]

  private static func composed(_ file: String) async throws -> JSONValue {
    let path = WebServers.repository + "/deploy/" + file
    let program = try await run(ContainerTools.compose, ["-f", path, "config", "--format", "json"], environment: variables)
    #expect(program.errorText == "", "it warns")
    return try JSONDecoder().decode(JSONValue.self, from: Data(program.output.utf8))["services"]
  }

  @Test(.enabled(if: ContainerTools.areThere, Comment(rawValue: ContainerTools.absence)))
  func `hadolint finds nothing in the Dockerfile`() async throws {
    let said = try await run(ContainerTools.hadolint, ["--no-color", WebServers.repository + "/deploy/Dockerfile"])
    #expect(said.output == "")
  }

  @Test(
    .enabled(if: ContainerTools.areThere, Comment(rawValue: ContainerTools.absence)),
    arguments: [("compose.yaml", ["relay", "caddy"]), ("compose.tunnel.yaml", ["relay", "caddy", "tunnel"])])
  func `compose takes the file, and every container is confined and bounded`(_ file: String, _ names: [String]) async throws {
    let services = try await Self.composed(file)
    for name in names {
      let service = services[name]
      #expect(service["read_only"].isTrue, "\(name)")
      #expect(service["cap_drop"] == ["ALL"], "\(name)")
      #expect(service["security_opt"] == ["no-new-privileges:true"], "\(name)")
      #expect(service["restart"] == "unless-stopped", "\(name)")
      #expect(service["mem_limit"] != .null, "\(name)")
      #expect(service["logging"]["options"]["max-size"] != .null, "\(name)")
    }
  }

  @Test(
    .enabled(if: ContainerTools.areThere, Comment(rawValue: ContainerTools.absence)),
    arguments: [("compose.yaml", ["80", "443"]), ("compose.tunnel.yaml", [])])
  func `nothing but Caddy's ports is published, and the page for this machine alone`(_ file: String, _ published: [String]) async throws {
    let services = try await Self.composed(file)
    let page = services["relay"]["ports"].list
    #expect(page.map { $0["published"].text } == ["9090"] && page.map { $0["host_ip"].text } == ["127.0.0.1"])
    #expect(services["caddy"]["ports"].list.map { $0["published"].text } == published)
    #expect(services["tunnel"]["ports"] == .null)
  }

  @Test(
    .enabled(if: ContainerTools.areThere, Comment(rawValue: ContainerTools.absence)),
    arguments: [
      ("compose.yaml", "DLR_RELAY_HOST"), ("compose.yaml", "DLR_RELAY_COMMIT"), ("compose.tunnel.yaml", "TUNNEL_TOKEN"),
    ])
  func `without what it must be told compose starts nothing, and says what`(_ file: String, _ name: String) async throws {
    let path = WebServers.repository + "/deploy/" + file
    var variables = Self.variables
    variables[name] = nil
    let program = try Program.start(["-f", path, "config"], of: ContainerTools.compose, environment: variables, in: "/")
    #expect(try await program.exit() != .code(0))
    #expect(program.errorText.contains("write \(name)="))
  }

  /// The package is what is tried on machines that boot.
  @Test func `the image has the libraries that the package asks for, and no shell in its way`() throws {
    let (file, package) = (try WebServers.deployed("Dockerfile"), try WebServers.deployed("build-deb.sh"))
    let asked = try #require(package.firstMatch(of: /Depends: ([^\n]*)/)?.1)
      .split(separator: ",").map { $0.split(separator: " ")[0] }.filter { !["adduser", "libc6", "libgcc-s1"].contains($0) }
    let stage = try #require(file.components(separatedBy: "FROM debian:").last)
    for library in asked { #expect(stage.contains(" \(library) "), "\(library)") }
    for word in ["ENTRYPOINT", "CMD", "HEALTHCHECK"] {
      let line = try #require(stage.split(separator: "\n").last { $0.hasPrefix(word) })
      #expect(line.contains(#"["dlr-relay""#) || line == #"CMD ["serve"]"#, "\(line)")
    }
  }
}
