/// Packet prefixes by their value. A prefix without leading zeros is known by its value alone, so looking up 104525848 is
/// looking up 104525848, 10452584, ... 1, of those the ones as long as some prefix: at most 19 probes and no text.
struct PacketTable: Sendable {
  private static let free = UInt64.max

  /// Open addressing, at most half full.
  private let keys: ContiguousArray<UInt64>
  /// By slot: where its owners begin and end in `owners`.
  private let ranges: ContiguousArray<Range<Int>>
  private let owners: ContiguousArray<Int>
  private let shift: UInt64
  /// Bit n is set if there are prefixes of n digits.
  private let lengths: UInt32

  /// - Parameter prefixes: decimal digits. Those with a leading zero or beyond 64 bits match no id and are left out.
  init(_ prefixes: [(digits: String, owner: Int)]) {
    var byValue: [UInt64: [Int]] = [:]
    var lengths: UInt32 = 0
    for (digits, owner) in prefixes {
      guard let value = UInt64(digits), value <= UInt64(Int64.max), digits == String(value) else { continue }
      byValue[value, default: []].append(owner)
      lengths |= 1 << UInt32(digits.utf8.count)
    }
    var bits: UInt64 = 1
    while 1 << bits < byValue.count * 2 { bits += 1 }
    var keys = ContiguousArray<UInt64>(repeating: Self.free, count: 1 << Int(bits))
    var ranges = ContiguousArray<Range<Int>>(repeating: 0..<0, count: keys.count)
    var flat: ContiguousArray<Int> = []
    for (value, owners) in byValue {
      var slot = Self.slot(of: value, shift: 64 - bits)
      while keys[slot] != Self.free { slot = (slot + 1) & (keys.count - 1) }
      keys[slot] = value
      ranges[slot] = flat.count..<(flat.count + owners.count)
      flat += owners
    }
    self.keys = keys
    self.ranges = ranges
    owners = flat
    shift = 64 - bits
    self.lengths = lengths
  }

  /// Fibonacci hashing (Knuth, TAOCP 6.4): the high bits of a product are spread well even for neighbours.
  private static func slot(of value: UInt64, shift: UInt64) -> Int { Int((value &* 0x9E37_79B9_7F4A_7C15) >> shift) }

  /// Appends the owners of every prefix of the id. A negative id has none.
  func appendOwners(of packetID: Int64, to found: inout [Int]) {
    guard packetID >= 0, !owners.isEmpty else { return }
    var (prefix, length) = (UInt64(packetID), Self.digits(of: UInt64(packetID)))
    while true {
      if lengths & 1 << length != 0 { appendOwners(at: prefix, to: &found) }
      guard length > 1 else { return }
      (prefix, length) = (prefix / 10, length - 1)
    }
  }

  private func appendOwners(at value: UInt64, to found: inout [Int]) {
    var slot = Self.slot(of: value, shift: shift)
    while keys[slot] != Self.free {
      if keys[slot] == value {
        found += owners[ranges[slot]]
        return
      }
      slot = (slot + 1) & (keys.count - 1)
    }
  }

  private static func digits(of number: UInt64) -> UInt32 {
    var (digits, rest) = (1 as UInt32, number / 10)
    while rest > 0 { (digits, rest) = (digits + 1, rest / 10) }
    return digits
  }
}
