import Model

/// Where a reading of JSON text stands, and the grammar of RFC 8259 as steps from there.
///
/// Strict: every byte is checked, also in members that nobody asked for, because what passes here is forwarded as JSON. Every
/// step throws `.notJSON` on the first byte that does not fit. The text is passed to each step, bounds-checked, instead of
/// being held, so that no unsafe pointer meets bytes from the internet.
struct JSONCursor {
  private(set) var at = 0
  /// Levels of objects and arrays that are open.
  private var depth = 0

  private var mismatch: NotAReport { NotAReport(reason: .notJSON) }

  /// RFC 8259 section 8.1 allows to ignore a byte order mark.
  mutating func skipByteOrderMark(_ text: Span<UInt8>) {
    if text.count >= 3, text[0] == 0xEF, text[1] == 0xBB, text[2] == 0xBF { at = 3 }
  }

  /// The next byte that is not white space, which stays unread; 0, which begins no token, at the end.
  mutating func next(_ text: Span<UInt8>) -> UInt8 {
    while at < text.count {
      let byte = text[at]
      guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
      at += 1
    }
    return 0
  }

  mutating func end(_ text: Span<UInt8>) throws(NotAReport) {
    _ = next(text)
    guard at == text.count else { throw mismatch }
  }

  /// Enters an object or an array, whose bracket is the next byte.
  mutating func open() throws(NotAReport) {
    depth += 1
    guard depth <= Limits.jsonDepthMax else { throw mismatch }
    at += 1
  }

  /// Goes on to the name of the next member and past its colon; nil past the end of the object.
  mutating func member(_ text: Span<UInt8>, isFirst: inout Bool) throws(NotAReport) -> JSONText? {
    guard try element(text, isFirst: &isFirst, close: UInt8(ascii: "}")) else { return nil }
    guard next(text) == UInt8(ascii: "\"") else { throw mismatch }
    let name = try string(text)
    guard next(text) == UInt8(ascii: ":") else { throw mismatch }
    at += 1
    return name
  }

  /// True before an element, with its comma read; false past the closing bracket.
  private mutating func element(_ text: Span<UInt8>, isFirst: inout Bool, close: UInt8) throws(NotAReport) -> Bool {
    let byte = next(text)
    if byte == close {
      at += 1
      depth -= 1
      return false
    }
    if isFirst {
      isFirst = false
    } else {
      guard byte == UInt8(ascii: ",") else { throw mismatch }
      at += 1
      // Without this a comma before the bracket would pass as an empty element.
      guard next(text) != close else { throw mismatch }
    }
    return true
  }

  /// Reads a value for nothing but its grammar.
  mutating func skipValue(_ text: Span<UInt8>) throws(NotAReport) {
    switch next(text) {
    case UInt8(ascii: "\""): _ = try string(text)
    case UInt8(ascii: "{"):
      try open()
      var isFirst = true
      while try member(text, isFirst: &isFirst) != nil { try skipValue(text) }
    case UInt8(ascii: "["):
      try open()
      var isFirst = true
      while try element(text, isFirst: &isFirst, close: UInt8(ascii: "]")) { try skipValue(text) }
    case UInt8(ascii: "t"): try word("true", text)
    case UInt8(ascii: "f"): try word("false", text)
    case UInt8(ascii: "n"): try word("null", text)
    default: _ = try number(text)
    }
  }

  private mutating func word(_ word: StaticString, _ text: Span<UInt8>) throws(NotAReport) {
    let length = word.utf8CodeUnitCount
    guard text.count - at >= length else { throw mismatch }
    for i in 0..<length where text[at + i] != word.utf8Start[i] { throw mismatch }
    at += length
  }
}

extension JSONCursor {
  /// Reads a number. nil if it is written with a fraction or an exponent, or needs more than 64 bits: an id is never guessed
  /// from a rounded value.
  mutating func number(_ text: Span<UInt8>) throws(NotAReport) -> Int64? {
    let isNegative = at < text.count && text[at] == UInt8(ascii: "-")
    if isNegative { at += 1 }
    let start = at
    var value: Int64 = 0
    var fits = true
    while at < text.count, let digit = decimalDigit(text[at]) {
      fits = accumulate(digit, isNegative: isNegative, into: &value) && fits
      at += 1
    }
    guard at > start, at == start + 1 || text[start] != UInt8(ascii: "0") else { throw mismatch }
    if at < text.count, text[at] == UInt8(ascii: ".") {
      fits = false
      at += 1
      try digits(text)
    }
    if at < text.count, text[at] | 0x20 == UInt8(ascii: "e") {
      fits = false
      at += 1
      if at < text.count, text[at] == UInt8(ascii: "+") || text[at] == UInt8(ascii: "-") { at += 1 }
      try digits(text)
    }
    return fits ? value : nil
  }

  private mutating func digits(_ text: Span<UInt8>) throws(NotAReport) {
    let start = at
    while at < text.count, decimalDigit(text[at]) != nil { at += 1 }
    guard at > start else { throw mismatch }
  }

  /// Reads a string, whose opening quote is the next byte.
  mutating func string(_ text: Span<UInt8>) throws(NotAReport) -> JSONText {
    at += 1
    let start = at
    var hasEscapes = false
    while at < text.count {
      let byte = text[at]
      switch byte {
      case UInt8(ascii: "\""):
        at += 1
        return JSONText(range: start..<(at - 1), hasEscapes: hasEscapes)
      case UInt8(ascii: "\\"):
        hasEscapes = true
        try escape(text)
      case 0..<0x20: throw mismatch
      case 0x80...:
        let length = utf8Length(text, at: at)
        guard length > 0 else { throw mismatch }
        at += length
      default: at += 1
      }
    }
    throw mismatch
  }

  private mutating func escape(_ text: Span<UInt8>) throws(NotAReport) {
    guard at + 1 < text.count else { throw mismatch }
    switch text[at + 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
      UInt8(ascii: "r"), UInt8(ascii: "t"):
      at += 2
    case UInt8(ascii: "u"):
      guard text.count - at >= 6 else { throw mismatch }
      for i in 2..<6 where hexDigit(text[at + i]) == nil { throw mismatch }
      at += 6
    default: throw mismatch
    }
  }
}

/// Adds a digit to `value`; false, with `value` unchanged, if that needs more than 64 bits.
func accumulate(_ digit: UInt8, isNegative: Bool, into value: inout Int64) -> Bool {
  let (shifted, tooLong) = value.multipliedReportingOverflow(by: 10)
  let digit = Int64(digit)
  let (sum, overflow) = isNegative ? shifted.subtractingReportingOverflow(digit) : shifted.addingReportingOverflow(digit)
  guard !tooLong, !overflow else { return false }
  value = sum
  return true
}

func decimalDigit(_ byte: UInt8) -> UInt8? {
  let digit = byte &- UInt8(ascii: "0")
  return digit <= 9 ? digit : nil
}

func hexDigit(_ byte: UInt8) -> UInt8? {
  if let digit = decimalDigit(byte) { return digit }
  let letter = (byte | 0x20) &- UInt8(ascii: "a")
  return letter <= 5 ? letter + 10 : nil
}

/// Bytes of the well-formed UTF-8 sequence of two to four bytes that begins here; 0 if there is none. The table is 3-7 of the
/// Unicode Standard: no overlong forms, no surrogates, nothing beyond U+10FFFF.
private func utf8Length(_ text: Span<UInt8>, at i: Int) -> Int {
  func continues(_ offset: Int, _ range: ClosedRange<UInt8> = 0x80...0xBF) -> Bool {
    i + offset < text.count && range.contains(text[i + offset])
  }
  switch text[i] {
  case 0xC2...0xDF: return continues(1) ? 2 : 0
  case 0xE0: return continues(1, 0xA0...0xBF) && continues(2) ? 3 : 0
  case 0xED: return continues(1, 0x80...0x9F) && continues(2) ? 3 : 0
  case 0xE1...0xEF: return continues(1) && continues(2) ? 3 : 0
  case 0xF0: return continues(1, 0x90...0xBF) && continues(2) && continues(3) ? 4 : 0
  case 0xF1...0xF3: return continues(1) && continues(2) && continues(3) ? 4 : 0
  case 0xF4: return continues(1, 0x80...0x8F) && continues(2) && continues(3) ? 4 : 0
  default: return 0
  }
}
