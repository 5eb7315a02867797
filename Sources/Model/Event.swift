/// Everything that happens and that anybody may want to know: one closure takes them all. Path code names no metric and writes
/// no log line; tests wait for events instead of sleeping.
///
/// No event carries a token, a body or a phone number.
package enum Event: Sendable {
  // The process.
  case started(version: String, publicDoor: Endpoint, statusDoor: Endpoint)
  case stopping
  case stopped
  /// These parts of the relay do not turn any more. Whoever watches it ends it if they stay so.
  case stuck(parts: [String])

  // The public door.
  /// A report or a quarantined body was answered 200, so long after its first byte.
  case accepted(after: Duration, by: RequestNumber = .none)
  case refused(Refusal, by: RequestNumber = .none)
  /// 503: the store did not take it.
  case notStored(JournalError, by: RequestNumber = .none)
  case quarantined(QuarantineReason)

  // The store.
  /// One transaction: so many reports and results, in so much time from BEGIN to the end of fsync.
  case committed(reports: Int, results: Int, took: Duration)
  case commitFailed(JournalError)
  case storeRecovered
  /// So many new reports of one transaction that no route owns, and that are kept.
  case unmatched(Int)
  /// Old rows were deleted.
  case swept(rows: Int)
  /// A copy of it was made and read through.
  case backedUp(BackupContents, took: Duration)
  case backupFailed(words: String)

  // The lanes.
  case attempted(LaneID, Outcome, detail: String, took: Duration)
  case delivered(LaneID, tries: Int, lag: Duration)
  case died(LaneID, tries: Int)
  case breakerOpened(LaneID, until: Instant)
  case breakerClosed(LaneID)
  case paused(LaneID, Pause.Reason)
  case resumed(LaneID)
  /// The app asked with Retry-After to be left alone.
  case askedToWait(LaneID, until: Instant)
  case spilled(LaneID)
  case caughtUp(LaneID)

  // The rule file, while the relay runs.
  /// It was read anew, and what it says is in force.
  case reloaded(fingerprint: String, RouteChanges)
  /// It is in force, and something in it is worth a second look. One line, as of `reloadFailed`.
  case reloadWarned(words: String)
  /// The one before stays in force. The words are one line: where in the file, what, and what to do.
  case reloadFailed(words: String)
  /// These keys say something else than what is in force, and would be only after a restart. The rest of the file is.
  case reloadNeedsRestart(keys: [String])

  // The operator's door.
  case answered(OperatorAnswer)
  case turnedAway(GateRefusal, OperatorRequest)
  case changed(OperatorChange)

  // Those who are told.
  /// A message was given up. `hook` is its number in the rule file and its host, never its address.
  case alertFailed(hook: String, words: String)
}

package typealias Observer = @Sendable (Event) -> Void

/// A request that was answered without being a report. The raw value is the reason in metrics and on the status page.
package enum Refusal: String, Sendable, CaseIterable {
  case tokenMissing = "token_missing"
  case tokenEmpty = "token_empty"
  case tokenRepeated = "token_repeated"
  case tokenWrong = "token_wrong"
  case path = "path"
  case method = "method"
  case bodyTooLarge = "body_too_large"
  case headersTooLarge = "headers_too_large"
  case malformed = "malformed"
  case slow = "slow"
  case connections = "connections"
}
