import Model

/// Reads Retry-After (RFC 9110, section 10.2.3): a number of seconds, or a time of day in one of the three formats of section 5.6.7.
enum RetryAfter {
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
  private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let longDays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

  /// - Returns: at most `Limits.retryAfterMax`; nil for what is no such value, and for one that asks for no time at all.
  static func duration(_ value: String, at now: Instant) -> Duration? {
    let text = value.trimmingPrefix { $0 == " " || $0 == "\t" }
    let trimmed = text.lastIndex { $0 != " " && $0 != "\t" }.map { text[...$0] } ?? ""
    guard let wait = seconds(trimmed) ?? date(trimmed, at: now).map({ $0 - now }), wait > .zero else { return nil }
    return min(wait, Limits.retryAfterMax)
  }

  private static func seconds(_ text: Substring) -> Duration? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
    // More than fits is more than is allowed.
    return Int64(text).map { .seconds(min($0, Int64(Int32.max))) } ?? Limits.retryAfterMax
  }

  private static func date(_ text: Substring, at now: Instant) -> Instant? {
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    if words.count == 6, words[5] == "GMT", isDay(words[0], of: days, then: ",") {
      return instant(day: words[1], month: words[2], year: number(words[3], digits: 4), time: words[4])
    }
    if words.count == 4, words[3] == "GMT", isDay(words[0], of: longDays, then: ",") {
      let date = words[1].split(separator: "-", omittingEmptySubsequences: false)
      guard date.count == 3, let year = number(date[2], digits: 2) else { return nil }
      return sinceNow(now) { instant(day: date[0], month: date[1], year: $0 + year, time: words[2]) }
    }
    // asctime pads the day of the month with a space.
    let plain = text.split(separator: " ")
    guard plain.count == 5, isDay(plain[0], of: days, then: "") else { return nil }
    let day = plain[2].count == 1 ? "0" + plain[2] : plain[2]
    return instant(day: day, month: plain[1], year: number(plain[4], digits: 4), time: plain[3])
  }

  private static func isDay(_ text: Substring, of names: [String], then suffix: String) -> Bool { names.contains { text == $0 + suffix } }

  /// Of a year with two digits: what seems to be more than 50 years ahead is the last one past that ends so.
  private static func sinceNow(_ now: Instant, _ instant: (_ century: Int) -> Instant?) -> Instant? {
    let fiftyYears = Duration.days(50 * 365 + 13)
    return stride(from: 2_100, through: 1_900, by: -100).lazy.compactMap(instant).first { $0 - now <= fiftyYears }
  }

  private static func instant(day: Substring, month: Substring, year: Int?, time: Substring) -> Instant? {
    let clock = time.split(separator: ":", omittingEmptySubsequences: false)
    guard clock.count == 3, let hour = number(clock[0], digits: 2), let minute = number(clock[1], digits: 2),
      let second = number(clock[2], digits: 2), hour < 24, minute < 60, second <= 60,
      let year, let month = months.firstIndex(where: { $0 == month }).map({ $0 + 1 }), let day = number(day, digits: 2),
      (1...daysIn(month, of: year)).contains(day)
    else { return nil }
    let seconds = daysSince1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second
    return Instant(microseconds: Int64(seconds) * 1_000_000)
  }

  private static func number(_ text: Substring, digits: Int) -> Int? {
    guard text.utf8.count == digits, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
    return Int(text)
  }

  private static func daysIn(_ month: Int, of year: Int) -> Int {
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
  }

  /// Of the Gregorian calendar. Years are counted from March, so that the leap day comes last.
  private static func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let yearFromMarch = month <= 2 ? year - 1 : year
    let monthFromMarch = (month + 9) % 12
    let leapDays = yearFromMarch / 4 - yearFromMarch / 100 + yearFromMarch / 400
    return yearFromMarch * 365 + leapDays + (153 * monthFromMarch + 2) / 5 + day - 1 - 719_468
  }
}
