import Model
import Testing
import Traffic

@Suite struct RetryPolicyTests {
  static let policies: [RetryPolicy] = {
    let numbers: [(Duration, Double, Duration)] = [
      (.seconds(5), 3, .hours(4)), (.milliseconds(1), 1, .milliseconds(1)), (.seconds(1), 1.5, .seconds(90)),
      (.hours(4), 10, .hours(4)), (.seconds(1), 1_000, .days(30)), (.seconds(60), 2, .seconds(1)),
    ]
    return numbers.map {
      var policy = RetryPolicy()
      (policy.first, policy.factor, policy.max) = $0
      return policy
    }
  }()

  @Test(arguments: policies, 1...5 as ClosedRange<UInt64>)
  func `a wait is between half and the whole of what grows by factor, and never above the maximum`(_ policy: RetryPolicy, _ seed: UInt64) {
    var rng = SplitMix64(seed: seed)
    var whole = policy.first.seconds
    for tries in 1...60 {
      let most = min(whole, policy.max.seconds)
      let wait = policy.wait(afterTries: tries, using: &rng).seconds
      #expect(wait <= most && wait <= policy.max.seconds)
      #expect(wait >= most / 2 - 0.000_001)
      whole = min(whole * policy.factor, 1e12)
    }
    #expect(policy.wait(afterTries: 100_000, using: &rng) <= policy.max)
  }

  @Test func `deliveries that failed together do not come back together`() {
    var rng = SplitMix64(seed: 3)
    let waits = Set((0..<1_000).map { _ in RetryPolicy().wait(afterTries: 1, using: &rng) })
    #expect(waits.count > 990)
  }

  @Test func `time in which nothing could be sent gives nothing up`() {
    let (policy, owedAt) = (RetryPolicy(), Instant(microseconds: 1_777_437_144_000_000))
    let now = owedAt + .days(10)
    #expect(policy.isGivenUp(owedAt: owedAt, held: .days(7), tries: 5, at: now))
    #expect(!policy.isGivenUp(owedAt: owedAt, held: .days(7) + .microseconds(1), tries: 5, at: now))
    #expect(!policy.isGivenUp(owedAt: owedAt, held: .days(11), tries: 5, at: now))
  }

  @Test func `a delivery is given up only when its time is over and enough tries were made`() {
    let (policy, owedAt) = (RetryPolicy(), Instant(microseconds: 1_777_437_144_000_000))
    let over = owedAt + policy.giveUpAfter
    #expect(policy.isGivenUp(owedAt: owedAt, held: .zero, tries: Limits.triesBeforeDeadMin, at: over))
    #expect(!policy.isGivenUp(owedAt: owedAt, held: .zero, tries: Limits.triesBeforeDeadMin - 1, at: over + .days(100)))
    #expect(!policy.isGivenUp(owedAt: owedAt, held: .zero, tries: 1_000, at: over - .microseconds(1)))
    #expect(!policy.isGivenUp(owedAt: over, held: .zero, tries: 1_000, at: owedAt), "a clock that went back gives nothing up")
  }
}
