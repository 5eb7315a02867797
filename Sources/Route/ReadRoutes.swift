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
  var fold = Fold.none
}

extension Reader {
  /// The settings that stand in `defaults` and in each route.
  mutating func routeDefaults(_ fields: Fields, _ base: RouteDefaults) -> RouteDefaults {
    var settings = base
    take(SendingKeys.fold, of: fields, into: &settings.fold)
    take(SendingKeys.timeout, of: fields, into: &settings.timeout)
    take(SendingKeys.concurrency, of: fields, into: &settings.concurrency)
    if let node = value(SendingKeys.rateLimit, of: fields) { settings.rateLimit = rateLimit(node.id, of: fields.place, base.rateLimit) }
    if let node = value(SendingKeys.retry, of: fields) { settings.retry = retry(node.id, of: fields.place, base.retry) }
    take(SendingKeys.ordering, of: fields, into: &settings.ordering)
    if let time = value(SendingKeys.orderHold, of: fields), let id = fields[SendingKeys.orderHold] {
      settings.orderHold = time
      if settings.ordering == .none {
        warning(id, "order_hold has no effect in \(fields.place), which has ordering: none", hint: "remove one of the two")
      }
    }
    take(SendingKeys.stale, of: fields, into: &settings.stale)
    return settings
  }

  /// What is left out of a route's block comes from `defaults`, but a `per_second` of its own has a `burst` of its own.
  private mutating func rateLimit(_ id: Int, of place: String, _ base: RateLimit?) -> RateLimit? {
    if case .scalar = document[id].content {
      guard let text = text(id, "rate_limit") else { return base }
      if text.value == "none" { return nil }
    }
    guard let fields = fields(of: id, in: "rate_limit of \(place)", as: .rateLimit) else { return base }
    var limit = base
    if let n = value(RateLimitKeys.perSecond, of: fields) { limit = RateLimit(perSecond: n, burst: Int(n.rounded(.up))) }
    if let n = value(RateLimitKeys.burst, of: fields) { limit?.burst = n }
    if limit == nil, !fields.has(RateLimitKeys.perSecond) {
      error(id, "rate_limit of \(place) has no per_second", hint: "write rate_limit: { per_second: 50, burst: 100 }, or rate_limit: none")
    }
    return limit
  }

  private mutating func retry(_ id: Int, of place: String, _ base: RetryPolicy) -> RetryPolicy {
    guard let fields = fields(of: id, in: "retry of \(place)", as: .retry) else { return base }
    var retry = base
    take(RetryKeys.first, of: fields, into: &retry.first)
    take(RetryKeys.max, of: fields, into: &retry.max)
    take(RetryKeys.giveUpAfter, of: fields, into: &retry.giveUpAfter)
    take(RetryKeys.factor, of: fields, into: &retry.factor)
    // Said once: a block that sets neither has it from the defaults.
    if retry.first > retry.max, fields.has(RetryKeys.first) || fields.has(RetryKeys.max) {
      error(id, "first is longer than max in retry of \(place)", hint: "first is the wait before the second try, max the longest wait")
    }
    return retry
  }

  /// - Parameter passwords: of the file, none of which may be an order key too.
  mutating func routes(_ top: Fields, _ defaults: RouteDefaults, _ passwords: [Secret]) -> [RouteSettings] {
    let example = "[{ name: all, otherwise: true, url: \"http://127.0.0.1:9001/\" }]"
    guard let id = top[FileKeys.routes] else {
      if !top.has(FileKeys.routes) {
        error(top.id, "there are no routes, so nobody would get a copy", hint: "write routes: \(example)")
      }
      return []
    }
    guard let items = list(id, "routes", example: example) else { return [] }
    var routes: [RouteSettings] = []
    var taken = Taken(passwords: passwords)
    var rules: [RouteRules] = []
    for (index, item) in items.enumerated() {
      let errorsBefore = errorCount
      route = nameInFile(of: item)
      let place = route.map { "route \(quoted($0))" } ?? "route \(index + 1)"
      guard let fields = fields(of: item, in: place, as: .route) else { continue }
      var settings = RouteSettings(name: value(RouteKeys.name, of: fields) ?? "", url: Secret(value(RouteKeys.url, of: fields) ?? ""))
      readSending(fields, defaults, into: &settings)
      var read = readRules(fields, into: &settings)
      readOrders(fields, into: &settings, &taken)
      check(fields, settings, number: index + 1, &taken)
      routes.append(settings)
      read.settings = settings
      // Rules that were half read would be compared with others for nothing.
      if errorCount == errorsBefore { rules.append(read) }
    }
    warnAboutRelations(of: rules)
    route = nil
    if scrutiny.isSpent {
      warning(
        id, "not all rules were looked at for what excludes, repeats or contains another: there is too much to compare",
        hint: "they hold all the same; to have them looked at, write fewer or shorter texts into a list")
    }
    return routes
  }

  /// What is there once among all routes, with the nodes where it stands.
  struct Taken {
    let passwords: [Secret]
    var names: [String: Int] = [:]
    var urls: [String: (route: String, id: Int)] = [:]
    var orderKeys: [String: Int] = [:]
  }

  private mutating func check(_ fields: Fields, _ route: RouteSettings, number: Int, _ taken: inout Taken) {
    if !fields.has(RouteKeys.name) {
      error(fields.id, "\(fields.place) has no name", hint: "its name stands in headers, metrics and commands")
    }
    if !fields.has(RouteKeys.url) { error(fields.id, "\(fields.place) has no url", hint: "write where the app takes its reports") }
    if !route.name.isEmpty, let id = fields[RouteKeys.name], let first = taken.names.updateValue(id, forKey: route.name) {
      error(id, "duplicate route name \(quoted(route.name))", hint: "the first is on \(line(of: first))")
    }
    guard !route.url.isEmpty, let id = fields[RouteKeys.url] else { return }
    let url = route.url.reveal()
    if let first = taken.urls[url] {
      warning(
        id, "\(fields.place) has the same url as route \(first.route)",
        hint: "that app gets a report twice if both match; the first is on \(line(of: first.id))")
    } else {
      taken.urls[url] = (route.name.isEmpty ? "\(number)" : quoted(route.name), id)
    }
  }

  /// nil if there is none that could be shown.
  private func nameInFile(of id: Int) -> String? {
    guard case .mapping(let pairs) = document[id].content else { return nil }
    for pair in pairs {
      guard case .scalar("name", _) = document[pair.key].content, case .scalar(let name, _) = document[pair.value].content else { continue }
      return name.isEmpty ? nil : name
    }
    return nil
  }

  mutating func name(_ id: Int) -> String? {
    guard let text = text(id, "name") else { return nil }
    let marks = Array("_.-".utf8)
    let isWord = text.value.utf8.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || marks.contains($0) }
    guard isWord, (1...64).contains(text.value.utf8.count) else {
      error(id, "route name \(quoted(text.raw)) is not made of 1 to 64 of A-Z a-z 0-9 _ . -")
      return nil
    }
    return text.value
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
    route.fold = settings.fold
    take(RouteKeys.paused, of: fields, into: &route.paused)
    if let node = value(RouteKeys.headers, of: fields) { route.headers = headers(node.id, of: fields.place) }
    if let node = value(RouteKeys.secret, of: fields) {
      let ids = oneOrList(node.id, "secret", example: "[\"${NEW_SECRET}\", \"${OLD_SECRET}\"]")
      route.secrets = ids.compactMap { secret($0) }
    }
  }

  /// The items of a list, or the value itself.
  mutating func oneOrList(_ id: Int, _ what: String, example: String) -> [Int] {
    guard case .sequence = document[id].content else { return [id] }
    return list(id, what, example: example) ?? []
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
    guard let fields = fields(of: id, in: "headers of \(place)", as: nil) else { return [] }
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
