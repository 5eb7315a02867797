import Model
import Route
import Testing

@Suite struct RuleFileTests {
  @Test func `the smallest file gets every default`() throws {
    let reading = read("receive: { tokens: [\"${T}\"] }\nroutes: [{ name: all, otherwise: true, url: \"http://app/x\" }]\n")
    var route = RouteSettings(name: "all", url: Secret("http://app/x"))
    route.otherwise = true
    let receive = ReceiveSettings(tokens: [Token(label: "1", value: Secret("q7Zt0vKx93LmWc5R"))])
    #expect(reading.diagnostics == [])
    #expect(reading.configuration == Configuration(receive: receive, routes: [route]))
  }

  @Test func `every key is read`() throws {
    let reading = read(
      """
      receive:
        listen: "[::]:8081"
        path: /hook
        public_url: https://sms.example.com:8443/
        tokens: ["${T}", { label: 2026-11, value: "${file:/run/secrets/x}" }]
        max_body: 1MiB
        deadline: 3s
        read_timeout: 1m30s
        idle_timeout: 2m
        connections: 7
      status: { listen: 0.0.0.0:9091, token: "${T}" }
      store:
        path: /var/lib/dlr-relay/relay.db
        retention: { payloads: 0s, keys: 1d, dead: 2d, waiting: 3d, unmatched: 4d, quarantine: 5d, orders: 6d }
      defaults: { timeout: 7s, concurrency: 8, retry: { first: 1s, factor: 2, max: 1h, for: 1d }, rate_limit: { per_second: 2.5 },
        ordering: none, stale: drop, fold: turkish }
      routes:
        - name: shop
          markers: ["iim.to/", "#SHOP", "Sipariş ₺$$5"]
          packet_prefixes: ["1045", 99, "0"]
          statuses: [delivered, undelivered]
          url: https://shop.example.com/dlr?token=${T}
          secret: ["${S}", "${S}"]
          headers: { Authorization: "Bearer ${T}", x-env: prod }
          rate_limit: { burst: 7 }
          ordering: report
          order_hold: 90s
          fold: ascii
          orders: true
          order_key: ["old-${T}", "new-${T}"]
          paused: true
        - name: crm
          otherwise: true
          url: http://127.0.0.1:9001/
          secret: ${S}
          timeout: 500ms
          concurrency: 1
          retry: { max: 2h, factor: 1.5 }
          rate_limit: { per_second: 0.4 }
          stale: forward
        - { name: bank, markers: [bank], url: "http://127.0.0.1:9002/", rate_limit: none }
        - { name: otp, match: { order: true }, order_key: "otp-${T}", url: "http://127.0.0.1:9003/" }
      alerts:
        - url: https://hooks.example.com/ops
        - url: https://hooks.slack.com/services/${T}
          format: slack
          on: [failing, recovered, oldest_waiting, silence, unmatched]
          failing: 1m
          oldest_waiting: 2h
          silence: 1d
      """)
    #expect(reading.diagnostics == [])
    let configuration = try #require(reading.configuration)

    var receive = ReceiveSettings(tokens: [
      Token(label: "1", value: Secret("q7Zt0vKx93LmWc5R")), Token(label: "2026-11", value: Secret("from a file, with a line break")),
    ])
    receive.listen = Endpoint(host: "::", port: 8081)
    receive.path = "/hook"
    receive.publicURL = "https://sms.example.com:8443"
    receive.bodyBytesMax = 1024 * 1024
    receive.deadline = .seconds(3)
    receive.readTimeout = .seconds(90)
    receive.idleTimeout = .minutes(2)
    receive.connectionsMax = 7
    #expect(configuration.receive == receive)
    #expect(configuration.status.listen == Endpoint(host: "0.0.0.0", port: 9091))
    #expect(configuration.status.token == Secret("q7Zt0vKx93LmWc5R"))
    #expect(configuration.store.path == "/var/lib/dlr-relay/relay.db")
    let kept = configuration.store.retention
    #expect(
      [kept.payloads, kept.keys, kept.dead, kept.waiting, kept.unmatched, kept.quarantine, kept.orders] == (0...6).map { Duration.days($0) }
    )

    let secret = Secret("whsec_" + String(repeating: "A", count: 44))
    var shop = RouteSettings(name: "shop", url: Secret("https://shop.example.com/dlr?token=q7Zt0vKx93LmWc5R"))
    shop.markers = ["iim.to/", "#SHOP", "Sipariş ₺$5"]
    shop.packetPrefixes = ["1045", "99", "0"]
    shop.statuses = ["delivered", "undelivered"]
    shop.secrets = [secret, secret]
    shop.headers = [
      Header(name: "Authorization", value: Secret("Bearer q7Zt0vKx93LmWc5R")), Header(name: "x-env", value: Secret("prod")),
    ]
    shop.timeout = .seconds(7)
    shop.concurrency = 8
    shop.retry.first = .seconds(1)
    shop.retry.factor = 2
    shop.retry.max = .hours(1)
    shop.retry.giveUpAfter = .days(1)
    shop.rateLimit = RateLimit(perSecond: 2.5, burst: 7)
    shop.orderHold = .seconds(90)
    shop.stale = .drop
    shop.paused = true
    shop.fold = .ascii
    shop.orders = true
    shop.orderKeys = [Secret("old-q7Zt0vKx93LmWc5R"), Secret("new-q7Zt0vKx93LmWc5R")]
    #expect(configuration.routes[0] == shop)

    var crm = RouteSettings(name: "crm", url: Secret("http://127.0.0.1:9001/"))
    crm.otherwise = true
    crm.secrets = [secret]
    crm.timeout = .milliseconds(500)
    crm.concurrency = 1
    crm.retry = shop.retry
    crm.retry.max = .hours(2)
    crm.retry.factor = 1.5
    crm.rateLimit = RateLimit(perSecond: 0.4, burst: 1)
    crm.ordering = .none
    crm.fold = .turkish
    #expect(configuration.routes[1] == crm)
    #expect(configuration.routes[2].rateLimit == nil)
    #expect(configuration.routes[3].match == .order)
    #expect(configuration.routes[3].orderKeys == [Secret("otp-q7Zt0vKx93LmWc5R")])
    #expect(configuration.unmatched == .keep)

    var slack = AlertSettings(url: Secret("https://hooks.slack.com/services/q7Zt0vKx93LmWc5R"))
    slack.format = .slack
    slack.kinds = [.failing, .recovered, .oldestWaiting, .silence, .unmatched]
    slack.failing = .minutes(1)
    slack.oldestWaiting = .hours(2)
    slack.silence = .days(1)
    #expect(configuration.alerts == [AlertSettings(url: Secret("https://hooks.example.com/ops")), slack])
  }

  @Test(arguments: [("keep", Unmatched.keep), ("drop", .drop)])
  func `unmatched reports are kept or dropped`(_ word: String, _ unmatched: Unmatched) {
    let reading = read("receive: { tokens: [\"${T}\"] }\nunmatched: \(word)\nroutes: [{ name: a, otherwise: true, url: \"http://a/\" }]\n")
    #expect(reading.diagnostics == [])
    #expect(reading.configuration?.unmatched == unmatched)
  }

  @Test func `a diagnostic names the route that it is about`() {
    let reading = read(
      """
      x-wrong: &wrong { timeout: 5 }
      receive: { tokens: ["${T}"], listen: x }
      routes:
        - { name: shop, otherwise: true, url: "ftp://a/" }
        - { otherwise: true, url: "ftp://b/" }
        - { <<: *wrong, name: crm, markers: [x1], url: "http://c/" }
        - { <<: *wrong, name: bank, markers: [x2], url: "http://d/" }
      """)
    // What two routes share is wrong once, and told of the first.
    #expect(reading.diagnostics.map(\.route) == ["crm", nil, "shop", nil, nil])
  }

  @Test func `anchors, aliases and merge keys work`() throws {
    let reading = read(
      """
      x-shop: &shop { statuses: [delivered], timeout: 3s, url: "http://shop/" }
      x-slow: &slow { timeout: 9s, concurrency: 2 }
      receive: { tokens: [&token "${T}"] }
      status: { token: *token }
      routes:
        - { <<: *shop, name: a, markers: [aa] }
        - { <<: [*slow, *shop], name: b, markers: [bb], url: "http://b/" }
      """)
    #expect(reading.diagnostics == [])
    let configuration = try #require(reading.configuration)
    #expect(configuration.status.token == Secret("q7Zt0vKx93LmWc5R"))
    #expect(configuration.routes.map(\.timeout) == [.seconds(3), .seconds(9)])
    #expect(configuration.routes.map(\.concurrency) == [16, 2])
    #expect(configuration.routes.map(\.statuses) == [["delivered"], ["delivered"]])
    #expect(configuration.routes.map { $0.url.reveal() } == ["http://shop/", "http://b/"])
  }

  @Test(
    arguments: [
      ("${T}", "q7Zt0vKx93LmWc5R"), ("a${T}b", "aq7Zt0vKx93LmWc5Rb"), ("${NONE:-fall back}", "fall back"), ("${EMPTY:-x}", "x"),
      ("${T:-x}", "q7Zt0vKx93LmWc5R"), ("$${T}", "${T}"), ("$$$$", "$$"), ("5$", "5$"), ("$5", "$5"), ("a$b", "a$b"),
      ("${file:/run/secrets/x}", "from a file, with a line break"), ("${file:/run/secrets/x}!", "from a file, with a line break!"),
      ("${NONE:-}-", "-"),
      ("$\u{0301}x", "$\u{0301}x"),
    ])
  func `references are replaced`(_ marker: String, _ value: String) {
    let reading = read(Self.file(marker: marker))
    #expect(reading.diagnostics == [])
    #expect(reading.configuration?.routes[0].markers.map { Array($0.utf8) } == [Array(value.utf8)])
  }

  @Test func `what a variable holds is not expanded again`() {
    let variables = Variables(environment: { _ in "${file:/etc/passwd}" }, contents: { _ in "no" })
    let reading = RuleFile.read(Array(Self.file(marker: "${T}").utf8), named: "routes.yaml", variables: variables)
    #expect(reading.configuration?.routes[0].markers == ["${file:/etc/passwd}"])
  }

  static func file(marker: String) -> String {
    "receive: { tokens: [\"${T}\"] }\nroutes: [{ name: a, markers: ['\(marker)'], url: \"http://a/\" }]\n"
  }

  @Test func `a byte order mark and CRLF are read like any file`() {
    let yaml = "\u{FEFF}receive: { tokens: [\"${T}\"] }\r\nroutes:\r\n  - { name: a, otherwise: true, url: ftp://a }\r\n"
    #expect(read(yaml).diagnostics.map { [$0.line, $0.column] } == [[3, 38]])
  }

  @Test(
    arguments: [
      ("http://127.0.0.1:9001/x", true), ("http://localhost/", true), ("http://[::1]:80/", true), ("http://10.1.2.3/", true),
      ("http://172.16.0.1/", true), ("http://172.32.0.1/", false), ("http://192.168.1.1/", true), ("http://shop:8080/", true),
      ("http://shop.local/", true), ("http://shop.internal/", true), ("http://shop.example.com/", false), ("http://8.8.8.8/", false),
      ("https://shop.example.com/", true), ("HTTPS://shop.example.com/", true), ("http://[fd00::1]/", true), ("http://[2a00::1]/", false),
    ])
  func `http to a public host is worth a warning`(_ url: String, _ isQuiet: Bool) {
    let reading = read("receive: { tokens: [\"${T}\"] }\nroutes: [{ name: a, otherwise: true, url: \"\(url)\" }]\n")
    #expect(reading.configuration != nil)
    #expect(reading.diagnostics.map(\.severity) == (isQuiet ? [] : [.warning]))
  }

  @Test(
    arguments: [
      ("127.0.0.1:8080", true), ("10.1.2.3:8080", true), ("[::1]:8080", true), ("[fd00::1]:8080", true), ("relay:8080", true),
      // The default, and what a container listens on.
      ("0.0.0.0:8080", true), ("[::]:8080", true), ("203.0.113.5:8080", false), ("[2a00::1]:8080", false), ("sms.example.com:8080", false),
    ])
  func `plain HTTP on an address that strangers reach is worth a warning`(_ listen: String, _ isQuiet: Bool) {
    let reading = read(
      "receive: { tokens: [\"${T}\"], listen: \"\(listen)\" }\nroutes: [{ name: a, otherwise: true, url: \"http://a/\" }]\n")
    #expect(reading.configuration != nil)
    #expect(reading.diagnostics.map(\.severity) == (isQuiet ? [] : [.warning]))
    #expect(reading.diagnostics.allSatisfy { $0.message.contains("plain HTTP") && $0.hint?.contains("proxy with TLS") == true })
  }

  @Test func `a literal token is fine in a file that nobody else can read`() {
    let yaml = "receive: { tokens: [q7Zt0vKx93LmWc5RbY2a] }\nroutes: [{ name: a, otherwise: true, url: \"http://a/\" }]\n"
    #expect(read(yaml, readableByOthers: false).diagnostics == [])
    #expect(read(yaml, readableByOthers: true).diagnostics.map(\.severity) == [.warning])
  }

  @Test(arguments: [
    ("{ per_second: 50 }", "", RateLimit(perSecond: 50, burst: 50)), ("{ per_second: 0.001 }", "", RateLimit(perSecond: 0.001, burst: 1)),
    ("{ per_second: 50, burst: 100 }", "{ per_second: 7 }", RateLimit(perSecond: 7, burst: 7)),
    ("{ per_second: 50 }", "{ burst: 3 }", RateLimit(perSecond: 50, burst: 3)), ("{ per_second: 50 }", "none", nil),
    ("none", "{ per_second: 1.5 }", RateLimit(perSecond: 1.5, burst: 2)),
  ])
  func `a route's rate limit completes or replaces that of defaults`(_ defaults: String, _ route: String, _ limit: RateLimit?) {
    let own = route.isEmpty ? "" : ", rate_limit: \(route)"
    let reading = read(
      """
      receive: { tokens: ["${T}"] }
      defaults: { rate_limit: \(defaults) }
      routes: [{ name: a, otherwise: true, url: "http://a/"\(own) }]
      """)
    #expect(reading.diagnostics == [])
    #expect(reading.configuration?.routes[0].rateLimit == limit)
  }

  @Test(arguments: ["http://shop.example.com/", "http://10.0.0.7/", "https://shop.example.com/"])
  func `http to a public host is worth a warning in alerts as well`(_ url: String) {
    let head = "receive: { tokens: [\"${T}\"] }\nroutes: [{ name: a, otherwise: true, url: \"http://a/\" }]\n"
    let reading = read(head + "alerts: [{ url: \"\(url)\" }]\n")
    #expect(reading.configuration?.alerts.map { $0.url.reveal() } == [url])
    #expect(reading.diagnostics.map(\.severity) == (url == "http://shop.example.com/" ? [.warning] : []))
  }

  @Test func `port 0 never clashes, and neither do two addresses`() {
    let tail = "routes: [{ name: a, otherwise: true, url: \"http://a/\" }]\n"
    let zero = "receive: { tokens: [\"${T}\"], listen: 127.0.0.1:0 }\nstatus: { listen: 127.0.0.1:0 }\n"
    let two = "receive: { tokens: [\"${T}\"], listen: 10.0.0.1:8080 }\nstatus: { listen: 127.0.0.1:8080 }\n"
    #expect(read(zero + tail).diagnostics == [])
    #expect(read(two + tail).diagnostics == [])
  }
}
