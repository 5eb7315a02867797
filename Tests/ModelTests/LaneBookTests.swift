import Model
import Testing
import Traffic

@Suite struct LaneBookTests {
  private let lane = LaneID(1)

  private func delivery(_ seq: Int64, of lane: LaneID = LaneID(1), cost: Int = 1_000) -> Delivery {
    Delivery(
      lane: lane, seq: seq, key: ReportKey(id: seq, status: "delivered"), receivedAt: Instant(microseconds: 0),
      payload: Payload(bytes: Array(repeating: 0, count: cost - Limits.deliveryOverheadBytes)))
  }

  private func book(lane: Int = 3_000, all: Int = 100_000, assured: Int = 1_000, queue: Int = 0) -> LaneBook {
    LaneBook(laneBytesMax: lane, lanesBytesMax: all, laneBytesAssured: assured, queueBytesAssured: queue)
  }

  @Test func `a lane that was never paged is spilled from its beginning`() {
    var book = book()
    #expect(!book.isLive(lane))
    #expect(book.readyCursor(lane) == 0)
    #expect(book.committed(delivery(1)) == .stay)
    #expect(book.retryCursor(lane).due == Instant(microseconds: .min))
  }

  @Test func `a live lane hands over up to its bound, and is spilled before what does not fit`() {
    var book = book()
    book.caughtUp(lane)
    for seq in 1...3 as ClosedRange<Int64> { #expect(book.committed(delivery(seq)) == .handOver) }
    #expect(book.committed(delivery(4)) == .spill)
    #expect(!book.isLive(lane))
    #expect(book.readyCursor(lane) == 3)
    book.released(3_000, of: lane, from: .ready)
    #expect(book.committed(delivery(5)) == .stay, "also with room: the fourth comes first")
    #expect(book.readyCursor(lane) == 3)
  }

  @Test func `beyond the bound of all lanes each has what is assured`() {
    var book = book(lane: 3_000, all: 4_000, assured: 1_000)
    let lanes = (1...3).map(LaneID.init)
    for lane in lanes { book.caughtUp(lane) }
    for seq in 1...3 as ClosedRange<Int64> { _ = book.committed(delivery(seq, of: lanes[0])) }
    #expect(book.committed(delivery(4, of: lanes[1])) == .handOver)
    #expect(book.committed(delivery(5, of: lanes[1])) == .spill)
    #expect(book.committed(delivery(6, of: lanes[2])) == .handOver, "assured")
    #expect(book.committed(delivery(7, of: lanes[2])) == .spill)
    book.released(3_000, of: lanes[0], from: .ready)
    #expect(book.committed(delivery(8, of: lanes[0])) == .handOver)
  }

  @Test func `a page takes its first delivery whatever it costs`() {
    let book = book(lane: 500, all: 500, assured: 500)
    #expect(book.pageTakes(delivery(1, cost: 5_000), isFirst: true))
    #expect(!book.pageTakes(delivery(2, cost: 5_000), isFirst: false))
  }

  @Test func `a lane is handed a page when it holds at most half of what it may`() {
    var book = book(lane: 4_000, all: 5_000, assured: 2_000)
    let other = LaneID(2)
    #expect(book.mayPage(.ready, of: lane))
    for seq in 1...2 as ClosedRange<Int64> { book.paged(delivery(seq)) }
    #expect(book.mayPage(.ready, of: lane))
    book.paged(delivery(3))
    #expect(!book.mayPage(.ready, of: lane))
    for seq in 4...5 as ClosedRange<Int64> { book.paged(delivery(seq, of: other)) }
    #expect(!book.mayPage(.ready, of: other), "all together are at their bound, and the other holds more than half of its own")
    book.released(1_000, of: other, from: .ready)
    #expect(book.mayPage(.ready, of: other))
    book.released(1_000, of: lane, from: .ready)
    #expect(book.mayPage(.ready, of: lane))
  }

  @Test(arguments: [Queue.retry, .replay])
  func `a retry and a replay have room whatever new copies and other lanes hold`(queue: Queue) {
    var book = book(lane: 10_000, all: 12_000, assured: 6_000, queue: 2_000)
    let other = LaneID(2)
    func timed(_ seq: Int64, of lane: LaneID, cost: Int = 1_000) -> Delivery {
      var delivery = delivery(seq, of: lane, cost: cost)
      delivery.queue = queue
      return delivery
    }
    for id in [lane, other] {
      book.caughtUp(id)
      var seq = Int64(id.number * 100)
      while book.committed(delivery(seq, of: id)) == .handOver { seq += 1 }
      #expect(!book.mayPage(.ready, of: id))
      #expect(book.mayPage(queue, of: id))
      #expect(book.pageTakes(timed(1, of: id, cost: 2_000), isFirst: false))
      book.paged(timed(1, of: id), due: Instant(microseconds: 1))
      #expect(book.mayPage(queue, of: id), "half of what is assured")
      #expect(book.pageTakes(timed(2, of: id), isFirst: false))
      book.paged(timed(2, of: id), due: Instant(microseconds: 2))
      #expect(!book.mayPage(queue, of: id))
      #expect(!book.pageTakes(timed(3, of: id, cost: 300), isFirst: false))
      book.released(1_000, of: id, from: queue)
      #expect(book.mayPage(queue, of: id))
    }
  }

  @Test(arguments: 1...60 as ClosedRange<UInt64>)
  func `what the queues are assured is within the bounds of their lane and of all`(_ seed: UInt64) {
    var (rng, book) = (SplitMix64(seed: seed), book(lane: 5_000, all: 9_000, assured: 2_400, queue: 600))
    let lanes = (1...4).map(LaneID.init)
    for lane in lanes { book.caughtUp(lane) }
    var held: [Delivery] = []
    func heldBytes(_ lane: LaneID?) -> Int { held.filter { lane == nil || $0.lane == lane }.reduce(0) { $0 + $1.cost } }
    for seq in 1...600 as ClosedRange<Int64> {
      var next = delivery(seq, of: lanes[rng.below(4)], cost: Limits.deliveryOverheadBytes + rng.below(400))
      next.queue = Queue.allCases[rng.below(Queue.allCases.count)]
      if book.pageTakes(next, isFirst: false) {
        book.paged(next, due: next.queue == .ready ? nil : Instant(microseconds: seq))
        held.append(next)
      }
      #expect(heldBytes(next.lane) <= 5_000)
      #expect(heldBytes(nil) <= 9_000 + 4 * 2_400)
      if rng.chance(0.3), let index = held.indices.randomElement(using: &rng) {
        let done = held.remove(at: index)
        book.released(done.cost, of: done.lane, from: done.queue)
      }
    }
  }

  @Test func `a page moves the cursor of its own queue`() {
    var book = book()
    book.paged(delivery(7))
    #expect(book.readyCursor(lane) == 7)
    book.paged(delivery(3), due: Instant(microseconds: 50))
    #expect(book.readyCursor(lane) == 7)
    #expect(book.retryCursor(lane).due == Instant(microseconds: 50))
    #expect(book.retryCursor(lane).seq == 3)
    #expect(book.retryCursor(LaneID(2)).seq == 0)
  }

  @Test func `the replay queue has a place of its own`() {
    var (book, replayed) = (book(), delivery(3))
    replayed.queue = .replay
    book.paged(replayed, due: Instant(microseconds: 50))
    #expect(book.retryCursor(lane, in: .replay) == LaneBook.RetryCursor(due: Instant(microseconds: 50), seq: 3))
    #expect(book.retryCursor(lane).seq == 0)
    #expect(book.dueAfterCursor(Instant(microseconds: 5), of: lane, in: .replay) == Instant(microseconds: 51))
    #expect(book.dueAfterCursor(Instant(microseconds: 5), of: lane) == Instant(microseconds: 5))
  }

  @Test func `it knows what was handed over of each queue`() {
    var (book, replayed) = (book(), delivery(3))
    replayed.queue = .replay
    func wasHandedOver(_ seq: Int64, _ queue: Queue, _ due: Int64 = 0) -> Bool {
      book.wasHandedOver(seq, of: lane, in: queue, due: Instant(microseconds: due))
    }
    #expect([Queue.ready, .retry, .replay].map { wasHandedOver(1, $0) } == [false, false, false])
    book.paged(delivery(7))
    book.paged(delivery(5), due: Instant(microseconds: 50))
    book.paged(replayed, due: Instant(microseconds: 40))
    #expect([7, 8].map { wasHandedOver($0, .ready) } == [true, false])
    #expect([(9, 49), (5, 50), (6, 50), (1, 51)].map { wasHandedOver($0, .retry, $1) } == [true, true, false, false])
    #expect([(9, 39), (3, 40), (4, 40), (1, 41)].map { wasHandedOver($0, .replay, $1) } == [true, true, false, false])
    book.caughtUp(lane)
    #expect(wasHandedOver(99, .ready), "a live lane is handed everything")
  }

  @Test func `a retry is due after everything handed over from its queue`() {
    var book = book()
    book.paged(delivery(3), due: Instant(microseconds: 50))
    for (asked, given) in [(-5, 51), (49, 51), (50, 51), (51, 51), (99, 99)] as [(Int64, Int64)] {
      #expect(book.dueAfterCursor(Instant(microseconds: asked), of: lane) == Instant(microseconds: given))
    }
    #expect(book.dueAfterCursor(Instant(microseconds: -5), of: LaneID(2)) == Instant(microseconds: -5))
  }

  @Test func `spilling all tells the lanes that were live, in order, and starts them after what is sure`() {
    var book = book()
    for number in [3, 1] { book.caughtUp(LaneID(number)) }
    book.paged(delivery(2, of: LaneID(2)))
    #expect(book.spillLiveLanes(after: 40) == [LaneID(1), LaneID(3)])
    #expect(book.spillLiveLanes(after: 50).isEmpty)
    #expect([1, 2, 3].map { book.readyCursor(LaneID($0)) } == [40, 2, 40])
  }

  @Test func `what a lane never held is not given back to others`() {
    var book = book(lane: 1_000, all: 1_000, assured: 500)
    book.released(1_000, of: lane, from: .ready)
    book.caughtUp(LaneID(2))
    #expect(book.committed(delivery(1, of: LaneID(2))) == .handOver)
    #expect(book.committed(delivery(2, of: LaneID(2))) == .spill)
  }

  /// The journal's side played with plain arrays: what is on disk, and what was handed over.
  @Test(arguments: 1...60 as ClosedRange<UInt64>)
  func `every delivery is handed over once, in order, within the bounds`(_ seed: UInt64) {
    var (rng, book) = (SplitMix64(seed: seed), book(lane: 4_000, all: 6_000, assured: 1_200))
    let lanes = (1...3).map(LaneID.init)
    var (stored, handed, held) = ([LaneID: [Delivery]](), [LaneID: [Int64]](), [Delivery]())
    func heldBytes(_ lane: LaneID?) -> Int { held.filter { lane == nil || $0.lane == lane }.reduce(0) { $0 + $1.cost } }

    for seq in 1...500 as ClosedRange<Int64> {
      let lane = lanes[rng.below(3)]
      let delivery = delivery(seq, of: lane, cost: Limits.deliveryOverheadBytes + rng.below(1_000))
      stored[lane, default: []].append(delivery)
      if book.committed(delivery) == .handOver {
        handed[lane, default: []].append(seq)
        held.append(delivery)
        #expect(heldBytes(lane) <= 4_000)
        #expect(heldBytes(nil) <= 6_000 || heldBytes(lane) <= 1_200)
      }
      if rng.chance(0.4), let index = held.indices.randomElement(using: &rng) {
        let done = held.remove(at: index)
        book.released(done.cost, of: done.lane, from: done.queue)
      }
      if rng.chance(0.3) { page(lanes[rng.below(3)]) }
    }
    for done in held { book.released(done.cost, of: done.lane, from: done.queue) }
    held = []
    for lane in lanes {
      while !book.isLive(lane) {
        page(lane)
        for done in held { book.released(done.cost, of: done.lane, from: done.queue) }
        held = []
      }
      #expect(handed[lane] == stored[lane]?.map(\.seq))
    }

    func page(_ lane: LaneID) {
      guard !book.isLive(lane) else { return }
      var isFirst = true
      for delivery in stored[lane, default: []] where delivery.seq > book.readyCursor(lane) {
        guard book.pageTakes(delivery, isFirst: isFirst) else { return }
        isFirst = false
        book.paged(delivery)
        handed[lane, default: []].append(delivery.seq)
        held.append(delivery)
      }
      book.caughtUp(lane)
    }
  }
}
