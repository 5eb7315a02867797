import Model

/// A claim, as people and programs see it.
package struct ClaimAnswer: Codable, Sendable, Equatable {
  package var packetId: Int64
  package var route: String
  package var firstAt: String
  /// The last time it was claimed: it is kept for `retention.orders` from then on.
  package var lastAt: String
  /// Copies of reports that had come before the claim, owed because of it, so far.
  package var lateCopies: Int
  /// True while reports that had come before are still being looked through.
  package var catchingUp: Bool
}

package struct ClaimList: Codable, Sendable, Equatable {
  package var claims: [ClaimAnswer]
}

package struct WithdrawalAnswer: Codable, Sendable, Equatable {
  package var packetId: Int64
  /// How many claims there were.
  package var withdrawn: Int
}

extension ClaimAnswer {
  init(_ record: ClaimRecord, route: String) {
    packetId = record.claim.packetID
    self.route = route
    firstAt = record.firstAt.rfc3339
    lastAt = record.lastAt.rfc3339
    lateCopies = record.caughtUp
    catchingUp = !record.isCaughtUp
  }
}
