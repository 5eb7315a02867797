extension BadFile {
  static let blocks: [BadFile] = [
    BadFile(
      "duplicate tokens and labels",
      #"""
      receive:
        tokens:
          - { label: "2026-11", value: "${T}" }
          - { label: "2026-11", value: "${T}" }
      routes: [{ name: all, otherwise: true, url: http://app/ }]

      """#,
      #"""
      routes.yaml:4:16: error: duplicate token label "2026-11"; the first is on line 3
          - { label: "2026-11", value: "${T}" }
                     ^
      routes.yaml:4:34: error: duplicate token; the same value is on line 3
          - { label: "2026-11", value: "${T}" }
                                       ^
      """#, schema: .accepts),
    BadFile(
      "no tokens",
      #"""
      receive: { path: /x }
      routes: []

      """#,
      #"""
      routes.yaml:1:1: error: receive has no tokens; the relay never runs open; write tokens: ["${WEBHOOK_TOKEN}"]
      receive: { path: /x }
      ^
      routes.yaml:2:9: error: routes is an empty list; write routes: [{ name: all, otherwise: true, url: \#
      "http://127.0.0.1:9001/" }]
      routes: []
              ^
      """#),
    BadFile(
      "an empty list of tokens",
      #"""
      receive: { tokens: [] }
      routes: [{ name: all, otherwise: true, url: http://app/ }]

      """#,
      #"""
      routes.yaml:1:20: error: tokens is an empty list; write tokens: ["${WEBHOOK_TOKEN}"]
      receive: { tokens: [] }
                         ^
      """#),
    BadFile(
      "an empty token",
      #"""
      receive:
        tokens:
          - ""
          - ${NONE:-}
          - { label: a, value: "" }
          -
      routes: [{ name: all, otherwise: true, url: http://app/ }]

      """#,
      #"""
      routes.yaml:3:7: error: a token is empty; the relay never runs open; make one with: openssl rand -hex 32
          - ""
            ^
      routes.yaml:4:7: error: a token is empty; the relay never runs open; make one with: openssl rand -hex 32
          - ${NONE:-***}
            ^
      routes.yaml:5:26: error: a token is empty; the relay never runs open; make one with: openssl rand -hex 32
          - { label: a, value: "" }
                               ^
      routes.yaml:6:6: error: a token has no value; give it one, in quotes if it is "null" or "~"
          -
           ^
      """#),
    BadFile(
      "a token without label or value",
      #"""
      receive:
        tokens:
          - { label: a }
          - { value: "${T}" }
          - { label: "", value: "${T}" }
      routes: [{ name: all, otherwise: true, url: http://app/ }]

      """#,
      #"""
      routes.yaml:3:7: error: a token has no value; write { label: 2026-11, value: "${WEBHOOK_TOKEN}" }
          - { label: a }
            ^
      routes.yaml:4:7: error: a token has no label; write { label: 2026-11, value: "${WEBHOOK_TOKEN}" }
          - { value: "${T}" }
            ^
      routes.yaml:5:16: error: a token's label must have 1 to 64 bytes and no control characters
          - { label: "", value: "${T}" }
                     ^
      """#),
    BadFile(
      "unset and empty variables, all of them",
      #"""
      receive:
        tokens: ["${NONE}", "${EMPTY}", "a${NONE}b${OTHER}"]
      store: { path: "${NOWHERE}/x" }
      routes: [{ name: all, otherwise: true, url: http://app/ }]

      """#,
      #"""
      routes.yaml:2:13: error: the variable NONE is not set; set it in the environment of the relay
        tokens: ["${NONE}", "${EMPTY}", "***${NONE}***${OTHER}"]
                  ^
      routes.yaml:2:24: error: the variable EMPTY is empty; set it in the environment of the relay
        tokens: ["${NONE}", "${EMPTY}", "***${NONE}***${OTHER}"]
                             ^
      routes.yaml:2:37: error: the variable NONE is not set; set it in the environment of the relay
        tokens: ["${NONE}", "${EMPTY}", "***${NONE}***${OTHER}"]
                                            ^
      routes.yaml:2:45: error: the variable OTHER is not set; set it in the environment of the relay
        tokens: ["${NONE}", "${EMPTY}", "***${NONE}***${OTHER}"]
                                                      ^
      routes.yaml:3:17: error: the variable NOWHERE is not set; set it in the environment of the relay
      store: { path: "${NOWHERE}/x" }
                      ^
      """#, schema: .accepts),
    BadFile(
      "files that cannot be read",
      #"""
      receive:
        tokens:
          - ${file:/run/secrets/none}
      routes: [{ name: all, otherwise: true, url: http://app/ }]

      """#,
      #"""
      routes.yaml:3:7: error: the file "/run/secrets/none" cannot be read; it must exist, be readable by the relay's \#
      user, and be text
          - ${file:/run/secrets/none}
            ^
      """#, schema: .accepts),
    BadFile(
      "what looks like a reference and is none",
      #"""
      receive:
        tokens: [$TOKEN, "env:TOKEN"]
      routes:
        - name: a
          otherwise: true
          url: https://app.example.com/?token=$APP_TOKEN
          secret: $(cat /run/secret)
          headers: { authorization: "Bearer $KEY" }

      """#,
      #"""
      routes.yaml:2:12: error: a token looks like a reference to a variable and is none; write ${NAME} for a variable, \#
      and $$ for a dollar
        tokens: [***, "***"]
                 ^
      routes.yaml:2:20: error: a token looks like a reference to a variable and is none; write ${NAME} for a variable, \#
      and $$ for a dollar
        tokens: [***, "***"]
                      ^
      routes.yaml:6:10: error: the url looks like a reference to a variable and is none; write ${NAME} for a variable, \#
      and $$ for a dollar
          url: ***
               ^
      routes.yaml:7:13: error: the secret looks like a reference to a variable and is none; write ${NAME} for a variable, \#
      and $$ for a dollar
          secret: ***
                  ^
      routes.yaml:8:31: error: the value of header authorization looks like a reference to a variable and is none; write \#
      ${NAME} for a variable, and $$ for a dollar
          headers: { authorization: "***" }
                                    ^
      """#),
    BadFile(
      "a reference that is malformed",
      #"""
      receive:
        tokens: ["${A B}", "${", "${file:}", "${1A}", "${credential:../x}"]
      routes: [{ name: all, otherwise: true, url: http://app/ }]

      """#,
      #"""
      routes.yaml:2:13: error: a token has a "${" that begins no reference; write ${NAME}, ${NAME:-default}, \#
      ${file:/path}, ${credential:NAME}, or $$ for a dollar
        tokens: ["***", "***", "***", "***", "***"]
                  ^
      routes.yaml:2:23: error: a token has a "${" that begins no reference; write ${NAME}, ${NAME:-default}, \#
      ${file:/path}, ${credential:NAME}, or $$ for a dollar
        tokens: ["***", "***", "***", "***", "***"]
                         ^
      routes.yaml:2:29: error: a token has a "${" that begins no reference; write ${NAME}, ${NAME:-default}, \#
      ${file:/path}, ${credential:NAME}, or $$ for a dollar
        tokens: ["***", "***", "***", "***", "***"]
                                ^
      routes.yaml:2:41: error: a token has a "${" that begins no reference; write ${NAME}, ${NAME:-default}, \#
      ${file:/path}, ${credential:NAME}, or $$ for a dollar
        tokens: ["***", "***", "***", "***", "***"]
                                       ^
      routes.yaml:2:50: error: a token has a "${" that begins no reference; write ${NAME}, ${NAME:-default}, \#
      ${file:/path}, ${credential:NAME}, or $$ for a dollar
        tokens: ["***", "***", "***", "***", "***"]
                                              ^
      """#, schema: .accepts),
    BadFile(
      "bad durations",
      #"""
      receive: { tokens: ["${T}"] }
      defaults:
        timeout: 10
        retry: { first: -5s, max: 1h30, for: 3 days }
      x-more: &more { waiting: 1m1h, unmatched: 1.5h, quarantine: "" }
      store:
        retention: { <<: *more, payloads: 0s, keys: 0s, dead: 99999999d }
      routes: [{ name: all, otherwise: true, url: http://app/ }]

      """#,
      #"""
      routes.yaml:3:12: error: timeout "10" has no unit; write 10s for seconds; units are ms, s, m, h, d
        timeout: 10
                 ^
      routes.yaml:4:19: error: first "-5s" is negative
        retry: { first: -5s, max: 1h30, for: 3 days }
                        ^
      routes.yaml:4:29: error: max "1h30" is not a duration; write it like 500ms, 10s, 5m, 4h, 3d or 1h30m
        retry: { first: -5s, max: 1h30, for: 3 days }
                                  ^
      routes.yaml:4:40: error: for "3 days" is not a duration; write it like 500ms, 10s, 5m, 4h, 3d or 1h30m
        retry: { first: -5s, max: 1h30, for: 3 days }
                                             ^
      routes.yaml:5:26: error: waiting "1m1h" is not a duration; write it like 500ms, 10s, 5m, 4h, 3d or 1h30m
      x-more: &more { waiting: 1m1h, unmatched: 1.5h, quarantine: "" }
                               ^
      routes.yaml:5:43: error: unmatched "1.5h" is not a duration; write it like 500ms, 10s, 5m, 4h, 3d or 1h30m
      x-more: &more { waiting: 1m1h, unmatched: 1.5h, quarantine: "" }
                                                ^
      routes.yaml:5:61: error: quarantine "" is not a duration; write it like 500ms, 10s, 5m, 4h, 3d or 1h30m
      x-more: &more { waiting: 1m1h, unmatched: 1.5h, quarantine: "" }
                                                                  ^
      routes.yaml:7:47: error: keys "0s" must be longer than zero
        retention: { <<: *more, payloads: 0s, keys: 0s, dead: 99999999d }
                                                    ^
      routes.yaml:7:57: error: dead "99999999d" is longer than 100 years
        retention: { <<: *more, payloads: 0s, keys: 0s, dead: 99999999d }
                                                              ^
      """#),
    BadFile(
      "bad numbers",
      #"""
      receive: { tokens: ["${T}"], max_body: 64kb, connections: 0 }
      defaults: { concurrency: 1024, retry: { factor: 0.5, first: 2h, max: 1h } }
      routes:
        - { name: a, otherwise: true, url: http://a/, concurrency: many, retry: { factor: 3x } }

      """#,
      #"""
      routes.yaml:1:40: error: max_body "64kb" is not a size; write it like 65536, 64KiB or 1MiB
      receive: { tokens: ["${T}"], max_body: 64kb, connections: 0 }
                                             ^
      routes.yaml:1:59: error: connections "0" is not between 1 and 100000
      receive: { tokens: ["${T}"], max_body: 64kb, connections: 0 }
                                                                ^
      routes.yaml:2:26: error: concurrency "1024" is not between 1 and 512
      defaults: { concurrency: 1024, retry: { factor: 0.5, first: 2h, max: 1h } }
                               ^
      routes.yaml:2:39: error: first is longer than max in retry of defaults; first is the wait before the second try, \#
      max the longest wait
      defaults: { concurrency: 1024, retry: { factor: 0.5, first: 2h, max: 1h } }
                                            ^
      routes.yaml:2:49: error: factor "0.5" is not a number between 1 and 1000
      defaults: { concurrency: 1024, retry: { factor: 0.5, first: 2h, max: 1h } }
                                                      ^
      routes.yaml:4:62: error: concurrency "many" is not a whole number
        - { name: a, otherwise: true, url: ***, concurrency: many, retry: { factor: 3x } }
                                                             ^
      routes.yaml:4:85: error: factor "3x" is not a number between 1 and 1000
        - { name: a, otherwise: true, url: ***, concurrency: many, retry: { factor: 3x } }
                                                                                    ^
      """#),
    BadFile(
      "bodies too small or too large",
      #"""
      receive: { tokens: ["${T}"], max_body: 1GiB }
      routes: [{ name: all, otherwise: true, url: http://app/ }]

      """#,
      #"""
      routes.yaml:1:40: error: max_body "1GiB" is not a size; write it like 65536, 64KiB or 1MiB
      receive: { tokens: ["${T}"], max_body: 1GiB }
                                             ^
      """#),
    BadFile(
      "bodies out of bounds",
      #"""
      receive: { tokens: ["${T}"], max_body: 17MiB }
      routes: [{ name: all, otherwise: true, url: http://app/ }]

      """#,
      #"""
      routes.yaml:1:40: error: max_body "17MiB" is not between 1024 and 16777216 bytes
      receive: { tokens: ["${T}"], max_body: 17MiB }
                                             ^
      """#, schema: .accepts),
    BadFile(
      "bad listeners",
      #"""
      receive: { tokens: ["${T}"], listen: "8080" }
      status: { listen: localhost }
      routes: [{ name: all, otherwise: true, url: http://app/ }]

      """#,
      #"""
      routes.yaml:1:38: error: listen "8080" has no host; write 0.0.0.0:8080, or 127.0.0.1:8080 for this machine only
      receive: { tokens: ["${T}"], listen: "8080" }
                                           ^
      routes.yaml:2:19: error: listen "localhost" has no port; write localhost:8080
      status: { listen: localhost }
                        ^
      """#),
    BadFile(
      "bad ports",
      #"""
      receive: { tokens: ["${T}"], listen: "0.0.0.0:65536" }
      status: { listen: "::1:9090" }
      routes: [{ name: all, otherwise: true, url: http://app/ }]

      """#,
      #"""
      routes.yaml:1:38: error: listen "0.0.0.0:65536" has a port that is not between 0 and 65535
      receive: { tokens: ["${T}"], listen: "0.0.0.0:65536" }
                                           ^
      routes.yaml:2:19: error: listen "::1:9090" is an IPv6 address without brackets or without a port; write it like \#
      [::1]:8080
      status: { listen: "::1:9090" }
                        ^
      """#, schema: .accepts),
    BadFile(
      "bad hosts",
      #"""
      receive: { tokens: ["${T}"], listen: ":8080" }
      status: { listen: "a b:9090" }
      routes: [{ name: all, otherwise: true, url: http://app/ }]

      """#,
      #"""
      routes.yaml:1:38: error: listen ":8080" has no host; write 0.0.0.0 before the colon for every address
      receive: { tokens: ["${T}"], listen: ":8080" }
                                           ^
      routes.yaml:2:19: error: listen "a b:9090" has a host that is no name and no address
      status: { listen: "a b:9090" }
                        ^
      """#),
    BadFile(
      "both doors on one port",
      #"""
      receive: { tokens: ["${T}"], listen: "0.0.0.0:9090" }
      routes: [{ name: all, otherwise: true, url: http://app/ }]

      """#,
      #"""
      routes.yaml:1:38: error: receive.listen 0.0.0.0:9090 and status.listen 127.0.0.1:9090 are on the same port; give \#
      one of them another port
      receive: { tokens: ["${T}"], listen: "0.0.0.0:9090" }
                                           ^
      """#, schema: .accepts),
    BadFile(
      "an operator's door that is open to all",
      #"""
      receive: { tokens: ["${T}"] }
      status: { listen: 0.0.0.0:9090 }
      routes: [{ name: all, otherwise: true, url: http://app/ }]

      """#,
      #"""
      routes.yaml:2:19: error: status.listen is not loopback, and status has no token; add token: "${STATUS_TOKEN}", or \#
      listen on 127.0.0.1
      status: { listen: 0.0.0.0:9090 }
                        ^
      """#, schema: .accepts),
    BadFile(
      "a read token that stands alone",
      #"""
      receive: { tokens: ["${T}"] }
      status: { read_token: "${T}x" }
      routes: [{ name: all, otherwise: true, url: http://app/ }]

      """#,
      #"""
      routes.yaml:2:11: error: status has a read_token, but no token; add token: "${STATUS_TOKEN}", which may change something as well
      status: { read_token: "${T}***" }
                ^
      """#),
    BadFile(
      "a read token that is the token",
      #"""
      receive: { tokens: ["${T}"] }
      status: { token: "${T}${T}", read_token: "${T}${T}" }
      routes: [{ name: all, otherwise: true, url: http://app/ }]

      """#,
      #"""
      routes.yaml:2:42: error: read_token is the same as token; whoever has it could change everything; make one with: openssl rand -hex 32
      status: { token: "${T}${T}", read_token: "${T}${T}" }
                                               ^
      """#, schema: .accepts),
    BadFile(
      "a read token that stands in the panel",
      #"""
      receive: { tokens: ["${T}"] }
      status: { token: "${T}${T}", read_token: "${T}" }
      routes: [{ name: all, otherwise: true, url: http://app/ }]

      """#,
      #"""
      routes.yaml:2:42: error: read_token is also in receive.tokens; that one stands in URLs; make one with: openssl rand -hex 32
      status: { token: "${T}${T}", read_token: "${T}" }
                                               ^
      """#, schema: .accepts),
    BadFile(
      "bad paths",
      #"""
      receive: { tokens: ["${T}"], path: "webhook" }
      routes: [{ name: all, otherwise: true, url: http://app/ }]

      """#,
      #"""
      routes.yaml:1:36: error: path "webhook" does not begin with "/"
      receive: { tokens: ["${T}"], path: "webhook" }
                                         ^
      """#),
    BadFile(
      "a path with a query",
      #"""
      receive: { tokens: ["${T}"], path: "/webhook?token=x" }
      routes: [{ name: all, otherwise: true, url: http://app/ }]

      """#,
      #"""
      routes.yaml:1:36: error: path "/webhook" goes on with a "?" or a "#"; the token is added by the relay; write the path alone
      receive: { tokens: ["${T}"], path: "***" }
                                         ^
      """#),
    BadFile(
      "a public_url without https",
      #"""
      receive: { tokens: ["${T}"], public_url: "http://sms.example.com" }
      routes: [{ name: all, otherwise: true, url: http://app/ }]

      """#,
      #"""
      routes.yaml:1:42: error: public_url is not https://; the provider's panel takes nothing else
      receive: { tokens: ["${T}"], public_url: "http://sms.example.com" }
                                               ^
      """#),
    BadFile(
      "a public_url with a path",
      #"""
      receive: { tokens: ["${T}"], public_url: "https://sms.example.com/api" }
      routes: [{ name: all, otherwise: true, url: http://app/ }]

      """#,
      #"""
      routes.yaml:1:42: error: public_url has a path or a query; write https://host alone; the path is receive.path
      receive: { tokens: ["${T}"], public_url: "https://sms.example.com/api" }
                                               ^
      """#),
  ]
}
