/// One of the ways in which a JSON writer may put the same report into bytes. How the provider's does it is documented
/// nowhere, so a receiver has to read all of them.
struct JSONStyle: Sendable {
  enum Escaping: CaseIterable {
    /// UTF-8 as it is.
    case raw
    /// PHP's default: `\u` with small letters for all that is not ASCII, and `\/`.
    case php
    /// `\u` with capital letters.
    case capitals
    /// Each character as the dice fall, ASCII ones too.
    case mixed
  }

  var escaping: Escaping
  /// Line breaks and blanks between the tokens.
  var isPretty: Bool

  init(using rng: inout SplitMix64) {
    escaping = Escaping.allCases[rng.below(Escaping.allCases.count)]
    isPretty = rng.chance(0.2)
  }

  init(escaping: Escaping, isPretty: Bool) {
    self.escaping = escaping
    self.isPretty = isPretty
  }

  /// The provider's exact shape and order of members.
  func write(_ report: SimulatedReport, using rng: inout SplitMix64) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(160 + report.body.utf8.count * 2)
    let (open, next, colon, close) = isPretty ? ("\n    ", ",\n    ", ": ", "\n  ") : ("", ",", ":", "")
    out += (isPretty ? "{\n  \"report\": {" : "{\"report\":{").utf8
    out += "\(open)\"id\"\(colon)\(report.id)\(next)\"packet_id\"\(colon)\(report.packetID)\(next)\"status\"\(colon)".utf8
    write(report.status.rawValue, to: &out, using: &rng)
    out += "\(next)\"to\"\(colon)".utf8
    write(report.to, to: &out, using: &rng)
    out += "\(next)\"body\"\(colon)".utf8
    write(report.body, to: &out, using: &rng)
    out += "\(close)}".utf8
    out += (isPretty ? "\n}\n" : "}").utf8
    return out
  }

  private func write(_ text: String, to out: inout [UInt8], using rng: inout SplitMix64) {
    out.append(UInt8(ascii: "\""))
    for scalar in text.unicodeScalars { write(scalar, to: &out, using: &rng) }
    out.append(UInt8(ascii: "\""))
  }

  private func write(_ scalar: Unicode.Scalar, to out: inout [UInt8], using rng: inout SplitMix64) {
    switch scalar {
    case "\"", "\\": out += [UInt8(ascii: "\\"), UInt8(scalar.value)]
    case "\n": out += "\\n".utf8
    case "/" where escaping == .php || (escaping == .mixed && rng.chance(0.5)): out += "\\/".utf8
    case _ where scalar.value < 0x20 || isEscaped(scalar, using: &rng):
      for unit in UTF16.encode(scalar)! { write(hex: unit, to: &out, using: &rng) }
    default: out += UTF8.encode(scalar)!
    }
  }

  private func isEscaped(_ scalar: Unicode.Scalar, using rng: inout SplitMix64) -> Bool {
    switch escaping {
    case .raw: false
    case .php, .capitals: !scalar.isASCII
    case .mixed: rng.chance(scalar.isASCII ? 0.05 : 0.5)
    }
  }

  private func write(hex unit: UInt16, to out: inout [UInt8], using rng: inout SplitMix64) {
    let capitals = escaping == .capitals || (escaping == .mixed && rng.chance(0.5))
    let digits: StaticString = capitals ? "0123456789ABCDEF" : "0123456789abcdef"
    out += "\\u".utf8
    for shift in [12, 8, 4, 0] { out.append(digits.utf8Start[Int(unit >> UInt16(shift)) & 0xf]) }
  }
}
