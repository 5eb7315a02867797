/// A report as the provider sends it.
struct SentReport: Sendable, Hashable {
  var id: Int64
  var status = "delivered"
  var packetID: Int64 = 104_525_848
  var to = "+905321234567"
  var text: String

  var webhookID: String { "dlr_\(id)_\(status)" }

  /// With text that needs no escaping.
  var bytes: [UInt8] {
    Array(
      #"{"report":{"id":\#(id),"packet_id":\#(packetID),"status":"\#(status)","to":"\#(to)","body":"\#(text)"}}"#.utf8)
  }
}

/// Numbers that a seed repeats (SplitMix64, Steele et al. 2014).
struct SeededNumbers: RandomNumberGenerator, Sendable {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
