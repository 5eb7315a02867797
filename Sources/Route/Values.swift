import Model

/// A value after its references were replaced.
struct Text {
  var value: String
  /// As it stands in the file: what messages quote, since the value may come from a variable that holds a secret.
  var raw: String
  var id: Int
  /// True if there is no reference in it.
  var isLiteral: Bool
}

extension Reader {
  /// A single value, expanded.
  /// - Parameter isSecret: then a literal that looks like a reference is an error.
  mutating func text(_ id: Int, _ what: String, isSecret: Bool = false) -> Text? {
    guard case .scalar(let raw, _) = document[id].content else {
      error(id, "\(what) is \(document[id].kindInWords)", hint: "write a single value")
      return nil
    }
    guard !document[id].isNull else {
      error(id, "\(what) has no value", hint: "give it one, in quotes if it is \"null\" or \"~\"")
      return nil
    }
    var value = ""
    var isWhole = true
    let parts = Reference.parts(of: raw)
    for part in parts {
      if let text = expanded(part, in: id, what, isSecret: isSecret) { value += text } else { isWhole = false }
    }
    guard isWhole else { return nil }
    let isLiteral = !parts.contains(where: \.comesFromOutside)
    return Text(value: value, raw: raw, id: id, isLiteral: isLiteral)
  }

  private mutating func expanded(_ part: Reference, in id: Int, _ what: String, isSecret: Bool) -> String? {
    // Looked for only where something is wrong: in a file of one long line, the search is as long as the line.
    var place: Mark { source.mark(of: part.text, from: document[id].start) }
    switch part.kind {
    case .dollar:
      return "$"
    case .literal:
      guard isSecret, Reference.isLookalike(part.text) else { return part.text }
      let hint = "write ${NAME} for a variable, and $$ for a dollar"
      error(id, "\(what) looks like a reference to a variable and is none", hint: hint)
      return nil
    case .variable(let name, let fallback):
      let value = variables.environment(name)
      if let value, !value.isEmpty { return value }
      if let fallback { return fallback }
      let state = value == nil ? "not set" : "empty"
      error(place, "the variable \(name) is \(state)", hint: "set it in the environment of the relay")
      return nil
    case .file(let path):
      guard let contents = try? variables.contents(path) else {
        error(place, "the file \(quoted(path)) cannot be read", hint: "it must exist, be readable by the relay's user, and be text")
        return nil
      }
      let value = withoutLineBreaks(atEndOf: contents)
      if value.isEmpty { error(place, "the file \(quoted(path)) is empty") }
      return value.isEmpty ? nil : value
    case .credential(let name):
      guard let contents = try? variables.credential(name) else {
        error(place, "the credential \(name) cannot be read", hint: variables.credentialHint(name))
        return nil
      }
      let value = withoutLineBreaks(atEndOf: contents)
      if value.isEmpty { error(place, "the credential \(name) is empty", hint: variables.credentialHint(name)) }
      return value.isEmpty ? nil : value
    case .malformed:
      let hint = "write ${NAME}, ${NAME:-default}, ${file:/path}, ${credential:NAME}, or $$ for a dollar"
      error(place, "\(what) has a \"${\" that begins no reference", hint: hint)
      return nil
    }
  }

  private func withoutLineBreaks(atEndOf contents: String) -> String {
    let ending = contents.utf8.reversed().prefix { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }.count
    return String(decoding: contents.utf8.dropLast(ending), as: UTF8.self)
  }

  mutating func boolean(_ id: Int, _ what: String) -> Bool? {
    guard let text = text(id, what) else { return nil }
    switch text.value {
    case "true": return true
    case "false": return false
    default:
      error(id, "\(what) \(quoted(text.raw)) is neither true nor false")
      return nil
    }
  }

  mutating func integer(_ id: Int, _ what: String, in bounds: ClosedRange<Int>) -> Int? {
    guard let text = text(id, what) else { return nil }
    guard let number = Int(text.value) else {
      error(id, "\(what) \(quoted(text.raw)) is not a whole number")
      return nil
    }
    guard bounds.contains(number) else {
      error(id, "\(what) \(quoted(text.raw)) is not between \(bounds.lowerBound) and \(bounds.upperBound)")
      return nil
    }
    return number
  }

  /// A decimal number without sign or exponent.
  mutating func number(_ id: Int, _ what: String, in bounds: ClosedRange<Double>) -> Double? {
    guard let text = text(id, what) else { return nil }
    let isDecimal = text.value.utf8.allSatisfy { $0.isASCIIDigit || $0 == UInt8(ascii: ".") }
    guard isDecimal, let number = Double(text.value), bounds.contains(number) else {
      error(id, "\(what) \(quoted(text.raw)) is not a number between \(plain(bounds.lowerBound)) and \(plain(bounds.upperBound))")
      return nil
    }
    return number
  }

  /// `1000`, not `1000.0`.
  private func plain(_ number: Double) -> String { number == number.rounded() ? "\(Int(number))" : "\(number)" }

  /// One of a few words.
  mutating func word<Word: RawRepresentable<String> & CaseIterable>(_ id: Int, _ what: String) -> Word? {
    guard let text = text(id, what) else { return nil }
    if let word = Word(rawValue: text.value) { return word }
    let known = Word.allCases.map(\.rawValue)
    let near = Vocabulary.nearest(to: text.value.lowercased(), in: known)
    let hint = near.map { "did you mean \(quoted($0))?" } ?? "the words here are \(known.joined(separator: ", "))"
    error(id, "\(what) \(quoted(text.raw)) is unknown", hint: text.isLiteral ? hint : nil)
    return nil
  }

  /// A size in bytes: `65536`, `64KiB`, `1MiB`.
  mutating func bytes(_ id: Int, _ what: String, in bounds: ClosedRange<Int>) -> Int? {
    guard let text = text(id, what) else { return nil }
    let units = [("KiB", 1024), ("MiB", 1024 * 1024), ("", 1)]
    let unit = units.first { text.value.hasSuffix($0.0) } ?? ("", 1)
    guard let number = Int(text.value.dropLast(unit.0.count)), case let (size, overflow) = number.multipliedReportingOverflow(by: unit.1),
      !overflow
    else {
      error(id, "\(what) \(quoted(text.raw)) is not a size", hint: "write it like 65536, 64KiB or 1MiB")
      return nil
    }
    guard bounds.contains(size) else {
      error(id, "\(what) \(quoted(text.raw)) is not between \(bounds.lowerBound) and \(bounds.upperBound) bytes")
      return nil
    }
    return size
  }

  /// - Parameter zeroIsFine: where it means "at once".
  mutating func duration(_ id: Int, _ what: String, zeroIsFine: Bool = false) -> Duration? {
    guard let text = text(id, what) else { return nil }
    switch DurationText.parse(text.value) {
    case .success(let duration) where duration > .zero || zeroIsFine: return duration
    case .success: error(id, "\(what) \(quoted(text.raw)) must be longer than zero")
    case .failure(.negative): error(id, "\(what) \(quoted(text.raw)) is negative")
    case .failure(.tooLong): error(id, "\(what) \(quoted(text.raw)) is longer than 100 years")
    case .failure(.noUnit):
      error(id, "\(what) \(quoted(text.raw)) has no unit", hint: "write \(text.raw)s for seconds; units are ms, s, m, h, d")
    case .failure(.malformed):
      error(id, "\(what) \(quoted(text.raw)) is not a duration", hint: "write it like 500ms, 10s, 5m, 4h, 3d or 1h30m")
    }
    return nil
  }
}

extension Reader {
  mutating func duration(_ id: Int, _ what: String, in bounds: ClosedRange<Duration>) -> Duration? {
    guard let time = duration(id, what) else { return nil }
    guard !bounds.contains(time) else { return time }
    guard case .scalar(let raw, _) = document[id].content else { preconditionFailure("a duration is a single value") }
    let (from, to) = (DurationText.text(bounds.lowerBound), DurationText.text(bounds.upperBound))
    error(id, "\(what) \(quoted(raw)) is not between \(from) and \(to)")
    return nil
  }
}

/// `500ms`, `10s`, `1h30m`: whole numbers with units, the larger unit first.
enum DurationText {
  enum Fault: Error { case malformed, noUnit, negative, tooLong }

  private static let units: [(name: String, milliseconds: Int64)] = [
    ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
  ]
  private static let longest: Int64 = 36_500 * 86_400_000

  /// In the largest unit that it is a whole number of.
  static func text(_ duration: Duration) -> String {
    let milliseconds = duration.microseconds / 1_000
    let unit = units.first { milliseconds >= $0.milliseconds && milliseconds.isMultiple(of: $0.milliseconds) } ?? ("ms", 1)
    return "\(milliseconds / unit.milliseconds)\(unit.name)"
  }

  /// What `parse` takes, as a regular expression: begun with any unit, and gone on with smaller ones.
  static let pattern = units.indices.map { first in
    "[0-9]+\(units[first].name)" + units[(first + 1)...].map { "(?:[0-9]+\($0.name))?" }.joined()
  }.joined(separator: "|")

  static func parse(_ text: String) -> Result<Duration, Fault> {
    if text.hasPrefix("-") { return parse(String(text.dropFirst())).flatMap { _ in .failure(.negative) } }
    var rest = Substring(text)
    var total: Int64 = 0
    var unitsLeft = units[...]
    repeat {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      guard !digits.isEmpty else { return .failure(.malformed) }
      rest = rest[digits.endIndex...]
      let name = rest.prefix { $0.isLetter }
      rest = rest[name.endIndex...]
      if name.isEmpty { return .failure(rest.isEmpty && total == 0 && unitsLeft.count == units.count ? .noUnit : .malformed) }
      guard let index = unitsLeft.firstIndex(where: { $0.name == name }) else { return .failure(.malformed) }
      guard let number = Int64(digits), number <= longest / unitsLeft[index].milliseconds else { return .failure(.tooLong) }
      total += number * unitsLeft[index].milliseconds
      unitsLeft = unitsLeft[(index + 1)...]
    } while !rest.isEmpty
    return total <= longest ? .success(.milliseconds(total)) : .failure(.tooLong)
  }
}
