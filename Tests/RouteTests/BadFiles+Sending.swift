extension BadFile {
  static let sending: [BadFile] = [
    BadFile(
      "bad rate limits",
      #"""
      receive: { tokens: ["${T}"] }
      defaults: { rate_limit: { per_secnd: 5 } }
      routes:
        - { name: a, markers: [a], url: http://a/1, rate_limit: 50 }
        - { name: b, markers: [b], url: http://a/2, rate_limit: { burst: 5 } }
        - { name: c, markers: [c], url: http://a/3, rate_limit: { per_second: 0, burst: 0 } }
        - { name: d, markers: [d], url: http://a/4, rate_limit: { per_second: 1e3, burst: 1.5 } }
        - { name: e, markers: [e], url: http://a/5, rate_limit: { per_second: -1, rate: 1 } }

      """#,
      #"""
      routes.yaml:2:25: error: rate_limit of defaults has no per_second; write rate_limit: { per_second: 50, burst: 100 }, \#
      or rate_limit: none
      defaults: { rate_limit: { per_secnd: 5 } }
                              ^
      routes.yaml:2:27: error: unknown key "per_secnd" in rate_limit of defaults; did you mean "per_second"?
      defaults: { rate_limit: { per_secnd: 5 } }
                                ^
      routes.yaml:4:59: error: rate_limit of route "a" is a single value; write a block of keys: per_second, burst
        - { name: a, markers: [a], url: ***, rate_limit: 50 }
                                                         ^
      routes.yaml:5:59: error: rate_limit of route "b" has no per_second; write rate_limit: { per_second: 50, burst: 100 }, \#
      or rate_limit: none
        - { name: b, markers: [b], url: ***, rate_limit: { burst: 5 } }
                                                         ^
      routes.yaml:6:73: error: per_second "0" is not a number between 0.001 and 100000
        - { name: c, markers: [c], url: ***, rate_limit: { per_second: 0, burst: 0 } }
                                                                       ^
      routes.yaml:6:83: error: burst "0" is not between 1 and 100000
        - { name: c, markers: [c], url: ***, rate_limit: { per_second: 0, burst: 0 } }
                                                                                 ^
      routes.yaml:7:73: error: per_second "1e3" is not a number between 0.001 and 100000
        - { name: d, markers: [d], url: ***, rate_limit: { per_second: 1e3, burst: 1.5 } }
                                                                       ^
      routes.yaml:7:85: error: burst "1.5" is not a whole number
        - { name: d, markers: [d], url: ***, rate_limit: { per_second: 1e3, burst: 1.5 } }
                                                                                   ^
      routes.yaml:8:73: error: per_second "-1" is not a number between 0.001 and 100000
        - { name: e, markers: [e], url: ***, rate_limit: { per_second: -1, rate: *** } }
                                                                       ^
      routes.yaml:8:77: error: unknown key "rate" in rate_limit of route "e"; the keys here are per_second, burst
        - { name: e, markers: [e], url: ***, rate_limit: { per_second: -1, rate: *** } }
                                                                           ^
      """#),
    BadFile(
      "bad words for order and stale ones",
      #"""
      receive: { tokens: ["${T}"] }
      defaults: { ordering: reports, order_hold: 500ms, stale: [drop] }
      routes:
        - { name: a, otherwise: true, url: http://a/, ordering: yes, order_hold: 2h, stale: forwrad, order-hold: 1s }

      """#,
      #"""
      routes.yaml:2:23: error: ordering "reports" is unknown; did you mean "report"?
      defaults: { ordering: reports, order_hold: 500ms, stale: [drop] }
                            ^
      routes.yaml:2:44: error: order_hold "500ms" is not between 1s and 1h
      defaults: { ordering: reports, order_hold: 500ms, stale: [drop] }
                                                 ^
      routes.yaml:2:58: error: stale is a list; write a single value
      defaults: { ordering: reports, order_hold: 500ms, stale: [drop] }
                                                               ^
      routes.yaml:4:59: error: ordering "yes" is unknown; the words here are report, none
        - { name: a, otherwise: true, url: ***, ordering: yes, order_hold: 2h, stale: forwrad, order-hold: 1s }
                                                          ^
      routes.yaml:4:76: error: order_hold "2h" is not between 1s and 1h
        - { name: a, otherwise: true, url: ***, ordering: yes, order_hold: 2h, stale: forwrad, order-hold: 1s }
                                                                           ^
      routes.yaml:4:87: error: stale "forwrad" is unknown; did you mean "forward"?
        - { name: a, otherwise: true, url: ***, ordering: yes, order_hold: 2h, stale: forwrad, order-hold: 1s }
                                                                                      ^
      routes.yaml:4:96: error: unknown key "order-hold" in route "a"; did you mean "order_hold"?
        - { name: a, otherwise: true, url: ***, ordering: yes, order_hold: 2h, stale: forwrad, order-hold: 1s }
                                                                                               ^
      """#),
    BadFile(
      "an order_hold that holds nothing",
      #"""
      receive: { tokens: ["${T}"] }
      defaults: { ordering: none }
      routes:
        - { name: a, otherwise: true, url: http://a/, order_hold: 5s }

      """#,
      #"""
      routes.yaml:4:61: warning: order_hold has no effect in route "a", which has ordering: none; remove one of the two
        - { name: a, otherwise: true, url: ***, order_hold: 5s }
                                                            ^
      """#, schema: .accepts),
  ]
}
