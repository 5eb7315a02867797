import Foundation
import Model
import Receive
import Route

extension Relay: Reloadable {
  /// From the end of a report's path to its beginning, so that nothing is routed to a lane that nobody sends. What can fail comes first.
  func take(_ file: Configuration, fingerprint: String) throws(NotReloaded) {
    let before = running.file
    guard file != before || fingerprint != running.loaded.fingerprint else { return tellOfSame(fingerprint) }
    var receive = file.receive
    receive.connectionsMax = try connectionsAllowed(file)
    let lanes = try lanes(for: file.routes)

    let rules = PresentRules(file.routes)
    journal.adopt(JournalRules(rules.rules, lanes: lanes, dropsUnmatched: file.unmatched == .drop))
    journal.change(file.store.retention)
    reloadDeliverer(file.routes, lanes)
    door.reload(receive, acceptReport: AcceptReport(rules: rules.rules, lanes: lanes, journal: journal, observer: observer))
    running.took(file, rules, fingerprint: fingerprint, at: systemClock())
    observer(.reloaded(fingerprint: fingerprint, RouteChanges(from: before.routes, to: file.routes)))
    let keys = running.loaded.needsRestart
    if !keys.isEmpty { observer(.reloadNeedsRestart(keys: keys)) }
    // After they heard that this file is in force, those too that are not in it.
    alerter.reload(file.alerts, relay: relayName(file))
  }

  func warn(of words: String) { observer(.reloadWarned(words: words)) }

  func refuse(_ reason: NotReloaded, isNews: Bool) {
    guard isNews || running.loaded.lastError != reason.words else { return }
    running.refused(reason, at: systemClock())
    observer(.reloadFailed(words: reason.words))
  }

  private func tellOfSame(_ fingerprint: String) {
    running.isStillInForce()
    observer(.reloaded(fingerprint: fingerprint, RouteChanges()))
  }

  private func connectionsAllowed(_ file: Configuration) throws(NotReloaded) -> Int {
    do { return try OpenFiles.connectionsAllowed(file) } catch { throw NotReloaded(error.description) }
  }

  private func lanes(for routes: [RouteSettings]) throws(NotReloaded) -> [LaneID] {
    do {
      let lanes = try journal.lanes(for: routes.map(LaneTerms.init))
      routeNames.add(journal.standing().lanes)
      return lanes
    } catch {
      throw NotReloaded("the routes could not be entered into the store: \(error)", isOfFile: false)
    }
  }

  /// Returns when nothing starts by the settings before.
  private func reloadDeliverer(_ routes: [RouteSettings], _ lanes: [LaneID]) {
    let inForce = DispatchSemaphore(value: 0)
    deliverer.reload(routes: routes, lanes: lanes) { inForce.signal() }
    inForce.wait()
  }
}
