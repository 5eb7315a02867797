/// What every lane has been handed over, kept by a journal's writer.
///
/// A value without I/O: the rules by which nothing is handed over twice, nothing is overtaken, and memory stays bounded. Shared
/// by every implementation of `Journal`.
package struct LaneBook: Sendable {
  /// Why a delivery is or is not handed over.
  package enum Verdict: Sendable, Equatable {
    case handOver
    /// Not now: the lane was live and is spilled from here on.
    case spill
    /// Not now: the lane is spilled already.
    case stay
  }

  /// A place in a lane's retry or replay queue, which are in the order of (due, seq).
  package struct RetryCursor: Sendable, Equatable {
    package var due: Instant
    package var seq: Int64

    package init(due: Instant, seq: Int64) {
      self.due = due
      self.seq = seq
    }

    static let start = RetryCursor(due: Instant(microseconds: .min), seq: 0)

    fileprivate mutating func move(back duration: Duration) {
      if self != .start { due = due - duration }
    }
  }

  /// Memory of what was handed over, in bytes.
  private struct Held: Sendable {
    private(set) var total = 0
    private var ready = 0
    private var retry = 0
    private var replay = 0

    func of(_ queue: Queue) -> Int {
      switch queue {
      case .ready: ready
      case .retry: retry
      case .replay: replay
      }
    }

    mutating func add(_ bytes: Int, to queue: Queue) {
      total += bytes
      switch queue {
      case .ready: ready += bytes
      case .retry: retry += bytes
      case .replay: replay += bytes
      }
    }
  }

  private struct Lane: Sendable {
    var isLive = false
    var held = Held()
    /// Of the ready queue, everything up to this seq has been handed over. Meaningless while live.
    var readyCursor: Int64 = 0
    var retryCursor = RetryCursor.start
    var replayCursor = RetryCursor.start
  }

  private var lanes: [Int: Lane] = [:]
  private var heldBytes = 0
  // Of the bounds of a lane, what is left beside that which each of its queues is assured.
  private let laneBytesMax: Int
  private let lanesBytesMax: Int
  private let laneBytesAssured: Int
  private let queueBytesAssured: Int

  /// - Parameters:
  ///   - laneBytesMax: what one lane may hold.
  ///   - lanesBytesMax: what all together may hold before each has only `laneBytesAssured`.
  ///   - queueBytesAssured: of that, what each of a lane's queues may hold however much the others do, so that a retry or a replay
  ///     never waits for new copies to be sent first. All three together are within what the lane may hold.
  package init(
    laneBytesMax: Int = Limits.laneBytesMax, lanesBytesMax: Int = Limits.lanesBytesMax, laneBytesAssured: Int = Limits.laneBytesAssured,
    queueBytesAssured: Int = Limits.queueBytesAssured
  ) {
    precondition(queueBytesAssured * Queue.allCases.count <= min(laneBytesMax, laneBytesAssured), "what is assured is within the bounds")
    let assured = queueBytesAssured * Queue.allCases.count
    (self.laneBytesMax, self.laneBytesAssured) = (laneBytesMax - assured, laneBytesAssured - assured)
    self.lanesBytesMax = lanesBytesMax
    self.queueBytesAssured = queueBytesAssured
  }

  /// Lanes that were ever handed a page or a delivery.
  package var knownLanes: [LaneID] { lanes.keys.sorted().map(LaneID.init) }
  package func isLive(_ lane: LaneID) -> Bool { lanes[lane.number]?.isLive ?? false }
  package func readyCursor(_ lane: LaneID) -> Int64 { lanes[lane.number]?.readyCursor ?? 0 }

  /// Of the retry or the replay queue, everything up to this place has been handed over.
  package func retryCursor(_ lane: LaneID, in queue: Queue = .retry) -> RetryCursor {
    guard let lane = lanes[lane.number] else { return .start }
    return queue == .replay ? lane.replayCursor : lane.retryCursor
  }

  /// A delivery was committed to the ready queue.
  package mutating func committed(_ delivery: Delivery) -> Verdict {
    guard var lane = lanes[delivery.lane.number], lane.isLive else { return .stay }
    if hasRoom(lane, for: delivery) {
      hold(delivery)
      return .handOver
    }
    lane.isLive = false
    lane.readyCursor = delivery.seq - 1
    lanes[delivery.lane.number] = lane
    return .spill
  }

  /// True if the lane may be handed a page of the queue: it holds at most half of what it may, so that pages are few and large; or it
  /// holds at most half of what the queue is assured, so that nothing from elsewhere keeps it from being handed anything at all.
  package func mayPage(_ queue: Queue, of lane: LaneID) -> Bool {
    let held = lanes[lane.number]?.held ?? Held()
    if held.of(queue) <= queueBytesAssured / 2 { return true }
    return held.total <= (heldBytes < lanesBytesMax ? laneBytesMax : laneBytesAssured) / 2
  }

  /// True if a page of the lane may take another delivery. A page's first delivery is always taken, so that one that is larger
  /// than the bound is sent too.
  package func pageTakes(_ delivery: Delivery, isFirst: Bool) -> Bool {
    isFirst || hasRoom(lanes[delivery.lane.number, default: Lane()], for: delivery)
  }

  /// A delivery was put into a page; for one of the retry or the replay queue, `due` is its place there.
  package mutating func paged(_ delivery: Delivery, due: Instant? = nil) {
    hold(delivery)
    let place = due.map { RetryCursor(due: $0, seq: delivery.seq) }
    switch (place, delivery.queue) {
    case (nil, _): lanes[delivery.lane.number]!.readyCursor = delivery.seq
    case (let place?, .replay): lanes[delivery.lane.number]!.replayCursor = place
    case (let place?, .ready), (let place?, .retry): lanes[delivery.lane.number]!.retryCursor = place
    }
  }

  /// A page reached the end of the ready queue: what is committed next is handed over.
  package mutating func caughtUp(_ lane: LaneID) { lanes[lane.number, default: Lane()].isLive = true }

  /// The journal may hold more than was handed over: from here on every lane is read from disk again, after `seq`.
  /// - Returns: the lanes that were live.
  package mutating func spillLiveLanes(after seq: Int64) -> [LaneID] {
    let live = lanes.keys.filter { lanes[$0]!.isLive }.sorted()
    for number in live {
      lanes[number]!.isLive = false
      lanes[number]!.readyCursor = seq
    }
    return live.map(LaneID.init)
  }

  /// All that waits in the retry and replay queues was moved back in time, and with it what was handed over from there.
  package mutating func clockWasSetBack(by duration: Duration) {
    for number in lanes.keys {
      lanes[number]!.retryCursor.move(back: duration)
      lanes[number]!.replayCursor.move(back: duration)
    }
  }

  /// When a delivery goes to the retry or the replay queue it is due after all that was handed over from there, whatever the clock
  /// did.
  package func dueAfterCursor(_ due: Instant, of lane: LaneID, in queue: Queue = .retry) -> Instant {
    let cursor = retryCursor(lane, in: queue).due
    return due > cursor ? due : cursor + .microseconds(1)
  }

  /// True if the delivery at this place of a queue was handed over: it may be in memory, or in flight.
  package func wasHandedOver(_ seq: Int64, of lane: LaneID, in queue: Queue, due: Instant) -> Bool {
    guard queue == .ready else {
      let cursor = retryCursor(lane, in: queue)
      return (due, seq) <= (cursor.due, cursor.seq)
    }
    return isLive(lane) || seq <= readyCursor(lane)
  }

  /// Deliveries that were handed over from the queue were settled or dropped, and their memory is free.
  package mutating func released(_ cost: Int, of lane: LaneID, from queue: Queue) {
    guard lanes[lane.number] != nil else { return }
    lanes[lane.number]!.held.add(-cost, to: queue)
    heldBytes -= cost
    assert(lanes[lane.number]!.held.of(queue) >= 0, "a lane gave back more memory than it held")
  }

  private func hasRoom(_ lane: Lane, for delivery: Delivery) -> Bool {
    let cost = delivery.cost
    if lane.held.of(delivery.queue) + cost <= queueBytesAssured { return true }
    let held = lane.held.total + cost
    return held <= laneBytesMax && (heldBytes + cost <= lanesBytesMax || held <= laneBytesAssured)
  }

  private mutating func hold(_ delivery: Delivery) {
    lanes[delivery.lane.number, default: Lane()].held.add(delivery.cost, to: delivery.queue)
    heldBytes += delivery.cost
  }
}
