import Model

/// Numbers, times and lengths of time as a language writes them.
struct Phrases: Sendable {
  var words: Words

  init(_ language: Language) { words = language.words }

  func number(_ number: Int) -> String { grouped(number).replacing(",", with: words.thousands) }

  /// Below ten with one decimal.
  func number(_ number: Double) -> String {
    guard abs(number) < 9.95 else { return self.number(Int(number.rounded())) }
    let tenths = Int((number * 10).rounded())
    return tenths.isMultiple(of: 10) ? self.number(tenths / 10) : "\(tenths / 10)\(words.decimal)\(abs(tenths) % 10)"
  }

  func perMinute(_ rate: Double) -> String { words.sentences.perMinute(number(rate)) }

  /// The two largest units, short: `3 d 4 h`, `12 s`.
  func short(_ duration: Duration) -> String { spoken(duration, words.shortUnits) }

  func ago(_ instant: Instant, at now: Instant) -> String {
    now - instant < .seconds(1) ? words.justNow : words.sentences.ago(short(now - instant))
  }

  /// In a sentence, for how long something has been so: `12 min`, `12 dakikadır`.
  func lasting(_ duration: Duration) -> String { spoken(max(duration, .seconds(1)), words.lastingUnits, whole: words.lastingFirstUnits) }

  /// `2026-11-23 12:34:56 UTC`, in every language.
  func time(_ instant: Instant) -> String {
    let text = instant.rfc3339
    return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8)) UTC"
  }

  /// `12:34`
  func clock(_ instant: Instant) -> String { String(instant.rfc3339.dropFirst(11).prefix(5)) }

  /// `12 ms`, `1.2 s`, `3 min`: for how long one try took.
  func took(_ duration: Duration) -> String {
    let milliseconds = duration.milliseconds
    if milliseconds < 1 { return "< 1 \(words.shortUnits.millisecond)" }
    if milliseconds < 1_000 { return "\(number(milliseconds)) \(words.shortUnits.millisecond)" }
    return milliseconds < 60_000 ? "\(number(milliseconds / 1_000)) \(words.shortUnits.second)" : short(duration)
  }

  func size(_ bytes: Int) -> String { sized(bytes).replacing(".", with: words.decimal) }

  private func spoken(_ duration: Duration, _ units: Units, whole: Units? = nil) -> String {
    let seconds = max(0, Int(duration.seconds))
    // Only the last unit of a language with suffixes has one.
    let first = whole ?? units
    func two(_ large: Int, _ largeUnit: KeyPath<Units, String>, _ small: Int, _ smallUnit: KeyPath<Units, String>) -> String {
      small == 0
        ? "\(large) \(units[keyPath: largeUnit])" : "\(large) \(first[keyPath: largeUnit]) \(small) \(units[keyPath: smallUnit])"
    }
    switch seconds {
    case 0: return "\(max(0, duration.microseconds / 1_000)) \(units.millisecond)"
    case ..<60: return "\(seconds) \(units.second)"
    case ..<3_600: return "\(seconds / 60) \(units.minute)"
    case ..<86_400: return two(seconds / 3_600, \.hour, seconds / 60 % 60, \.minute)
    default: return two(seconds / 86_400, \.day, seconds / 3_600 % 24, \.hour)
    }
  }
}

/// The names of lengths of time.
struct Units: Sendable {
  var millisecond: String
  var second: String
  var minute: String
  var hour: String
  var day: String
}
