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
  /// Whoever gets here has sent status.token. Otherwise it is somebody at this machine.
  /// Whether this door asks for a token, as it is now.
  private let wantsToken: @Sendable () -> Bool

  init(_ operator: Operator, wantsToken: @escaping @Sendable () -> Bool) {
    self.operator = `operator`
    self.wantsToken = wantsToken
  }

  var all: [(path: RouterPath, methods: [HTTPRequest.Method: Answering])] {
    [
      ("/api/v1/reports/:id", [.get: report]),
      ("/api/v1/replays", [.post: { request, _ in try await start(.replay, request) }]),
      ("/api/v1/discards", [.post: { request, _ in try await start(.discard, request) }]),
      ("/api/v1/jobs", [.get: { _, _ in try .json(await `operator`.jobs()) }]),
      ("/api/v1/jobs/:id", [.get: job, .delete: cancel]),
      ("/api/v1/unmatched", [.get: unmatched]),
      ("/api/v1/reroutes", [.post: reroute]),
      ("/api/v1/quarantine", [.get: quarantine]),
      ("/api/v1/quarantine/retries", [.post: readmit]),
      ("/api/v1/quarantine/:id", [.get: quarantined]),
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
    return try started(await `operator`.start(kind, selection))
  }

  private func started(_ job: JobAnswer) throws -> Response {
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

  // MARK: - Strays

  private func unmatched(_ request: Request, _ context: Context) async throws -> Response {
    let page = try page(request)
    return try .json(await `operator`.unmatched(after: page.after, limit: page.limit))
  }

  private func reroute(_ request: Request, _ context: Context) async throws -> Response {
    let wanted = try RerouteRequest(json: await body(of: request))
    guard wanted.dryRun != true else { return try .json(await `operator`.rerouteCount(after: wanted.after ?? 0)) }
    return try started(await `operator`.reroute())
  }

  private func quarantine(_ request: Request, _ context: Context) async throws -> Response {
    let page = try page(request)
    return try .json(await `operator`.quarantine(after: page.after, limit: page.limit))
  }

  private func quarantined(_ request: Request, _ context: Context) async throws -> Response {
    let (id, items) = (try number("id", context), try query(request, known: ["raw"]))
    guard let raw = items["raw"] else { return try .json(await `operator`.quarantined(id)) }
    guard raw == "1" else { throw OperatorError.invalid("\"raw\" is 1, or left out.") }
    guard wantsToken() else {
      throw OperatorError.forbidden(
        "The bytes may hold a phone number and a message, which are shown only to who has a token: set status.token in the rule file, "
          + "and send the token.")
    }
    let bytes = try await `operator`.quarantinedBytes(id)
    return Response(
      status: .ok,
      headers: [.contentType: "application/octet-stream", .contentDisposition: "attachment; filename=\"quarantine-\(id).bin\""],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
  }

  private func readmit(_ request: Request, _ context: Context) async throws -> Response {
    try await expectNothing(in: request)
    return try started(await `operator`.readmit())
  }

  private func page(_ request: Request) throws(OperatorError) -> (after: Int64, limit: Int) {
    let items = try query(request, known: ["after", "limit"])
    let limit = try items["limit"].map(wholeNumber) ?? Int64(Limits.straysShownMax / 2)
    guard (1...Int64(Limits.straysShownMax)).contains(limit) else {
      throw .invalid("\"limit\" is from 1 to \(Limits.straysShownMax); more is on the next page, behind \"next\".")
    }
    return (try items["after"].map(wholeNumber) ?? 0, Int(limit))
  }

  private func wholeNumber(_ text: Substring) throws(OperatorError) -> Int64 {
    guard let number = Int64(text) else { throw .invalid("\"after\" and \"limit\" are whole numbers.") }
    return number
  }

  /// A name that is not known was meant to say something.
  private func query(_ request: Request, known: Set<Substring>) throws(OperatorError) -> [Substring: Substring] {
    var items: [Substring: Substring] = [:]
    for (name, value) in request.uri.queryParameters {
      guard known.contains(name), items.updateValue(value, forKey: name) == nil else {
        throw .invalid("The query may have, each once: \(known.sorted().joined(separator: ", ")).")
      }
    }
    return items
  }

  // MARK: - Routes

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
