/// A phone number that somebody looks for, compared with numbers as the provider sent them: whole, or masked by the provider.
///
/// Ten digits or more are a whole number. Its last ten are compared, so that `+90 532 123 45 67`, `05321234567` and `5321234567` are the same.
/// Fewer are the end of a number. Of a masked number (`+90505702xxxx`, `+90532***4567`) the digits before and behind the mask
/// must agree with it; the digits before it are read as of Turkey, unless the number that is looked for has its country's code.
/// The end of a number is not found in one whose end is masked.
package struct PhonePattern: Sendable, Equatable {
  /// Fewer are at the end of too many numbers.
  package static let digitsMin = 4
  /// Characters of what a person writes.
  package static let lengths = 4...32
  /// A country's code and a number have at most 15 (ITU-T E.164), after an international prefix of two or three.
  private static let digitsMax = 18
  /// Of a Turkish number without its prefix; and what is compared of others.
  private static let numberLength = 10
  /// What stands before those ten in Turkey.
  private static let prefixes = ["", "0", "90", "0090"]
  private static let separators: Set<Character> = [" ", "-", "(", ")", ".", "/", "+"]

  private let digits: String

  /// - Returns: nil for what is no number: other characters, or too few or too many digits.
  package init?(_ text: String) {
    var digits = ""
    for character in text {
      if let digit = Self.digit(character) { digits.append(digit) } else if !Self.separators.contains(character) { return nil }
    }
    guard (Self.digitsMin...Self.digitsMax).contains(digits.count) else { return nil }
    self.digits = digits
  }

  package func matches(_ number: String) -> Bool {
    let seen = Seen(number)
    let isWhole = digits.count >= Self.numberLength
    guard seen.isMasked else {
      return isWhole ? seen.beginning.suffix(Self.numberLength) == digits.suffix(Self.numberLength) : seen.beginning.hasSuffix(digits)
    }
    guard isWhole else { return !seen.end.isEmpty && (seen.end.hasSuffix(digits) || digits.hasSuffix(seen.end)) }
    return endAgrees(seen.end) && spellings.contains { $0.hasPrefix(seen.beginning) }
  }

  /// Of what is seen at the end, no more than the last ten digits are compared.
  private func endAgrees(_ end: String) -> Bool { digits.hasSuffix(end.suffix(Self.numberLength)) }

  /// How it may be written from its beginning, digits only.
  private var spellings: [String] {
    let withCode = digits.hasPrefix("00") ? String(digits.dropFirst(2)) : digits
    return Self.prefixes.map { $0 + digits.suffix(Self.numberLength) } + [withCode, "00" + withCode]
  }

  /// What a number shows of itself.
  private struct Seen {
    var beginning = ""
    var end = ""
    var isMasked = false

    init(_ number: String) {
      for character in number {
        if let digit = PhonePattern.digit(character) {
          if isMasked { end.append(digit) } else { beginning.append(digit) }
        } else if !PhonePattern.separators.contains(character) {
          (isMasked, end) = (true, "")
        }
      }
    }
  }

  private static func digit(_ character: Character) -> Character? { character.isASCII && character.isWholeNumber ? character : nil }
}
