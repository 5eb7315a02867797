import Model
@_spi(_Unicode) import Swift

/// How texts are compared: two of them are the same by a fold if they are the same bytes once folded.
///
/// - `none`: as they are.
/// - `ascii`: A to Z become a to z, and nothing else changes.
/// - `turkish`: the text is put into NFC, and then each scalar becomes its simple lower case (UnicodeData.txt), but for four: I and ı become
///   I, İ and i become i. That way round, each letter of ASCII stays one byte, and a text of ASCII alone is folded while it is searched.
///
/// Normal forms are told apart by `none` and `ascii`. That NFC comes first means for `turkish` that a marker which is a bare combining mark
/// is not found inside of a composed letter.
extension Fold {
  /// A byte of ASCII; any other stays.
  func folded(_ byte: UInt8) -> UInt8 {
    guard (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) else { return byte }
    switch self {
    case .none: return byte
    case .ascii: return byte | 0x20
    case .turkish: return byte == UInt8(ascii: "I") ? byte : byte | 0x20
    }
  }

  /// The whole text, as patterns are kept. What is no UTF-8 is repaired by `turkish`, and stays what it is by the others.
  func folded(_ text: [UInt8]) -> [UInt8] {
    guard case .turkish = self, text.contains(where: { $0 >= 0x80 }) else { return text.map(folded) }
    return Array(String(String.UnicodeScalarView(Self.turkishScalars(text))).utf8)
  }

  func folded(_ text: String) -> [UInt8] { folded(Array(text.utf8)) }

  /// Runs `use` with a text whose bytes, each folded by itself (`folded(_: UInt8)`), are the folded text. Makes no copy of a text that is
  /// searched as it is, and allocates nothing for a short one in the letters of Latin.
  func withSearchable<Result>(_ text: [UInt8], _ use: (Span<UInt8>) -> Result) -> Result {
    guard case .turkish = self, let first = text.firstIndex(where: { $0 >= 0x80 }) else { return use(text.span) }
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: text.count * 2) { buffer in
      guard let count = Self.foldPlain(text.span, from: first, into: buffer) else { return use(folded(text).span) }
      return use(UnsafeBufferPointer(rebasing: buffer[..<count]).span)
    }
  }

  /// Folds a text that is in NFC as it is, as every one of Latin letters, punctuation and emoji without combining marks. None of its scalars
  /// becomes more than half longer.
  /// - Parameter start: before it all is ASCII.
  /// - Returns: how many bytes it has, folded; nil if there are other scalars in it, or bytes that are no UTF-8.
  private static func foldPlain(_ text: Span<UInt8>, from start: Int, into buffer: UnsafeMutableBufferPointer<UInt8>) -> Int? {
    let table = latin.span
    for index in 0..<start { buffer[index] = text[index] }
    var (count, index) = (start, start)
    while index < text.count {
      let byte = text[index]
      if byte < 0x80 {
        buffer[count] = byte
        (count, index) = (count + 1, index + 1)
        continue
      }
      let length = byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
      guard byte >= 0xC2, index + length <= text.count else { return nil }
      var scalar = UInt32(byte) & (0x7F >> UInt32(length))
      for next in index + 1..<index + length {
        guard text[next] & 0xC0 == 0x80 else { return nil }
        scalar = scalar << 6 | UInt32(text[next] & 0x3F)
      }
      guard let folded = scalar < latinEnd ? UInt32(table[Int(scalar)]) : isPlain(scalar) ? scalar : nil else { return nil }
      index += length
      count = write(folded, into: buffer, at: count)
    }
    return count
  }

  /// - Returns: where its UTF-8 ends.
  private static func write(_ scalar: UInt32, into buffer: UnsafeMutableBufferPointer<UInt8>, at start: Int) -> Int {
    func trail(_ shift: UInt32) -> UInt8 { UInt8(0x80 | scalar >> shift & 0x3F) }
    switch scalar {
    case ..<0x80:
      buffer[start] = UInt8(scalar)
      return start + 1
    case ..<0x800:
      buffer[start] = UInt8(0xC0 | scalar >> 6)
      buffer[start + 1] = trail(0)
      return start + 2
    case ..<0x10000:
      buffer[start] = UInt8(0xE0 | scalar >> 12)
      buffer[start + 1] = trail(6)
      buffer[start + 2] = trail(0)
      return start + 3
    default:
      buffer[start] = UInt8(0xF0 | scalar >> 18)
      buffer[start + 1] = trail(12)
      buffer[start + 2] = trail(6)
      buffer[start + 3] = trail(0)
      return start + 4
    }
  }

  /// The first combining mark. What comes before composes with nothing before it (DerivedNormalizationProps.txt, NFC_Quick_Check).
  private static let latinEnd: UInt32 = 0x300
  /// By scalar.
  private static let latin = ContiguousArray((0..<latinEnd).map { UInt16(mapped(Unicode.Scalar($0)!).value) })

  /// True for scalars that are common in messages, and neither combine nor change: punctuation and currencies, variation selectors,
  /// emoji. NFC_Quick_Check is yes for all of them, their combining class is 0, and none has a small letter.
  private static func isPlain(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x2002...0x20CF, 0xFE00...0xFE0F, 0x1F000...0x1FFFF: true
    default: false
    }
  }

  private static func turkishScalars(_ text: [UInt8]) -> [Unicode.Scalar] {
    nfc(text).map { $0.value < latinEnd ? Unicode.Scalar(UInt32(latin[Int($0.value)]))! : mapped($0) }
  }

  /// The scalars of a text in normal form C.
  static func nfc(_ text: [UInt8]) -> [Unicode.Scalar] {
    // The standard library has it for whoever asks by this name, as Foundation does on Linux.
    var scalars: [Unicode.Scalar] = []
    scalars.reserveCapacity(text.count)
    for scalar in String(decoding: text, as: UTF8.self)._nfc { scalars.append(scalar) }
    return scalars
  }

  private static func mapped(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    switch scalar {
    case "I", "\u{131}": return "I"
    case "\u{130}", "i": return "i"
    default:
      guard scalar.properties.changesWhenLowercased else { return scalar }
      // The only scalar whose full lower case is more than one is İ, which is above (SpecialCasing.txt): so this is the simple one.
      return scalar.properties.lowercaseMapping.unicodeScalars.first ?? scalar
    }
  }
}
