import Model

extension Words {
  static let english = Words(
    sentences: EnglishSentences(), thousands: ",", decimal: ".",
    shortUnits: Units(millisecond: "ms", second: "s", minute: "min", hour: "h", day: "d"),
    lastingUnits: Units(millisecond: "ms", second: "s", minute: "min", hour: "h", day: "d"),
    lastingFirstUnits: Units(millisecond: "ms", second: "s", minute: "min", hour: "h", day: "d"),
    code: "en", languageName: "English", skip: "Skip to the content", languages: "Language", live: "live", notLive: "not live: last update",
    reloadToRefresh: "not live: reload to refresh; as of", asOf: "as of", now: "now", justNow: "just now", copy: "Copy", copied: "Copied",
    copyCommand: "Copy command", problem: "Problem", note: "Note", lastError: "last error", diagnostics: "What is wrong with the file",
    furtherTroubles: "Further troubles",
    traffic: "Traffic", hour: "last hour", day: "last day", received: "Received", delivered: "Delivered", waiting: "Waiting", dead: "Dead",
    noHistory: "No history yet", noRateYet: "rate in a moment", noneYet: "none yet", none: "none",
    routes: "Routes", routesCaption: "Routes: those in trouble first, then in the order of the rule file", route: "Route", state: "State",
    rate: "Per minute", lag: "Lag p95", oldest: "Oldest", failedTries: "Failed tries", breaker: "Breaker", inFlight: "In flight / window",
    sending: "sending", catchingUp: "catching up", failing: "failing", probing: "failing, trying one",
    pausedByOperator: "paused by an operator", pausedGone: "paused: answered 410", pausedInFile: "paused in the rule file",
    held: "held: not in the file", breakerClosed: "closed", breakerOpen: "open", breakerProbing: "trying one", unknownState: "starting",
    details: "Details", nobodyGot: "Nobody got", unmatched: "Matched no route", filtered: "Filtered by status", quarantine: "No report",
    publicDoor: "Public door", lastReport: "Last report", repeats: "Repeats", refused: "Refused",
    refusals: [
      .tokenMissing: "no token", .tokenEmpty: "empty token", .tokenRepeated: "token twice", .tokenWrong: "wrong token", .path: "wrong path",
      .method: "wrong method", .bodyTooLarge: "body too large", .headersTooLarge: "headers too large", .malformed: "malformed",
      .slow: "too slow", .connections: "too many connections",
    ],
    tokens: "Tokens, last used", notUsed: "not since the start", relay: "This relay", version: "Version", uptime: "Up for",
    rules: "Rules in force", loaded: "Loaded", store: "Store",
    countedSince: "Counts are since the store was made, and survive restarts. Rates are of the last minute, lags of the last minutes. "
      + "Commands read routes.yaml here, or else /etc/dlr-relay/routes.yaml; elsewhere give --config.",
    search: "Search", searchFor: "Report, packet or phone number", moreFilters: "More filters", copyState: "Copies", anyState: "any",
    reportStatus: "Status", since: "Since", until: "Until",
    timesHint: "Times: an age such as 90m, 24h or 7d, or 2026-11-23T12:34:56Z. A report's id is found at any age.",
    resultsCaption: "Reports that were found, the newest first", report: "Report", packet: "Packet", to: "To",
    searchFurther: "Search further back", backToStatus: "Back to the status page", nothingFound: "Nothing found",
    nothingFoundSoFar: "Nothing found so far", nothingAsked: "Search reports", noNumber: "no number",
    badTime:
      "A time is an age such as 90m, 24h or 7d, or like 2026-11-23T12:34:56Z; \u{201C}since\u{201D} comes before \u{201C}until\u{201D}.",
    badState: "That is no state of a copy.",
    badNumber: "Type a report id, a packet id, or a phone number with at least 4 digits.",
    storeUnread: "The store could not be read. Try again in a moment.", stateWaiting: "waiting", stateDead: "given up",
    stateDelivered: "delivered", destinyMatched: "copied to its routes",
    wouldMatch: "It would be copied to its routes.",
    destinyUnmatched: "matched no route", destinyFiltered: "no route wants this status", stale: "stale", appAnswered: "The app answered",
    rulesNow: "By the rules as they are now",
    rulesUnknown: "The rules cannot be asked: the bytes of this report are gone, or are no report.",
    getsCopy: "gets a copy", getsNone: "gets none", sendAgain: "Send again:", sendUnmatched: "See why, and send what matches now:",
    content: "Content", bytesGone: "gone, so it cannot be sent again", missingReport: "No such report",
    missingReportText:
      "No report of this id is known, or not any more: retention deletes old ones. Check the number, or search by packet or phone."
  )
}

struct EnglishSentences: Sentences {
  func perMinute(_ number: String) -> String { "\(number)/min" }
  func ago(_ time: String) -> String { "\(time) ago" }

  func allDelivered() -> String { "All reports delivered" }
  func noReportEver() -> String { "Ready: no report has come yet" }
  func onTheirWay(_ copies: String, _ count: Int) -> String { "All is well: \(copies) \(count == 1 ? "copy" : "copies") on the way" }
  func nothingWrongButDead(_ copies: String, _ count: Int) -> String {
    "Nothing is wrong now, but \(copies) \(count == 1 ? "copy was" : "copies were") given up"
  }
  func moreTroubles(_ count: Int) -> String { "\(count) more to look at" }
  func storeNotWritable(_ cause: String?) -> String { "The store cannot write" + (cause.map { ": \($0)" } ?? "") }
  func storeNotWritableDetail() -> String {
    "Reports are answered 503, and the provider is to send them again. Make room, or look at the log."
  }
  func doorSilent() -> String { "The public door does not answer" }
  func doorSilentDetail() -> String {
    "A connection from this machine got no answer, so no report comes in. Look at the log, and restart the relay."
  }
  func storeUnreadable() -> String { "The store cannot be read, so nobody knows how long the oldest copy waits" }
  func diskLow(_ free: String) -> String { "The disk of the store has only \(free) left" }
  func diskLowDetail(_ limit: String) -> String {
    "That is less than \(limit). On a full disk reports are answered 503: make room, or shorten store.retention."
  }
  func failing(_ route: String, lasting: String?, waiting: String) -> String {
    lasting.map { "\(route) has been failing for \($0), \(waiting) waiting" } ?? "\(route) is failing, \(waiting) waiting"
  }
  func failingDetail() -> String { "One copy at a time is tried; the rest follows by itself once the app answers." }
  func gone(_ route: String, ago: String?, waiting: String) -> String {
    "\(route) answered 410 Gone\(ago.map { " " + $0 } ?? "") and is paused, \(waiting) waiting"
  }
  func goneDetail(every: String) -> String { "One copy is tried every \(every). Correct its url, or resume it." }
  func oldestWaiting(_ route: String, lasting: String, waiting: String) -> String {
    "The oldest copy for \(route) has waited for \(lasting), \(waiting) waiting"
  }
  func leftAlone(_ time: String) -> String { "The app asked not to be sent anything for \(time) more." }
  func silence(_ lasting: String, isNever: Bool) -> String {
    isNever ? "No report since the start \(lasting) ago" : "No report for \(lasting)"
  }
  func silenceDetail() -> String { "Check the URL in the provider's panel, and the proxy before the relay." }
  func fileRefused(ago: String?) -> String {
    "The rule file was not taken\(ago.map { " " + $0 } ?? ""), the one before it is still in force"
  }
  func needsRestart(_ keys: String) -> String { "The rule file changes \(keys), which takes a restart" }
  func needsRestartDetail() -> String { "The rest of it is in force." }
  func pausedByOperator(_ route: String, ago: String?, waiting: String) -> String {
    "\(route) was paused by an operator\(ago.map { " " + $0 } ?? ""), \(waiting) waiting"
  }
  func pausedInFile(_ route: String, waiting: String) -> String { "\(route) is paused in the rule file, \(waiting) waiting" }
  func pausedInFileDetail() -> String { "To end it, take \u{201C}paused: true\u{201D} out of the file." }
  func removed(_ route: String, _ waiting: String, _ count: Int) -> String {
    "Route \(route) is not in the rule file any more: \(waiting) \(count == 1 ? "copy waits" : "copies wait")"
  }
  func removedDetail() -> String { "They are held until a route of this name is back, or they are discarded." }
  func givenUp(_ route: String, _ copies: String, _ count: Int) -> String {
    "\(copies) \(count == 1 ? "copy" : "copies") for \(route) \(count == 1 ? "was" : "were") given up, after trying for as long as the rules say"
  }
  func quarantined(_ bodies: String, _ count: Int) -> String {
    "\(bodies) \(count == 1 ? "body" : "bodies") with the right token \(count == 1 ? "was" : "were") no report"
  }
  func quarantinedDetail() -> String { "What came within retention.quarantine is kept." }
  func unmatched(_ reports: String, _ count: Int) -> String {
    "\(reports) \(count == 1 ? "report" : "reports") matched no route when \(count == 1 ? "it" : "they") came"
  }
  func unmatchedDetail() -> String { "What came within retention.unmatched is kept." }

  func chartTitle(_ what: String, _ span: String) -> String { "\(what), \(span)" }
  func chartRate(most: String, now: String?) -> String { "At most \(most) a minute" + (now.map { ", last \($0)." } ?? ".") }
  func chartLevel(most: String, now: String?) -> String { "At most \(most)" + (now.map { ", last \($0)." } ?? ".") }
  func chartHasGaps() -> String { "The relay was off where the line is broken." }

  func leftAloneState(_ time: String) -> String { "left alone for \(time), as it asked" }
  func moreRoutesAllWell(_ count: String) -> String { "\(count) more routes, all well" }
  func moreRoutes(_ count: String, troubled: String) -> String { "\(count) more routes, \(troubled) of them in trouble" }
  func page(_ number: String) -> String { "page \(number)" }
  func cause(_ failure: TransportFailure) -> String {
    switch failure {
    case .dns: "the host name has no address"
    case .refused: "connection refused"
    case .unreachable: "cannot connect"
    case .tls: "no secure connection"
    case .timeoutConnect: "no connection in time"
    case .timeoutFirstByte: "no answer in time"
    case .timeoutWhole: "no complete answer in time"
    case .disconnected: "disconnected before the answer"
    case .unusable: "the URL cannot be used"
    case .expired: "it waited too long"
    }
  }
  func within(_ failure: TransportFailure, _ seconds: String) -> String {
    switch failure {
    case .timeoutConnect: "no connection within \(seconds) s"
    case .timeoutFirstByte: "no answer within \(seconds) s"
    default: "no complete answer within \(seconds) s"
    }
  }
  func answered(_ status: String) -> String { "answered \(status)" }

  func searchedRange(from: String, to: String) -> String { "Received from \(from) to \(to)." }
  func searchedUntilHere(_ time: String) -> String { "Looked at everything back to \(time) so far." }
  func found(_ count: String, _ number: Int) -> String { "\(count) \(number == 1 ? "report" : "reports") found" }
  func noSuchRoute(_ name: String) -> String { "There is no route \u{201C}\(name)\u{201D}." }
  func reportTitle(_ id: String) -> String { "Report \(id)" }
  func receivedEvent() -> String { "received" }
  func repeated(_ times: String, last: String) -> String { "came \(times) times, the last time \(last)" }
  func attempt(_ number: String, _ outcome: String) -> String { "try \(number): \(outcome)" }
  func deliveredAfter(_ tries: String, _ count: Int) -> String { count <= 1 ? "delivered" : "delivered at try \(tries)" }
  func givenUpAfter(_ tries: String, _ count: Int) -> String { "given up after \(tries) \(count == 1 ? "try" : "tries")" }
  func nextTry(_ time: String) -> String { "is tried next at \(time)" }
  func waitsToBeSent() -> String { "waits to be sent" }
  func heldBack() -> String { "waits for an earlier status of this report" }
  func replayWaits() -> String { "waits to be sent again" }
  func claimedFor(_ routes: String) -> String { "Its packet was claimed for \(routes)." }
  func attemptsLeftOut(_ count: String) -> String { "\(count) more failed tries, not kept" }
}
