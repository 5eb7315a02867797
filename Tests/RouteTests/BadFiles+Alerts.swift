extension BadFile {
  static let alerts: [BadFile] = [
    BadFile(
      "alerts that are no list of blocks",
      #"""
      receive: { tokens: ["${T}"] }
      routes: [{ name: all, otherwise: true, url: http://app/ }]
      alerts:
        - https://hooks.example.com/ops
        - {}
        - { url: "", formt: json }
        - { url: hooks.example.com, on: dead }

      """#,
      #"""
      routes.yaml:4:5: error: alert 1 is a single value; write a block of keys: url, format, on, failing, oldest_waiting, \#
      silence
        - ***
          ^
      routes.yaml:5:5: error: alert 2 has no url; write where messages are to be posted
        - {}
          ^
      routes.yaml:6:12: error: the url is empty
        - { url: "", formt: json }
                 ^
      routes.yaml:6:16: error: unknown key "formt" in alert 3; did you mean "format"?
        - { url: "", formt: json }
                     ^
      routes.yaml:7:12: error: the url does not begin with http:// or https://
        - { url: ***, on: dead }
                 ^
      routes.yaml:7:35: error: on is a single value, not a list; write on: [failing, recovered, dead]
        - { url: ***, on: dead }
                          ^
      """#),
    BadFile(
      "an empty list of alerts",
      #"""
      receive: { tokens: ["${T}"] }
      routes: [{ name: all, otherwise: true, url: http://app/ }]
      alerts: []

      """#,
      #"""
      routes.yaml:3:9: error: alerts is an empty list; write alerts: [{ url: "https://hooks.example.com/ops" }]
      alerts: []
              ^
      """#),
    BadFile(
      "bad words and times in an alert",
      #"""
      receive: { tokens: ["${T}"] }
      routes: [{ name: all, otherwise: true, url: http://app/ }]
      alerts:
        - url: https://hooks.example.com/1
          format: slak
          on: [failng, recovered, everything, dead, dead]
          failing: 5
          oldest_waiting: 0s
          silence: 31d
        - url: https://hooks.example.com/2
          format: teams
          on: []
          failing: 500ms

      """#,
      #"""
      routes.yaml:5:13: error: format "slak" is unknown; did you mean "slack"?
          format: slak
                  ^
      routes.yaml:6:10: error: on "failng" is unknown; did you mean "failing"?
          on: [failng, recovered, everything, dead, dead]
               ^
      routes.yaml:6:29: error: on "everything" is unknown; the words here are failing, recovered, paused, dead, \#
      oldest_waiting, silence, quarantine, unmatched, unauthorized, store, reload
          on: [failng, recovered, everything, dead, dead]
                                  ^
      routes.yaml:6:47: warning: "dead" is already in this list
          on: [failng, recovered, everything, dead, dead]
                                                    ^
      routes.yaml:7:14: error: failing "5" has no unit; write 5s for seconds; units are ms, s, m, h, d
          failing: 5
                   ^
      routes.yaml:8:21: error: oldest_waiting "0s" must be longer than zero
          oldest_waiting: 0s
                          ^
      routes.yaml:9:14: error: silence "31d" is not between 1s and 30d
          silence: 31d
                   ^
      routes.yaml:11:13: error: format "teams" is unknown; the words here are json, slack
          format: teams
                  ^
      routes.yaml:12:9: error: on is an empty list; leave the key out to be told of everything, or remove the whole entry
          on: []
              ^
      routes.yaml:13:14: error: failing "500ms" is not between 1s and 30d
          failing: 500ms
                   ^
      """#),
    BadFile(
      "alerts that are never told, or told twice",
      #"""
      receive: { tokens: ["${T}"] }
      routes: [{ name: all, otherwise: true, url: http://app/ }]
      alerts:
        - { url: http://hooks.example.com/1, on: [recovered, dead], silence: 1h }
        - { url: http://hooks.example.com/1 }

      """#,
      #"""
      routes.yaml:4:12: warning: the url is http:// to a public host: messages and the hook's address travel unencrypted; \#
      use https://
        - { url: ***, on: [recovered, dead], silence: 1h }
                 ^
      routes.yaml:4:44: warning: recovered is told only of what was told to be failing or paused; add failing or paused to \#
      the list
        - { url: ***, on: [recovered, dead], silence: 1h }
                          ^
      routes.yaml:4:72: warning: silence has no effect in alert 1; add silence to its list under on, or remove the time
        - { url: ***, on: [recovered, dead], silence: 1h }
                                                      ^
      routes.yaml:5:12: warning: alert 2 has the same url as another; whoever reads there is told twice; the first is on line 4
        - { url: *** }
                 ^
      routes.yaml:5:12: warning: the url is http:// to a public host: messages and the hook's address travel unencrypted; \#
      use https://
        - { url: *** }
                 ^
      """#, schema: .accepts),
  ]
}
