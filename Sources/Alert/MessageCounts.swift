import Synchronization

/// What became of the messages to all hooks, since the start.
package final class MessageCounts: Sendable {
  private let sentCount = Atomic(0)
  private let lostCount = Atomic(0)

  package init() {}

  /// That a hook has taken.
  package var sent: Int { sentCount.load(ordering: .relaxed) }
  /// That were given up, or made room for later ones.
  package var lost: Int { lostCount.load(ordering: .relaxed) }

  func took() { sentCount.add(1, ordering: .relaxed) }
  func gaveUp(_ count: Int) { lostCount.add(count, ordering: .relaxed) }
}
