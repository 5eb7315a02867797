import Hummingbird
import Model

/// /api/v1/orders: what apps ask, and operators for them. What changes something is guarded against web pages as in `OperatorPaths`.
struct OrderPaths: Sendable {
  static let path = "/api/v1/orders"
  /// `Limits.claimsTogetherMax` numbers of 19 digits, quoted, fit twice.
  private static let bodyBytesMax = 64 * 1024
  private static let packet = PathParameter.number("packet_id", "The order's number, which the provider's reports have as packet_id.")
  private static let route = QueryParameter<String>.text(
    "route", lengths: 1...64, "Whose claim; left out by an app, which withdraws its own.")
  private static let all = QueryParameter<Bool>.flag("all", "true: whoever's claims. Not together with `route`.")

  private let `operator`: Operator

  init(_ operator: Operator) { self.operator = `operator` }

  var calls: [Call] {
    let unknown = Call.Answer.problem(.notFound, "There is no such route.")
    let forbidden = Call.Answer.problem(.forbidden, "The order_key is of another route.")
    let conflict = Call.Answer.problem(.conflict, "The route takes no orders, or is not in the rule file.")
    return [
      Call(
        .post, Self.path, "claimOrders", "Claim packets for a route: their reports are for it, whatever is in them.",
        text: "All of them or none. Answered once they are on disk.",
        body: Call.Body(schema: OrderRequest.schema, bytesMax: Self.bodyBytesMax),
        answers: [.json(ClaimList.self, "The claims, in the same order."), forbidden, unknown, conflict, .storeUnread], answer: claimMany),
      Call(
        .get, "\(Self.path)/{packet_id}", "order", "Who claimed a packet; to an app, whether it did.", with: [Self.packet],
        answers: [.json(ClaimList.self, "The claims."), .storeUnread], answer: claims),
      Call(
        .put, "\(Self.path)/{packet_id}", "claimOrder", "Claim one packet.", with: [Self.packet],
        body: Call.Body(schema: OrderRequest.schemaOfOne, bytesMax: Self.bodyBytesMax, isRequired: false, alwaysNamesType: false),
        answers: [
          .json(ClaimAnswer.self, "The claim: `catching_up` while reports that had come before are looked through."), forbidden, unknown,
          conflict, .storeUnread,
        ], answer: claim),
      Call(
        .delete, "\(Self.path)/{packet_id}", "withdrawOrder", "Withdraw claims. Copies that are owed are sent nevertheless.",
        with: [Self.packet, Self.route, Self.all],
        answers: [.json(WithdrawalAnswer.self, "How many there were."), forbidden, unknown, .storeUnread], answer: withdraw),
    ]
  }

  private func claim(_ asked: Asked) async throws -> Response {
    let order = asked.body.isEmpty ? OrderRequest() : try OrderRequest(json: asked.body)
    guard order.packetIDs == nil else {
      throw OperatorError.invalid("\"packet_ids\" is of POST \(Self.path). Here the path says the packet.")
    }
    return try .json(await `operator`.claim([asked[Self.packet]], route: order.route, by: caller(asked)).claims[0])
  }

  private func claimMany(_ asked: Asked) async throws -> Response {
    let order = try OrderRequest(json: asked.body)
    guard let packetIDs = order.packetIDs, !packetIDs.isEmpty else {
      throw OperatorError.invalid(#"Say which packets, such as {"route": "shop", "packet_ids": [312891245]}."#)
    }
    return try .json(await `operator`.claim(packetIDs, route: order.route, by: caller(asked)))
  }

  private func claims(_ asked: Asked) async throws -> Response {
    try .json(await `operator`.claims(of: asked[Self.packet], for: caller(asked)))
  }

  private func withdraw(_ asked: Asked) async throws -> Response {
    try .json(
      await `operator`.withdraw(asked[Self.packet], route: asked[Self.route], ofAll: asked[Self.all] == true, by: caller(asked)))
  }

  private func caller(_ asked: Asked) -> Caller {
    guard let caller = asked.context.caller else { preconditionFailure("the gate asks everybody who wants orders") }
    return caller
  }
}
