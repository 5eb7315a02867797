import Model
import Status
import Synchronization

/// The rule file in force, for whoever asks anew each time.
final class RunningConfiguration: Sendable {
  private struct State {
    /// As the file says.
    var file: Configuration
    var rules: PresentRules
    var statusToken: Secret?
    var readToken: Secret?
    var shown: LoadedConfiguration
  }

  /// What was opened then stays open until the end.
  private let started: Configuration
  /// Without symbolic links.
  let storePath: String
  private let state: Mutex<State>

  /// - Precondition: the store is open.
  init(_ configuration: Configuration, _ rules: PresentRules, fingerprint: String, at now: Instant) {
    started = configuration
    storePath = realPath(configuration.store.path)
    state = Mutex(
      State(
        file: configuration, rules: rules, statusToken: configuration.status.token, readToken: configuration.status.readToken,
        shown: LoadedConfiguration(configuration, fingerprint: fingerprint, at: now)))
  }

  /// As it is shown to people.
  var loaded: LoadedConfiguration { state.withLock { $0.shown } }
  var file: Configuration { state.withLock { $0.file } }
  var rules: PresentRules { state.withLock { $0.rules } }

  /// The door that is open, and the tokens that open it now.
  var status: StatusSettings {
    var settings = started.status
    (settings.token, settings.readToken) = state.withLock { ($0.statusToken, $0.readToken) }
    return settings
  }

  /// The file is in force, except for what needs a restart.
  func took(_ file: Configuration, _ rules: PresentRules, fingerprint: String, at now: Instant) {
    let keys = keysForRestart(file)
    state.withLock { state in
      state.file = file
      state.rules = rules
      if !leavesOpen(file.status) { state.statusToken = file.status.token }
      // One that the file has no more opens nothing, whatever became of the other.
      state.readToken = file.status.readToken
      state.shown = LoadedConfiguration(file, fingerprint: fingerprint, at: now)
      state.shown.needsRestart = keys
    }
  }

  /// The file in force is the newest after all.
  func isStillInForce() {
    state.withLock { ($0.shown.lastError, $0.shown.lastErrorAt, $0.shown.diagnostics) = (nil, nil, []) }
  }

  func refused(_ reason: NotReloaded, at now: Instant) {
    let diagnostics = Array(reason.diagnostics.prefix(LoadedConfiguration.diagnosticsShownMax))
    state.withLock { ($0.shown.lastError, $0.shown.lastErrorAt, $0.shown.diagnostics) = (reason.words, now, diagnostics) }
  }

  private func keysForRestart(_ file: Configuration) -> [String] {
    var keys: [String] = []
    if file.receive.listen != started.receive.listen { keys.append("receive.listen") }
    if file.status.listen != started.status.listen { keys.append("status.listen") }
    if leavesOpen(file.status) { keys.append("status.token") }
    if realPath(file.store.path) != storePath { keys.append("store.path") }
    return keys
  }

  /// A file without a token is right where it listens on loopback only; the door that is open may be another.
  private func leavesOpen(_ settings: StatusSettings) -> Bool { settings.token == nil && !started.status.listen.isLoopback }
}
