import Foundation
import Support
import Testing

@Suite(.timeLimit(.minutes(10)))
struct CredentialTests {
  private static let file = rules(#"name: shop, markers: ["@shop"], url: "http://127.0.0.1:9/""#)
    .replacing("${WEBHOOK_TOKEN}", with: "${credential:webhook_token}")

  /// - Returns: the folder that it is in.
  @discardableResult
  private static func put(_ name: String, into folder: String, of relay: RelayProcess) throws -> String {
    let folder = relay.folder + "/" + folder
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try (RelayProcess.token + "\n").write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
    return folder
  }

  @Test(arguments: ["webhook_token", "credential_webhook_token"])
  func `a service takes what systemd loaded for it, one by one or as a folder`(_ name: String) async throws {
    try await RelayProcess.with(rules: Self.file) { relay in
      let loaded = try Self.put(name, into: "loaded", of: relay)
      try await relay.start(environment: ["CREDENTIALS_DIRECTORY": loaded])
      #expect(try await relay.post(SentReport(id: 1, text: "@shop").bytes).status == 200)
      #expect(!relay.written.contains(RelayProcess.token))
    }
  }

  @Test func `a command that a person runs takes it from beside the rule file, wherever that is`() async throws {
    try await RelayProcess.with(rules: Self.file) { relay in
      try Self.put("webhook_token", into: "credentials", of: relay)
      let check = try Program.start(["check", "--config", relay.folder + "/routes.yaml"], in: "/")
      #expect(try await check.exit() == .code(0), "\(check.errorText)")
      try await relay.start()
      #expect(try await relay.post(SentReport(id: 1, text: "@shop").bytes).status == 200)
    }
  }

  @Test func `one that is not there is named, with the file to write it into`() async throws {
    try await RelayProcess.with(rules: Self.file) { relay in
      let person = try relay.launch()
      #expect(try await person.exit() == .code(1))
      #expect(
        person.errorLines[0].contains(
          "error: the credential webhook_token cannot be read; write it into \(relay.folder)/credentials/webhook_token;"))
      let service = try relay.launch(environment: ["CREDENTIALS_DIRECTORY": relay.folder])
      #expect(try await service.exit() == .code(1))
      #expect(
        service.errorLines[0].hasSuffix(
          "the credential webhook_token cannot be read; write it into /etc/dlr-relay/credentials/webhook_token, "
            + "or set LoadCredential=webhook_token:/path in the unit, and restart the relay"))
    }
  }

  @Test func `the doctor looks at who may read it`() async throws {
    try await RelayProcess.with(rules: Self.file) { relay in
      let folder = try Self.put("webhook_token", into: "credentials", of: relay)
      try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: folder + "/webhook_token")
      let found = try await relay.command("doctor")
      #expect(found.output.contains("credentials/webhook_token"))
    }
  }

  @Test func `init writes the token into a credential, and a relay starts with both`() async throws {
    try await RelayProcess.with(rules: Self.file) { relay in
      let folder = relay.folder + "/made"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
      let arguments = ["init", "--config", "\(folder)/routes.yaml", "--store", "\(folder)/r.db", "--credential", "webhook_token"]
      let made = try Program.start(arguments + ["--listen", "0.0.0.0:8088"], in: "/")
      #expect(try await made.exit() == .code(0), "\(made.errorText)")
      let token = try String(contentsOfFile: folder + "/credentials/webhook_token", encoding: .utf8).trimmingCharacters(in: .newlines)
      let rules = try String(contentsOfFile: folder + "/routes.yaml", encoding: .utf8)
      #expect(token.utf8.count == 43 && !rules.contains(token))
      #expect(rules.contains("${credential:webhook_token}") && rules.contains("0.0.0.0:8088") && rules.contains("\(folder)/r.db"))
      let modes = try ["", "/webhook_token"].map {
        try FileManager.default.attributesOfItem(atPath: folder + "/credentials" + $0)[.posixPermissions] as? Int
      }
      #expect(modes == [0o700, 0o600])
      let check = try Program.start(["check", "--config", folder + "/routes.yaml"], in: "/")
      #expect(try await check.exit() == .code(0), "\(check.errorText)")
      let again = try Program.start(arguments, in: "/")
      #expect(try await again.exit() == .code(1))
      #expect(again.errorText.contains("--force"))
    }
  }
  @Test func `init gives a page that others can reach a token of its own, as a credential too`() async throws {
    try await RelayProcess.with(rules: Self.file) { relay in
      let arguments = ["init", "--store", "\(relay.folder)/r.db", "--listen", "127.0.0.1:0", "--status-listen", "0.0.0.0:0", "--config"]
      for (name, options) in [("plain", []), ("credentials", ["--credential", "webhook_token"])] {
        let folder = "\(relay.folder)/\(name)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        let made = try Program.start(arguments + ["\(folder)/routes.yaml"] + options, in: "/")
        #expect(try await made.exit() == .code(0), "\(made.errorText)")
        let rules = try String(contentsOfFile: folder + "/routes.yaml", encoding: .utf8)
        #expect(rules.contains(#"listen: "0.0.0.0:0""#) && rules.contains("${credential:status_token}") == !options.isEmpty)
        let tokens = try ["webhook_token", "status_token"].map {
          options.isEmpty ? "" : try String(contentsOfFile: "\(folder)/credentials/\($0)", encoding: .utf8)
        }
        #expect(options.isEmpty || tokens[0] != tokens[1] && tokens[1].utf8.count == 44)
        let check = try Program.start(["check", "--config", folder + "/routes.yaml"], in: "/")
        #expect(try await check.exit() == .code(0), "\(check.errorText)")
      }
      let same = try Program.start(arguments + ["\(relay.folder)/same.yaml", "--credential", "status_token"], in: "/")
      #expect(try await same.exit() == .code(2))
      #expect(same.errorText.contains("give --credential another name"))
    }
  }
}
