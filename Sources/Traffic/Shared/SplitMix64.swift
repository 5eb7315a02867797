/// Sebastiano Vigna's splitmix64: the same seed gives the same numbers on every machine and with every Swift.
///
/// The two draws below are our own because the standard library may change how it turns bits into ranges.
package struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    return Self.mix(state)
  }

  /// Uniform in 0..<bound, with a bias below 2^-32 for the small bounds used here.
  package mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0, "nothing is below zero")
    return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// True with this probability; 0 is never and 1 is always.
  package mutating func chance(_ share: Double) -> Bool {
    Double(next() >> 11) * 0x1p-53 < share
  }

  /// Spreads close numbers far apart.
  package static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
