import Logging
import Model
import Synchronization

/// Writes events as log lines: constant messages with metadata, routes by name.
///
/// Nothing above `debug` for a single report, and at `info` such an event costs one comparison. What can repeat is held to
/// one line a minute and kind (`Repetition`); what was held back is written with `more` and `within`.
package struct EventLog: Sendable {
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
    case .started, .stopping, .stopped: logProcess(event)
    case .accepted, .refused, .notStored, .quarantined: logDoor(event)
    case .committed, .commitFailed, .storeRecovered, .unmatched, .swept: logStore(event)
    case .attempted, .delivered, .died, .breakerOpened, .breakerClosed, .paused, .resumed, .askedToWait, .spilled, .caughtUp:
      logLane(event)
    case .reloaded, .reloadFailed, .reloadNeedsRestart: logReload(event)
    case .alertFailed(let hook, let words):
      write(.warning, "an alert could not be sent", about: hook, ["alert": "\(hook)", "error": "\(words)"])
    }
  }

  private func logProcess(_ event: Event) {
    switch event {
    case .started(let version, let publicDoor, let statusDoor):
      logger.info("started", metadata: ["version": "\(version)", "receive": "\(publicDoor)", "status": "\(statusDoor)"])
    case .stopping:
      logger.info("stopping: no more reports are taken, what is in flight is finished")
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
    case .accepted(let duration):
      logger.debug("answered 200", metadata: ["ms": "\(duration.milliseconds)"])
    case .refused(let refusal):
      write(.notice, "refused a request", about: refusal.rawValue, ["reason": "\(refusal.rawValue)"])
    case .notStored(let error):
      write(.error, "answered 503: a report could not be stored", about: error.kind, ["error": "\(error)"])
    case .quarantined(let reason):
      write(.warning, "kept a body that is no report", about: reason.rawValue, ["reason": "\(reason.rawValue)"])
    default: preconditionFailure("not an event of the public door")
    }
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
    default: preconditionFailure("not an event of the store")
    }
  }

  private func logLane(_ event: Event) {
    switch event {
    case .attempted(let lane, let outcome, let detail, let took):
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

  /// An app that takes a copy now and then opens and closes its breaker all the time.
  private func logOpened(_ lane: LaneID, until: Instant) {
    let isNews = state.state.withLock { $0.down.insert(lane).inserted }
    let (message, metadata) = ("the app does not answer: its copies wait", ["next_try": "\(until.rfc3339)"] as Logger.Metadata)
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

  private func write(_ level: Logger.Level, _ message: String, about: String, _ metadata: Logger.Metadata) {
    writeHeld(isEnding: false)
    let line = Repetition.Line(level: level, message: message, about: about)
    let now = clock()
    let shouldWrite = state.state.withLock { $0.repetition.shouldWrite(line, metadata: metadata, at: now) }
    if shouldWrite { logger.log(level: level, "\(message)", metadata: metadata) }
  }

  private func writeHeld(isEnding: Bool) {
    let now = clock()
    for held in state.state.withLock({ $0.repetition.due(at: now, isEnding: isEnding) }) {
      let more: Logger.Metadata = ["more": "\(held.count)", "within": "\(Int(Repetition.window.seconds)) s"]
      logger.log(level: held.line.level, "\(held.line.message)", metadata: held.metadata.merging(more) { $1 })
    }
  }
}
