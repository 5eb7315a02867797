import Model

/// The blocks of a rule file. Named by a word rather than by their keys, since a condition stands in conditions.
enum Block: CaseIterable {
  case file, receive, token, status, store, retention, defaults, rateLimit, retry, route, condition, alert

  /// In the order in which a hint lists them.
  var keys: [Definition] {
    switch self {
    case .file: FileKeys.all
    case .receive: ReceiveKeys.all
    case .token: TokenKeys.all
    case .status: StatusKeys.all
    case .store: StoreKeys.all
    case .retention: RetentionKeys.all
    case .defaults: SendingKeys.all
    case .rateLimit: RateLimitKeys.all
    case .retry: RetryKeys.all
    case .route: RouteKeys.all
    case .condition: ConditionKeys.all
    case .alert: AlertKeys.all
    }
  }

  var names: [String] { Vocabulary.names[self] ?? [] }
}

enum FileKeys {
  static let receive = Key("receive", .node(.block(.receive)), isRequired: true, "The public door: what the provider calls.")
  static let status = Key("status", .node(.block(.status)), "The operator's door: /status, /metrics and the API.")
  static let store = Key("store", .node(.block(.store)), "Where reports are stored, and for how long.")
  static let defaults = Key("defaults", .node(.block(.defaults)), "What holds for every route that does not say otherwise.")
  static let routes = Key(
    "routes", .node(.list(.block(.route))), isRequired: true, "The apps. Every route that matches a report gets a copy of it.")
  static let unmatched = Key(
    "unmatched", .word, default: Unmatched.keep, "Reports that no route matches: kept for retention.unmatched, or dropped.")
  static let alerts = Key(
    "alerts", .node(.list(.block(.alert), countMax: Limits.alertHooksMax)), isSecret: true, "Who is told of what needs a person.")

  static let all = [
    receive.definition, status.definition, store.definition, defaults.definition, routes.definition, unmatched.definition,
    alerts.definition,
  ]
}

enum ReceiveKeys {
  private static let plain = ReceiveSettings(tokens: [])

  static let listen = Key("listen", .endpoint, default: plain.listen, "Host and port. IPv6: \"[::]:8080\".")
  static let path = Key("path", .path, default: plain.path, "The path of the URL in the panel, without the token.")
  static let publicURL = Key("public_url", .publicURL, "What the provider reaches, without path and token: https://sms.example.com")
  static let tokens = Key(
    "tokens", .node(.list(.either(.text(TextForm()), .block(.token)))), isRequired: true, isSecret: true,
    "The passwords in the URL that stands in the panel. Several are valid while one is being changed.")
  static let maxBody = Key(
    "max_body", .size(in: 1024...(16 * 1024 * 1024)), default: plain.bodyBytesMax, "A larger request is answered 413.")
  static let deadline = Key("deadline", .duration, default: plain.deadline, "A report that is not on disk by then is answered 503.")
  static let readTimeout = Key(
    "read_timeout", .duration, default: plain.readTimeout, "From the first byte of a request to its last.")
  static let idleTimeout = Key("idle_timeout", .duration, default: plain.idleTimeout, "Between two requests of one connection.")
  static let connections = Key("connections", .integer(in: 1...100_000), default: plain.connectionsMax, "Connections at once, at most.")

  static let all = [
    listen.definition, path.definition, publicURL.definition, tokens.definition, maxBody.definition, deadline.definition,
    readTimeout.definition, idleTimeout.definition, connections.definition,
  ]
}

enum TokenKeys {
  static let label = Key("label", .node(.text(TextForm())), isRequired: true, "What people see of the token, such as 2026-11.")
  static let value = Key("value", .node(.text(TextForm())), isRequired: true, isSecret: true, "What the provider sends.")

  static let all = [label.definition, value.definition]
}

enum StatusKeys {
  static let listen = Key("listen", .endpoint, default: StatusSettings().listen, "Host and port.")
  static let token = Key(
    "token", .node(.text(TextForm())), isSecret: true,
    "Required unless only this machine can reach it: as Bearer, or Basic with any user name.")

  static let readToken = Key(
    "read_token", .node(.text(TextForm())), isSecret: true,
    "Looks at everything but raw bytes and whole phone numbers, and changes nothing. Only beside a token.")

  static let all = [listen.definition, token.definition, readToken.definition]
}

enum StoreKeys {
  static let path = Key(
    "path", .storePath, default: StoreSettings().path,
    "The SQLite file, which is made if it does not exist.")
  static let retention = Key("retention", .node(.block(.retention)), "How long what is kept is kept.")

  static let all = [path.definition, retention.definition]
}

enum RetentionKeys {
  private static let plain = Retention()

  static let payloads = Key(
    "payloads", .durationOrZero, default: plain.payloads, "The bytes of a report, after its last copy was delivered.")
  // Without these the promise would be empty: repeats would be sent again, what waits would be given up at once, no claim would hold.
  static let keys = Key("keys", .duration, default: plain.keys, "The id and status of a report, by which a repeat is known.")
  static let dead = Key("dead", .duration, default: plain.dead, "Copies that were given up.")
  static let waiting = Key("waiting", .duration, default: plain.waiting, "A copy that waited this long is given up, whatever kept it.")
  static let unmatched = Key("unmatched", .durationOrZero, default: plain.unmatched, "Reports that no route matches.")
  static let quarantine = Key("quarantine", .durationOrZero, default: plain.quarantine, "Bodies that are no report.")
  static let orders = Key("orders", .duration, default: plain.orders, "The claim of an order, after it was last claimed.")

  static let all = [
    payloads.definition, keys.definition, dead.definition, waiting.definition, unmatched.definition, quarantine.definition,
    orders.definition,
  ]
}

enum AlertKeys {
  private static let plain = AlertSettings(url: Secret(""))
  private static let times: Kind<Duration> = .duration(in: .seconds(1) ... .days(30))

  static let url = Key(
    "url", .url(whoseContent: "messages and the hook's address"), isRequired: true, isSecret: true, "Where messages are posted.")
  static let format = Key("format", .word, default: plain.format, "slack: what Slack, Mattermost and others take.")
  static let on = Key(
    "on", .node(.list(.word(AlertKind.allCases.map(\.rawValue)))), "What is told. Left out: everything.")
  static let failing = Key("failing", times, default: plain.failing, "An app has not answered for so long.")
  static let oldestWaiting = Key("oldest_waiting", times, default: plain.oldestWaiting, "A copy has waited for so long.")
  static let silence = Key("silence", times, default: plain.silence, "No report has come for so long.")

  static let all = [
    url.definition, format.definition, on.definition, failing.definition, oldestWaiting.definition, silence.definition,
  ]
}
