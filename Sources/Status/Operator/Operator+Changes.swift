import Model

/// Who had what changed. Told after it is on disk, and only of requests: what the commands do to a stopped relay's store they say themselves.
extension Operator {
  /// - Parameter about: names, numbers and times; no text of a message, no phone number.
  func tell(_ what: String, _ about: [String: String?], by caller: Caller = .operator) {
    guard let request = Asking.request else { return }
    let isOfApp = if case .app = caller { true } else { false }
    source.observer(.changed(OperatorChange(what, about: about.compactMapValues(\.self), isOfApp: isOfApp, request: request)))
  }

  func tell(started job: JobAnswer) {
    tell(
      job.kind.rawValue,
      [
        "job": String(job.id), "route": job.route, "report": job.reportId.map(String.init), "state": job.state?.rawValue,
        "since": job.since,
        "until": job.until, "rate": job.rate.map { String($0) },
      ])
  }
}
