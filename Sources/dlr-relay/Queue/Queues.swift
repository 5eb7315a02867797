import Foundation
import Model
import Receive
import Status
import Store

/// The queues of a relay that runs, or of one that does not.
protocol Queues: StrayReports {
  func table() async throws -> QueueTable
  func report(_ id: Int64) async throws -> ReportAnswer
  func count(_ kind: QueueJob.Kind, _ selection: SelectionRequest) async throws -> CountAnswer
  func start(_ kind: QueueJob.Kind, _ selection: SelectionRequest) async throws -> JobAnswer
  func jobs() async throws -> JobList
  func cancel(job id: Int64) async throws -> JobAnswer
  func pause(route: String) async throws -> StatusReport.Route
  func resume(route: String) async throws -> StatusReport.Route
  func claims(of packet: Int64) async throws -> ClaimList
  func claim(_ packets: [Int64], route: String) async throws -> ClaimList
  /// - Parameter route: nil: whoever claimed it.
  func withdraw(_ packet: Int64, route: String?) async throws -> WithdrawalAnswer
  var isRunning: Bool { get }
}

extension RunningRelay: Queues {
  var isRunning: Bool { true }

  func table() async throws -> QueueTable { try await ask("GET", "/api/v1/queue") }
  func report(_ id: Int64) async throws -> ReportAnswer { try await ask("GET", "/api/v1/reports/\(id)") }

  func count(_ kind: QueueJob.Kind, _ selection: SelectionRequest) async throws -> CountAnswer {
    var selection = selection
    selection.dryRun = true
    return try await ask("POST", "/api/v1/\(kind)s", body: selection, timeout: RunningRelay.countingTimeout)
  }

  func start(_ kind: QueueJob.Kind, _ selection: SelectionRequest) async throws -> JobAnswer {
    try await ask("POST", "/api/v1/\(kind)s", body: selection)
  }

  func jobs() async throws -> JobList { try await ask("GET", "/api/v1/jobs") }
  func cancel(job id: Int64) async throws -> JobAnswer { try await ask("DELETE", "/api/v1/jobs/\(id)") }

  func pause(route: String) async throws -> StatusReport.Route {
    try await ask("POST", "/api/v1/routes/\(percentEncoded(route))/pause", body: [String: String]())
  }

  func resume(route: String) async throws -> StatusReport.Route {
    try await ask("POST", "/api/v1/routes/\(percentEncoded(route))/resume", body: [String: String]())
  }

  func claims(of packet: Int64) async throws -> ClaimList { try await ask("GET", "/api/v1/orders/\(packet)") }

  func claim(_ packets: [Int64], route: String) async throws -> ClaimList {
    try await ask("POST", "/api/v1/orders", body: OrderRequest(route: route, packetIDs: packets))
  }

  func withdraw(_ packet: Int64, route: String?) async throws -> WithdrawalAnswer {
    try await ask("DELETE", "/api/v1/orders/\(packet)?\(route.map { "route=\(percentEncoded($0))" } ?? "all=true")")
  }
}

/// Runs the body with the queues of the relay of this configuration: through its door if it runs, else with its store opened under
/// the lock that keeps it from starting meanwhile.
/// - Throws: `Failure` in one line that says what to do.
func withQueues(of configuration: Configuration, _ body: (any Queues) async throws -> Void) async throws {
  let running = RunningRelay(configuration.status)
  do {
    if try await running.isThere() {
      try await running.expect(store: realPath(configuration.store.path))
      return try await body(running)
    }
    let stopped = try await offPool { Result { try StoppedRelay(configuration) } }.get()
    do {
      try await body(stopped)
    } catch {
      await offPool { stopped.close() }
      throw error
    }
    await offPool { stopped.close() }
  } catch let error as OperatorError {
    throw Failure(error.detail)
  } catch let error as StoreError {
    throw Failure(explain(error, configuration))
  }
}

/// To who asked for queues, not for a second relay.
func explain(_ error: StoreError, _ configuration: Configuration) -> String {
  guard case .inUse(let path, let pid) = error else { return "\(error)" }
  return "a relay (process \(pid)) has the store \(path), but none listens on \(configuration.status.listen); "
    + "set status.listen to what that one was started with, or stop it"
}
