import Hummingbird
import Model

/// /api/v1/orders: what apps ask, and operators for them. What changes something is guarded against web pages as in `OperatorPaths`.
struct OrderPaths: Sendable {
  typealias Context = DoorContext

  static let path = "/api/v1/orders"
  /// `Limits.claimsTogetherMax` numbers of 19 digits, quoted, fit twice.
  private static let bodyBytesMax = 64 * 1024
  private let `operator`: Operator

  init(_ operator: Operator) { self.operator = `operator` }

  var all: [(path: RouterPath, methods: [HTTPRequest.Method: OperatorPaths.Answering])] {
    [
      ("/api/v1/orders", [.post: claimMany]),
      ("/api/v1/orders/:packet", [.get: claims, .put: claim, .delete: withdraw]),
    ]
  }

  private func claim(_ request: Request, _ context: Context) async throws -> Response {
    let packetID = try context.number("packet")
    let body = try await request.json(bytesMax: Self.bodyBytesMax, mayBeEmpty: true)
    let order = body.isEmpty ? OrderRequest() : try OrderRequest(json: body)
    guard order.packetIDs == nil else {
      throw OperatorError.invalid("\"packet_ids\" is of POST \(Self.path). Here the path says the packet.")
    }
    return try .json(await `operator`.claim([packetID], route: order.route, by: caller(context)).claims[0])
  }

  private func claimMany(_ request: Request, _ context: Context) async throws -> Response {
    let order = try OrderRequest(json: await request.json(bytesMax: Self.bodyBytesMax))
    guard let packetIDs = order.packetIDs, !packetIDs.isEmpty else {
      throw OperatorError.invalid(#"Say which packets, such as {"route": "shop", "packet_ids": [312891245]}."#)
    }
    return try .json(await `operator`.claim(packetIDs, route: order.route, by: caller(context)))
  }

  private func claims(_ request: Request, _ context: Context) async throws -> Response {
    try .json(await `operator`.claims(of: context.number("packet"), for: caller(context)))
  }

  private func withdraw(_ request: Request, _ context: Context) async throws -> Response {
    let (route, all) = (request.uri.queryParameters["route"], request.uri.queryParameters["all"])
    return try .json(
      await `operator`.withdraw(context.number("packet"), route: route.map(String.init), ofAll: all == "true", by: caller(context)))
  }

  private func caller(_ context: Context) -> Caller {
    guard let caller = context.caller else { preconditionFailure("the gate asks everybody who wants orders") }
    return caller
  }
}
