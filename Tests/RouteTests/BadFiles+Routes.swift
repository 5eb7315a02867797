extension BadFile {
  static let routes: [BadFile] = [
    BadFile(
      "duplicate route names",
      #"""
      receive: { tokens: ["${T}"] }
      routes:
        - { name: shop, markers: [a1], url: http://app/1 }
        - { name: shop, markers: [a2], url: http://app/2 }

      """#,
      #"""
      routes.yaml:4:13: error: duplicate route name "shop"; the first is on line 3
        - { name: shop, markers: [a2], url: *** }
                  ^
      """#, schema: .accepts),
    BadFile(
      "wrong kinds of values in a route",
      #"""
      receive: { tokens: ["${T}"] }
      routes:
        - just text
        - { name: [a], markers: iim.to/, packet_prefixes: { a: 1 } }
        - { name: b, otherwise: true, statuses: delivered, url: [u] }
        - { name: c, otherwise: 1, secret: { a: b }, headers: [a], paused: no }

      """#,
      #"""
      routes.yaml:3:5: error: route 1 is a single value; write a block of keys: name, markers, packet_prefixes, match, \#
      orders, order_key, statuses, otherwise, url, secret, headers, fold, timeout, concurrency, rate_limit, retry, \#
      ordering, order_hold, stale, paused
        - just text
          ^
      routes.yaml:4:5: error: route 2 has no url; write where the app takes its reports
        - { name: [a], markers: iim.to/, packet_prefixes: { a: *** } }
          ^
      routes.yaml:4:13: error: name is a list; write a single value
        - { name: [a], markers: iim.to/, packet_prefixes: { a: *** } }
                  ^
      routes.yaml:4:27: error: markers is a single value, not a list; write markers: ["iim.to/"]
        - { name: [a], markers: iim.to/, packet_prefixes: { a: *** } }
                                ^
      routes.yaml:4:53: error: packet_prefixes is a block of keys, not a list; write packet_prefixes: ["1045"]
        - { name: [a], markers: iim.to/, packet_prefixes: { a: *** } }
                                                          ^
      routes.yaml:5:43: error: statuses is a single value, not a list; write statuses: [delivered, undelivered]
        - { name: b, otherwise: true, statuses: delivered, url: [***] }
                                                ^
      routes.yaml:5:59: error: the url is a list; write a single value
        - { name: b, otherwise: true, statuses: delivered, url: [***] }
                                                                ^
      routes.yaml:6:5: error: route "c" has no url; write where the app takes its reports
        - { name: c, otherwise: 1, secret: { a: *** }, headers: [***], paused: no }
          ^
      routes.yaml:6:27: error: otherwise "1" is neither true nor false
        - { name: c, otherwise: 1, secret: { a: *** }, headers: [***], paused: no }
                                ^
      routes.yaml:6:38: error: the secret is a block of keys; write a single value
        - { name: c, otherwise: 1, secret: { a: *** }, headers: [***], paused: no }
                                           ^
      routes.yaml:6:57: error: headers of route "c" is a list; write a block of names and values
        - { name: c, otherwise: 1, secret: { a: *** }, headers: [***], paused: no }
                                                                ^
      routes.yaml:6:70: error: paused "no" is neither true nor false
        - { name: c, otherwise: 1, secret: { a: *** }, headers: [***], paused: no }
                                                                               ^
      """#),
    BadFile(
      "a route without name, url or rule",
      #"""
      receive: { tokens: ["${T}"] }
      routes:
        - {}
        - { otherwise: false, timeout: 1s }

      """#,
      #"""
      routes.yaml:3:5: error: route 1 has no name; its name stands in headers, metrics and commands
        - {}
          ^
      routes.yaml:3:5: error: route 1 has no url; write where the app takes its reports
        - {}
          ^
      routes.yaml:3:5: error: route 1 matches nothing; add markers, packet_prefixes, match or orders: true, or otherwise: \#
      true for what no other route matched
        - {}
          ^
      routes.yaml:4:5: error: route 2 has no name; its name stands in headers, metrics and commands
        - { otherwise: false, timeout: 1s }
          ^
      routes.yaml:4:5: error: route 2 has no url; write where the app takes its reports
        - { otherwise: false, timeout: 1s }
          ^
      routes.yaml:4:5: error: route 2 matches nothing; add markers, packet_prefixes, match or orders: true, or otherwise: \#
      true for what no other route matched
        - { otherwise: false, timeout: 1s }
          ^
      """#),
    BadFile(
      "empty values",
      #"""
      receive: { tokens: ["${T}"] }
      routes:
        - name:
          markers: []
          packet_prefixes:
          statuses: []
          url: ""

      """#,
      #"""
      routes.yaml:3:5: error: "name" has no value; give it one, or leave the key out
        - name:
          ^
      routes.yaml:4:14: error: markers is an empty list; write markers: ["iim.to/"]
          markers: []
                   ^
      routes.yaml:5:5: error: "packet_prefixes" has no value; give it one, or leave the key out
          packet_prefixes:
          ^
      routes.yaml:6:15: error: statuses is an empty list; write statuses: [delivered, undelivered]
          statuses: []
                    ^
      routes.yaml:7:10: error: the url is empty
          url: ""
               ^
      """#),
    BadFile(
      "bad names",
      #"""
      receive: { tokens: ["${T}"] }
      routes:
        - { name: "two words", otherwise: true, url: http://a/1 }
        - { name: "", otherwise: true, url: http://a/2 }
        - { name: şube, otherwise: true, url: http://a/3 }

      """#,
      #"""
      routes.yaml:3:13: error: route name "two words" is not made of 1 to 64 of A-Z a-z 0-9 _ . -
        - { name: "two words", otherwise: true, url: *** }
                  ^
      routes.yaml:4:13: error: route name "" is not made of 1 to 64 of A-Z a-z 0-9 _ . -
        - { name: "", otherwise: true, url: *** }
                  ^
      routes.yaml:5:13: error: route name "şube" is not made of 1 to 64 of A-Z a-z 0-9 _ . -
        - { name: şube, otherwise: true, url: *** }
                  ^
      """#),
    BadFile(
      "bad markers and prefixes",
      #"""
      receive: { tokens: ["${T}"] }
      routes:
        - name: a
          url: http://a/
          markers: ["", abc, xabcx, abc]
          packet_prefixes: ["", "10x", "0104", "99999999999999999999", 12, 123, 12, -1]

      """#,
      #"""
      routes.yaml:5:15: error: a marker is empty; it would match every report; write otherwise: true for what no other \#
      route matched
          markers: ["", abc, xabcx, abc]
                    ^
      routes.yaml:5:24: warning: marker "xabcx" is never needed in route "a"; every text that contains it contains "abc" too
          markers: ["", abc, xabcx, abc]
                             ^
      routes.yaml:5:31: warning: marker "abc" is already in route "a"
          markers: ["", abc, xabcx, abc]
                                    ^
      routes.yaml:6:23: error: packet prefix "" is not made of digits
          packet_prefixes: ["", "10x", "0104", "99999999999999999999", 12, 123, 12, -1]
                            ^
      routes.yaml:6:27: error: packet prefix "10x" is not made of digits
          packet_prefixes: ["", "10x", "0104", "99999999999999999999", 12, 123, 12, -1]
                                ^
      routes.yaml:6:34: error: packet prefix "0104" can never match; packet ids have no leading zeros
          packet_prefixes: ["", "10x", "0104", "99999999999999999999", 12, 123, 12, -1]
                                       ^
      routes.yaml:6:42: error: packet prefix "99999999999999999999" can never match; packet ids are integers of 64 bits
          packet_prefixes: ["", "10x", "0104", "99999999999999999999", 12, 123, 12, -1]
                                               ^
      routes.yaml:6:70: warning: packet prefix "123" is never needed in route "a"; every id with it begins with "12" too
          packet_prefixes: ["", "10x", "0104", "99999999999999999999", 12, 123, 12, -1]
                                                                           ^
      routes.yaml:6:75: warning: packet prefix "12" is already in route "a"
          packet_prefixes: ["", "10x", "0104", "99999999999999999999", 12, 123, 12, -1]
                                                                                ^
      routes.yaml:6:79: error: packet prefix "-1" is not made of digits
          packet_prefixes: ["", "10x", "0104", "99999999999999999999", 12, 123, 12, -1]
                                                                                    ^
      """#),
    BadFile(
      "bad statuses",
      #"""
      receive: { tokens: ["${T}"] }
      routes:
        - name: a
          otherwise: true
          url: http://a/
          statuses: ["", xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx, Deliverd, delivered, delivered]

      """#,
      #"""
      routes.yaml:6:16: error: a status is empty
          statuses: ["", xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx, Deliverd, delivered, delivered]
                     ^
      routes.yaml:6:20: error: a status of more than 64 bytes can never match
          statuses: ["", xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx, Deliverd, delivered, delivered]
                         ^
      routes.yaml:6:87: warning: status "Deliverd" is none the provider documents; did you mean "delivered"?
          statuses: ["", xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx, Deliverd, delivered, delivered]
                                                                                            ^
      routes.yaml:6:108: warning: status "delivered" is already in this list
          statuses: ["", xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx, Deliverd, delivered, delivered]
                                                                                                                 ^
      """#),
    BadFile(
      "otherwise with other rules",
      #"""
      receive: { tokens: ["${T}"] }
      routes:
        - { name: a, url: http://a/, otherwise: true, markers: [x], packet_prefixes: [1] }

      """#,
      #"""
      routes.yaml:3:32: error: route "a" has both otherwise and markers; otherwise gets what no other route matched; \#
      remove one of the two
        - { name: a, url: ***, otherwise: true, markers: [x], packet_prefixes: [1] }
                               ^
      """#),
    BadFile(
      "bad urls",
      #"""
      receive: { tokens: ["${T}"] }
      routes:
        - { name: r0, otherwise: true, url: "ftp://a/" }
        - { name: r1, otherwise: true, url: "app.example.com/x" }
        - { name: r2, otherwise: true, url: "https:///x" }
        - { name: r3, otherwise: true, url: "https://a b/" }
        - { name: r4, otherwise: true, url: "https://u:p@a/" }
        - { name: r5, otherwise: true, url: "https://a/#x" }
        - { name: r6, otherwise: true, url: "https://a:0/" }
        - { name: r7, otherwise: true, url: "https://a:x/" }
        - { name: r8, otherwise: true, url: "https://[::1/" }
        - { name: r9, otherwise: true, url: "https://ş.com/" }
        - { name: r10, otherwise: true, url: "https://a..b/" }

      """#,
      #"""
      routes.yaml:3:39: error: the url is neither http:// nor https://
        - { name: r0, otherwise: true, url: "***" }
                                            ^
      routes.yaml:4:39: error: the url does not begin with http:// or https://
        - { name: r1, otherwise: true, url: "***" }
                                            ^
      routes.yaml:5:39: error: the url has no host
        - { name: r2, otherwise: true, url: "***" }
                                            ^
      routes.yaml:6:39: error: the url contains a space; write %20, or remove it
        - { name: r3, otherwise: true, url: "***" }
                                            ^
      routes.yaml:7:39: error: the url contains a user or a password; send them as headers: { authorization: ... }
        - { name: r4, otherwise: true, url: "***" }
                                            ^
      routes.yaml:8:39: error: the url contains a "#"; no server is sent that part; write %23 if it is part of a value
        - { name: r5, otherwise: true, url: "***" }
                                            ^
      routes.yaml:9:39: error: the url has a port that is not between 1 and 65535
        - { name: r6, otherwise: true, url: "***" }
                                            ^
      routes.yaml:10:39: error: the url has a port that is not between 1 and 65535
        - { name: r7, otherwise: true, url: "***" }
                                            ^
      routes.yaml:11:39: error: the url has a "[" that is never closed
        - { name: r8, otherwise: true, url: "***" }
                                            ^
      routes.yaml:12:39: error: the url contains a letter outside ASCII; percent-encode it, or write the host as xn--...
        - { name: r9, otherwise: true, url: "***" }
                                            ^
      routes.yaml:13:40: error: the url has a host that is no name and no address
        - { name: r10, otherwise: true, url: "***" }
                                             ^
      """#),
    BadFile(
      "bad secrets",
      #"""
      receive: { tokens: ["${T}"] }
      routes:
        - name: a
          otherwise: true
          url: http://a/
          secret: ["hunter2", "whsec_AAAA", "whsec_!!!!", \#
      "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]

      """#,
      #"""
      routes.yaml:6:14: error: the secret does not begin with "whsec_"; make one with: echo whsec_$(openssl rand -base64 32)
          secret: ["***", "***", "***", "***"]
                   ^
      routes.yaml:6:25: error: the secret has 3 bytes, and Standard Webhooks wants 24 to 64; make one with: echo \#
      whsec_$(openssl rand -base64 32)
          secret: ["***", "***", "***", "***"]
                          ^
      routes.yaml:6:39: error: the secret is not base64 after "whsec_"; make one with: echo whsec_$(openssl rand -base64 32)
          secret: ["***", "***", "***", "***"]
                                 ^
      routes.yaml:6:53: error: the secret has 69 bytes, and Standard Webhooks wants 24 to 64; make one with: echo \#
      whsec_$(openssl rand -base64 32)
          secret: ["***", "***", "***", "***"]
                                        ^
      """#),
    BadFile(
      "bad headers",
      #"""
      receive: { tokens: ["${T}"] }
      routes:
        - name: a
          otherwise: true
          url: http://a/
          headers: { "bad name": x, Host: x, webhook-id: x, X-A: "a\nb", x-a: c, x-b: "", x-c: }

      """#,
      #"""
      routes.yaml:6:16: error: header "bad name" is no header name
          headers: { "bad name": ***, Host: ***, webhook-id: ***, X-A: "***", x-a: ***, x-b: "", x-c: }
                     ^
      routes.yaml:6:31: error: header "Host" is set by the relay itself
          headers: { "bad name": ***, Host: ***, webhook-id: ***, X-A: "***", x-a: ***, x-b: "", x-c: }
                                      ^
      routes.yaml:6:40: error: header "webhook-id" is set by the relay itself
          headers: { "bad name": ***, Host: ***, webhook-id: ***, X-A: "***", x-a: ***, x-b: "", x-c: }
                                                 ^
      routes.yaml:6:60: error: the value of header X-A contains a control character
          headers: { "bad name": ***, Host: ***, webhook-id: ***, X-A: "***", x-a: ***, x-b: "", x-c: }
                                                                       ^
      routes.yaml:6:68: error: duplicate header "x-a"; the first is on line 6
          headers: { "bad name": ***, Host: ***, webhook-id: ***, X-A: "***", x-a: ***, x-b: "", x-c: }
                                                                              ^
      routes.yaml:6:81: error: the value of header x-b is empty
          headers: { "bad name": ***, Host: ***, webhook-id: ***, X-A: "***", x-a: ***, x-b: "", x-c: }
                                                                                             ^
      routes.yaml:6:85: error: "x-c" has no value; give it one, or leave the key out
          headers: { "bad name": ***, Host: ***, webhook-id: ***, X-A: "***", x-a: ***, x-b: "", x-c: }
                                                                                                 ^
      """#),
    BadFile(
      "warnings alone",
      #"""
      receive:
        tokens: [short, "a-literal-token-of-mine"]
      routes:
        - { name: a, markers: [x1], url: http://shop.example.com/, secret: \#
      whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA }
        - { name: b, markers: [x2], url: http://shop.example.com/ }

      """#,
      #"""
      routes.yaml:2:12: warning: a token of less than 16 characters can be guessed; make one with: openssl rand -hex 32
        tokens: [***, "***"]
                 ^
      routes.yaml:2:12: warning: this token stands in a file that others on this machine can read; write it as ${NAME}, \#
      ${credential:NAME} or ${file:/path}, or take it from them with: chmod o= the file
        tokens: [***, "***"]
                 ^
      routes.yaml:2:19: warning: this token stands in a file that others on this machine can read; write it as ${NAME}, \#
      ${credential:NAME} or ${file:/path}, or take it from them with: chmod o= the file
        tokens: [***, "***"]
                      ^
      routes.yaml:4:36: warning: the url is http:// to a public host: phone numbers and texts travel unencrypted; use \#
      https://
        - { name: a, markers: [x1], url: ***, secret: *** }
                                         ^
      routes.yaml:4:70: warning: this secret stands in a file that others on this machine can read; write it as ${NAME}, \#
      ${credential:NAME} or ${file:/path}, or take it from them with: chmod o= the file
        - { name: a, markers: [x1], url: ***, secret: *** }
                                                      ^
      routes.yaml:5:36: warning: route "b" has the same url as route "a"; that app gets a report twice if both match; the \#
      first is on line 4
        - { name: b, markers: [x2], url: *** }
                                         ^
      routes.yaml:5:36: warning: the url is http:// to a public host: phone numbers and texts travel unencrypted; use \#
      https://
        - { name: b, markers: [x2], url: *** }
                                         ^
      """#, schema: .accepts),
  ]
}
