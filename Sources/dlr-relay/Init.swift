import ArgumentParser
import Glibc
import Model
import Route

struct Init: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a rule file to start from, with a fresh random token.",
    discussion: "The file works as it is: all reports go to http://127.0.0.1:9001/, where `dlr-relay sink` plays an app.")

  @Option(help: "The file to write.", completion: .ruleFile)
  var config = RuleFilePath.here
  @Option(help: "What the provider will call, without path and token: https://sms.example.com")
  var publicURL: String?
  @Option(help: "Where the relay listens for the provider: HOST:PORT. In a container 0.0.0.0:8080.")
  var listen = "127.0.0.1:8080"
  @Option(help: "Where the page and /metrics are, with a fresh token of their own: HOST:PORT. Left out: 127.0.0.1:9090, without one.")
  var statusListen: String?
  @Option(help: "Where the relay keeps the reports.", completion: .file())
  var store = "./relay.db"
  @Option(
    help: "Write the token into credentials/NAME beside the file, and ${credential:NAME} into it. That of the page is status_token there.")
  var credential: String?
  @Flag(help: "Replace the file if it exists. Its tokens are lost.")
  var force = false

  func run() throws {
    let pageCredential = "status_token"
    guard statusListen == nil || credential != pageCredential else {
      complain("\(pageCredential) is what the token of the page is called; give --credential another name")
      throw ExitCode(2)
    }
    var rng = SystemRandomNumberGenerator()
    let webhook = FreshToken(credential: credential, using: &rng)
    let page = statusListen.map {
      StarterFile.Page(listen: $0, token: FreshToken(credential: credential == nil ? nil : pageCredential, using: &rng))
    }
    let tokens = [webhook, page?.token].compactMap { $0 }
    var variables = ConfigurationFile.variables
    variables.credential = { name in tokens.first { $0.credential == name }?.value ?? "" }
    let text = StarterFile(token: webhook, page: page, listen: listen, store: store, publicURL: publicURL).text
    let reading = RuleFile.read(Array(text.utf8), named: config, variables: variables, readableByOthers: false)
    guard let configuration = reading.configuration else {
      // The rest of the file is ours and good.
      for fault in reading.diagnostics { complain("an option is no good: \(fault.message)" + (fault.hint.map { "; \($0)" } ?? "")) }
      throw ExitCode(2)
    }
    // First the tokens: a rule file without its credentials would not start.
    for token in tokens {
      guard let name = token.credential else { continue }
      try writeOrExit(token.value + "\n", to: Credentials.pathBesideRules(config, makingFolder: true, name))
    }
    try writeOrExit(text, to: config)
    print(
      """
      Wrote \(config), which only you can read\(credential == nil ? ": it holds the token" : ", and its token beside it, in credentials/").

      \(Introduction(config, configuration).panel)

      Start the relay:  dlr-relay serve\(config == RuleFilePath.here ? "" : " --config \(config)")
      Play an app:      dlr-relay sink
      """)
  }

  private func writeOrExit(_ text: String, to path: String) throws {
    do {
      try writePrivately(text, to: path)
    } catch {
      let hint = error.code == EEXIST ? "; --force replaces it and its token" : ""
      complain("\(path) cannot be written: \(error)\(hint)")
      throw ExitCode(1)
    }
  }

  /// With mode 0600, since the token stands in it. What is there is replaced as a whole or not at all.
  private func writePrivately(_ text: String, to path: String) throws(SystemError) {
    let target = force ? "\(path).\(getpid())" : path
    let descriptor = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw SystemError(errno) }
    defer { close(descriptor) }
    do throws(SystemError) {
      var bytes = Array(text.utf8)[...]
      while !bytes.isEmpty {
        let written = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if written < 0, errno == EINTR { continue }
        guard written > 0 else { throw SystemError(errno) }
        bytes = bytes.dropFirst(written)
      }
      guard fsync(descriptor) == 0 else { throw SystemError(errno) }
      if force, rename(target, path) != 0 { throw SystemError(errno) }
    } catch {
      unlink(target)
      throw error
    }
  }
}

/// A secret that `init` makes.
struct FreshToken {
  /// 256 random bits as base64url: nothing in it needs an escape in a URL or in YAML.
  let value: String
  /// The file that it is in, if it is not in the rule file itself.
  let credential: String?

  init(credential: String?, using rng: inout some RandomNumberGenerator) {
    self.credential = credential
    value = Self.random(using: &rng)
  }

  /// As the rule file has it.
  var text: String { credential.map { "${credential:\($0)}" } ?? value }

  private static func random(using rng: inout some RandomNumberGenerator) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    var bits = (0..<4).flatMap { _ in
      let word: UInt64 = rng.next()
      return (0..<64).map { Int(word >> UInt64($0) & 1) }
    }
    bits += [0, 0]
    return String(stride(from: 0, to: bits.count, by: 6).map { start in alphabet[bits[start..<(start + 6)].reduce(0) { $0 << 1 | $1 }] })
  }
}

/// What `init` writes.
struct StarterFile {
  /// Where people look, if not on this machine alone.
  struct Page {
    var listen: String
    var token: FreshToken
  }

  var token: FreshToken
  var page: Page?
  var listen: String
  var store: String
  var publicURL: String?

  var text: String {
    let address = publicURL.map { "public_url: \(Self.yamlQuoted($0))" } ?? "# public_url: https://sms.example.com"
    return """
      # dlr-relay: which app gets which delivery report. `dlr-relay check` says what is wrong with this file.
      # Every key, with its default, is in routes.example.yaml.

      receive:
        # Plain HTTP, so for this machine alone; in a container 0.0.0.0:8080.
        listen: \(Self.yamlQuoted(listen))
        path: /api/iletimerkezi/webhook
        # What the provider reaches. Its panel takes https:// only, so a proxy or a tunnel with a certificate stands before `listen`.
        \(address)
        # The password in the URL that stands in the panel. Whoever has it can send reports: keep this file to yourself, or write
        # ${WEBHOOK_TOKEN} here and put the token into the environment.
        tokens:
          - "\(token.text)"

      \(status)

      store:
        path: \(Self.yamlQuoted(store))

      routes:
        # Gets what no other route gets, so everything until you add one. `dlr-relay sink` plays an app at this address.
        - name: example
          otherwise: true
          url: http://127.0.0.1:9001/api/iletimerkezi/webhook

        # An app that wants only its own messages:
        #
        # - name: shop
        #   markers: ["iim.to/", "#SHOP"]          # the text contains any of these,
        #   packet_prefixes: ["1045"]              # or the order's number begins with any of these,
        #   statuses: [delivered, undelivered]     # and the status is one of these
        #   url: https://shop.example.com/api/iletimerkezi/webhook?token=${SHOP_TOKEN}

      """
  }

  private var status: String {
    guard let page else {
      return """
        status:
          listen: 127.0.0.1:9090          # /status and /metrics
        """
    }
    return """
      status:
        # /status, /metrics and what commands ask. A browser asks for a password: that is the token, with any user name.
        listen: \(Self.yamlQuoted(page.listen))
        token: "\(page.token.text)"
      """
  }

  /// A YAML scalar that the rule file reads as exactly this text.
  private static func yamlQuoted(_ text: String) -> String {
    let escaped = text.unicodeScalars.map { scalar in
      switch scalar {
      case "\"", "\\": "\\\(scalar)"
      case "$": "$$"
      default: String(scalar)
      }
    }
    return "\"\(escaped.joined())\""
  }
}
