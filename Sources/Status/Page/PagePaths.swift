import Hummingbird
import Model

/// /status and what is below it: the page for people. It only shows.
struct PagePaths: Sendable {
  typealias Context = DoorContext
  typealias Answering = @Sendable (Request, Context) async throws -> Response

  /// Nothing from elsewhere, nothing inline, nothing sent to anybody else.
  static let contentSecurityPolicy =
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    + "frame-ancestors 'none'"
  /// For who finds no place among the viewers, in seconds.
  private static let retryAfter = 30

  private let source: StatusSource
  private let room: LiveRoom

  init(_ source: StatusSource, _ room: LiveRoom) { (self.source, self.room) = (source, room) }

  var all: [(path: RouterPath, methods: [HTTPRequest.Method: Answering])] {
    [
      ("/status", [.get: status]),
      ("/status/events", [.get: events]),
      ("/status/search", [.get: search]),
      ("/status/reports/:id", [.get: report]),
    ] + [Asset.style, .script, .icon].map { asset in (RouterPath(asset.path), [.get: { request, _ in show(asset, request) }]) }
  }

  private func status(_ request: Request, _ context: Context) async throws -> Response {
    guard !prefersJSON(request) else { return try await StatusPaths(source).status() }
    let query = PageQuery(request)
    let snapshot = await source.snapshot()
    let health = await source.health(snapshot)
    return page(StatusView(snapshot, health, await source.history(query.span, at: snapshot.now), query).html)
  }

  /// A browser names text/html; a program that wants JSON names that.
  private func prefersJSON(_ request: Request) -> Bool {
    let accept = request.headers[values: .accept].joined(separator: ",").lowercased()
    return accept.contains("application/json") && !accept.contains("text/html")
  }

  private func events(_ request: Request, _ context: Context) async throws -> Response {
    let headers: HTTPFields = [.contentType: EventStream.type, .vary: "Accept-Language"]
    guard request.method != .head else { return Response(status: .ok, headers: headers) }
    let channel = context.channel
    guard let seat = room.join(PageQuery(request), disconnect: { channel.close(promise: nil) }) else {
      var response = try Response.problem(
        .serviceUnavailable, "\(LiveRoom.viewersMax) pages are live already. This one is right when it is loaded again.")
      response.headers[.retryAfter] = String(Self.retryAfter)
      return response
    }
    return Response(status: .ok, headers: headers, body: EventStream.body(seat))
  }

  private func search(_ request: Request, _ context: Context) async throws -> Response {
    let found = await SearchDesk(source).search(SearchQuery(request))
    return page(found.html, status: found.fault == nil ? .ok : .badRequest)
  }

  private func report(_ request: Request, _ context: Context) async throws -> Response {
    let query = PageQuery(request)
    let text = try context.parameters.require("id")
    guard let id = Int64(text) else { return page(MissingView(query).html, status: .notFound) }
    let records: [ReportRecord]
    do { records = try await source.operations.report(id) } catch {
      return page(MissingView(query, isUnread: true).html, status: .serviceUnavailable)
    }
    guard !records.isEmpty else { return page(MissingView(query).html, status: .notFound) }
    let answers = (try? await source.lookups.explain(records)) ?? records.map { _ in nil }
    return page(ReportView(id: id, records, answers, now: source.clock(), query).html)
  }

  private func page(_ html: String, status: HTTPResponse.Status = .ok) -> Response {
    var response = Response.text(html, type: "text/html; charset=utf-8", status: status)
    response.headers[.contentSecurityPolicy] = Self.contentSecurityPolicy
    response.headers[.vary] = "Accept, Accept-Language"
    return response
  }

  private func show(_ asset: Asset, _ request: Request) -> Response {
    var response = Response(
      status: .ok, headers: [.contentType: asset.type], body: ResponseBody(byteBuffer: ByteBuffer(bytes: asset.bytes)))
    // Only of what was asked for with its digest is it known that it never changes.
    if request.uri.string == asset.address { response.headers[.cacheControl] = "private, max-age=31536000, immutable" }
    return response
  }
}

extension StatusSource {
  func report() async -> StatusReport {
    let snapshot = await snapshot()
    return StatusReport(snapshot, await health(snapshot))
  }
}
