import Model

extension Reader {
  mutating func configuration(_ root: Int) -> Configuration? {
    guard let fields = fields(of: root, in: Self.topPlace, as: .file) else { return nil }
    let receive = receive(fields)
    let status = status(fields, receive.tokens.map(\.value))
    let store = store(fields)
    let defaults = defaults(fields)
    let passwords = receive.tokens.map(\.value) + [status.token, status.readToken].compactMap(\.self)
    let routes = routes(fields, defaults, passwords)
    let alerts = alerts(fields)
    checkDoors(fields, receive.listen, status.listen)

    var configuration = Configuration(receive: receive, routes: routes)
    configuration.status = status
    configuration.store = store
    configuration.alerts = alerts
    take(FileKeys.unmatched, of: fields, into: &configuration.unmatched)
    if configuration.unmatched == .drop { warnAboutDropped(fields) }
    return configuration
  }

  private mutating func block(_ key: Key<Node>, of fields: Fields, as block: Block) -> Fields? {
    guard let node = value(key, of: fields) else { return nil }
    return self.fields(of: node.id, in: key.name, as: block)
  }

  private mutating func receive(_ top: Fields) -> ReceiveSettings {
    var settings = ReceiveSettings(tokens: [])
    guard top.has(FileKeys.receive) else {
      error(top.id, "there is no receive block, so no token", hint: "write receive: { tokens: [\"${WEBHOOK_TOKEN}\"] }")
      return settings
    }
    guard let fields = block(FileKeys.receive, of: top, as: .receive) else { return settings }
    take(ReceiveKeys.listen, of: fields, into: &settings.listen)
    warnAboutPlainDoor(fields, settings.listen)
    take(ReceiveKeys.path, of: fields, into: &settings.path)
    settings.publicURL = value(ReceiveKeys.publicURL, of: fields)
    take(ReceiveKeys.maxBody, of: fields, into: &settings.bodyBytesMax)
    take(ReceiveKeys.deadline, of: fields, into: &settings.deadline)
    take(ReceiveKeys.readTimeout, of: fields, into: &settings.readTimeout)
    take(ReceiveKeys.idleTimeout, of: fields, into: &settings.idleTimeout)
    take(ReceiveKeys.connections, of: fields, into: &settings.connectionsMax)
    if let node = value(ReceiveKeys.tokens, of: fields) {
      settings.tokens = tokens(node.id)
    } else if !fields.has(ReceiveKeys.tokens), let id = top.key(FileKeys.receive) {
      error(id, "receive has no tokens", hint: "the relay never runs open; write tokens: [\"${WEBHOOK_TOKEN}\"]")
    }
    return settings
  }

  /// Every address is what a container listens on, and what the relay says of itself when it starts.
  private mutating func warnAboutPlainDoor(_ receive: Fields, _ listen: Endpoint) {
    let host = listen.host.contains(":") ? "[\(listen.host)]" : listen.host
    guard let id = receive[ReceiveKeys.listen], !listen.isEveryAddress, !Host.isPrivate(host) else { return }
    warning(
      id, "receive.listen is not a private address, and the relay speaks plain HTTP: the token, numbers and texts travel unencrypted",
      hint: "listen on 127.0.0.1, or on a private address, behind a proxy with TLS")
  }

  /// - Parameter receiving: the tokens of the public URL.
  private mutating func status(_ top: Fields, _ receiving: [Secret]) -> StatusSettings {
    var settings = StatusSettings()
    guard let fields = block(FileKeys.status, of: top, as: .status) else { return settings }
    take(StatusKeys.listen, of: fields, into: &settings.listen)
    settings.token = value(StatusKeys.token, of: fields).flatMap { token($0.id) }.map { Secret($0.value) }
    if !fields.has(StatusKeys.token), !settings.listen.isLoopback, let id = fields[StatusKeys.listen] {
      let hint = "add token: \"${STATUS_TOKEN}\", or listen on 127.0.0.1"
      error(id, "status.listen is not loopback, and status has no token", hint: hint)
    }
    settings.readToken = readToken(fields, settings.token, receiving)
    return settings
  }

  /// Without a token beside it, it would either lock out who may change something or be asked of nobody.
  private mutating func readToken(_ fields: Fields, _ token: Secret?, _ receiving: [Secret]) -> Secret? {
    guard let node = value(StatusKeys.readToken, of: fields) else { return nil }
    if !fields.has(StatusKeys.token), let key = fields.key(StatusKeys.readToken) {
      error(key, "status has a read_token, but no token", hint: "add token: \"${STATUS_TOKEN}\", which may change something as well")
    }
    guard let text = self.token(node.id) else { return nil }
    let value = Secret(text.value)
    if value == token {
      error(text.id, "read_token is the same as token", hint: "whoever has it could change everything; make one with: openssl rand -hex 32")
    } else if receiving.contains(value) {
      error(text.id, "read_token is also in receive.tokens", hint: "that one stands in URLs; make one with: openssl rand -hex 32")
    }
    return value
  }

  private mutating func store(_ top: Fields) -> StoreSettings {
    var settings = StoreSettings()
    guard let fields = block(FileKeys.store, of: top, as: .store) else { return settings }
    take(StoreKeys.path, of: fields, into: &settings.path)
    guard let kept = block(StoreKeys.retention, of: fields, as: .retention) else { return settings }
    take(RetentionKeys.payloads, of: kept, into: &settings.retention.payloads)
    take(RetentionKeys.keys, of: kept, into: &settings.retention.keys)
    take(RetentionKeys.dead, of: kept, into: &settings.retention.dead)
    take(RetentionKeys.waiting, of: kept, into: &settings.retention.waiting)
    take(RetentionKeys.unmatched, of: kept, into: &settings.retention.unmatched)
    take(RetentionKeys.quarantine, of: kept, into: &settings.retention.quarantine)
    take(RetentionKeys.orders, of: kept, into: &settings.retention.orders)
    return settings
  }

  private mutating func defaults(_ top: Fields) -> RouteDefaults {
    guard let fields = block(FileKeys.defaults, of: top, as: .defaults) else { return RouteDefaults() }
    return routeDefaults(fields, RouteDefaults())
  }

  private mutating func warnAboutDropped(_ top: Fields) {
    guard let store = top[FileKeys.store], let retention = node(RetentionKeys.unmatched.name, in: node(StoreKeys.retention.name, in: store))
    else { return }
    warning(
      retention, "unmatched has no effect in retention, since unmatched reports are dropped", hint: "remove it, or write unmatched: keep")
  }

  /// What stands under a key of a block that was read before.
  private func node(_ name: String, in id: Int?) -> Int? {
    guard let id, case .mapping(let pairs) = document[id].content else { return nil }
    return pairs.first { if case .scalar(name, _) = document[$0.key].content { true } else { false } }?.value
  }

  /// Two listeners that cannot both be bound. Port 0 never clashes.
  private mutating func checkDoors(_ top: Fields, _ receive: Endpoint, _ status: Endpoint) {
    guard receive.port == status.port, receive.port != 0 else { return }
    let isShared = receive.host == status.host || (receive.isLoopback && status.isLoopback)
    guard isShared || receive.isEveryAddress || status.isEveryAddress else { return }
    let id =
      node(StatusKeys.listen.name, in: top[FileKeys.status]) ?? node(ReceiveKeys.listen.name, in: top[FileKeys.receive]) ?? top.id
    error(id, "receive.listen \(receive) and status.listen \(status) are on the same port", hint: "give one of them another port")
  }
}

// Values of these blocks.
extension Reader {
  mutating func storePath(_ id: Int) -> String? {
    guard let text = text(id, "path", isSecret: true) else { return nil }
    if text.value.isEmpty { error(id, "store.path is empty", hint: "write path: ./relay.db") }
    if text.value.utf8.contains(where: \.isASCIIControl) { error(id, "store.path contains a control character") }
    return text.value
  }

  mutating func endpoint(_ id: Int) -> Endpoint? {
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

  mutating func path(_ id: Int) -> String? {
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

  mutating func publicURL(_ id: Int) -> String? {
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
        guard let fields = fields(of: item, in: "a token", as: .token) else { continue }
        for key in TokenKeys.all where !fields.has(key.name) {
          error(item, "a token has no \(key.name)", hint: "write { label: 2026-11, value: \"${WEBHOOK_TOKEN}\" }")
        }
        guard let labelID = fields[TokenKeys.label], let text = self.label(labelID), let value = fields[TokenKeys.value] else { continue }
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
    warnAboutWeakness(text, "token")
    warnAboutLiteral(text, "token")
    return text
  }

  mutating func warnAboutLiteral(_ text: Text, _ what: String) {
    guard text.isLiteral, readableByOthers else { return }
    warning(
      text.id, "this \(what) stands in a file that others on this machine can read",
      hint: "write it as ${NAME}, ${credential:NAME} or ${file:/path}, or take it from them with: chmod o= the file")
  }
}
