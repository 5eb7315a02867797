extension BadFile {
  static let syntax: [BadFile] = [
    BadFile(
      "a misspelt key gets the right one suggested",
      #"""
      receive: { tokens: ["${T}"] }
      routes:
        - name: shop
          packet_prefix: ["1045"]
          otherwise: true
          url: https://shop.example.com/

      """#,
      #"""
      routes.yaml:4:5: error: unknown key "packet_prefix" in route "shop"; did you mean "packet_prefixes"?
          packet_prefix: ["1045"]
          ^
      """#),
    BadFile(
      "an unknown key without a likeness lists the known ones",
      #"""
      receive: { tokens: ["${T}"] }
      defaults: { bandwidth: 3 }
      routes: [{ name: all, otherwise: true, url: http://app/ }]

      """#,
      #"""
      routes.yaml:2:13: error: unknown key "bandwidth" in defaults; the keys here are fold, timeout, concurrency, \#
      rate_limit, retry, ordering, order_hold, stale
      defaults: { bandwidth: *** }
                  ^
      """#),
    BadFile(
      "keys of the top level are checked",
      #"""
      receive: { tokens: ["${T}"] }
      recieve: {}
      proxies: []
      routes: [{ name: all, otherwise: true, url: http://app/ }]

      """#,
      #"""
      routes.yaml:2:1: error: unknown key "recieve" in the file; did you mean "receive"?
      recieve: {}
      ^
      routes.yaml:3:1: error: unknown key "proxies" in the file; the keys here are receive, status, store, defaults, \#
      routes, unmatched, alerts
      proxies: []
      ^
      """#),
    BadFile(
      "a duplicate key names the first",
      #"""
      receive: { tokens: ["${T}"] }
      routes:
        - name: shop
          otherwise: true
          url: http://app/
          name: shop2

      """#,
      #"""
      routes.yaml:6:5: error: duplicate key "name" in route "shop"; it is already on line 3
          name: shop2
          ^
      """#, schema: .accepts),
    BadFile(
      "an empty file", "",
      #"""
      routes.yaml:1:1: error: the file is empty; dlr-relay init writes one to start from
      """#, schema: .cannotRead),
    BadFile(
      "a file of comments",
      #"""
      # nothing

      """#,
      #"""
      routes.yaml:1:1: error: the file is empty; dlr-relay init writes one to start from
      """#, schema: .cannotRead),
    BadFile(
      "no receive block and no routes",
      #"""
      status: { listen: 127.0.0.1:1 }

      """#,
      #"""
      routes.yaml:1:1: error: there are no routes, so nobody would get a copy; write routes: [{ name: all, otherwise: \#
      true, url: "http://127.0.0.1:9001/" }]
      status: { listen: 127.0.0.1:1 }
      ^
      routes.yaml:1:1: error: there is no receive block, so no token; write receive: { tokens: ["${WEBHOOK_TOKEN}"] }
      status: { listen: 127.0.0.1:1 }
      ^
      """#),
    BadFile(
      "wrong kinds of values",
      #"""
      receive: [a]
      status: yes
      store: { path: [x], retention: 3d }
      defaults: { retry: 5s, timeout: { a: 1 } }
      routes: { name: x }

      """#,
      #"""
      routes.yaml:1:10: error: receive is a list; write a block of keys: listen, path, public_url, tokens, max_body, \#
      deadline, read_timeout, idle_timeout, connections
      receive: [a]
               ^
      routes.yaml:2:9: error: status is a single value; write a block of keys: listen, token, read_token
      status: yes
              ^
      routes.yaml:3:16: error: path is a list; write a single value
      store: { path: [x], retention: 3d }
                     ^
      routes.yaml:3:32: error: retention is a single value; write a block of keys: payloads, keys, dead, waiting, \#
      unmatched, quarantine, orders
      store: { path: [x], retention: 3d }
                                     ^
      routes.yaml:4:20: error: retry of defaults is a single value; write a block of keys: first, factor, max, for
      defaults: { retry: 5s, timeout: { a: *** } }
                         ^
      routes.yaml:4:33: error: timeout is a block of keys; write a single value
      defaults: { retry: 5s, timeout: { a: *** } }
                                      ^
      routes.yaml:5:9: error: routes is a block of keys, not a list; write routes: [{ name: all, otherwise: true, url: \#
      "http://127.0.0.1:9001/" }]
      routes: { name: x }
              ^
      """#),
    BadFile(
      "an unclosed quote",
      #"""
      receive:
        tokens: ["${T}]
      routes: [{ name: all, otherwise: true, url: http://app/ }]

      """#,
      #"""
      routes.yaml:2:12: error: not valid YAML: a quote that is opened here is never closed
        tokens: ***${T}***
                ^
      """#, schema: .cannotRead),
    BadFile(
      "a tab",
      #"""
      receive:
      	tokens: ["${T}"]
      routes: [{ name: all, otherwise: true, url: http://app/ }]

      """#,
      #"""
      routes.yaml:2:1: error: not valid YAML: this character cannot begin a value; indent with spaces, not tabs, and \#
      quote values that begin with @, ` or %
      	tokens: ***${T}***
      ^
      """#, schema: .cannotRead),
    BadFile(
      "bad indentation",
      #"""
      receive:
        path: /x
         listen: 0.0.0.0:1

      """#,
      #"""
      routes.yaml:3:10: error: not valid YAML: a ":" is not expected here; check the indentation, or quote the value if \#
      the colon is part of it
         listen: 0.0.0.0:1
               ^
      """#, schema: .cannotRead),
    BadFile(
      "a colon in a value",
      #"""
      routes:
        - name: a: b

      """#,
      #"""
      routes.yaml:2:12: error: not valid YAML: a ":" is not expected here; check the indentation, or quote the value if \#
      the colon is part of it
        - name: a: b
                 ^
      """#, schema: .cannotRead),
    BadFile(
      "an unknown alias",
      #"""
      receive: { tokens: ["${T}"] }
      routes: *shop

      """#,
      #"""
      routes.yaml:2:9: error: not valid YAML: no anchor has this name before this line; quote the value if it begins with *
      routes: *shop
              ^
      """#, schema: .cannotRead),
    BadFile(
      "an unclosed list",
      #"""
      receive: { tokens: ["${T}" }
      routes: [{ name: all, otherwise: true, url: http://app/ }]

      """#,
      #"""
      routes.yaml:1:20: error: not valid YAML: a list that is opened here is not closed by "]", or lacks a comma; inside \#
      of [ ] and { }, quote values with ${...}
      receive: ***${T}***
               ^
      """#, schema: .cannotRead),
    BadFile(
      "a reference without quotes between braces",
      #"""
      receive:
        tokens:
          - { label: a, value: ${T} }

      """#,
      #"""
      routes.yaml:3:7: error: not valid YAML: a block that is opened here is not closed by "}", or lacks a comma; inside \#
      of [ ] and { }, quote values with ${...}
          - ***${T}***
            ^
      """#, schema: .cannotRead),
    BadFile(
      "a syntax error shows no secret",
      #"""
      receive:
        tokens:
          - my-secret-token: : x

      """#,
      #"""
      routes.yaml:3:24: error: not valid YAML: a ":" is not expected here; check the indentation, or quote the value if \#
      the colon is part of it
          - ***
            ^
      """#, schema: .cannotRead),
    BadFile(
      "recursion",
      #"""
      receive: { tokens: ["${T}"] }
      routes: &r
        - *r

      """#,
      #"""
      routes.yaml:2:9: error: an alias refers to a value that it is part of
      routes: &r
              ^
      """#, schema: .cannotRead),
    BadFile(
      "merging what is no block",
      #"""
      receive: { tokens: ["${T}"] }
      routes:
        - <<: [1, x]
          name: a
          otherwise: true
          url: http://a/

      """#,
      #"""
      routes.yaml:3:10: error: only a block of keys can be merged by "<<"; write <<: *name, where &name marks a block
        - <<: [***, ***]
               ^
      routes.yaml:3:13: error: only a block of keys can be merged by "<<"; write <<: *name, where &name marks a block
        - <<: [***, ***]
                    ^
      """#, schema: .accepts),
    BadFile(
      "a second document",
      #"""
      receive: { tokens: ["${T}"] }
      routes: [{ name: all, otherwise: true, url: http://app/ }]
      ---
      more: 1

      """#,
      #"""
      routes.yaml:4:1: error: a second document begins here; a rule file is one document
      more: ***
      ^
      """#, schema: .cannotRead),
  ]
}
