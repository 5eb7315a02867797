import Model

/// What a route has where it says nothing.
struct RouteDefaults {
  var timeout: Duration = .seconds(10)
  var concurrency = 16
  var rateLimit: RateLimit?
  var retry = RetryPolicy()
  var ordering = Ordering.report
  var orderHold: Duration = .seconds(60)
  var stale = Stale.forward
}

extension Reader {
  static let concurrencyBounds = 1...Limits.transfersOfLaneMax
  /// From one copy in 17 minutes to more than the relay sends.
  static let perSecondBounds = 0.001...100_000
  static let burstBounds = 1...100_000
  static let orderHoldBounds: ClosedRange<Duration> = .seconds(1) ... .hours(1)

  /// The settings that stand in `defaults` and in each route.
  mutating func routeDefaults(_ fields: Fields, _ base: RouteDefaults) -> RouteDefaults {
    var settings = base
    if let id = fields["timeout"], let time = duration(id, "timeout") { settings.timeout = time }
    if let id = fields["concurrency"], let n = integer(id, "concurrency", in: Self.concurrencyBounds) { settings.concurrency = n }
    if let id = fields["rate_limit"] { settings.rateLimit = rateLimit(id, of: fields.place, base.rateLimit) }
    if let id = fields["retry"] { settings.retry = retry(id, of: fields.place, base.retry) }
    if let id = fields["ordering"], let ordering: Ordering = word(id, "ordering") { settings.ordering = ordering }
    if let id = fields["order_hold"], let time = duration(id, "order_hold", in: Self.orderHoldBounds) {
      settings.orderHold = time
      if settings.ordering == .none {
        warning(id, "order_hold has no effect in \(fields.place), which has ordering: none", hint: "remove one of the two")
      }
    }
    if let id = fields["stale"], let stale: Stale = word(id, "stale") { settings.stale = stale }
    return settings
  }

  /// What is left out of a route's block comes from `defaults`, but a `per_second` of its own has a `burst` of its own.
  private mutating func rateLimit(_ id: Int, of place: String, _ base: RateLimit?) -> RateLimit? {
    if case .scalar("none", _) = document[id].content { return nil }
    guard let fields = fields(of: id, in: "rate_limit of \(place)", known: Vocabulary.rateLimit) else { return base }
    var limit = base
    if let id = fields["per_second"], let n = number(id, "per_second", in: Self.perSecondBounds) {
      limit = RateLimit(perSecond: n, burst: Int(n.rounded(.up)))
    }
    if let id = fields["burst"], let n = integer(id, "burst", in: Self.burstBounds) { limit?.burst = n }
    if limit == nil, !fields.has("per_second") {
      error(id, "rate_limit of \(place) has no per_second", hint: "write rate_limit: { per_second: 50, burst: 100 }, or rate_limit: none")
    }
    return limit
  }

  private mutating func retry(_ id: Int, of place: String, _ base: RetryPolicy) -> RetryPolicy {
    guard let fields = fields(of: id, in: "retry of \(place)", known: Vocabulary.retry) else { return base }
    var retry = base
    if let id = fields["first"], let time = duration(id, "first") { retry.first = time }
    if let id = fields["max"], let time = duration(id, "max") { retry.max = time }
    if let id = fields["for"], let time = duration(id, "for") { retry.giveUpAfter = time }
    if let id = fields["factor"], let factor = number(id, "factor", in: 1...1_000) { retry.factor = factor }
    // Said once: a block that sets neither has it from the defaults.
    if retry.first > retry.max, fields.has("first") || fields.has("max") {
      error(id, "first is longer than max in retry of \(place)", hint: "first is the wait before the second try, max the longest wait")
    }
    return retry
  }

  mutating func routes(_ top: Fields, _ defaults: RouteDefaults) -> [RouteSettings] {
    let example = "[{ name: all, otherwise: true, url: \"http://127.0.0.1:9001/\" }]"
    guard let id = top["routes"] else {
      if !top.has("routes") { error(top.id, "there are no routes, so nobody would get a copy", hint: "write routes: \(example)") }
      return []
    }
    guard let items = list(id, "routes", example: example) else { return [] }
    var routes: [RouteSettings] = []
    var names: [String: Int] = [:]
    var urls: [String: (name: String, id: Int)] = [:]
    for (index, item) in items.enumerated() {
      let place = place(of: item, number: index + 1)
      guard let fields = fields(of: item, in: place, known: Vocabulary.route) else { continue }
      let name = self.name(fields)
      if let name, let id = fields["name"], let first = names.updateValue(id, forKey: name) {
        error(id, "duplicate route name \(quoted(name))", hint: "the first is on \(line(of: first))")
      }
      let url = self.url(fields)
      if let url, let id = fields["url"] {
        if let first = urls[url] {
          warning(
            id, "\(place) has the same url as route \(first.name)",
            hint: "that app gets a report twice if both match; the first is on \(line(of: first.id))")
        } else {
          urls[url] = (name.map(quoted) ?? "\(index + 1)", id)
        }
      }
      var route = RouteSettings(name: name ?? "", url: Secret(url ?? ""))
      readRules(fields, into: &route)
      readSending(fields, defaults, into: &route)
      routes.append(route)
    }
    return routes
  }

  /// For messages: `route "shop"`, or by number if it has no name that could be shown.
  private func place(of id: Int, number: Int) -> String {
    guard case .mapping(let pairs) = document[id].content else { return "route \(number)" }
    for pair in pairs {
      guard case .scalar("name", _) = document[pair.key].content, case .scalar(let name, _) = document[pair.value].content else { continue }
      return name.isEmpty ? "route \(number)" : "route \(quoted(name))"
    }
    return "route \(number)"
  }

  private mutating func name(_ fields: Fields) -> String? {
    guard let id = fields["name"] else {
      if !fields.has("name") { error(fields.id, "\(fields.place) has no name", hint: "its name stands in headers, metrics and commands") }
      return nil
    }
    guard let text = text(id, "name") else { return nil }
    let marks = Array("_.-".utf8)
    let isWord = text.value.utf8.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || marks.contains($0) }
    guard isWord, (1...64).contains(text.value.utf8.count) else {
      error(id, "route name \(quoted(text.raw)) is not made of 1 to 64 of A-Z a-z 0-9 _ . -")
      return nil
    }
    return text.value
  }

  private mutating func url(_ fields: Fields) -> String? {
    guard let id = fields["url"] else {
      if !fields.has("url") { error(fields.id, "\(fields.place) has no url", hint: "write where the app takes its reports") }
      return nil
    }
    return address(id, whoseContent: "phone numbers and texts")
  }

  /// An http or https URL.
  /// - Parameter whoseContent: what is posted there, for the warning about http:// to strangers.
  mutating func address(_ id: Int, whoseContent content: String) -> String? {
    guard let text = text(id, "the url", isSecret: true) else { return nil }
    do throws(Address.Fault) {
      let address = try Address(text.value)
      if !address.isEncrypted, !Host.isPrivate(address.host) {
        warning(id, "the url is http:// to a public host: \(content) travel unencrypted", hint: "use https://")
      }
      return text.value
    } catch {
      self.error(id, "the url \(error.message)", hint: error.hint)
      return nil
    }
  }

  /// Timeout, window, retries, credentials: how copies are sent.
  private mutating func readSending(_ fields: Fields, _ defaults: RouteDefaults, into route: inout RouteSettings) {
    let settings = routeDefaults(fields, defaults)
    route.timeout = settings.timeout
    route.concurrency = settings.concurrency
    route.rateLimit = settings.rateLimit
    route.retry = settings.retry
    route.ordering = settings.ordering
    route.orderHold = settings.orderHold
    route.stale = settings.stale
    if let id = fields["paused"], let paused = boolean(id, "paused") { route.paused = paused }
    if let id = fields["headers"] { route.headers = headers(id, of: fields.place) }
    if let id = fields["secret"] {
      var ids = [id]
      if case .sequence = document[id].content { ids = list(id, "secret", example: "[\"${NEW_SECRET}\", \"${OLD_SECRET}\"]") ?? [] }
      route.secrets = ids.compactMap { secret($0) }
    }
  }

  private mutating func secret(_ id: Int) -> Secret? {
    guard let text = text(id, "the secret", isSecret: true) else { return nil }
    let hint = "make one with: echo whsec_$(openssl rand -base64 32)"
    guard text.value.hasPrefix("whsec_") else {
      error(id, "the secret does not begin with \"whsec_\"", hint: hint)
      return nil
    }
    guard let count = Base64.decodedCount(text.value.dropFirst("whsec_".count)) else {
      error(id, "the secret is not base64 after \"whsec_\"", hint: hint)
      return nil
    }
    guard (24...64).contains(count) else {
      error(id, "the secret has \(count) bytes, and Standard Webhooks wants 24 to 64", hint: hint)
      return nil
    }
    warnAboutLiteral(text, "secret")
    return Secret(text.value)
  }

  private mutating func headers(_ id: Int, of place: String) -> [Header] {
    guard let fields = fields(of: id, in: "headers of \(place)", known: nil) else { return [] }
    var headers: [Header] = []
    var names: [String: Int] = [:]
    let inOrder = fields.pairs.sorted { document[$0.value.key].start < document[$1.value.key].start }
    for (name, pair) in inOrder {
      if let fault = HeaderName.fault(name) {
        error(pair.key, "header \(shown(key: pair.key, name)) \(fault)")
        continue
      }
      if let first = names.updateValue(pair.key, forKey: name.lowercased()) {
        error(pair.key, "duplicate header \(quoted(name))", hint: "the first is on \(line(of: first))")
      }
      guard let valueID = fields[name], let text = text(valueID, "the value of header \(name)", isSecret: true) else { continue }
      if text.value.isEmpty { error(valueID, "the value of header \(name) is empty") }
      if text.value.utf8.contains(where: \.isASCIIControl) { error(valueID, "the value of header \(name) contains a control character") }
      headers.append(Header(name: name, value: Secret(text.value)))
    }
    return headers
  }
}

enum HeaderName {
  private static let owned = [
    "content-length", "content-type", "host", "transfer-encoding", "user-agent", "connection", "keep-alive", "te", "trailer", "upgrade",
    "expect",
  ]

  /// Why a route may not have this header; nil if it may.
  static func fault(_ name: String) -> String? {
    // RFC 9110, section 5.6.2: token.
    let marks = Array("!#$%&'*+-.^_`|~".utf8)
    guard !name.isEmpty, name.utf8.allSatisfy({ $0.isASCIILetter || $0.isASCIIDigit || marks.contains($0) }) else {
      return "is no header name"
    }
    let lower = name.lowercased()
    let isOurs = owned.contains(lower) || lower.hasPrefix("webhook-") || lower.hasPrefix("relay-")
    return isOurs ? "is set by the relay itself" : nil
  }
}
