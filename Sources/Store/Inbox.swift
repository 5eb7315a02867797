import Foundation
import Model

/// What waits for the writer: the one queue between every other thread and the store.
///
/// Bounded: beyond `Limits.waitingCommitsMax` arrivals are turned away at once. Results are bounded by who sends
/// (`Limits.unsettledMax`), fetches by two a lane.
final class Inbox: @unchecked Sendable {  // Every access to the fields is between lock() and unlock().
  enum Arriving {
    case report(Arrival)
    case body(Quarantined)
  }

  struct Waiting {
    var arriving: Arriving
    var then: @Sendable (JournalError?) -> Void
  }

  struct Work {
    var arrivals: [Waiting] = []
    var results: [Settlement] = []
    var fetches: [(queue: Queue, lane: LaneID)] = []
    var refused: [String: Int] = [:]
    var tasks: [@Sendable (Writer) -> Void] = []
    /// Nothing comes after this.
    var isLast = false
  }

  private let condition = NSCondition()
  private var work = Work()
  private var oldestResultAt: Date?
  private var oldestRefusalAt: Date?
  private var isWriterWaiting = false
  private static let refusalDelayMax: TimeInterval = 1

  func put(_ arriving: Arriving, then: @escaping @Sendable (JournalError?) -> Void) {
    let refusal: JournalError? = change { work in
      if work.isLast { return .closed }
      if work.arrivals.count >= Limits.waitingCommitsMax { return .overloaded }
      work.arrivals.append(Waiting(arriving: arriving, then: then))
      return nil
    }
    if let refusal { then(refusal) }
  }

  func put(_ results: [Settlement]) {
    condition.lock()
    if oldestResultAt == nil {
      oldestResultAt = Date()
      // Only the first needs to be noticed: it sets the time by which all are written.
      if isWriterWaiting { condition.signal() }
    }
    work.results += results
    condition.unlock()
  }

  func put(fetch queue: Queue, of lane: LaneID) { change { $0.fetches.append((queue, lane)) } }

  func put(refused reason: String) {
    condition.lock()
    if oldestRefusalAt == nil {
      oldestRefusalAt = Date()
      if isWriterWaiting { condition.signal() }
    }
    work.refused[reason, default: 0] += 1
    condition.unlock()
  }

  /// Runs `task` on the writer's thread, between two commits, unless the inbox was closed.
  /// - Returns: false if it was closed, and the task will not run.
  func put(task: @escaping @Sendable (Writer) -> Void) -> Bool {
    change { work in
      guard !work.isLast else { return false }
      work.tasks.append(task)
      return true
    }
  }

  func close() { change { $0.isLast = true } }

  /// Waits until there is something to do, or until `deadline`, and takes it: of the arrivals at most
  /// `Limits.commitBatchMax`, of everything else all.
  func take(until deadline: Date) -> Work {
    condition.lock()
    defer { condition.unlock() }
    isWriterWaiting = true
    while !isDue(at: Date()) {
      let wakeAt = [
        deadline, oldestResultAt?.addingTimeInterval(Limits.settleDelayMax.seconds),
        oldestRefusalAt?.addingTimeInterval(Self.refusalDelayMax),
      ]
      .compactMap { $0 }.min()!
      if !condition.wait(until: wakeAt), wakeAt == deadline { break }
    }
    isWriterWaiting = false
    return takeAll()
  }

  private func isDue(at now: Date) -> Bool {
    if !work.arrivals.isEmpty || !work.fetches.isEmpty || !work.tasks.isEmpty || work.isLast { return true }
    if let oldestResultAt, now >= oldestResultAt.addingTimeInterval(Limits.settleDelayMax.seconds) { return true }
    if let oldestRefusalAt, now >= oldestRefusalAt.addingTimeInterval(Self.refusalDelayMax) { return true }
    return false
  }

  private func takeAll() -> Work {
    var taken = Work()
    swap(&taken, &work)
    // Closed stays closed: what comes after is turned away.
    work.isLast = taken.isLast
    oldestResultAt = nil
    oldestRefusalAt = nil
    if taken.arrivals.count > Limits.commitBatchMax {
      work.arrivals = Array(taken.arrivals[Limits.commitBatchMax...])
      taken.arrivals.removeSubrange(Limits.commitBatchMax...)
      taken.isLast = false
    }
    return taken
  }

  private func change<T>(_ body: (inout Work) -> T) -> T {
    condition.lock()
    defer { condition.unlock() }
    if isWriterWaiting { condition.signal() }
    return body(&work)
  }
}
