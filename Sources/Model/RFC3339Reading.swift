extension Instant {
  /// Reads times such as `2026-11-23T12:34:56.123456Z`, or with an offset as `+03:00`.
  /// - Returns: nil for anything else. Digits beyond microseconds are dropped; a leap second is the next minute's first.
  package init?(rfc3339 text: String) {
    guard let instant = RFC3339Reader.read(text) else { return nil }
    self = instant
  }
}

private enum RFC3339Reader {
  static func read(_ text: String) -> Instant? {
    var rest = Substring(text).utf8
    guard let year = number(&rest, digits: 4), skip(&rest, "-"), let month = number(&rest, digits: 2), skip(&rest, "-"),
      let day = number(&rest, digits: 2), skip(&rest, "Tt "),
      let hour = number(&rest, digits: 2), skip(&rest, ":"), let minute = number(&rest, digits: 2), skip(&rest, ":"),
      let second = number(&rest, digits: 2),
      (1...12).contains(month), (1...daysOf(month, in: year)).contains(day), hour < 24, minute < 60, second <= 60,
      let fraction = microseconds(&rest), let offset = offset(&rest), rest.isEmpty
    else { return nil }
    let seconds = daysSince1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset
    return Instant(microseconds: Int64(seconds) * 1_000_000 + Int64(fraction))
  }

  private static func number(_ rest: inout Substring.UTF8View, digits: Int) -> Int? {
    var value = 0
    for _ in 0..<digits {
      guard let byte = rest.first, (48...57).contains(byte) else { return nil }
      value = value * 10 + Int(byte - 48)
      rest.removeFirst()
    }
    return value
  }

  private static func skip(_ rest: inout Substring.UTF8View, _ allowed: StaticString) -> Bool {
    guard let byte = rest.first, allowed.withUTF8Buffer({ $0.contains(byte) }) else { return false }
    rest.removeFirst()
    return true
  }

  private static func microseconds(_ rest: inout Substring.UTF8View) -> Int? {
    guard skip(&rest, ".") else { return 0 }
    var value = 0
    var digits = 0
    while let digit = number(&rest, digits: 1) {
      if digits < 6 { value = value * 10 + digit }
      digits += 1
    }
    guard digits > 0 else { return nil }
    for _ in digits..<max(6, digits) { value *= 10 }
    return value
  }

  /// In seconds east of Greenwich.
  private static func offset(_ rest: inout Substring.UTF8View) -> Int? {
    if skip(&rest, "Zz") { return 0 }
    let isWest = rest.first == UInt8(ascii: "-")
    guard skip(&rest, "+-"), let hours = number(&rest, digits: 2), skip(&rest, ":"), let minutes = number(&rest, digits: 2),
      hours < 24, minutes < 60
    else { return nil }
    return (hours * 3_600 + minutes * 60) * (isWest ? -1 : 1)
  }

  private static func daysOf(_ month: Int, in year: Int) -> Int {
    switch month {
    case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Howard Hinnant's days_from_civil (https://howardhinnant.github.io/date_algorithms.html), for years from 0.
  private static func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let y = (month <= 2 ? year - 1 : year) + 400
    let yearOfEra = y % 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return (y / 400 - 1) * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}
