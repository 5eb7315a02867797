import Model
import Observe

/// Whether all is well, in words for the person who opened the page.
struct Health: Sendable, Equatable {
  struct Finding: Sendable, Equatable {
    var text: String
    /// What to type to see more, or to mend it.
    var command: String?
  }

  /// Waiting longer than this is worth a word.
  static let oldestWaitingMax: Duration = .minutes(15)

  /// True now, and somebody should act.
  var problems: [Finding] = []
  /// Happened once; kept to be looked at.
  var notes: [Finding] = []

  init(_ snapshot: Snapshot, isStoreWritable: Bool, publicDoorAnswers: Bool) {
    if !isStoreWritable {
      let cause = snapshot.record.store.lastError.map { ": \($0)" } ?? ""
      add("The store cannot write\(cause). Reports are answered 503, and the provider is to send them again.")
    }
    if !publicDoorAnswers { add("The public door does not answer a connection from this machine.") }
    if snapshot.oldestWaiting == nil { add("The store cannot be read, so nobody knows how long the oldest copy waits.") }
    if let error = snapshot.configuration.lastError {
      let since = snapshot.configuration.lastErrorAt.map { " \(spoken(snapshot.now - $0)) ago" } ?? ""
      add("The rule file was not taken\(since), the one before it is still in force: \(error)", "dlr-relay check")
    }
    let keys = snapshot.configuration.needsRestart
    if !keys.isEmpty { add("The rule file changes \(keys.joined(separator: ", ")), which takes a restart; the rest of it is in force.") }
    for route in snapshot.routes { look(at: route, now: snapshot.now) }
    noteStrays(quarantined: snapshot.quarantined, unmatched: snapshot.configuration.dropsUnmatched ? 0 : snapshot.standing.unmatched)
  }

  var sentence: String {
    switch problems.count {
    case 0: "All is well."
    case 1: "One thing is wrong."
    default: "\(problems.count) things are wrong."
    }
  }

  private mutating func look(at route: Snapshot.Route, now: Instant) {
    let name = route.lane.name
    let waiting = "\(grouped(route.lane.pending)) \(route.lane.pending == 1 ? "copy waits" : "copies wait")"
    if route.isHeld {
      if route.lane.pending > 0 { add("Route \(name) is not in the rule file any more: \(waiting).", "dlr-relay queue") }
    } else if let pause = route.pause {
      look(at: route, pausedBy: pause, waiting: waiting, now: now)
    } else if let gauge = route.gauge, gauge.breaker != .closed {
      let error = route.lane.lastError.map { " Last error: \(masked(phonesIn: $0))" } ?? ""
      add("The app of route \(name) is failing: \(waiting), and one at a time is tried.\(error)", "dlr-relay queue")
    } else if let oldest = route.oldestWaiting, now - oldest > Self.oldestWaitingMax {
      let asked = route.notBefore.map { " The app asked not to be sent anything for \(spoken($0 - now)) more." } ?? ""
      add("The oldest copy for route \(name) has waited for \(spoken(now - oldest)).\(asked)", "dlr-relay queue")
    }
    if route.lane.dead > 0 {
      let copies = route.lane.dead == 1 ? "copy for route \(name) was" : "copies for route \(name) were"
      let text = "\(grouped(route.lane.dead)) \(copies) given up, after trying for as long as the rules say."
      notes.append(Finding(text: text, command: route.isHeld ? nil : "dlr-relay queue replay --route \(name)"))
    }
  }

  /// By how many there have been: how many of them are still kept, nobody counts.
  private mutating func noteStrays(quarantined: Int, unmatched: Int) {
    if quarantined > 0 {
      let bodies = quarantined == 1 ? "1 body with the right token was" : "\(grouped(quarantined)) bodies with the right token were"
      notes.append(Finding(text: "\(bodies) no report. What came within retention.quarantine is kept.", command: "dlr-relay quarantine"))
    }
    if unmatched > 0 {
      let reports = unmatched == 1 ? "1 report matched no route when it" : "\(grouped(unmatched)) reports matched no route when they"
      let text = "\(reports) came. What came within retention.unmatched is kept."
      notes.append(Finding(text: text, command: "dlr-relay unmatched"))
    }
  }

  private mutating func look(at route: Snapshot.Route, pausedBy pause: PauseCause, waiting: String, now: Instant) {
    let name = route.lane.name
    let since = route.lane.state.pause.map { " \(spoken(now - $0.since)) ago" } ?? ""
    switch pause {
    case .operator:
      add("Route \(name) was paused by an operator\(since): \(waiting).", "dlr-relay queue resume \(name)")
    case .gone:
      let probes = "one copy is tried every \(spoken(Limits.goneProbeEvery))"
      add("The app of route \(name) answered 410 Gone\(since): \(waiting), and \(probes).", "dlr-relay queue resume \(name)")
    case .ruleFile:
      add("Route \(name) is paused in the rule file: \(waiting). To end it, take \"paused: true\" out of the file.")
    }
  }

  private mutating func add(_ text: String, _ command: String? = nil) { problems.append(Finding(text: text, command: command)) }
}
