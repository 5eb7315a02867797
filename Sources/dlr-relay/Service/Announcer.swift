import Foundation
import Model
import Synchronization

/// Tells the service manager what becomes of the relay: that it is ready, what it is at in one line (`systemctl status`), that it reads its
/// rule file again, that it stops.
final class Announcer: Sendable {
  private enum State {
    /// Exits: `ready`, `stopping`.
    case starting
    /// Exits: `stopping`.
    case ready(publicDoor: Endpoint)
    case stopping
  }

  private let manager: ServiceManager
  private let state = Mutex(State.starting)

  init(_ manager: ServiceManager) { self.manager = manager }

  /// Both doors listen.
  func isReady(publicDoor: Endpoint, _ configuration: LoadedState) {
    let isFirst = state.withLock { state in
      guard case .starting = state else { return false }
      state = .ready(publicDoor: publicDoor)
      return true
    }
    if isFirst { manager.tell([.ready, .status(configuration.words(publicDoor))]) }
  }

  /// Of a relay that is not ready yet, or stops, nothing is told: what is ready again would be taken for ready.
  func reloads() {
    guard publicDoor != nil else { return }
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    manager.tellLater([.reloading(monotonic: Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1_000)])
  }

  func reloaded(_ configuration: LoadedState) {
    guard let publicDoor else { return }
    manager.tellLater([.ready, .status(configuration.words(publicDoor))])
  }

  func stops() {
    state.withLock { $0 = .stopping }
    manager.tellLater([.stopping, .status("stopping: what is in flight is finished")])
  }

  private var publicDoor: Endpoint? { state.withLock { if case .ready(let door) = $0 { door } else { nil } } }
}

/// What is told of the rule file.
struct LoadedState {
  var routes: Int
  /// A newer file was refused.
  var isRefused: Bool

  fileprivate func words(_ publicDoor: Endpoint) -> String {
    "public door on \(publicDoor), \(routes) route\(routes == 1 ? "" : "s")"
      + (isRefused ? "; the changed rule file was not taken, and the log says why" : "")
  }
}
