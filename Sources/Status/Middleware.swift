import Hummingbird

/// Before the gate and the metrics, so that a method nobody serves anywhere reaches neither the gate nor a metric's label.
struct KnownMethods<Context: RequestContext>: RouterMiddleware {
  static var all: [HTTPRequest.Method] { [.get, .head, .post, .put, .patch, .delete, .options, .trace, .query] }

  func handle(_ request: Request, context: Context, next: (Request, Context) async throws -> Response) async throws -> Response {
    if Self.all.contains(request.method) { return try await next(request, context) }
    return try .problem(.notImplemented, "This method is not served anywhere.")
  }
}

extension HTTPRequest.Method {
  /// A GET with a body, which is on its way to be a standard.
  fileprivate static var query: Self {
    guard let method = HTTPRequest.Method("QUERY") else { preconditionFailure("a method's name is a token") }
    return method
  }
}
