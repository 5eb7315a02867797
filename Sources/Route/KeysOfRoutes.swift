import Model

enum RouteKeys {
  private static let plain = RouteSettings(name: "", url: Secret(""))

  static let name = Key("name", .routeName, isRequired: true, "What headers, metrics and commands call the route: A-Z a-z 0-9 _ . -")
  static let markers = Key("markers", .node(.list(.text(TextForm()))), "The route gets reports whose text contains any of these,")
  static let packetPrefixes = Key(
    "packet_prefixes", .node(.list(.text(.digits))), "or whose packet_id begins with any of these digits.")
  static let match = Key(
    "match", .node(.block(.condition)), "Instead of markers and packet_prefixes: a tree of conditions. Keys side by side mean all of them.")
  static let orders = Key(
    "orders", .boolean, default: plain.orders, "The route also gets every report of an order that was claimed for it through the API.")
  static let orderKey = Key(
    "order_key", .node(.oneOrList(.text(.orderKey))), isSecret: true,
    "With this an app may claim orders for this route, and for no other. A list while it is being changed.")
  static let statuses = Key("statuses", .node(.list(.text(TextForm()))), "Only with one of these statuses. Left out: with every status.")
  static let otherwise = Key("otherwise", .boolean, default: plain.otherwise, "The route gets what no other route matched.")
  static let url = Key(
    "url", .url(whoseContent: "phone numbers and texts"), isRequired: true, isSecret: true, "Where the copies go, http:// or https://.")
  static let secret = Key(
    "secret", .node(.oneOrList(.text(TextForm(pattern: "whsec_.*", example: "${SHOP_SECRET}", isNeverNumber: true)))), isSecret: true,
    "Signs the copies (Standard Webhooks): whsec_ and base64. A list while it is being changed.")
  static let headers = Key(
    "headers", .node(.names(TextForm(pattern: "[!#$%&'*+.^_`|~0-9A-Za-z-]+"), .text(TextForm()))), isSecret: true,
    "Own headers of the copies.")
  static let paused = Key("paused", .boolean, default: plain.paused, "Copies are kept, and nothing is sent.")

  static let all =
    [
      name.definition, markers.definition, packetPrefixes.definition, match.definition, orders.definition, orderKey.definition,
      statuses.definition, otherwise.definition, url.definition, secret.definition, headers.definition,
    ] + SendingKeys.all + [paused.definition]
}

/// What stands under `defaults` as well as in a route.
enum SendingKeys {
  private static let plain = RouteDefaults()

  static let fold = Key(
    "fold", .word, default: plain.fold,
    "What is the same in two texts. ascii: A to Z and a to z; turkish: every capital and its small letter, with I = ı and İ = i.")
  static let timeout = Key("timeout", .duration, default: plain.timeout, "One try, from connecting to the whole answer.")
  static let concurrency = Key(
    "concurrency", .integer(in: 1...Limits.transfersOfLaneMax), default: plain.concurrency, "Copies on their way at once, at most.")
  static let rateLimit = Key(
    "rate_limit", .node(.either(.block(.rateLimit), .word(["none"]))),
    "How many copies are sent per second. Left out: as many as the app takes.")
  static let retry = Key("retry", .node(.block(.retry)), "The waits between tries, and when a copy is given up.")
  static let ordering = Key(
    "ordering", .word, default: plain.ordering, "report: the statuses of one report are sent one after the other. none: as they come.")
  static let orderHold = Key(
    "order_hold", .duration(in: .seconds(1) ... .hours(1)), default: plain.orderHold,
    "An app that keeps refusing an earlier status gets the later one after so long.")
  static let stale = Key(
    "stale", .word, default: plain.stale,
    "An \"accepted\" that comes after \"delivered\" or \"undelivered\": sent with a mark, or not sent.")

  static let all = [
    fold.definition, timeout.definition, concurrency.definition, rateLimit.definition, retry.definition, ordering.definition,
    orderHold.definition, stale.definition,
  ]
}

enum RateLimitKeys {
  /// From one copy in 17 minutes to more than the relay sends.
  static let perSecond = Key("per_second", .number(in: 0.001...100_000), "On the long run. 0.5: one in two seconds.")
  static let burst = Key("burst", .integer(in: 1...100_000), "At once, at most. Left out: per_second, rounded up.")

  static let all = [perSecond.definition, burst.definition]
}

enum RetryKeys {
  private static let plain = RetryPolicy()

  static let first = Key("first", .duration, default: plain.first, "The wait before the second try.")
  static let factor = Key("factor", .number(in: 1...1_000), default: plain.factor, "How much longer each wait is than the one before.")
  static let max = Key("max", .duration, default: plain.max, "The longest wait.")
  static let giveUpAfter = Key("for", .duration, default: plain.giveUpAfter, "After so long a copy is given up.")

  static let all = [first.definition, factor.definition, max.definition, giveUpAfter.definition]
}

enum ConditionKeys {
  static let every = Key("all", .node(.list(.block(.condition))), "All of these are true.")
  static let any = Key("any", .node(.list(.block(.condition))), "At least one of these is true.")
  static let not = Key("not", .node(.block(.condition)), "This is not true.")
  static let bodyContains = Key("body_contains", .node(.oneOrList(.text(TextForm()))), "The text contains this, or any of these.")
  static let bodyStartsWith = Key(
    "body_starts_with", .node(.oneOrList(.text(TextForm()))), "The text begins with this, or with any of these.")
  static let packetPrefix = Key(
    "packet_prefix", .node(.oneOrList(.text(.digits))), "packet_id begins with these digits, or with any of these.")
  static let status = Key("status", .node(.oneOrList(.text(TextForm()))), "The status is this, or any of these.")
  static let toPrefix = Key(
    "to_prefix", .node(.oneOrList(.text(TextForm()))),
    "The recipient's number, as the provider writes it, begins with this, or with any of these.")
  static let order = Key("order", .node(.yes), "true: the order was claimed for this route.")

  static let all = [
    every.definition, any.definition, not.definition, bodyContains.definition, bodyStartsWith.definition, packetPrefix.definition,
    status.definition, toPrefix.definition, order.definition,
  ]
}

extension TextForm {
  static let digits = TextForm(pattern: "0|[1-9][0-9]{0,18}", example: "1045")
  static let orderKey = TextForm(pattern: "[!-~]{16,512}", example: "${SHOP_ORDER_KEY}")
}

extension Kind<String> {
  static let storePath = Kind(
    shape: .text(TextForm(example: "./relay.db")), read: { reader, id, _ in reader.storePath(id) }, json: { .text($0) })
  static let path = Kind(
    shape: .text(TextForm(pattern: "/[^?#\\s]*", example: "/api/iletimerkezi/webhook", isNeverNumber: true)),
    read: { reader, id, _ in reader.path(id) },
    json: { .text($0) })
  static let publicURL = Kind(
    shape: .text(TextForm(pattern: "[hH][tT][tT][pP][sS]://[^/?#@\\s]+/?", example: "https://sms.example.com", isNeverNumber: true)),
    read: { reader, id, _ in reader.publicURL(id) })
  static let routeName = Kind(
    shape: .text(TextForm(pattern: "[A-Za-z0-9_.-]{1,64}", example: "shop")), read: { reader, id, _ in reader.name(id) })

  /// - Parameter content: what is posted there, for the warning about http:// to strangers.
  static func url(whoseContent content: String) -> Kind {
    Kind(
      shape: .text(TextForm(pattern: "[hH][tT][tT][pP][sS]?://[^\\s]+", example: "https://shop.example.com/dlr", isNeverNumber: true)),
      read: { reader, id, _ in reader.address(id, whoseContent: content) })
  }
}

extension Kind<Endpoint> {
  static let endpoint = Kind(
    shape: .text(TextForm(pattern: ".+:[0-9]{1,5}", example: "127.0.0.1:9090", isNeverNumber: true)),
    read: { reader, id, _ in reader.endpoint(id) },
    json: { .text($0.description) })
}
