/// Durations as people type them: `500ms`, `10s`, `5m`, `2h`, `3d`. A bare number is refused, since nobody agrees on its unit.
package enum DurationText {
  /// - Returns: nil unless the text is a whole number of at most nine digits and a unit.
  package static func parse(_ text: String) -> Duration? {
    let digits = text.prefix { ("0"..."9").contains($0) }
    guard (1...9).contains(digits.utf8.count), let number = Int(digits) else { return nil }
    switch text.dropFirst(digits.count) {
    case "ms": return .milliseconds(number)
    case "s": return .seconds(number)
    case "m": return .minutes(number)
    case "h": return .hours(number)
    case "d": return .days(number)
    default: return nil
    }
  }
}
