/// A string of a JSON text, checked but not yet decoded: what lies between its quotes.
struct JSONText {
  var range: Range<Int>
  var hasEscapes: Bool

  /// The string as UTF-8, in one copy. Of an escaped surrogate without its other half, as a text that was cut inside an emoji has
  /// it, U+FFFD is made: the grammar allows it, and the rest of the text can still be routed.
  func decoded(_ text: Span<UInt8>) -> [UInt8] {
    guard hasEscapes else { return text.extracting(range).withUnsafeBufferPointer { Array($0) } }
    // An escape is never shorter than what it stands for.
    return Array(unsafeUninitializedCapacity: range.count) { out, count in
      var i = range.lowerBound
      while i < range.upperBound {
        let byte = text[i]
        if byte != UInt8(ascii: "\\") {
          out[count] = byte
          count += 1
          i += 1
          continue
        }
        let scalar = scalar(text, at: &i)
        for unit in UTF8.encode(scalar).unsafelyUnwrapped {
          out[count] = unit
          count += 1
        }
      }
    }
  }

  /// The string as a String, which allocates nothing up to 15 bytes.
  func string(_ text: Span<UInt8>) -> String {
    guard hasEscapes else { return text.extracting(range).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) } }
    return String(decoding: decoded(text), as: UTF8.self)
  }

  /// True if the string, decoded, is this ASCII word.
  func spells(_ word: StaticString, _ text: Span<UInt8>) -> Bool {
    let length = word.utf8CodeUnitCount
    if hasEscapes { return decoded(text).elementsEqual(UnsafeBufferPointer(start: word.utf8Start, count: length)) }
    guard range.count == length else { return false }
    for i in 0..<length where text[range.lowerBound + i] != word.utf8Start[i] { return false }
    return true
  }

  /// The string as a decimal number of up to 64 bits: digits, with a minus or without. Anything else, "" among it, is nil.
  func integer(_ text: Span<UInt8>) -> Int64? {
    let bytes = decoded(text)
    let isNegative = bytes.first == UInt8(ascii: "-")
    let digits = bytes.dropFirst(isNegative ? 1 : 0)
    guard !digits.isEmpty else { return nil }
    var value: Int64 = 0
    for byte in digits {
      guard let digit = decimalDigit(byte), accumulate(digit, isNegative: isNegative, into: &value) else { return nil }
    }
    return value
  }

  /// The scalar of the escape that begins at `i`, which moves past it.
  private func scalar(_ text: Span<UInt8>, at i: inout Int) -> Unicode.Scalar {
    let letter = text[i + 1]
    guard letter == UInt8(ascii: "u") else {
      i += 2
      switch letter {
      case UInt8(ascii: "b"): return "\u{8}"
      case UInt8(ascii: "f"): return "\u{C}"
      case UInt8(ascii: "n"): return "\n"
      case UInt8(ascii: "r"): return "\r"
      case UInt8(ascii: "t"): return "\t"
      default: return Unicode.Scalar(letter)
      }
    }
    let unit = codeUnit(text, at: i)
    i += 6
    if let scalar = Unicode.Scalar(unit) { return scalar }
    guard UTF16.isLeadSurrogate(unit), range.upperBound - i >= 6, text[i] == UInt8(ascii: "\\"), text[i + 1] == UInt8(ascii: "u")
    else { return "\u{FFFD}" }
    let trail = codeUnit(text, at: i)
    guard UTF16.isTrailSurrogate(trail) else { return "\u{FFFD}" }
    i += 6
    return UTF16.decode(UTF16.EncodedScalar([unit, trail]))
  }

  private func codeUnit(_ text: Span<UInt8>, at i: Int) -> UInt16 {
    var unit: UInt16 = 0
    for k in 2..<6 {
      guard let digit = hexDigit(text[i + k]) else { preconditionFailure("the escape was checked when the string was read") }
      unit = unit << 4 | UInt16(digit)
    }
    return unit
  }
}
