import Model

/// Whose order a packet is. An app acts for its own route, and learns nothing of others.
extension Operator {
  /// All of them or none.
  /// - Parameter name: of the route; nil: the app's own.
  /// - Returns: once they are on disk, in the same order.
  package func claim(_ packetIDs: [Int64], route name: String?, by caller: Caller) async throws(OperatorError) -> ClaimList {
    guard packetIDs.count <= Limits.claimsTogetherMax else {
      throw .invalid("At most \(Limits.claimsTogetherMax) packets are claimed at once. Send the rest in another request.")
    }
    let name = try route(name, of: caller, orElse: #"Say for which route, such as {"route": "shop"}."#)
    let lane = try laneOfFile(name)
    guard source.configuration().orderRoutes.contains(name) else {
      throw .conflict("Route \(name) takes no orders. Write \"orders: true\" in its block of the rule file.")
    }
    let claims = shown(try await changing { try await source.operations.orders.claim(packetIDs.map { Claim(packetID: $0, lane: lane) }) })
    tell(
      "claim", ["route": name, "packets": String(packetIDs.count), "packet": packetIDs.count == 1 ? String(packetIDs[0]) : nil], by: caller)
    return claims
  }

  /// An app sees its own.
  package func claims(of packetID: Int64, for caller: Caller) async throws(OperatorError) -> ClaimList {
    var list = shown(try await reading { try await source.operations.orders.claims(packetID) })
    if case .app(let route) = caller { list.claims.removeAll { $0.route != route } }
    return list
  }

  /// - Parameter isOfAll: whoever claimed it, if no route is named.
  package func withdraw(
    _ packetID: Int64, route name: String?, ofAll isOfAll: Bool = false, by caller: Caller
  ) async throws(OperatorError) -> WithdrawalAnswer {
    if isOfAll, name != nil { throw .invalid("\"all\" does not go together with \"route\". Leave it out to withdraw that route's claim.") }
    var lane: LaneID?
    if !(isOfAll && caller == .operator) {
      lane = try self.lane(route(name, of: caller, orElse: "Say whose claim: ?route=NAME, or ?all=true for every route's."))
    }
    let meant = lane
    let count = try await changing { try await source.operations.orders.withdraw(packetID, meant) }
    let owner = isOfAll && caller == .operator ? "all" : name
    tell("withdraw", ["packet": String(packetID), "route": owner, "withdrawn": String(count)], by: caller)
    return WithdrawalAnswer(packetId: packetID, withdrawn: count)
  }

  private func route(_ name: String?, of caller: Caller, orElse advice: String) throws(OperatorError) -> String {
    switch caller {
    case .operator:
      guard let name else { throw .invalid(advice) }
      return name
    case .reader: throw .forbidden("status.read_token changes nothing. Send status.token.")
    case .app(let own):
      guard name == nil || name == own else { throw .forbidden("This order_key is of route \(own), and acts for no other.") }
      return own
    }
  }

  private func shown(_ records: [ClaimRecord]) -> ClaimList {
    let names = Dictionary(uniqueKeysWithValues: source.standing().lanes.map { ($0.id, $0.name) })
    return ClaimList(claims: records.map { ClaimAnswer($0, route: names[$0.claim.lane] ?? "lane \($0.claim.lane.number)") })
  }
}
