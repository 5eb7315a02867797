/// An app's word that an order is its own: the reports of the packet are for this lane, whatever is in them.
package struct Claim: Sendable, Hashable {
  package var packetID: Int64
  package var lane: LaneID

  package init(packetID: Int64, lane: LaneID) {
    self.packetID = packetID
    self.lane = lane
  }
}

/// A claim as the journal keeps it.
package struct ClaimRecord: Sendable, Equatable {
  package var claim: Claim
  package var firstAt: Instant
  /// The last time it was claimed: retention counts from here.
  package var lastAt: Instant
  /// Copies of reports that had come before the claim and are owed because of it, so far.
  package var caughtUp: Int
  /// False while reports that came before the claim are still being looked through.
  package var isCaughtUp: Bool

  package init(claim: Claim, firstAt: Instant, lastAt: Instant, caughtUp: Int, isCaughtUp: Bool) {
    self.claim = claim
    self.firstAt = firstAt
    self.lastAt = lastAt
    self.caughtUp = caughtUp
    self.isCaughtUp = isCaughtUp
  }
}

/// Claims of packets.
///
/// A report that arrives is looked up in the transaction that stores it, so that none slips between it and a claim. Reports that came
/// first, whoever else got them, are routed again with the claim by `JournalRules.route`, and what the lane comes to be owed enters its retry
/// queue at once: a first few hundred with the claim itself, the rest a step at a time between the next commits, also after a restart.
/// A lane that has, had or is owed a report's copy is not owed another, except one that an operator discarded: of that nothing is kept. Known by their packet are the reports that came while any lane took orders.
package protocol OrderOperations: Journal {
  /// All of them or none. To claim again what is claimed refreshes its time, and changes nothing else.
  /// - Precondition: they are at most `Limits.claimsTogetherMax`. A lane that takes no orders now is not caught up before it does.
  /// - Parameter then: gets the claims as they are on disk, in the same order.
  func claim(_ claims: [Claim], then: @escaping @Sendable (Result<[ClaimRecord], JournalError>) -> Void)

  /// Takes claims back: reports that come after it are not affected by them. Copies that are owed stay owed.
  /// - Parameters:
  ///   - lane: nil: whoever claimed it.
  ///   - then: gets how many there were, once they are gone from disk.
  func withdraw(packetID: Int64, lane: LaneID?, then: @escaping @Sendable (Result<Int, JournalError>) -> Void)

  /// Who claimed the packet, by lane. Blocks; not for the data path.
  func claims(of packetID: Int64) throws(JournalError) -> [ClaimRecord]
}
