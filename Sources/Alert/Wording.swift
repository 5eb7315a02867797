import Model

extension Matter {
  /// What happened, and what to do next.
  /// - Parameters:
  ///   - route: where it is about one.
  ///   - isMore: a message on the same topic came before.
  func text(route: String, isMore: Bool, at now: Instant) -> String {
    let more = isMore ? " more" : ""
    switch self {
    case .failing(let since, let waiting, let lastTry):
      return "The app of route \(route) has taken nothing for \(spoken(now - since)): \(copies(waiting)).\(words(lastTry)) "
        + "Look at the app, and with: dlr-relay queue"
    case .paused(_, let waiting):
      return "Route \(route) is paused, since its app answered 410 (gone): \(copies(waiting)), and one is tried every "
        + "\(spoken(Limits.goneProbeEvery)). Correct its url, or resume it with: dlr-relay queue resume \(route)"
    case .recovered(let since, let waiting):
      return "The app of route \(route) takes copies again, after \(spoken(now - since)): \(copies(waiting))."
    case .dead(let count):
      let who = count == 1 ? "1\(more) copy for route \(route) was" : "\(grouped(count))\(more) copies for route \(route) were"
      return "\(who) given up and kept. Once the app takes them, send them again with: dlr-relay queue replay --route \(route)"
    case .oldestWaiting(let since, let waiting):
      return "The oldest copy for route \(route) has waited for \(spoken(now - since)): \(copies(waiting)). "
        + "Look with: dlr-relay queue"
    case .silence(let since, let isNever):
      let what =
        isNever
        ? "No report has come since the relay was started \(spoken(now - since)) ago." : "No report has come for \(spoken(now - since))."
      return what + " Check the URL in the provider's panel, and the proxy before the relay: dlr-relay panel prints the URL."
    case .quarantined(let reasons):
      let count = reasons.values.reduce(0, +)
      let why = reasons.keys.map(\.rawValue).sorted().joined(separator: ", ")
      let what = count == 1 ? "1\(more) body with the right token was" : "\(grouped(count))\(more) bodies with the right token were"
      return "\(what) no report (\(why)) and kept. Nobody gets a copy; look with: dlr-relay quarantine, and ask the provider what it sends."
    case .unmatched(let count):
      let what = count == 1 ? "1\(more) report matches no route and is" : "\(grouped(count))\(more) reports match no route and are"
      return "\(what) kept. Look why with: dlr-relay unmatched. Once the rules are mended, send them with: dlr-relay reroute"
    case .unauthorized(let count):
      return "At least \(grouped(count))\(more) requests were refused for their token. Check the URL in the provider's panel: "
        + "dlr-relay panel prints the right one. If that is the one, somebody is guessing."
    case .commitsFail(_, let error):
      return "The store cannot commit: \(error). Reports are answered 503 until it can; look at the disk, and at the relay's log."
    case .commitsAgain(let since):
      return "The store works again, after \(spoken(now - since))."
    case .diskLow(let disk):
      return "The disk of the store has \(sized(disk.free)) left, less than \(sized(disk.limit)). Make room, or shorten store.retention: "
        + "on a full disk reports are answered 503."
    case .diskFine(let disk):
      return "The disk of the store has room again: \(sized(disk.free))."
    case .fileRefused(_, let words):
      return "The rule file was not taken, and the one before it stays in force: \(words). See all that is wrong with: dlr-relay check"
    case .fileTaken(let since):
      return "The rule file is taken again, after \(spoken(now - since))."
    }
  }

  private func copies(_ waiting: Int) -> String { waiting == 1 ? "1 copy waits" : "\(grouped(waiting)) copies wait" }

  private func words(_ lastTry: Outcome?) -> String {
    switch lastTry {
    case nil: ""
    case .answered(let status): " The last try was answered \(status)."
    case .failed(let failure): " The last try: \(failure.words)."
    }
  }
}

extension TransportFailure {
  fileprivate var words: String {
    switch self {
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
}
