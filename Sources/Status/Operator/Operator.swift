import Foundation
import Model

/// What an operator can see and change, as the door and the commands both do it.
package struct Operator: Sendable {
  let source: StatusSource

  package init(_ source: StatusSource) { self.source = source }

  /// How many copies are meant.
  package func count(_ kind: QueueJob.Kind, _ request: SelectionRequest) async throws(OperatorError) -> CopyCount {
    let selection = try selection(for: kind, request)
    return try await reading { try await source.operations.count(selection) }
  }

  package func start(_ kind: QueueJob.Kind, _ request: SelectionRequest) async throws(OperatorError) -> JobAnswer {
    let selection = try selection(for: kind, request)
    let job = shown(try await changing { try await source.operations.start(kind, selection, request.rate) })
    tell(started: job)
    return job
  }

  /// The newest first.
  /// - Parameter cursor: the `next` of the page before; nil: the first page.
  package func jobs(_ cursor: String? = nil, limit: Int = Limits.jobsShownMax) async throws(OperatorError) -> JobList {
    let before = try Cursor.number(cursor, of: .jobs)
    var found = try await reading { try await source.operations.jobs(before, limit + 1) }
    let next = Self.next(.jobs, of: &found, limit: limit, \.id)
    return JobList(jobs: found.map(shown), next: next)
  }

  package func job(_ id: Int64) async throws(OperatorError) -> JobAnswer {
    let upTo = try await reading { try await source.operations.jobs(id < .max ? id + 1 : nil, 1) }
    guard let job = upTo.first, job.id == id else { throw Self.unknown(job: id) }
    return shown(job)
  }

  package func cancel(job id: Int64) async throws(OperatorError) -> JobAnswer {
    guard let job = try await changing({ try await source.operations.cancel(id) }) else { throw Self.unknown(job: id) }
    tell("cancel", ["job": String(id), "kind": job.kind.rawValue])
    return shown(job)
  }

  /// - Returns: the route's row of /status.json, once the pause is on disk.
  package func pause(route name: String) async throws(OperatorError) -> StatusReport.Route {
    let lane = try laneOfFile(name)
    try await changing { try await source.operations.pause(lane) }
    tell("pause", ["route": name])
    return try await route(name)
  }

  /// - Returns: as `pause`.
  package func resume(route name: String) async throws(OperatorError) -> StatusReport.Route {
    let lane = try laneOfFile(name)
    guard !source.configuration().pausedRoutes.contains(name) else {
      throw .conflict("Route \(name) is paused in the rule file: take \"paused: true\" out there.")
    }
    try await changing { try await source.operations.resume(lane) }
    tell("resume", ["route": name])
    return try await route(name)
  }

  package func routes() async -> RouteList {
    let snapshot = await source.snapshot()
    return RouteList(routes: snapshot.routes.map { StatusReport.Route($0, at: snapshot.now) })
  }

  /// The route's row of /status.json.
  package func route(_ name: String) async throws(OperatorError) -> StatusReport.Route {
    let snapshot = await source.snapshot()
    guard let route = snapshot.routes.first(where: { $0.lane.name == name }) else {
      throw Self.unknown(route: name, among: snapshot.routes.map(\.lane.name))
    }
    return StatusReport.Route(route, at: snapshot.now)
  }

  // MARK: - The relay

  package var relay: RelayAnswer {
    RelayAnswer(version: source.version, process: ProcessInfo.processInfo.processIdentifier, store: source.storePath)
  }

  package func queue() async throws(OperatorError) -> QueueTable {
    let now = source.clock()
    let waiting = try await reading { try await source.waiting(QueueTable.ends(at: now)) }
    return QueueTable(waiting: waiting, routes: source.configuration().routes, lanes: source.standing().lanes, at: now)
  }

  // MARK: - Names

  private func selection(for kind: QueueJob.Kind, _ request: SelectionRequest) throws(OperatorError) -> Selection {
    try request.selection(for: kind, lane: lane)
  }

  /// Of a route in the file, or of one that is no longer there and whose copies are kept.
  func lane(_ name: String) throws(OperatorError) -> LaneID {
    let lanes = source.standing().lanes
    guard let lane = lanes.first(where: { $0.name == name }) else {
      let inFile = source.configuration().routes
      throw Self.unknown(route: name, among: inFile + lanes.map(\.name).filter { !inFile.contains($0) })
    }
    return lane.id
  }

  func laneOfFile(_ name: String) throws(OperatorError) -> LaneID {
    let routes = source.configuration().routes
    guard let lane = source.standing().lanes.first(where: { $0.name == name }) else {
      throw Self.unknown(route: name, among: routes)
    }
    guard routes.contains(name) else {
      throw .conflict("Route \(name) is not in the rule file, so nothing is sent to it anyway.")
    }
    return lane.id
  }

  func shown(_ job: QueueJob) -> JobAnswer {
    let route = job.selection?.lane.map { id in source.standing().lanes.first { $0.id == id }?.name ?? "lane \(id.number)" }
    return JobAnswer(job, route: route)
  }

  private static func unknown(route name: String, among names: [String]) -> OperatorError {
    .unknown("There is no route \"\(name.prefix(64))\". There are: \(names.joined(separator: ", ")).")
  }

  private static func unknown(job id: Int64) -> OperatorError {
    .unknown("There is no job \(id), or not any more. GET /api/v1/jobs and `dlr-relay queue jobs` list them.")
  }

  // MARK: - Errors

  func reading<T>(_ body: () async throws -> T) async throws(OperatorError) -> T {
    do { return try await body() } catch { throw .store(unread: error) }
  }

  func changing<T>(_ body: () async throws -> T) async throws(OperatorError) -> T {
    do { return try await body() } catch { throw .store(error) }
  }
}
