import Hummingbird
import NIOCore
import NIOHTTP1

/// Outermost, so that a method nobody serves anywhere reaches neither the gate nor a metric's label.
struct KnownMethods<Context: RequestContext>: RouterMiddleware {
  static var all: [HTTPRequest.Method] { [.get, .head, .post, .put, .patch, .delete, .options, .trace, .query] }

  func handle(_ request: Request, context: Context, next: (Request, Context) async throws -> Response) async throws -> Response {
    if Self.all.contains(request.method) { return try await next(request, context) }
    return try .problem(.notImplemented, "This method is not served anywhere.")
  }
}

/// A request on its way, with who sent it.
struct DoorContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// Set by the gate; nil where it asks nobody.
  var caller: Caller?
  let channel: any Channel

  init(source: Source) {
    coreContext = .init(source: source)
    channel = source.channel
  }
}

/// The gate before every path, and what every answer has in common.
struct Guarded: RouterMiddleware {
  typealias Context = DoorContext
  private let gate: @Sendable () -> Gate

  /// - Parameter gate: as it is now; asked with every request.
  init(_ gate: @escaping @Sendable () -> Gate) { self.gate = gate }

  func handle(_ request: Request, context: Context, next: (Request, Context) async throws -> Response) async throws -> Response {
    var response = try await answer(request, context: context, next: next)
    if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
    response.headers[.xContentTypeOptions] = "nosniff"
    if response.headers[.contentSecurityPolicy] == nil {
      response.headers[.contentSecurityPolicy] = "default-src 'none'; frame-ancestors 'none'"
    }
    return request.method == .head ? response.createHeadResponse() : response
  }

  private func answer(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    var context = context
    let authorization = request.headers[values: .authorization]
    switch gate().verdict(path: request.uri.path, host: request.head.authority, authorization: authorization) {
    case .open(let caller): context.caller = caller
    case .unauthorized:
      let token = Gate.isAboutOrders(request.uri.path) ? "an order_key of your route, or status.token," : "status.token"
      var response = try Response.problem(.unauthorized, "Send \(token) as a bearer token, or as the password of any user name.")
      response.headers[values: .wwwAuthenticate] = [#"Bearer realm="dlr-relay""#, #"Basic realm="dlr-relay", charset="UTF-8""#]
      return response
    case .misdirected:
      return try .problem(
        .misdirectedRequest,
        "Without status.token this door answers only to localhost, 127.0.0.1 or [::1] as Host. Set status.token to reach it by a name.")
    }
    return try await answered(request, context, next)
  }

  /// Whatever goes wrong further in is told as a problem, also what the framework refuses.
  private func answered(
    _ request: Request, _ context: Context, _ next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch let error as OperatorError {
      return try .problem(error.httpStatus, error.detail)
    } catch let error as any HTTPResponseError where error.status == .notFound {
      return try .problem(
        .notFound, "There is nothing here. /status is for people, /status.json and /metrics for programs, /openapi.json tells the rest.")
    } catch let error as any HTTPResponseError {
      return try .problem(error.status, "This request cannot be read. /openapi.json tells which can.")
    } catch let error as HTTPParserError {
      // The connection is of no use any more: the server answers and closes.
      throw error
    } catch is CancellationError {
      throw CancellationError()
    } catch {
      context.logger.error("could not answer", metadata: ["error": "\(type(of: error))"])
      return try .problem(.internalServerError, "The relay could not answer this. Look at its log.")
    }
  }
}

extension HTTPRequest.Method {
  /// A GET with a body, which is on its way to be a standard.
  fileprivate static var query: Self {
    guard let method = HTTPRequest.Method("QUERY") else { preconditionFailure("a method's name is a token") }
    return method
  }
}
