import Hummingbird
import Model
import NIOHTTP1
import Synchronization

/// The gate before every path, and what every answer has in common.
struct Guarded: RouterMiddleware {
  typealias Context = DoorContext
  /// When to ask again where the store or the public door did not do it.
  private static let retryAfter: Duration = .seconds(5)

  private let gate: @Sendable () -> Gate
  private let source: StatusSource
  private let guesses = Guesses()

  /// A box, since a middleware is a value and its copies count together.
  private final class Guesses: Sendable {
    let state = Mutex(GuessGuard())
  }

  /// - Parameter gate: as it is now; asked with every request.
  init(_ gate: @escaping @Sendable () -> Gate, source: StatusSource) {
    self.gate = gate
    self.source = source
  }

  func handle(_ request: Request, context: Context, next: (Request, Context) async throws -> Response) async throws -> Response {
    var response = try await answer(request, context: context, next: next)
    if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
    response.headers[.xContentTypeOptions] = "nosniff"
    if response.headers[.contentSecurityPolicy] == nil {
      response.headers[.contentSecurityPolicy] = "default-src 'none'; frame-ancestors 'none'"
    }
    if response.status == .serviceUnavailable, response.headers[.retryAfter] == nil {
      response.headers[.retryAfter] = Self.seconds(Self.retryAfter)
    }
    return request.method == .head ? response.createHeadResponse() : response
  }

  private func answer(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let gate = gate()
    let verdict = gate.verdict(
      path: request.uri.path, isLooking: request.method == .get || request.method == .head, host: Self.host(of: request),
      authorization: request.headers[values: .authorization])
    switch verdict {
    case .open(let caller): return try await serve(request, caller, gate, context, next)
    case .missing:
      tell(.noCredentials)
      return try unauthorized(request)
    case .wrong: return try await wrong(request, context)
    case .readOnly:
      tell(.readOnly)
      return try .problem(.forbidden, "status.read_token looks at everything and changes nothing. Send status.token to change something.")
    case .misdirected:
      tell(.host)
      return try .problem(
        .misdirectedRequest,
        "Without status.token this door answers only to localhost, 127.0.0.1 or [::1] as Host. Set status.token to reach it by a name.")
    }
  }

  private func serve(
    _ request: Request, _ caller: Caller?, _ gate: Gate, _ context: Context, _ next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    var context = context
    context.caller = caller
    context.seesPersonalData = caller == .operator && gate.hasToken
    var asking = Asking.request
    asking?.by = caller?.words(hasToken: gate.hasToken)
    return try await Asking.$request.withValue(asking) { [context] in try await answered(request, context, next) }
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

  /// The first becomes the authority, and others stay among the fields (NIOHTTPTypesHTTP1). More than one is none. The host of a target
  /// that names one is lost there; it takes a client that lies in it, and no browser does.
  private static func host(of request: Request) -> String? {
    request.headers[values: .init("host")!].isEmpty ? request.head.authority : nil
  }

  // MARK: - Wrong credentials

  private func wrong(_ request: Request, _ context: Context) async throws -> Response {
    let origin = GuessOrigin(context.address)
    switch guesses.state.withLock({ $0.wrong(from: origin, at: source.clock()) }) {
    case .now: tell(.wrongCredentials)
    case .after(let delay):
      tell(.wrongCredentials)
      await source.wait(delay)
      guesses.state.withLock { $0.answered(origin) }
    case .tooMany(let retryAfter):
      tell(.tooManyGuesses)
      var response = try Response.problem(.tooManyRequests, "Too many wrong tokens came from this address. Wait, and send the right one.")
      response.headers[.retryAfter] = Self.seconds(retryAfter)
      return response
    }
    return try unauthorized(request)
  }

  private func unauthorized(_ request: Request) throws -> Response {
    let token = Gate.isAboutOrders(request.uri.path) ? "an order_key of your route, or status.token," : "status.token"
    var response = try Response.problem(.unauthorized, "Send \(token) as a bearer token, or as the password of any user name.")
    response.headers[values: .wwwAuthenticate] = [#"Bearer realm="dlr-relay""#, #"Basic realm="dlr-relay", charset="UTF-8""#]
    return response
  }

  private func tell(_ refusal: GateRefusal) {
    guard let asking = Asking.request else { preconditionFailure("every request has a name before it comes to the gate") }
    source.observer(.turnedAway(refusal, asking))
  }

  private static func seconds(_ duration: Duration) -> String { String(Int(duration.seconds.rounded(.up))) }
}
