extension BadFile {
  static let match: [BadFile] = [
    BadFile(
      "a condition that is misspelt",
      #"""
      receive: { tokens: ["${T}"] }
      routes:
        - name: a
          url: http://a/
          match: { body_contain: iim.to/, al: [{ order: true }] }

      """#,
      #"""
      routes.yaml:5:14: error: unknown key "body_contain" in match of route "a"; did you mean "body_contains"?
          match: { body_contain: iim.to/, al: [{ order: true }] }
                   ^
      routes.yaml:5:37: error: unknown key "al" in match of route "a"; did you mean "all"?
          match: { body_contain: iim.to/, al: [{ order: true }] }
                                          ^
      """#),
    BadFile(
      "conditions that are empty",
      #"""
      receive: { tokens: ["${T}"] }
      routes:
        - { name: a, url: http://a/1, match: {} }
        - { name: b, url: http://a/2, match: { all: [], any: [{}] } }
        - { name: c, url: http://a/3, match: { not: {}, body_contains: [] } }
        - { name: d, url: http://a/4, match: { status: "", body_contains: "", body_starts_with: [""], to_prefix: "" } }
        - { name: e, url: http://a/5, match: { body_contains: , order: ~ } }

      """#,
      #"""
      routes.yaml:3:40: error: match of route "a" has an empty condition; the keys here are all, any, not, body_contains, \#
      body_starts_with, packet_prefix, status, to_prefix, order
        - { name: a, url: ***, match: {} }
                                      ^
      routes.yaml:4:47: error: all is an empty list; write all: [{ body_contains: "iim.to/" }, { status: delivered }]
        - { name: b, url: ***, match: { all: [], any: [{}] } }
                                             ^
      routes.yaml:4:57: error: match of route "b" has an empty condition; the keys here are all, any, not, body_contains, \#
      body_starts_with, packet_prefix, status, to_prefix, order
        - { name: b, url: ***, match: { all: [], any: [{}] } }
                                                       ^
      routes.yaml:5:47: error: match of route "c" has an empty condition; the keys here are all, any, not, body_contains, \#
      body_starts_with, packet_prefix, status, to_prefix, order
        - { name: c, url: ***, match: { not: {}, body_contains: [] } }
                                             ^
      routes.yaml:5:66: error: body_contains is an empty list; write body_contains: ["iim.to/"]
        - { name: c, url: ***, match: { not: {}, body_contains: [] } }
                                                                ^
      routes.yaml:6:50: error: a status is empty
        - { name: d, url: ***, match: { status: "", body_contains: "", body_starts_with: [""], to_prefix: "" } }
                                                ^
      routes.yaml:6:69: error: a body_contains is empty; it would be true of every text
        - { name: d, url: ***, match: { status: "", body_contains: "", body_starts_with: [""], to_prefix: "" } }
                                                                   ^
      routes.yaml:6:92: error: a body_starts_with is empty; it would be true of every text
        - { name: d, url: ***, match: { status: "", body_contains: "", body_starts_with: [""], to_prefix: "" } }
                                                                                          ^
      routes.yaml:6:108: error: a to_prefix is empty; it would be true of every recipient
        - { name: d, url: ***, match: { status: "", body_contains: "", body_starts_with: [""], to_prefix: "" } }
                                                                                                          ^
      routes.yaml:7:42: error: "body_contains" has no value; give it one, or leave the key out
        - { name: e, url: ***, match: { body_contains: , order: ~ } }
                                        ^
      routes.yaml:7:59: error: "order" has no value; give it one, or leave the key out
        - { name: e, url: ***, match: { body_contains: , order: ~ } }
                                                         ^
      """#),
    BadFile(
      "conditions of the wrong kind",
      #"""
      receive: { tokens: ["${T}"] }
      routes:
        - { name: a, url: http://a/1, match: iim.to/ }
        - { name: b, url: http://a/2, match: [{ order: true }] }
        - { name: c, url: http://a/3, match: { all: { order: true }, any: text, not: [{ order: true }] } }
        - { name: d, url: http://a/4, match: { body_contains: { a: 1 }, status: [[delivered]], order: [true] } }
        - { name: e, url: http://a/5, match: { all: [iim.to/] } }

      """#,
      #"""
      routes.yaml:3:40: error: match of route "a" is a single value; write a block of keys: all, any, not, body_contains, \#
      body_starts_with, packet_prefix, status, to_prefix, order
        - { name: a, url: ***, match: iim.to/ }
                                      ^
      routes.yaml:4:40: error: match of route "b" is a list; write a block of keys: all, any, not, body_contains, \#
      body_starts_with, packet_prefix, status, to_prefix, order
        - { name: b, url: ***, match: [{ order: true }] }
                                      ^
      routes.yaml:5:47: error: all is a block of keys, not a list; write all: [{ body_contains: "iim.to/" }, { status: \#
      delivered }]
        - { name: c, url: ***, match: { all: { order: true }, any: text, not: [{ order: true }] } }
                                             ^
      routes.yaml:5:69: error: any is a single value, not a list; write any: [{ body_contains: "iim.to/" }, { status: \#
      delivered }]
        - { name: c, url: ***, match: { all: { order: true }, any: text, not: [{ order: true }] } }
                                                                   ^
      routes.yaml:5:80: error: match of route "c" is a list; write a block of keys: all, any, not, body_contains, \#
      body_starts_with, packet_prefix, status, to_prefix, order
        - { name: c, url: ***, match: { all: { order: true }, any: text, not: [{ order: true }] } }
                                                                              ^
      routes.yaml:6:57: error: body_contains is a block of keys; write a single value
        - { name: d, url: ***, match: { body_contains: { a: *** }, status: [[delivered]], order: [true] } }
                                                       ^
      routes.yaml:6:76: error: status is a list; write a single value
        - { name: d, url: ***, match: { body_contains: { a: *** }, status: [[delivered]], order: [true] } }
                                                                            ^
      routes.yaml:6:97: error: order is a list; write a single value
        - { name: d, url: ***, match: { body_contains: { a: *** }, status: [[delivered]], order: [true] } }
                                                                                                 ^
      routes.yaml:7:48: error: match of route "e" is a single value; write a block of keys: all, any, not, body_contains, \#
      body_starts_with, packet_prefix, status, to_prefix, order
        - { name: e, url: ***, match: { all: [iim.to/] } }
                                              ^
      """#),
    BadFile(
      "values that no report has",
      #"""
      receive: { tokens: ["${T}"] }
      routes:
        - name: a
          url: http://a/
          match:
            any:
              - { packet_prefix: ["0104", 10x, "99999999999999999999", -1] }
              - { status: [Deliverd, delivered, delivered, xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx] }
              - { to_prefix: [abc, "+", "012345678901234567890123456789012345678901234567890123456789012345"] }
              - { order: false }
              - { order: yes }

      """#,
      #"""
      routes.yaml:7:29: error: packet prefix "0104" can never match; packet ids have no leading zeros
              - { packet_prefix: ["0104", 10x, "99999999999999999999", -1] }
                                  ^
      routes.yaml:7:37: error: packet prefix "10x" is not made of digits
              - { packet_prefix: ["0104", 10x, "99999999999999999999", -1] }
                                          ^
      routes.yaml:7:42: error: packet prefix "99999999999999999999" can never match; packet ids are integers of 64 bits
              - { packet_prefix: ["0104", 10x, "99999999999999999999", -1] }
                                               ^
      routes.yaml:7:66: error: packet prefix "-1" is not made of digits
              - { packet_prefix: ["0104", 10x, "99999999999999999999", -1] }
                                                                       ^
      routes.yaml:8:22: warning: status "Deliverd" is none the provider documents; did you mean "delivered"?
              - { status: [Deliverd, delivered, delivered, xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx] }
                           ^
      routes.yaml:8:43: warning: status "delivered" is already in this list
              - { status: [Deliverd, delivered, delivered, xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx] }
                                                ^
      routes.yaml:8:54: error: a status of more than 64 bytes can never match
              - { status: [Deliverd, delivered, delivered, xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx] }
                                                           ^
      routes.yaml:9:25: error: to_prefix "abc" has no digit in it; write it like "+90532"
              - { to_prefix: [abc, "+", "012345678901234567890123456789012345678901234567890123456789012345"] }
                              ^
      routes.yaml:9:35: error: a to_prefix of more than 64 bytes can never match
              - { to_prefix: [abc, "+", "012345678901234567890123456789012345678901234567890123456789012345"] }
                                        ^
      routes.yaml:10:20: error: order is false; write not: { order: true } for what was not claimed
              - { order: false }
                         ^
      routes.yaml:11:20: error: order "yes" is neither true nor false
              - { order: yes }
                         ^
      """#),
    BadFile(
      "values of a list that are never needed",
      #"""
      receive: { tokens: ["${T}"] }
      routes:
        - name: a
          url: http://a/
          fold: turkish
          match:
            any:
              - { body_contains: [İPTAL, iptal, "iptal edildi", ıptal] }
              - { packet_prefix: [10, 104, 10] }

      """#,
      #"""
      routes.yaml:8:36: warning: marker "iptal" is already in match of route "a" as "İPTAL", by its fold
              - { body_contains: [İPTAL, iptal, "iptal edildi", ıptal] }
                                         ^
      routes.yaml:8:43: warning: marker "iptal edildi" is never needed in match of route "a"; every text that contains it \#
      contains "İPTAL" too
              - { body_contains: [İPTAL, iptal, "iptal edildi", ıptal] }
                                                ^
      routes.yaml:9:33: warning: packet prefix "104" is never needed in match of route "a"; every id with it begins with \#
      "10" too
              - { packet_prefix: [10, 104, 10] }
                                      ^
      routes.yaml:9:38: warning: packet prefix "10" is already in match of route "a"
              - { packet_prefix: [10, 104, 10] }
                                           ^
      """#, schema: .accepts),
    BadFile(
      "match beside other rules",
      #"""
      receive: { tokens: ["${T}"] }
      routes:
        - { name: a, url: http://a/1, match: { order: true }, markers: [x] }
        - { name: b, url: http://a/2, match: { order: true }, packet_prefixes: [1], otherwise: true }
        - { name: c, url: http://a/3, match: { order: true }, otherwise: true }
        - { name: d, url: http://a/4, match: { order: true }, otherwise: false }
        - { name: e, url: http://a/5, orders: false }
        - { name: f, url: http://a/6, orders: true, fold: ascii }

      """#,
      #"""
      routes.yaml:3:33: error: route "a" has both match and markers; write them into match as any: [{ body_contains: [...] \#
      }, ...], or remove one of the two
        - { name: a, url: ***, match: { order: true }, markers: [x] }
                               ^
      routes.yaml:4:33: error: route "b" has both match and packet_prefixes; write them into match as any: [{ \#
      packet_prefix: [...] }, ...], or remove one of the two
        - { name: b, url: ***, match: { order: true }, packet_prefixes: [1], otherwise: true }
                               ^
      routes.yaml:4:79: error: route "b" has both otherwise and packet_prefixes; otherwise gets what no other route \#
      matched; remove one of the two
        - { name: b, url: ***, match: { order: true }, packet_prefixes: [1], otherwise: true }
                                                                             ^
      routes.yaml:5:57: error: route "c" has both otherwise and match; otherwise gets what no other route matched; remove \#
      one of the two
        - { name: c, url: ***, match: { order: true }, otherwise: true }
                                                       ^
      routes.yaml:7:5: error: route "e" matches nothing; add markers, packet_prefixes, match or orders: true, or otherwise: \#
      true for what no other route matched
        - { name: e, url: ***, orders: false }
          ^
      routes.yaml:8:47: warning: fold has no effect in route "f", which looks for no text; remove it, or add markers
        - { name: f, url: ***, orders: true, fold: ascii }
                                             ^
      """#),
    BadFile(
      "conditions that exclude each other",
      #"""
      receive: { tokens: ["${T}"] }
      routes:
        - name: two-statuses
          url: http://a/1
          match: { all: [{ status: delivered }, { body_contains: x1 }, { status: undelivered }] }
        - name: two-packets
          url: http://a/2
          match: { packet_prefix: "1045", any: [{ packet_prefix: "2" }, { packet_prefix: "10" }, { to_prefix: "+90" }] }
        - name: not-of-a-sibling
          url: http://a/3
          match:
            body_contains: iim.to/a
            not: { body_contains: iim.to/ }
        - name: two-beginnings
          url: http://a/4
          match: { all: [{ body_starts_with: Sip }, { body_starts_with: Ran }] }
        - name: two-recipients
          url: http://a/5
          match: { all: [{ to_prefix: "+90" }, { not: { any: [{ to_prefix: "+9" }, { status: accepted }] } }] }
        - name: orders
          url: http://a/6
          match: { order: true, not: { order: true } }

      """#,
      #"""
      routes.yaml:5:5: warning: the match of route "two-statuses" can never be true; its conditions exclude each other
          match: { all: [{ status: delivered }, { body_contains: x1 }, { status: undelivered }] }
          ^
      routes.yaml:5:76: warning: status "undelivered" can never be true here in route "two-statuses"; status "delivered" on \#
      line 5 excludes it
          match: { all: [{ status: delivered }, { body_contains: x1 }, { status: undelivered }] }
                                                                                 ^
      routes.yaml:8:60: warning: packet_prefix "2" can never be true here in route "two-packets"; packet_prefix "1045" on \#
      line 8 excludes it
          match: { packet_prefix: "1045", any: [{ packet_prefix: "2" }, { packet_prefix: "10" }, { to_prefix: "+90" }] }
                                                                 ^
      routes.yaml:11:5: warning: the match of route "not-of-a-sibling" can never be true; its conditions exclude each other
          match:
          ^
      routes.yaml:13:29: warning: not body_contains "iim.to/" can never be true here in route "not-of-a-sibling"; \#
      body_contains "iim.to/a" on line 12 excludes it
            not: { body_contains: iim.to/ }
                                  ^
      routes.yaml:16:5: warning: the match of route "two-beginnings" can never be true; its conditions exclude each other
          match: { all: [{ body_starts_with: Sip }, { body_starts_with: Ran }] }
          ^
      routes.yaml:16:67: warning: body_starts_with "Ran" can never be true here in route "two-beginnings"; body_starts_with \#
      "Sip" on line 16 excludes it
          match: { all: [{ body_starts_with: Sip }, { body_starts_with: Ran }] }
                                                                        ^
      routes.yaml:19:5: warning: the match of route "two-recipients" can never be true; its conditions exclude each other
          match: { all: [{ to_prefix: "+90" }, { not: { any: [{ to_prefix: "+9" }, { status: accepted }] } }] }
          ^
      routes.yaml:19:70: warning: not to_prefix "+9" can never be true here in route "two-recipients"; to_prefix "+90" on \#
      line 19 excludes it
          match: { all: [{ to_prefix: "+90" }, { not: { any: [{ to_prefix: "+9" }, { status: accepted }] } }] }
                                                                           ^
      routes.yaml:22:5: warning: the match of route "orders" can never be true; its conditions exclude each other
          match: { order: true, not: { order: true } }
          ^
      routes.yaml:22:41: warning: not order can never be true here in route "orders"; order on line 22 excludes it
          match: { order: true, not: { order: true } }
                                              ^
      """#, schema: .accepts),
    BadFile(
      "statuses that a match excludes",
      #"""
      receive: { tokens: ["${T}"] }
      routes:
        - name: a
          url: http://a/1
          statuses: [delivered, undelivered]
          match: { any: [{ status: accepted, body_contains: x1 }, { all: [{ status: [accepted, sent] }, { to_prefix: "+90" }] }] }
        - name: b
          url: http://a/2
          statuses: [delivered]
          match: { status: [accepted, delivered] }
        - name: c
          url: http://a/3
          statuses: [delivered]
          match: { not: { status: delivered } }

      """#,
      #"""
      routes.yaml:6:5: warning: the match of route "a" is true of no status among its statuses; it owns reports and gets no \#
      copy of any
          match: { any: [{ status: accepted, body_contains: x1 }, { all: [{ status: [accepted, sent] }, { to_prefix: "+90" }] }] }
          ^
      routes.yaml:14:5: warning: the match of route "c" is true of no status among its statuses; it owns reports and gets \#
      no copy of any
          match: { not: { status: delivered } }
          ^
      """#, schema: .accepts),
    BadFile(
      "folds that are unknown or have no effect",
      #"""
      receive: { tokens: ["${T}"] }
      defaults: { fold: turksh }
      routes:
        - { name: a, url: http://a/1, markers: [x1], fold: ASCII }
        - { name: b, url: http://a/2, packet_prefixes: [1], fold: ascii }
        - { name: c, url: http://a/3, markers: [x2], fold: english }
        - { name: d, url: http://a/4, match: { status: sent, not: { to_prefix: "+90" } }, fold: turkish }
        - { name: e, url: http://a/5, match: { any: [{ order: true }, { not: { body_starts_with: [Kod] } }] }, fold: turkish }
        - { name: f, url: http://a/6, match: { status: [sent], body: x }, fold: turkish }

      """#,
      #"""
      routes.yaml:2:19: error: fold "turksh" is unknown; did you mean "turkish"?
      defaults: { fold: turksh }
                        ^
      routes.yaml:4:54: error: fold "ASCII" is unknown; did you mean "ascii"?
        - { name: a, url: ***, markers: [x1], fold: ASCII }
                                                    ^
      routes.yaml:5:55: warning: fold has no effect in route "b", which looks for no text; remove it, or add markers
        - { name: b, url: ***, packet_prefixes: [1], fold: ascii }
                                                     ^
      routes.yaml:6:54: error: fold "english" is unknown; the words here are none, ascii, turkish
        - { name: c, url: ***, markers: [x2], fold: english }
                                                    ^
      routes.yaml:7:85: warning: fold has no effect in route "d", which looks for no text; remove it, or add body_contains
        - { name: d, url: ***, match: { status: sent, not: { to_prefix: "+90" } }, fold: turkish }
                                                                                   ^
      routes.yaml:9:58: error: unknown key "body" in match of route "f"; the keys here are all, any, not, body_contains, \#
      body_starts_with, packet_prefix, status, to_prefix, order
        - { name: f, url: ***, match: { status: [sent], body: *** }, fold: turkish }
                                                        ^
      """#),
    BadFile(
      "markers that a fold makes the same",
      #"""
      receive: { tokens: ["${T}"] }
      routes:
        - { name: a, url: http://a/1, fold: ascii, markers: [SHOP, shop, "#Shop", ŞOP, şop] }
        - { name: b, url: http://a/2, fold: turkish, markers: [İade, iade, IŞIK, ışık, isik] }

      """#,
      #"""
      routes.yaml:3:62: warning: marker "shop" is already in route "a" as "SHOP", by its fold
        - { name: a, url: ***, fold: ascii, markers: [SHOP, shop, "#Shop", ŞOP, şop] }
                                                            ^
      routes.yaml:3:68: warning: marker "#Shop" is never needed in route "a"; every text that contains it contains "SHOP" too
        - { name: a, url: ***, fold: ascii, markers: [SHOP, shop, "#Shop", ŞOP, şop] }
                                                                  ^
      routes.yaml:4:64: warning: marker "iade" is already in route "b" as "İade", by its fold
        - { name: b, url: ***, fold: turkish, markers: [İade, iade, IŞIK, ışık, isik] }
                                                              ^
      routes.yaml:4:76: warning: marker "ışık" is already in route "b" as "IŞIK", by its fold
        - { name: b, url: ***, fold: turkish, markers: [İade, iade, IŞIK, ışık, isik] }
                                                                          ^
      """#, schema: .accepts),
    BadFile(
      "order keys that are no keys",
      #"""
      receive: { tokens: ["${T}"] }
      routes:
        - { name: a, url: http://a/1, orders: true, order_key: "" }
        - { name: b, url: http://a/2, orders: true, order_key: [short, "with a space in it", "şifre-şifre-şifre"] }
        - { name: c, url: http://a/3, orders: true, order_key: [] }
        - { name: d, url: http://a/4, orders: true, order_key: $ORDER_KEY }
        - { name: e, url: http://a/5, orders: 1, order_keys: x }

      """#,
      #"""
      routes.yaml:3:58: error: an order key has 0 characters, and must have 16 to 512; make one with: openssl rand -hex 32
        - { name: a, url: ***, orders: true, order_key: "" }
                                                        ^
      routes.yaml:4:59: error: an order key has 5 characters, and must have 16 to 512; make one with: openssl rand -hex 32
        - { name: b, url: ***, orders: true, order_key: [***, "***", "***"] }
                                                         ^
      routes.yaml:4:66: error: an order key contains a space, a control character or a letter outside ASCII; make one with: \#
      openssl rand -hex 32
        - { name: b, url: ***, orders: true, order_key: [***, "***", "***"] }
                                                              ^
      routes.yaml:4:88: error: an order key contains a space, a control character or a letter outside ASCII; make one with: \#
      openssl rand -hex 32
        - { name: b, url: ***, orders: true, order_key: [***, "***", "***"] }
                                                                     ^
      routes.yaml:5:58: error: order_key is an empty list; write order_key: ["${NEW_ORDER_KEY}", "${OLD_ORDER_KEY}"]
        - { name: c, url: ***, orders: true, order_key: [] }
                                                        ^
      routes.yaml:6:58: error: an order key looks like a reference to a variable and is none; write ${NAME} for a variable, \#
      and $$ for a dollar
        - { name: d, url: ***, orders: true, order_key: *** }
                                                        ^
      routes.yaml:7:41: error: orders "1" is neither true nor false
        - { name: e, url: ***, orders: 1, order_keys: *** }
                                       ^
      routes.yaml:7:44: error: unknown key "order_keys" in route "e"; did you mean "order_key"?
        - { name: e, url: ***, orders: 1, order_keys: *** }
                                          ^
      """#),
    BadFile(
      "order keys of routes that take no orders",
      #"""
      receive: { tokens: ["${T}"] }
      routes:
        - { name: a, url: http://a/1, markers: [x1], order_key: "a-${T}" }
        - { name: b, url: http://a/2, orders: false, match: { status: delivered }, order_key: "b-${T}" }
        - { name: c, url: http://a/3, match: { not: { order: true } }, order_key: "c-${T}" }

      """#,
      #"""
      routes.yaml:3:48: error: route "a" has an order_key, but takes no orders; add orders: true, or remove the key
        - { name: a, url: ***, markers: [x1], order_key: "***${T}" }
                                              ^
      routes.yaml:4:78: error: route "b" has an order_key, but takes no orders; add orders: true, or remove the key
        - { name: b, url: ***, orders: false, match: { status: delivered }, order_key: "***${T}" }
                                                                            ^
      """#, schema: .accepts),
    BadFile(
      "an order key that two routes share",
      #"""
      receive: { tokens: ["${T}"] }
      routes:
        - { name: a, url: http://a/1, orders: true, order_key: "x-${T}" }
        - { name: b, url: http://a/2, orders: true, order_key: ["b-${T}", "x-${T}", "b-${T}"] }

      """#,
      #"""
      routes.yaml:4:69: error: duplicate order key; each route has its own; the same value is on line 3
        - { name: b, url: ***, orders: true, order_key: ["***${T}", "***${T}", "***${T}"] }
                                                                    ^
      routes.yaml:4:79: error: duplicate order key; each route has its own; the same value is on line 4
        - { name: b, url: ***, orders: true, order_key: ["***${T}", "***${T}", "***${T}"] }
                                                                               ^
      """#, schema: .accepts),
    BadFile(
      "an order key that opens something else too",
      #"""
      receive: { tokens: ["${T}"] }
      status: { token: "s-${T}" }
      routes:
        - { name: a, url: http://a/1, orders: true, order_key: "${T}" }
        - { name: b, url: http://a/2, orders: true, order_key: "s-${T}" }

      """#,
      #"""
      routes.yaml:4:58: error: an order key is also a token of this file; an app would be let in elsewhere by it; make one with: openssl rand -hex 32
        - { name: a, url: ***, orders: true, order_key: "${T}" }
                                                        ^
      routes.yaml:5:58: error: an order key is also a token of this file; an app would be let in elsewhere by it; make one with: openssl rand -hex 32
        - { name: b, url: ***, orders: true, order_key: "***${T}" }
                                                        ^
      """#, schema: .accepts),
    BadFile(
      "order keys that stand in the file, or are weak",
      #"""
      receive: { tokens: ["${T}"] }
      routes:
        - { name: a, url: http://a/1, orders: true, order_key: hT5wQz81LpXc0vRk }
        - { name: b, url: http://a/2, orders: true, order_key: "${NONE:-changeme-changeme}" }

      """#,
      #"""
      routes.yaml:3:58: warning: this order key stands in a file that others on this machine can read; write it as ${NAME}, \#
      ${credential:NAME} or ${file:/path}, or take it from them with: chmod o= the file
        - { name: a, url: ***, orders: true, order_key: *** }
                                                        ^
      routes.yaml:4:58: warning: an order key that is little more than a well-known word can be guessed; make one with: \#
      openssl rand -hex 32
        - { name: b, url: ***, orders: true, order_key: "${NONE:-***}" }
                                                        ^
      """#, schema: .accepts),
    BadFile(
      "unmatched and what goes with it",
      #"""
      receive: { tokens: ["${T}"] }
      unmatched: dropp
      store: { retention: { orders: 0s, order: 1d } }
      routes: [{ name: all, otherwise: true, url: http://app/ }]
      alerts: [{ url: https://hooks.example.com/, on: [unmached] }]

      """#,
      #"""
      routes.yaml:2:12: error: unmatched "dropp" is unknown; did you mean "drop"?
      unmatched: dropp
                 ^
      routes.yaml:3:31: error: orders "0s" must be longer than zero
      store: { retention: { orders: 0s, order: 1d } }
                                    ^
      routes.yaml:3:35: error: unknown key "order" in retention; did you mean "orders"?
      store: { retention: { orders: 0s, order: 1d } }
                                        ^
      routes.yaml:5:50: error: on "unmached" is unknown; did you mean "unmatched"?
      alerts: [{ url: ***, on: [unmached] }]
                                ^
      """#),
    BadFile(
      "a retention of what is dropped",
      #"""
      receive: { tokens: ["${T}"] }
      unmatched: drop
      store: { retention: { unmatched: 1d } }
      routes: [{ name: all, otherwise: true, url: http://app/ }]

      """#,
      #"""
      routes.yaml:3:34: warning: unmatched has no effect in retention, since unmatched reports are dropped; remove it, or \#
      write unmatched: keep
      store: { retention: { unmatched: 1d } }
                                       ^
      """#, schema: .accepts),
    BadFile(
      "anchors and merge keys in a match",
      #"""
      receive: { tokens: ["${T}"] }
      x-mine: &mine { body_contains: x1, nto: { order: true } }
      x-list: &list [delivered, ""]
      routes:
        - { name: a, url: http://a/1, match: { <<: *mine, status: *list } }
        - { name: b, url: http://a/2, match: { all: [*mine, { status: *list }] } }

      """#,
      #"""
      routes.yaml:2:36: error: unknown key "nto" in match of route "a"; did you mean "not"?
      x-mine: &mine { body_contains: x1, nto: { order: true } }
                                         ^
      routes.yaml:2:36: error: unknown key "nto" in match of route "b"; did you mean "not"?
      x-mine: &mine { body_contains: x1, nto: { order: true } }
                                         ^
      routes.yaml:3:27: error: a status is empty
      x-list: &list [***, ""]
                          ^
      """#),
  ]
}
