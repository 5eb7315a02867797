/// Packet prefixes by their value. A prefix without leading zeros is known by its value alone, so looking up 104525848 is
/// looking up 104525848, 10452584, ... 1: at most 19 probes and no text.
struct PacketTable: Sendable {
  private static let free = UInt64.max

  /// Open addressing, at most half full.
  private let keys: ContiguousArray<UInt64>
  /// By slot: where its owners begin and end in `owners`.
  private let ranges: ContiguousArray<Range<Int>>
  private let owners: ContiguousArray<Int>
  private let shift: UInt64

  /// - Parameter prefixes: decimal digits. Those with a leading zero or beyond 64 bits match no id and are left out.
  init(_ prefixes: [(digits: String, owner: Int)]) {
    var byValue: [UInt64: [Int]] = [:]
    for (digits, owner) in prefixes {
      guard let value = UInt64(digits), value <= UInt64(Int64.max), digits == String(value) else { continue }
      byValue[value, default: []].append(owner)
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
  }

  /// Fibonacci hashing (Knuth, TAOCP 6.4): the high bits of a product are spread well even for neighbours.
  private static func slot(of value: UInt64, shift: UInt64) -> Int { Int((value &* 0x9E37_79B9_7F4A_7C15) >> shift) }

  /// Appends the owners of every prefix of the id. A negative id has none.
  func appendOwners(of packetID: Int64, to found: inout [Int]) {
    guard packetID >= 0, !owners.isEmpty else { return }
    var prefix = UInt64(packetID)
    repeat {
      var slot = Self.slot(of: prefix, shift: shift)
      while keys[slot] != Self.free {
        if keys[slot] == prefix {
          found += owners[ranges[slot]]
          break
        }
        slot = (slot + 1) & (keys.count - 1)
      }
      prefix /= 10
    } while prefix > 0
  }
}
