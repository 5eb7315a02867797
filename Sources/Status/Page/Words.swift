import Model

/// Every word of the page in one language. A language lacks none, or does not compile.
struct Words: Sendable {
  var sentences: any Sentences
  var thousands: String
  var decimal: String
  var shortUnits: Units
  /// Of how long something has lasted, in a sentence: the last of two units, and the one before it.
  var lastingUnits: Units
  var lastingFirstUnits: Units

  // The frame.
  var code: String
  var languageName: String
  var skip: String
  var languages: String
  var live: String
  var notLive: String
  var reloadToRefresh: String
  var asOf: String
  var now: String
  /// Less than a second ago.
  var justNow: String
  var copy: String
  var copied: String
  var copyCommand: String
  var problem: String
  var note: String
  var lastError: String
  var diagnostics: String
  var furtherTroubles: String

  // Traffic.
  var traffic: String
  var hour: String
  var day: String
  var received: String
  var delivered: String
  var waiting: String
  var dead: String
  var noHistory: String
  var noRateYet: String
  var noneYet: String
  var none: String

  // Routes.
  var routes: String
  var routesCaption: String
  var route: String
  var state: String
  var rate: String
  var lag: String
  var oldest: String
  var failedTries: String
  var breaker: String
  var inFlight: String
  var sending: String
  var catchingUp: String
  var failing: String
  var probing: String
  var pausedByOperator: String
  var pausedGone: String
  var pausedInFile: String
  var held: String
  var breakerClosed: String
  var breakerOpen: String
  var breakerProbing: String
  var unknownState: String

  // Details.
  var details: String
  var nobodyGot: String
  var unmatched: String
  var filtered: String
  var quarantine: String
  var publicDoor: String
  var lastReport: String
  var repeats: String
  var refused: String
  var refusals: [Refusal: String]
  var tokens: String
  var notUsed: String
  var relay: String
  var version: String
  var uptime: String
  var rules: String
  var loaded: String
  var store: String
  var countedSince: String

  // Search, and the report.
  var search: String
  var searchFor: String
  var moreFilters: String
  var copyState: String
  var anyState: String
  var reportStatus: String
  var since: String
  var until: String
  var timesHint: String
  var resultsCaption: String
  var report: String
  var packet: String
  var to: String
  var searchFurther: String
  var backToStatus: String
  var nothingFound: String
  var nothingFoundSoFar: String
  var nothingAsked: String
  var noNumber: String
  var badTime: String
  var badState: String
  var badNumber: String
  var storeUnread: String
  var stateWaiting: String
  var stateDead: String
  var stateDelivered: String
  var destinyMatched: String
  /// By the rules of now, of a report that came before them.
  var wouldMatch: String
  var destinyUnmatched: String
  var destinyFiltered: String
  var stale: String
  var appAnswered: String
  var rulesNow: String
  var rulesUnknown: String
  var getsCopy: String
  var getsNone: String
  var sendAgain: String
  var sendUnmatched: String
  var content: String
  var bytesGone: String
  var missingReport: String
  var missingReportText: String
}

/// What is said with numbers and names in it. Names of routes are the operator's own and stay as they are.
protocol Sentences: Sendable {
  func perMinute(_ number: String) -> String
  func ago(_ time: String) -> String

  // Health: one for each `Trouble`, without a full stop. `lasting` is as `Phrases.lasting` says it.
  func allDelivered() -> String
  func noReportEver() -> String
  func onTheirWay(_ copies: String, _ count: Int) -> String
  func nothingWrongButDead(_ copies: String, _ count: Int) -> String
  func moreTroubles(_ count: Int) -> String
  func storeNotWritable(_ cause: String?) -> String
  func storeNotWritableDetail() -> String
  func doorSilent() -> String
  func doorSilentDetail() -> String
  func storeUnreadable() -> String
  func diskLow(_ free: String) -> String
  func diskLowDetail(_ limit: String) -> String
  func failing(_ route: String, lasting: String?, waiting: String) -> String
  func failingDetail() -> String
  func gone(_ route: String, ago: String?, waiting: String) -> String
  func goneDetail(every: String) -> String
  func oldestWaiting(_ route: String, lasting: String, waiting: String) -> String
  func leftAlone(_ time: String) -> String
  func silence(_ lasting: String, isNever: Bool) -> String
  func silenceDetail() -> String
  func fileRefused(ago: String?) -> String
  func needsRestart(_ keys: String) -> String
  func needsRestartDetail() -> String
  func pausedByOperator(_ route: String, ago: String?, waiting: String) -> String
  func pausedInFile(_ route: String, waiting: String) -> String
  func pausedInFileDetail() -> String
  func removed(_ route: String, _ waiting: String, _ count: Int) -> String
  func removedDetail() -> String
  func givenUp(_ route: String, _ copies: String, _ count: Int) -> String
  func quarantined(_ bodies: String, _ count: Int) -> String
  func quarantinedDetail() -> String
  func unmatched(_ reports: String, _ count: Int) -> String
  func unmatchedDetail() -> String

  // Charts.
  func chartTitle(_ what: String, _ span: String) -> String
  func chartRate(most: String, now: String?) -> String
  func chartLevel(most: String, now: String?) -> String
  func chartHasGaps() -> String

  // Routes.
  func leftAloneState(_ time: String) -> String
  func moreRoutesAllWell(_ count: String) -> String
  func moreRoutes(_ count: String, troubled: String) -> String
  func page(_ number: String) -> String
  func cause(_ outcome: TransportFailure) -> String
  func within(_ failure: TransportFailure, _ seconds: String) -> String
  func answered(_ status: String) -> String

  // Search, and the report.
  func searchedRange(from: String, to: String) -> String
  func searchedUntilHere(_ time: String) -> String
  func found(_ count: String, _ number: Int) -> String
  func noSuchRoute(_ name: String) -> String
  func reportTitle(_ id: String) -> String
  func receivedEvent() -> String
  func repeated(_ times: String, last: String) -> String
  func attempt(_ number: String, _ outcome: String) -> String
  func deliveredAfter(_ tries: String, _ count: Int) -> String
  func givenUpAfter(_ tries: String, _ count: Int) -> String
  func nextTry(_ time: String) -> String
  func waitsToBeSent() -> String
  func heldBack() -> String
  func replayWaits() -> String
  func claimedFor(_ routes: String) -> String
  func attemptsLeftOut(_ count: String) -> String
}
