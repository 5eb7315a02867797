import Testing
import Traffic

struct SplitMix64Tests {
  /// The first outputs of Vigna's reference implementation (https://prng.di.unimi.it/splitmix64.c) for seed 1234567.
  @Test func `it draws the reference sequence`() {
    var rng = SplitMix64(seed: 1_234_567)
    #expect((0..<3).map { _ in rng.next() } == [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423])
  }

  @Test func `a chance of zero never comes and a chance of one always`() {
    var rng = SplitMix64(seed: 1)
    for _ in 0..<1_000 {
      let (never, always, below) = (rng.chance(0), rng.chance(1), rng.below(7))
      #expect(!never)
      #expect(always)
      #expect((0..<7).contains(below))
    }
  }
}
