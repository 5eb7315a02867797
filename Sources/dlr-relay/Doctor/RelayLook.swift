import Foundation
import Model
import Status
import Store

/// Whether the relay of a rule file runs, and how.
enum RelayLook {
  static func at(_ configuration: Configuration) async -> Facts.Relay {
    let (running, path) = (RunningRelay(configuration.status), configuration.store.path)
    do {
      guard try await running.isThere() else {
        return StoreLock.holder(ofStore: path).map { .hidden(pid: $0) } ?? .stopped
      }
      try await running.expect(store: realPath(path))
      let relay: RelayAnswer = try await running.ask("GET", "/api/v1/relay")
      let state: StatusReport = try await running.ask("GET", "/status.json")
      return .running(
        Facts.Running(
          pid: relay.process, version: relay.version, fingerprint: state.config.fingerprint, lastError: state.config.lastError,
          needsRestart: state.config.needsRestart, openFilesMax: OpenFiles.limit(of: relay.process),
          holdsReserve: FileManager.default.fileExists(atPath: path + ".reserve")))
    } catch {
      return .foreign("\(error)")
    }
  }
}
