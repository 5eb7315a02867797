import Model

extension Reader {
  mutating func configuration(_ root: Int) -> Configuration? {
    guard let fields = fields(of: root, in: Self.topPlace, known: Vocabulary.top) else { return nil }
    let receive = receive(fields)
    let status = status(fields)
    let store = store(fields)
    let defaults = defaults(fields)
    let routes = routes(fields, defaults)
    let alerts = alerts(fields)
    checkDoors(fields, receive.listen, status.listen)

    var configuration = Configuration(receive: receive, routes: routes)
    configuration.status = status
    configuration.store = store
    configuration.alerts = alerts
    return configuration
  }

  private mutating func block(_ name: String, of fields: Fields, known: [String]) -> Fields? {
    guard let id = fields[name] else { return nil }
    return self.fields(of: id, in: name, known: known)
  }

  private mutating func receive(_ top: Fields) -> ReceiveSettings {
    var settings = ReceiveSettings(tokens: [])
    guard top.has("receive") else {
      error(top.id, "there is no receive block, so no token", hint: "write receive: { tokens: [\"${WEBHOOK_TOKEN}\"] }")
      return settings
    }
    guard let fields = block("receive", of: top, known: Vocabulary.receive) else { return settings }
    if let id = fields["listen"], let listen = endpoint(id) { settings.listen = listen }
    if let id = fields["path"], let path = path(id) { settings.path = path }
    if let id = fields["public_url"], let url = publicURL(id) { settings.publicURL = url }
    if let id = fields["max_body"], let n = bytes(id, "max_body", in: 1024...(16 * 1024 * 1024)) { settings.bodyBytesMax = n }
    if let id = fields["deadline"], let time = duration(id, "deadline") { settings.deadline = time }
    if let id = fields["read_timeout"], let time = duration(id, "read_timeout") { settings.readTimeout = time }
    if let id = fields["idle_timeout"], let time = duration(id, "idle_timeout") { settings.idleTimeout = time }
    if let id = fields["connections"], let n = integer(id, "connections", in: 1...100_000) { settings.connectionsMax = n }
    if let id = fields["tokens"] {
      settings.tokens = tokens(id)
    } else if !fields.has("tokens"), let id = top.key("receive") {
      error(id, "receive has no tokens", hint: "the relay never runs open; write tokens: [\"${WEBHOOK_TOKEN}\"]")
    }
    return settings
  }

  private mutating func status(_ top: Fields) -> StatusSettings {
    var settings = StatusSettings()
    guard let fields = block("status", of: top, known: Vocabulary.status) else { return settings }
    if let id = fields["listen"], let listen = endpoint(id) { settings.listen = listen }
    if let id = fields["token"] { settings.token = token(id).map { Secret($0.value) } }
    if !fields.has("token"), !settings.listen.isLoopback, let id = fields["listen"] {
      let hint = "add token: \"${STATUS_TOKEN}\", or listen on 127.0.0.1"
      error(id, "status.listen is not loopback, and status has no token", hint: hint)
    }
    return settings
  }

  private mutating func store(_ top: Fields) -> StoreSettings {
    var settings = StoreSettings()
    guard let fields = block("store", of: top, known: Vocabulary.store) else { return settings }
    if let id = fields["path"], let text = text(id, "path", isSecret: true) {
      settings.path = text.value
      if text.value.isEmpty { error(id, "store.path is empty", hint: "write path: ./relay.db") }
      if text.value.utf8.contains(where: \.isASCIIControl) { error(id, "store.path contains a control character") }
    }
    guard let id = fields["retention"], let kept = self.fields(of: id, in: "retention", known: Vocabulary.retention) else {
      return settings
    }
    var retention = Retention()
    let deletable: [(String, WritableKeyPath<Retention, Duration>)] = [
      ("payloads", \.payloads), ("unmatched", \.unmatched), ("quarantine", \.quarantine),
    ]
    for (name, field) in deletable {
      if let id = kept[name], let time = duration(id, name, zeroIsFine: true) { retention[keyPath: field] = time }
    }
    // Without these the promise would be empty: repeats would be sent again, and what waits would be given up at once.
    let needed: [(String, WritableKeyPath<Retention, Duration>)] = [("keys", \.keys), ("dead", \.dead), ("waiting", \.waiting)]
    for (name, field) in needed {
      if let id = kept[name], let time = duration(id, name) { retention[keyPath: field] = time }
    }
    settings.retention = retention
    return settings
  }

  private mutating func defaults(_ top: Fields) -> RouteDefaults {
    guard let fields = block("defaults", of: top, known: Vocabulary.defaults) else { return RouteDefaults() }
    return routeDefaults(fields, RouteDefaults())
  }

  private func listenID(_ top: Fields, _ block: String) -> Int? {
    guard let id = top[block], case .mapping(let pairs) = document[id].content else { return nil }
    return pairs.first { if case .scalar("listen", _) = document[$0.key].content { true } else { false } }?.value
  }

  /// Two listeners that cannot both be bound. Port 0 never clashes.
  private mutating func checkDoors(_ top: Fields, _ receive: Endpoint, _ status: Endpoint) {
    guard receive.port == status.port, receive.port != 0 else { return }
    let wildcards = ["0.0.0.0", "::"]
    let isShared = receive.host == status.host || (receive.isLoopback && status.isLoopback)
    guard isShared || wildcards.contains(receive.host) || wildcards.contains(status.host) else { return }
    let id = listenID(top, "status") ?? listenID(top, "receive") ?? top.id
    error(id, "receive.listen \(receive) and status.listen \(status) are on the same port", hint: "give one of them another port")
  }
}

// Values of these blocks.
extension Reader {
  private mutating func endpoint(_ id: Int) -> Endpoint? {
    guard let text = text(id, "listen") else { return nil }
    let value = text.value
    guard let colon = value.lastIndex(of: ":") else {
      let hint = Host.port(value) == nil ? "write \(value):8080" : "write 0.0.0.0:\(value), or 127.0.0.1:\(value) for this machine only"
      error(id, "listen \(quoted(text.raw)) has no \(Host.port(value) == nil ? "port" : "host")", hint: text.isLiteral ? hint : nil)
      return nil
    }
    var host = value[..<colon]
    if host.isEmpty {
      error(id, "listen \(quoted(text.raw)) has no host", hint: "write 0.0.0.0 before the colon for every address")
      return nil
    }
    if host.contains(":"), !(host.hasPrefix("[") && host.hasSuffix("]")) {
      error(id, "listen \(quoted(text.raw)) is an IPv6 address without brackets or without a port", hint: "write it like [::1]:8080")
      return nil
    }
    guard Host.isValid(host) else {
      error(id, "listen \(quoted(text.raw)) has a host that is no name and no address")
      return nil
    }
    guard let port = Host.port(value[value.index(after: colon)...]) else {
      error(id, "listen \(quoted(text.raw)) has a port that is not between 0 and 65535")
      return nil
    }
    if host.hasPrefix("[") { host = host.dropFirst().dropLast() }
    return Endpoint(host: String(host), port: port)
  }

  private mutating func path(_ id: Int) -> String? {
    guard let text = text(id, "path") else { return nil }
    let value = text.value
    // A path that was copied from the panel has the token in its query.
    let shown = quoted(String(text.raw.prefix { $0 != "?" }))
    if !value.hasPrefix("/") {
      error(id, "path \(shown) does not begin with \"/\"")
    } else if value.contains(where: { $0 == "?" || $0 == "#" }) {
      let hint = "the token is added by the relay; write the path alone"
      error(id, "path \(shown) goes on with a \"?\" or a \"#\"", hint: hint)
    } else if value.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F }) {
      error(id, "path \(shown) contains a space, a control character or a letter outside ASCII")
    } else {
      return value
    }
    return nil
  }

  private mutating func publicURL(_ id: Int) -> String? {
    guard let text = text(id, "public_url") else { return nil }
    let value = text.value.hasSuffix("/") ? String(text.value.dropLast()) : text.value
    do throws(Address.Fault) {
      let address = try Address(value)
      guard address.isEncrypted else {
        error(id, "public_url is not https://", hint: "the provider's panel takes nothing else")
        return nil
      }
      guard address.rest.isEmpty else {
        error(id, "public_url has a path or a query", hint: "write https://host alone; the path is receive.path")
        return nil
      }
      return value
    } catch {
      self.error(id, "public_url \(error.message)", hint: error.hint)
      return nil
    }
  }

  private mutating func tokens(_ id: Int) -> [Token] {
    guard let items = list(id, "tokens", example: "[\"${WEBHOOK_TOKEN}\"]") else { return [] }
    var tokens: [Token] = []
    var values: [String: Int] = [:]
    var labels: [String: Int] = [:]
    for (index, item) in items.enumerated() {
      var label = Text(value: String(index + 1), raw: String(index + 1), id: item, isLiteral: true)
      var valueID = item
      if case .mapping = document[item].content {
        guard let fields = fields(of: item, in: "a token", known: Vocabulary.token) else { continue }
        for name in Vocabulary.token where !fields.has(name) {
          error(item, "a token has no \(name)", hint: "write { label: 2026-11, value: \"${WEBHOOK_TOKEN}\" }")
        }
        guard let labelID = fields["label"], let text = self.label(labelID), let value = fields["value"] else { continue }
        (label, valueID) = (text, value)
      }
      if let first = labels.updateValue(label.id, forKey: label.value) {
        error(label.id, "duplicate token label \(quoted(label.raw))", hint: "the first is on \(line(of: first))")
      }
      guard let text = token(valueID) else { continue }
      if let first = values.updateValue(valueID, forKey: text.value) {
        error(valueID, "duplicate token", hint: "the same value is on \(line(of: first))")
      }
      tokens.append(Token(label: label.value, value: Secret(text.value)))
    }
    return tokens
  }

  private mutating func label(_ id: Int) -> Text? {
    guard let text = text(id, "label") else { return nil }
    guard (1...64).contains(text.value.utf8.count), !text.value.utf8.contains(where: \.isASCIIControl) else {
      error(id, "a token's label must have 1 to 64 bytes and no control characters")
      return nil
    }
    return text
  }

  /// A password of ours. Never empty: nothing falls open.
  private mutating func token(_ id: Int) -> Text? {
    guard let text = text(id, "a token", isSecret: true) else { return nil }
    guard !text.value.isEmpty else {
      error(id, "a token is empty", hint: "the relay never runs open; make one with: openssl rand -hex 32")
      return nil
    }
    guard !text.value.utf8.contains(where: \.isASCIIControl) else {
      error(id, "a token contains a control character")
      return nil
    }
    if text.value.utf8.count < 16 {
      warning(id, "a token of less than 16 characters can be guessed", hint: "make one with: openssl rand -hex 32")
    }
    warnAboutLiteral(text, "token")
    return text
  }

  mutating func warnAboutLiteral(_ text: Text, _ what: String) {
    guard text.isLiteral, readableByOthers else { return }
    warning(
      text.id, "this \(what) stands in a file that others on this machine can read",
      hint: "write it as ${NAME} or ${file:/path}, or chmod 600 the file")
  }
}
