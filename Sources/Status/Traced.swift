import Hummingbird
import Model
import NIOHTTP1

/// Outermost: gives every request its name, turns what was thrown into an answer, and tells how it was answered.
struct Traced: RouterMiddleware {
  typealias Context = DoorContext
  private static let header = "x-request-id"

  private let ids = RequestIDs()
  private let observer: Observer
  private let clock: Clock

  init(observer: @escaping Observer, clock: @escaping Clock) {
    self.observer = observer
    self.clock = clock
  }

  func handle(_ request: Request, context: Context, next: (Request, Context) async throws -> Response) async throws -> Response {
    let startedAt = clock()
    let asking = OperatorRequest(
      id: ids.id(offered: request.headers[values: .init(Self.header)!]), from: context.address?.ipAddress ?? "unknown")
    var response = try await Asking.$request.withValue(asking) { try await answer(request, context: context, next: next) }
    response.headers[.init(Self.header)!] = asking.id
    let method = KnownMethods<Context>.all.contains(request.method) ? request.method.rawValue : "other"
    observer(
      .answered(
        OperatorAnswer(
          request: asking, method: method, path: Self.path(context), status: response.status.code, took: clock() - startedAt)))
    return response
  }

  /// The framework has a word for what is not served, where it has no path.
  private static func path(_ context: Context) -> String? { context.endpointPath.flatMap { $0.hasPrefix("/") ? $0 : nil } }

  /// What an error says may hold what was sent. The status is enough.
  private func answer(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch let error as any HTTPResponseError {
      return try .problem(error.status, "This request cannot be read. /openapi.json tells which can.")
    } catch let error as HTTPParserError {
      throw error
    } catch is CancellationError {
      throw CancellationError()
    } catch {
      return try .problem(.internalServerError, "This is a fault of the relay. Report it with what was asked.")
    }
  }
}
