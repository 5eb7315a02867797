import Model
import Testing
import Traffic

@Suite struct HoldsTests {
  private static let start: Int64 = 1_777_437_144

  private func at(_ second: Int) -> Instant { Instant(microseconds: (Self.start + Int64(second)) * 1_000_000) }

  private func spans(_ bounds: [(Int, Int)]) -> [Holds.Span] { bounds.map { Holds.Span(from: at($0.0), to: at($0.1)) } }

  @Test func `time is held from the beginning of a hold to its end, and until now while it lasts`() {
    var holds = Holds()
    #expect(holds.held(from: at(0), to: at(100)) == .zero)
    holds.begin(at: at(10))
    holds.begin(at: at(15))
    #expect(holds.since == at(10))
    #expect(holds.held(from: at(0), to: at(30)) == .seconds(20))
    #expect(holds.held(from: at(25), to: at(30)) == .seconds(5))
    holds.end(at: at(40))
    holds.end(at: at(50))
    #expect(holds.since == nil)
    #expect(holds.held(from: at(0), to: at(100)) == .seconds(30))
    #expect(holds.held(from: at(20), to: at(30)) == .seconds(10))
    #expect(holds.held(from: at(40), to: at(100)) == .zero)
  }

  @Test func `a lane has sent for so long since an instant that skips what was held`() {
    let holds = Holds(spans: spans([(10, 40), (50, 60)]))
    #expect(holds.instant(.seconds(5), ofSendingBefore: at(100)) == at(95))
    #expect(holds.instant(.seconds(40), ofSendingBefore: at(100)) == at(60))
    #expect(holds.instant(.seconds(45), ofSendingBefore: at(100)) == at(45))
    #expect(holds.instant(.seconds(55), ofSendingBefore: at(100)) == at(5))
    #expect(Holds(spans: holds.spans, since: at(90)).instant(.seconds(5), ofSendingBefore: at(100)) == at(85))
  }

  @Test func `an instant within a hold is as if the hold had begun there`() {
    let holds = Holds(spans: spans([(10, 40)]))
    #expect(holds.instant(.seconds(5), ofSendingBefore: at(20)) == at(5))
    #expect(holds.held(from: at(0), to: at(20)) == .seconds(10))
  }

  @Test func `a hold that begins after the clock was set back is counted where it is, and none is counted twice`() {
    var holds = Holds(spans: spans([(10, 20), (50, 60)]))
    holds.begin(at: at(15))
    #expect(holds.since == at(15))
    #expect(holds.held(from: at(0), to: at(40)) == .seconds(30))
    #expect(holds.held(from: at(0), to: at(70)) == .seconds(60))
    holds.end(at: at(55))
    #expect(holds.spans == spans([(10, 60)]))
    holds.begin(at: at(100))
    holds.end(at: at(90))
    #expect(holds.spans == spans([(10, 60)]), "a hold whose end comes before it has no length")
  }

  @Test func `what ended before an instant is forgotten`() {
    var holds = Holds(spans: spans([(10, 20), (30, 40)]), since: at(50))
    holds.forget(before: at(40))
    #expect(holds == Holds(spans: spans([(30, 40)]), since: at(50)))
    holds.forget(before: at(41))
    #expect(holds == Holds(since: at(50)))
  }

  /// Every second, by itself.
  private struct Naive {
    var isHeld: Set<Int> = []

    func held(_ from: Int, _ to: Int) -> Int { from < to ? (from..<to).count { isHeld.contains($0) } : 0 }

    /// The last second since which so many were not held.
    func instant(_ seconds: Int, before now: Int) -> Int {
      var (at, left) = (now, seconds)
      while left > 0 {
        at -= 1
        if !isHeld.contains(at) { left -= 1 }
      }
      return at
    }
  }

  @Test(arguments: 1...60 as ClosedRange<UInt64>)
  func `it counts what a look at every second counts`(_ seed: UInt64) {
    var (rng, holds, naive, now) = (SplitMix64(seed: seed), Holds(), Naive(), 0)
    for _ in 0..<120 {
      switch rng.below(6) {
      case 0, 1: holds.begin(at: at(now))
      case 2, 3: holds.end(at: at(now))
      // The clock is set back between two holds.
      case 4 where holds.since == nil && rng.chance(0.3): now -= rng.below(200)
      default: break
      }
      let wait = rng.below(20)
      if holds.since != nil { naive.isHeld.formUnion(now..<now + wait) }
      now += wait
      let from = now - rng.below(300)
      #expect(holds.held(from: at(from), to: at(now)) == .seconds(naive.held(from, now)), "seed \(seed)")
      let to = now - rng.below(100)
      #expect(holds.held(from: at(from), to: at(to)) == .seconds(naive.held(from, to)), "seed \(seed)")
      let duration = rng.below(100)
      #expect(holds.instant(.seconds(duration), ofSendingBefore: at(now)) == at(naive.instant(duration, before: now)), "seed \(seed)")
    }
  }

  /// What a lane relies on when it plans to wake.
  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func `something has waited long enough exactly when its sending time is over`(_ seed: UInt64) {
    var rng = SplitMix64(seed: seed)
    let (holds, end) = random(&rng, count: 1 + rng.below(40))
    for _ in 0..<200 {
      let (from, now) = (rng.below(end + 50), rng.below(end + 200))
      let duration = rng.below(120)
      let sending = at(now) - at(from) - holds.held(from: at(from), to: at(now))
      #expect((holds.instant(.seconds(duration), ofSendingBefore: at(now)) >= at(from)) == (sending >= .seconds(duration)))
    }
  }

  private func random(_ rng: inout SplitMix64, count: Int) -> (Holds, end: Int) {
    var (holds, now) = (Holds(), 0)
    for _ in 0..<count {
      now += 1 + rng.below(50)
      holds.begin(at: at(now))
      now += 1 + rng.below(50)
      holds.end(at: at(now))
    }
    return (holds, now)
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `however many there were, few are told apart, and what is not known counts as held`(_ seed: UInt64) {
    var (rng, holds, naive, now) = (SplitMix64(seed: seed), Holds(), Naive(), 0)
    for _ in 0..<Limits.holdSpansMax * 3 {
      now += 1 + rng.below(50)
      holds.begin(at: at(now))
      let wait = 1 + rng.below(50)
      naive.isHeld.formUnion(now..<now + wait)
      now += wait
      holds.end(at: at(now))
      #expect(holds.spans.count <= Limits.holdSpansMax)
      let (from, duration) = (rng.below(now), rng.below(200))
      #expect(holds.held(from: at(from), to: at(now)) >= .seconds(naive.held(from, now)))
      #expect(holds.instant(.seconds(duration), ofSendingBefore: at(now)) <= at(naive.instant(duration, before: now)))
    }
    #expect(holds.spans.count == Limits.holdSpansMax)
    #expect(zip(holds.spans, holds.spans.dropFirst()).allSatisfy { $0.from < $0.to && $0.to < $1.from })
    #expect(holds.held(from: at(0), to: at(now)) > .seconds(naive.held(0, now)))
    #expect(Holds(spans: holds.spans, since: holds.since) == holds)
  }
}
