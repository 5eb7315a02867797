extension Instant {
  /// `2026-11-23T12:48:14.123456Z`: RFC 3339, in UTC, with all six digits so that texts sort like the instants they name.
  package var rfc3339: String {
    let (days, timeOfDay) = microseconds.flooredQuotientAndRemainder(dividingBy: 86_400_000_000)
    let (year, month, day) = Self.civil(daysSince1970: days)
    let seconds = timeOfDay / 1_000_000
    var text = Digits()
    text.append(year, 4, then: "-")
    text.append(month, 2, then: "-")
    text.append(day, 2, then: "T")
    text.append(seconds / 3_600, 2, then: ":")
    text.append(seconds / 60 % 60, 2, then: ":")
    text.append(seconds % 60, 2, then: ".")
    text.append(timeOfDay % 1_000_000, 6, then: "Z")
    return String(decoding: text.bytes, as: UTF8.self)
  }

  /// The proleptic Gregorian calendar, counted in eras of 400 years that begin on 1 March, so that the leap day comes last.
  private static func civil(daysSince1970 days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (era, dayOfEra) = (days + 719_468).flooredQuotientAndRemainder(dividingBy: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
  }
}

/// Padded numbers one after the other. By hand, because a copy's header must not cost a formatter.
private struct Digits {
  private(set) var bytes: [UInt8] = []

  init() { bytes.reserveCapacity(32) }

  /// - Parameter width: at least; a year beyond 9999 is written whole.
  mutating func append(_ number: Int64, _ width: Int, then separator: Unicode.Scalar) {
    if number < 0 { bytes.append(UInt8(ascii: "-")) }
    let start = bytes.count
    var rest = number.magnitude
    while rest > 0 || bytes.count - start < width {
      bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    }
    bytes[start...].reverse()
    bytes.append(UInt8(ascii: separator))
  }
}

extension Int64 {
  fileprivate func flooredQuotientAndRemainder(dividingBy divisor: Int64) -> (Int64, Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}
