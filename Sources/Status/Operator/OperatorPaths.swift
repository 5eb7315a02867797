import Hummingbird
import Model

/// /api/v1: an operator's requests, and what is answered.
///
/// Whoever gets this far is past the gate. A web page that a browser at this machine has open could still send a form: what changes
/// something therefore wants `content-type: application/json`, or is a DELETE, neither of which a page of another origin may send
/// without asking first (Fetch, "CORS-preflight"), and asking is not answered here.
struct OperatorPaths: Sendable {
  typealias Context = DoorContext
  typealias Answering = @Sendable (Request, Context) async throws -> Response

  private static let bodyBytesMax = 16 * 1024
  private let `operator`: Operator

  init(_ operator: Operator) { self.operator = `operator` }

  var all: [(path: RouterPath, methods: [HTTPRequest.Method: Answering])] {
    [
      ("/api/v1/reports/:id", [.get: report]),
      ("/api/v1/replays", [.post: { request, _ in try await start(.replay, request) }]),
      ("/api/v1/discards", [.post: { request, _ in try await start(.discard, request) }]),
      ("/api/v1/jobs", [.get: { _, _ in try .json(await `operator`.jobs()) }]),
      ("/api/v1/jobs/:id", [.get: job, .delete: cancel]),
      ("/api/v1/routes/:name/pause", [.post: pause]),
      ("/api/v1/routes/:name/resume", [.post: resume]),
    ]
  }

  private func report(_ request: Request, _ context: Context) async throws -> Response {
    try .json(await `operator`.report(number("id", context)))
  }

  private func start(_ kind: QueueJob.Kind, _ request: Request) async throws -> Response {
    let selection = try SelectionRequest(json: await body(of: request))
    if selection.dryRun == true { return try .json(CountAnswer(count: await `operator`.count(kind, selection))) }
    let job = try await `operator`.start(kind, selection)
    var response = try Response.json(job, status: .accepted)
    response.headers[.location] = "/api/v1/jobs/\(job.id)"
    return response
  }

  private func job(_ request: Request, _ context: Context) async throws -> Response {
    try .json(await `operator`.job(number("id", context)))
  }

  private func cancel(_ request: Request, _ context: Context) async throws -> Response {
    try .json(await `operator`.cancel(job: number("id", context)))
  }

  private func pause(_ request: Request, _ context: Context) async throws -> Response {
    try await expectNothing(in: request)
    return try .json(await `operator`.pause(route: context.parameters.require("name")))
  }

  private func resume(_ request: Request, _ context: Context) async throws -> Response {
    try await expectNothing(in: request)
    return try .json(await `operator`.resume(route: context.parameters.require("name")))
  }

  private func number(_ name: String, _ context: Context) throws -> Int64 { try context.number(name) }

  private func body(of request: Request) async throws -> [UInt8] { try await request.json(bytesMax: Self.bodyBytesMax) }

  /// Who sends a selection where none is read may believe that it was.
  private func expectNothing(in request: Request) async throws {
    let body = String(decoding: try await body(of: request), as: UTF8.self)
    guard body.filter({ !$0.isWhitespace }).isEmpty || body.filter({ !$0.isWhitespace }) == "{}" else {
      throw OperatorError.invalid("Nothing is to be said here. Send {} as the body, or none.")
    }
  }
}
