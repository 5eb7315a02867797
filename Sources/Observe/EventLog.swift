import Logging
import Model
import Synchronization

/// Writes events as log lines: constant messages with metadata, routes by name.
///
/// Nothing above `debug` for a single report, and at `info` such an event costs one comparison. What can repeat is held to
/// one line a minute and kind (`Repetition`); what was held back is written with `more` and `within`.
package struct EventLog: Sendable {
  static let moreKey = "more"
  static let withinKey = "within"

  private let logger: Logger
  private let laneName: @Sendable (LaneID) -> String
  private let clock: Clock
  private let state = Shared()

  /// A box, because a log is passed around as a value and its copies count together.
  private final class Shared: Sendable {
    let state = Mutex(State())
  }

  private struct State {
    var repetition = Repetition()
    /// Lanes known to be down. Every failed probe opens the breaker again; only the first time is news.
    var down: Set<LaneID> = []
  }

  package init(logger: Logger, laneName: @escaping @Sendable (LaneID) -> String, clock: @escaping Clock) {
    self.logger = logger
    self.laneName = laneName
    self.clock = clock
  }

  package func observe(_ event: Event) {
    switch event {
    case .started, .stopping, .stopped, .stuck: logProcess(event)
    case .accepted, .refused, .notStored, .quarantined: logDoor(event)
    case .committed, .commitFailed, .storeRecovered, .unmatched, .swept, .backedUp, .backupFailed: logStore(event)
    case .attempted, .delivered, .died, .breakerOpened, .breakerClosed, .paused, .resumed, .askedToWait, .spilled, .caughtUp:
      logLane(event)
    case .reloaded, .reloadFailed, .reloadNeedsRestart, .reloadWarned: logReload(event)
    case .answered, .turnedAway, .changed: logOperatorsDoor(event)
    case .alertFailed(let hook, let words):
      write(.warning, "an alert could not be sent", about: hook, ["alert": "\(hook)", "error": "\(words)"])
    }
  }

  private func logProcess(_ event: Event) {
    switch event {
    case .started(let version, let publicDoor, let statusDoor):
      logger.info("started", metadata: ["version": "\(version)", "receive": "\(publicDoor)", "status": "\(statusDoor)"])
      if publicDoor.isEveryAddress {
        logger.notice("the public door speaks plain HTTP on every address of this machine: let only a proxy with TLS reach it")
      }
    case .stopping:
      logger.info("stopping: no more reports are taken, what is in flight is finished")
    case .stuck(let parts):
      logger.critical("not alive: whoever watches the relay ends it if this stays so", metadata: ["parts": "\(Self.listed(parts))"])
    case .stopped:
      writeHeld(isEnding: true)
      logger.info("stopped")
    default: preconditionFailure("not an event of the process")
    }
  }

  private func logReload(_ event: Event) {
    switch event {
    case .reloaded(let fingerprint, let changes):
      var metadata: Logger.Metadata = ["fingerprint": "\(fingerprint)"]
      for (what, names) in [("added", changes.added), ("removed", changes.removed), ("changed", changes.changed)] where !names.isEmpty {
        metadata[what] = "\(Self.listed(names))"
      }
      logger.notice("the rule file is in force", metadata: metadata)
    case .reloadFailed(let words):
      logger.error("the rule file was not taken: the one before it stays in force", metadata: ["error": "\(words)"])
    case .reloadWarned(let words):
      logger.warning("something in the rule file is worth a second look", metadata: ["warning": "\(words)"])
    case .reloadNeedsRestart(let keys):
      logger.warning("the rule file changes what takes a restart", metadata: ["keys": "\(Self.listed(keys))"])
    default: preconditionFailure("not an event of the rule file")
    }
  }

  private static let namesShownMax = 20

  private static func listed(_ names: [String]) -> String {
    let left = names.count - namesShownMax
    return names.prefix(namesShownMax).joined(separator: ", ") + (left > 0 ? " and \(left) more" : "")
  }

  private func logDoor(_ event: Event) {
    switch event {
    case .accepted(let duration, let request):
      logger.debug("answered 200", metadata: ["request": "\(request)", "ms": "\(duration.milliseconds)"])
    case .refused(let refusal, let request):
      write(.notice, "refused a request", about: refusal.rawValue, ["reason": "\(refusal.rawValue)", "request": "\(request)"])
    case .notStored(let error, let request):
      write(
        .error, "answered 503: a report could not be stored", about: error.kind, ["error": "\(error)", "request": "\(request)"])
    case .quarantined(let reason):
      write(.warning, "kept a body that is no report", about: reason.rawValue, ["reason": "\(reason.rawValue)"])
    default: preconditionFailure("not an event of the public door")
    }
  }

  private func logOperatorsDoor(_ event: Event) {
    switch event {
    case .answered(let answer):
      if answer.status >= 500 {
        write(.warning, "answered an operator with an error", about: "\(answer.status) \(answer.path ?? "")", Self.metadata(of: answer))
      }
      logger.debug("answered an operator", metadata: Self.metadata(of: answer))
    case .turnedAway(let refusal, let request):
      // A browser asks without a token first, and is told to ask its user.
      let level: Logger.Level = refusal == .noCredentials ? .debug : .notice
      write(
        level, "turned a request away from the operator's door", about: refusal.rawValue,
        Self.metadata(of: request).merging(["reason": "\(refusal.rawValue)"]) { $1 })
    case .changed(let change):
      var metadata = Self.metadata(of: change.request)
      for (name, value) in change.about { metadata[name] = "\(value)" }
      metadata["what"] = "\(change.what)"
      // Who is held to a line a minute is an app, which may claim each of its orders.
      if change.isOfApp {
        write(.notice, "an app made a change", about: "\(change.what) \(change.request.by ?? "")", metadata)
      } else {
        logger.notice("an operator made a change", metadata: metadata)
      }
    default: preconditionFailure("not an event of the operator's door")
    }
  }

  private static func metadata(of answer: OperatorAnswer) -> Logger.Metadata {
    [
      "request_id": "\(answer.request.id)", "from": "\(answer.request.from)", "method": "\(answer.method)",
      "path": "\(answer.path ?? "not served")", "status": "\(answer.status)", "ms": "\(answer.took.milliseconds)",
    ]
  }

  private static func metadata(of request: OperatorRequest) -> Logger.Metadata {
    var metadata: Logger.Metadata = ["request_id": "\(request.id)", "from": "\(request.from)"]
    if let by = request.by { metadata["by"] = "\(by)" }
    return metadata
  }

  private func logStore(_ event: Event) {
    switch event {
    case .committed(let reports, let results, let took):
      logger.debug("committed", metadata: ["reports": "\(reports)", "results": "\(results)", "ms": "\(took.milliseconds)"])
      writeHeld(isEnding: false)
    case .commitFailed(let error):
      write(.error, "the store cannot commit", about: error.kind, ["error": "\(error)"])
    case .storeRecovered:
      write(.notice, "the store works again", about: "store", [:])
    case .unmatched(let reports):
      write(.notice, "kept what no route owns", about: "unmatched", ["reports": "\(reports)"])
    case .swept(let rows):
      logger.debug("deleted what was kept long enough", metadata: ["rows": "\(rows)"])
    case .backedUp(let contents, let took):
      logger.notice("a backup is ready", metadata: ["bytes": "\(contents.bytes)", "seconds": "\(took.seconds)"])
    case .backupFailed(let words):
      write(.error, "a backup failed", about: "backup", ["error": "\(words)"])
    default: preconditionFailure("not an event of the store")
    }
  }

  private func logLane(_ event: Event) {
    switch event {
    case .attempted(let lane, let outcome, let detail, let took):
      if !outcome.isDelivered { logFailed(lane, outcome, detail) }
      logger.debug(
        "tried",
        metadata: [
          "route": "\(laneName(lane))", "outcome": "\(outcome.label)", "detail": "\(masked(phonesIn: detail))",
          "ms": "\(took.milliseconds)",
        ])
    case .delivered(let lane, let tries, let lag):
      logger.debug("delivered", metadata: ["route": "\(laneName(lane))", "tries": "\(tries)", "lag_ms": "\(lag.milliseconds)"])
    case .died(let lane, let tries):
      writeAboutLane(lane, .warning, "gave up a copy: it is kept, and nobody sends it", ["tries": "\(tries)"])
    case .breakerOpened(let lane, let until):
      logOpened(lane, until: until)
    case .breakerClosed(let lane):
      _ = state.state.withLock { $0.down.remove(lane) }
      writeAboutLane(lane, .notice, "the app answers again")
    case .paused(let lane, let reason):
      logger.warning("\(Self.words(of: reason))", metadata: ["route": "\(laneName(lane))", "reason": "\(reason.rawValue)"])
    case .resumed(let lane):
      logger.notice("resumed", metadata: ["route": "\(laneName(lane))"])
    case .askedToWait(let lane, let until):
      writeAboutLane(lane, .notice, "the app asks to be left alone for a while", ["until": "\(until.rfc3339)"])
    case .spilled(let lane):
      writeAboutLane(lane, .info, "copies come faster than the app takes them: the rest waits on disk")
    case .caughtUp(let lane):
      writeAboutLane(lane, .info, "all that waited on disk for the app has been taken up")
    default: preconditionFailure("not an event of a lane")
    }
  }

  /// The words are those of the first, which may be about another report than the next.
  private func logFailed(_ lane: LaneID, _ outcome: Outcome, _ detail: String) {
    let name = laneName(lane)
    let label = outcome.label
    let message = if case .answered = outcome { "the app refused a copy" } else { "the app could not be reached" }
    write(
      .notice, message, about: "\(label) \(name)",
      ["route": "\(name)", "outcome": "\(label)", "detail": "\(masked(phonesIn: detail))"])
  }

  /// An app that takes a copy now and then opens and closes its breaker all the time.
  private func logOpened(_ lane: LaneID, until: Instant) {
    let isNews = state.state.withLock { $0.down.insert(lane).inserted }
    let (message, metadata) = ("the app takes no copies: they wait", ["next_try": "\(until.rfc3339)"] as Logger.Metadata)
    if isNews { return writeAboutLane(lane, .warning, message, metadata) }
    logger.debug("\(message)", metadata: metadata.merging(["route": "\(laneName(lane))"]) { $1 })
  }

  private static func words(of reason: Pause.Reason) -> String {
    switch reason {
    case .operator: "paused: nothing is sent until it is resumed"
    case .gone: "paused: the app answered 410; one copy asks every \(Int(Limits.goneProbeEvery.seconds) / 60) min, and a 2xx resumes"
    }
  }

  private func writeAboutLane(_ lane: LaneID, _ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata = [:]) {
    let name = laneName(lane)
    write(level, message, about: name, metadata.merging(["route": "\(name)"]) { $1 })
  }

  private func write(_ level: Logger.Level, _ message: String, about: String, _ metadata: @autoclosure () -> Logger.Metadata) {
    guard logger.logLevel <= level else { return }
    writeHeld(isEnding: false)
    let line = Repetition.Line(level: level, message: message, about: about)
    let now = clock()
    if let metadata = state.state.withLock({ $0.repetition.write(line, at: now, metadata) }) {
      logger.log(level: level, "\(message)", metadata: metadata)
    }
  }

  /// Writes what was held back for a minute, though nothing else happens. To be called every second or so.
  package func tick() { writeHeld(isEnding: false) }

  private func writeHeld(isEnding: Bool) {
    let now = clock()
    for held in state.state.withLock({ $0.repetition.due(at: now, isEnding: isEnding) }) {
      let more: Logger.Metadata = [Self.moreKey: "\(held.count)", Self.withinKey: "\(Int(Repetition.window.seconds)) s"]
      logger.log(level: held.line.level, "\(held.line.message)", metadata: held.metadata.merging(more) { $1 })
    }
  }
}
