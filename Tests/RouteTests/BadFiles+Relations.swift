extension BadFile {
  static let relations: [BadFile] = [
    BadFile(
      "routes with the same rules",
      #"""
      receive: { tokens: ["${T}"] }
      routes:
        - { name: a, url: http://a/1, markers: [x1, x2], statuses: [delivered, accepted] }
        - { name: b, url: http://a/2, statuses: [accepted, delivered], markers: [x2, x1] }
        - { name: c, url: http://a/3, match: { any: [{ status: sent }, { packet_prefix: "10" }] } }
        - { name: d, url: http://a/4, match: { any: [{ packet_prefix: "10" }, { status: sent }] } }
        - { name: e, url: http://a/5, otherwise: true }
        - { name: f, url: http://a/6, otherwise: true }
        - { name: g, url: http://a/7, orders: true }
        - { name: h, url: http://a/8, orders: true }
        - { name: i, url: http://a/9, match: { order: true } }
        - { name: j, url: http://a/10, match: { order: true } }

      """#,
      #"""
      routes.yaml:4:5: warning: route "b" has the same rules as route "a" on line 3; both always get a copy; remove one if \#
      that is not meant
        - { name: b, url: ***, statuses: [accepted, delivered], markers: [x2, x1] }
          ^
      routes.yaml:6:5: warning: route "d" has the same rules as route "c" on line 5; both always get a copy; remove one if \#
      that is not meant
        - { name: d, url: ***, match: { any: [{ packet_prefix: "10" }, { status: sent }] } }
          ^
      routes.yaml:8:5: warning: route "f" has the same rules as route "e" on line 7; both always get a copy; remove one if \#
      that is not meant
        - { name: f, url: ***, otherwise: true }
          ^
      """#, schema: .accepts),
    BadFile(
      "markers that contain another route's",
      #"""
      receive: { tokens: ["${T}"] }
      routes:
        - { name: short, url: http://a/1, markers: [iim.to/] }
        - { name: long, url: http://a/2, markers: [iim.to/a, "#LONG"] }
        - { name: match, url: http://a/3, match: { body_contains: [iim.to/b, "#MATCH"] } }
        - { name: narrowed, url: http://a/4, match: { body_contains: iim.to/c, status: delivered } }
        - { name: same, url: http://a/5, markers: [iim.to/] , statuses: [delivered] }
        - { name: other-status, url: http://a/6, markers: ["iim.to/"], statuses: [accepted] }

      """#,
      #"""
      routes.yaml:4:46: warning: marker "iim.to/a" of route "long" contains "iim.to/", a marker of route "other-status"; \#
      every text with "iim.to/a" goes to both routes, if they want its status
        - { name: long, url: ***, markers: [iim.to/a, "#LONG"] }
                                            ^
      routes.yaml:4:46: warning: marker "iim.to/a" of route "long" contains "iim.to/", a marker of route "same"; every text \#
      with "iim.to/a" goes to both routes, if they want its status
        - { name: long, url: ***, markers: [iim.to/a, "#LONG"] }
                                            ^
      routes.yaml:4:46: warning: marker "iim.to/a" of route "long" contains "iim.to/", a marker of route "short"; every \#
      text with "iim.to/a" goes to both routes, if they want its status
        - { name: long, url: ***, markers: [iim.to/a, "#LONG"] }
                                            ^
      routes.yaml:5:62: warning: marker "iim.to/b" of route "match" contains "iim.to/", a marker of route "other-status"; \#
      every text with "iim.to/b" goes to both routes, if they want its status
        - { name: match, url: ***, match: { body_contains: [iim.to/b, "#MATCH"] } }
                                                            ^
      routes.yaml:5:62: warning: marker "iim.to/b" of route "match" contains "iim.to/", a marker of route "same"; every \#
      text with "iim.to/b" goes to both routes, if they want its status
        - { name: match, url: ***, match: { body_contains: [iim.to/b, "#MATCH"] } }
                                                            ^
      routes.yaml:5:62: warning: marker "iim.to/b" of route "match" contains "iim.to/", a marker of route "short"; every \#
      text with "iim.to/b" goes to both routes, if they want its status
        - { name: match, url: ***, match: { body_contains: [iim.to/b, "#MATCH"] } }
                                                            ^
      routes.yaml:7:46: warning: marker "iim.to/" of route "same" is one of route "short" too; every text with "iim.to/" \#
      goes to both routes, if they want its status
        - { name: same, url: ***, markers: [iim.to/] , statuses: [delivered] }
                                            ^
      routes.yaml:8:54: warning: marker "iim.to/" of route "other-status" is one of route "short" too; every text with \#
      "iim.to/" goes to both routes, if they want its status
        - { name: other-status, url: ***, markers: ["iim.to/"], statuses: [accepted] }
                                                    ^
      """#, schema: .accepts),
    BadFile(
      "markers that contain another route's by its fold",
      #"""
      receive: { tokens: ["${T}"] }
      routes:
        - { name: exact, url: http://a/1, markers: [IPTAL, iptal-x] }
        - { name: ascii, url: http://a/2, markers: [iptal], fold: ascii }
        - { name: turkish, url: http://a/3, markers: [İPTAL-YX], fold: turkish }
        - { name: turkish-too, url: http://a/4, markers: [iptal-y], fold: turkish }

      """#,
      #"""
      routes.yaml:3:47: warning: marker "IPTAL" of route "exact" is one of route "ascii" too; every text with "IPTAL" goes \#
      to both routes, if they want its status
        - { name: exact, url: ***, markers: [IPTAL, iptal-x] }
                                             ^
      routes.yaml:3:54: warning: marker "iptal-x" of route "exact" contains "iptal", a marker of route "ascii"; every text \#
      with "iptal-x" goes to both routes, if they want its status
        - { name: exact, url: ***, markers: [IPTAL, iptal-x] }
                                                    ^
      routes.yaml:5:49: warning: marker "İPTAL-YX" of route "turkish" contains "iptal-y", a marker of route "turkish-too"; \#
      every text with "İPTAL-YX" goes to both routes, if they want its status
        - { name: turkish, url: ***, markers: [İPTAL-YX], fold: turkish }
                                               ^
      """#, schema: .accepts),
    BadFile(
      "weak tokens",
      #"""
      receive:
        tokens:
          - { label: short, value: "${NONE:-kq72hs}" }
          - { label: few, value: "${NONE:-abababbaabbabaabcc}" }
          - { label: again, value: "${NONE:-kq72hsz0kq72hsz0kq}" }
          - { label: up, value: "${NONE:-abcdefghijklmnopq}" }
          - { label: down, value: "${NONE:-98765432109876543210}" }
          - { label: word, value: "${NONE:-my-secret-token-1}" }
          - { label: words, value: "${NONE:-iletimerkezi-webhook}" }
          - { label: good, value: "${T}" }
      status: { token: "${NONE:-Password-1234567}" }
      routes: [{ name: all, otherwise: true, url: http://app/ }]

      """#,
      #"""
      routes.yaml:3:30: warning: a token of less than 16 characters can be guessed; make one with: openssl rand -hex 32
          - { label: short, value: "${NONE:-***}" }
                                   ^
      routes.yaml:4:28: warning: a token of only 3 different characters can be guessed; make one with: openssl rand -hex 32
          - { label: few, value: "${NONE:-***}" }
                                 ^
      routes.yaml:5:30: warning: a token that repeats the same 8 characters can be guessed; make one with: openssl rand \#
      -hex 32
          - { label: again, value: "${NONE:-***}" }
                                   ^
      routes.yaml:6:27: warning: a token that counts up or down, like 1234, can be guessed; make one with: openssl rand \#
      -hex 32
          - { label: up, value: "${NONE:-***}" }
                                ^
      routes.yaml:7:29: warning: a token that repeats the same 10 characters can be guessed; make one with: openssl rand \#
      -hex 32
          - { label: down, value: "${NONE:-***}" }
                                  ^
      routes.yaml:8:29: warning: a token that is little more than a well-known word can be guessed; make one with: openssl \#
      rand -hex 32
          - { label: word, value: "${NONE:-***}" }
                                  ^
      routes.yaml:9:30: warning: a token that is little more than a well-known word can be guessed; make one with: openssl \#
      rand -hex 32
          - { label: words, value: "${NONE:-***}" }
                                   ^
      routes.yaml:11:18: warning: a token that is little more than a well-known word can be guessed; make one with: openssl \#
      rand -hex 32
      status: { token: "${NONE:-***}" }
                       ^
      """#, schema: .accepts),
  ]
}
