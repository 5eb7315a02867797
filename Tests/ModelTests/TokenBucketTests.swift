import Model
import Testing
import Traffic

@Suite struct TokenBucketTests {
  private let start = Instant(microseconds: 1_777_437_144_000_000)

  @Test func `a full bucket gives its burst at once and then one token after the other`() {
    var bucket = TokenBucket(RateLimit(perSecond: 4, burst: 3))
    for _ in 1...3 {
      #expect(bucket.nextToken(at: start) == start)
      bucket.take(at: start)
    }
    #expect(bucket.nextToken(at: start) == start + .milliseconds(250))
    #expect(bucket.nextToken(at: start + .milliseconds(100)) == start + .milliseconds(250))
    #expect(bucket.nextToken(at: start + .milliseconds(250)) == start + .milliseconds(250))
    bucket.take(at: start + .milliseconds(250))
    #expect(bucket.nextToken(at: start + .milliseconds(250)) == start + .milliseconds(500))
  }

  @Test func `it is never fuller than its burst`() {
    var bucket = TokenBucket(RateLimit(perSecond: 10, burst: 2))
    bucket.take(at: start)
    let later = start + .days(1)
    for _ in 1...2 { bucket.take(at: later) }
    #expect(bucket.nextToken(at: later) == later + .milliseconds(100))
  }

  @Test func `after the clock was set back tokens come on from there`() {
    var bucket = TokenBucket(RateLimit(perSecond: 1, burst: 1))
    bucket.take(at: start)
    let earlier = start - Duration.hours(1)
    #expect(bucket.nextToken(at: earlier) == earlier + .seconds(1))
    #expect(bucket.nextToken(at: earlier + .seconds(1)) == earlier + .seconds(1))
  }

  @Test func `the rarest limit waits long instead of failing`() {
    var bucket = TokenBucket(RateLimit(perSecond: .leastNormalMagnitude, burst: 1))
    bucket.take(at: start)
    #expect(bucket.nextToken(at: start) > start + .days(300))
  }

  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func `in no time does it give more than its burst and what comes in that time, and no less if somebody always wants`(_ seed: UInt64) {
    var rng = SplitMix64(seed: seed)
    let rates = [0.01, 0.3, 1, 3, 7, 50, 333.3, 10_000]
    let limit = RateLimit(perSecond: rates[rng.below(rates.count)], burst: 1 + rng.below(20))
    var (bucket, now, taken) = (TokenBucket(limit), start, [Instant]())
    for _ in 0..<400 {
      let next = bucket.nextToken(at: now)
      #expect(next >= now)
      if next > now, rng.chance(0.5) { now = Instant(microseconds: now.microseconds + (next - now).microseconds / 2) } else { now = next }
      if rng.chance(0.1) { now = now + .microseconds(Int64(rng.below(Int(3_000_000 / limit.perSecond)))) }
      guard bucket.nextToken(at: now) == now else { continue }
      bucket.take(at: now)
      taken.append(now)
    }
    #expect(taken.count > 100)
    for (first, from) in taken.enumerated() {
      for (last, to) in taken.enumerated().dropFirst(first) {
        let most = Double(limit.burst) + (to - from).seconds * limit.perSecond
        #expect(Double(last - first + 1) <= most + 0.001, "seed \(seed): \(first)...\(last)")
      }
    }
    // Taking whatever is there at once takes all that the limit allows.
    var (greedy, count, end) = (TokenBucket(limit), 0, start)
    while count < 1_000 {
      end = greedy.nextToken(at: end)
      greedy.take(at: end)
      count += 1
    }
    let exact = Double(1_000 - limit.burst) / limit.perSecond
    #expect(abs((end - start).seconds - exact) < 0.002 + exact * 1e-5, "seed \(seed)")
  }
}
