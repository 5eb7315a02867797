import Model

/// Watches the order in which the statuses of one report reach the app.
///
/// Earlier and later are what the relay saw (`relay-received-at`); without these headers, `accepted` is earlier than the rest.
package struct OrderWatch: Sendable {
  package enum Finding: Sendable, Equatable {
    case none
    /// The relay saw this one earlier, and delivered it later, without saying so.
    case violation
    /// `accepted` reached the relay after the final status, and the copy does not say `relay-stale`.
    case staleUnmarked
  }

  /// A report is remembered for at least as many others, and at most for twice as many; then a late status goes unnoticed.
  package static let remembered = 500_000

  private struct Seen {
    var receivedAt: Instant?
    var isAccepted: Bool
  }

  private var young: [Int64: Seen] = [:]
  private var old: [Int64: Seen] = [:]
  private let bound: Int

  package init(remembered: Int = OrderWatch.remembered) {
    precondition(remembered > 0)
    bound = remembered
  }

  /// To be called with the first copy of each report and status that was answered 2xx.
  package mutating func got(_ copy: Copy) -> Finding {
    guard let (id, status) = copy.report else { return .none }
    let now = Seen(receivedAt: copy.receivedAt, isAccepted: status == "accepted")
    guard let before = young[id] ?? old[id] else {
      remember(now, of: id)
      return .none
    }
    // Of three and more statuses the latest is compared with.
    remember(now, of: id)
    guard !copy.isStale, !copy.isOutOfOrder else { return .none }
    if let a = before.receivedAt, let b = now.receivedAt, a != b {
      guard b > a else { return .violation }
      return now.isAccepted && !before.isAccepted ? .staleUnmarked : .none
    }
    return now.isAccepted && !before.isAccepted ? .violation : .none
  }

  private mutating func remember(_ seen: Seen, of id: Int64) {
    if young.count >= bound, young[id] == nil {
      old = young
      young = [:]
    }
    young[id] = seen
  }
}
