/// What the names of members do not say, for /openapi.json.
protocol Explained {
  /// By the name in JSON.
  static var explanations: [String: String] { get }
}

private let nextPage = "The cursor of the next page; null if there is none."
private let lookedAt = "Everything that was received from then on was looked at; null: all that was asked for."

extension StatusReport.Received: Explained {
  static var explanations: [String: String] {
    ["duplicates": "Came again.", "filtered": "A route owns them, but does not want their status.", "rejected": "Requests, by reason."]
  }
}

extension StatusReport.Route: Explained {
  static var explanations: [String: String] {
    [
      "breaker": "`closed`, `open` or `probing`; `held` for a route that is no longer in the file.",
      "pause": "Who paused it: `operator`, `gone` (the app answered 410) or `rule_file`.",
      "not_before": "When sending goes on, if the app asked with Retry-After to be left alone.",
      "window": "How many copies may be in flight at this moment.", "discarded": "Taken out by an operator.",
      "stale_dropped": "Never owed, because of `stale: drop`.", "lag_ms": "From received to delivered, since the relay started.",
    ]
  }
}

extension ReportAnswer.Status: Explained {
  static var explanations: [String: String] {
    [
      "to": "Masked; null if the report has none, or its bytes are gone.", "seen": "How often it came.",
      "destiny": "`matched`, `unmatched` or `filtered`: a route owns it, but does not want its status.",
      "stale": "A final status of the report had come before it.",
      "bytes": "Null once retention took them; then it cannot be sent again.",
      "rules": "What the rules in force say of it. Left out in a list, and where its bytes are gone or are no report to this version.",
    ]
  }
}

extension ReportAnswer.Share: Explained {
  static var explanations: [String: String] {
    [
      "queue": "Why it waits: `ready` (for its first try), `retry`, `held` (by an earlier status), `replay`; else the state.",
      "at": "When it is sent again, was delivered or was given up.", "attempts": "Failed ones: the first and the last four.",
    ]
  }
}

extension ReportAnswer.Attempt: Explained {
  static var explanations: [String: String] {
    [
      "outcome": "`4xx`, `5xx` and the like, or why no answer came: `refused`, `timeout_connect`, ...",
      "status": "Null where no answer came.",
      "answer": "The beginning of the app's answer, without what it repeats of the message and the number.",
    ]
  }
}

extension ReportList: Explained {
  static var explanations: [String: String] { ["next": nextPage, "searched_back_to": lookedAt] }
}

extension DeliveryList: Explained {
  static var explanations: [String: String] { ["next": nextPage, "searched_back_to": lookedAt] }
}

extension JobList: Explained {
  static var explanations: [String: String] { ["next": nextPage] }
}

extension JobAnswer: Explained {
  static var explanations: [String: String] {
    [
      "status": "`cancelling`: what a replay has queued and nobody has tried yet is going back.",
      "state": "Null, as are `route` and the like, for a `reroute` and a `readmit`, which select no copies.",
      "rate": "A second; null: as fast as the routes take them.",
      "count": "Copies that it has queued or discarded so far; of a `readmit` the reports.",
    ]
  }
}

extension UnmatchedAnswer: Explained {
  static var explanations: [String: String] { ["next": nextPage] }
}

extension UnmatchedAnswer.Report: Explained {
  static var explanations: [String: String] {
    ["routes_now": "Who would get it by the present rules.", "reason": "Why nobody would; null if somebody would.", "to": "Masked."]
  }
}

extension RerouteCount: Explained {
  static var explanations: [String: String] {
    [
      "examined": "Reports looked at.", "matched": "Of these, the ones that a route would get.", "routes": "Copies, by route.",
      "next": nextPage,
    ]
  }
}

extension QuarantineAnswer: Explained {
  static var explanations: [String: String] { ["next": nextPage] }
}

extension QuarantinedAnswer: Explained {
  static var explanations: [String: String] {
    ["outline": "The beginning of the body, x for a letter and 0 for a digit; null in a list.", "reason": "What was wrong with it."]
  }
}

extension ClaimAnswer: Explained {
  static var explanations: [String: String] {
    [
      "late_copies": "Copies of reports that had come before the claim, so far.",
      "catching_up": "True while reports that had come before are looked through.",
      "last_at": "The last time it was claimed: it is kept for `retention.orders` from then on.",
    ]
  }
}
