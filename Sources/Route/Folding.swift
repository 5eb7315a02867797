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
    guard self != .none, (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) else { return byte }
    return self == .turkish && byte == UInt8(ascii: "I") ? byte : byte | 0x20
  }

  /// The whole text, as patterns are kept. What is no UTF-8 is repaired by `turkish`, and stays what it is by the others.
  func folded(_ text: [UInt8]) -> [UInt8] {
    let isPlain = self != .turkish || text.allSatisfy { $0 < 0x80 }
    return isPlain ? text.map(folded) : Array(String(String.UnicodeScalarView(Self.turkishScalars(text))).utf8)
  }

  /// Runs `use` with a text whose bytes, each folded by itself (`folded(_: UInt8)`), are the folded text. Makes no copy of a text that is
  /// searched as it is, and allocates nothing for a short one without letters from beyond Latin.
  func withSearchable<Result>(_ text: [UInt8], _ use: (Span<UInt8>) -> Result) -> Result {
    guard self == .turkish, !text.allSatisfy({ $0 < 0x80 }) else { return use(text.span) }
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: text.count * 2) { buffer in
      guard let count = Self.foldLatin(text.span, into: buffer) else { return use(folded(text).span) }
      return use(UnsafeBufferPointer(rebasing: buffer[..<count]).span)
    }
  }

  /// A text of scalars below `latinEnd`, which is in NFC as it is. None of them becomes more than half longer.
  /// - Returns: how many bytes it has, folded; nil if there are other scalars in it, or bytes that are no UTF-8.
  private static func foldLatin(_ text: Span<UInt8>, into buffer: UnsafeMutableBufferPointer<UInt8>) -> Int? {
    let table = latin.span
    var (count, index) = (0, 0)
    while index < text.count {
      let byte = text[index]
      index += 1
      if byte < 0x80 {
        buffer[count] = byte
        count += 1
        continue
      }
      guard (0xC2...0xCB).contains(byte), index < text.count, text[index] & 0xC0 == 0x80 else { return nil }
      let scalar = table[Int(byte & 0x1F) << 6 | Int(text[index] & 0x3F)]
      index += 1
      switch scalar {
      case ..<0x80:
        buffer[count] = UInt8(scalar)
        count += 1
      case ..<0x800:
        buffer[count] = UInt8(0xC0 | scalar >> 6)
        buffer[count + 1] = UInt8(0x80 | scalar & 0x3F)
        count += 2
      default:
        buffer[count] = UInt8(0xE0 | scalar >> 12)
        buffer[count + 1] = UInt8(0x80 | scalar >> 6 & 0x3F)
        buffer[count + 2] = UInt8(0x80 | scalar & 0x3F)
        count += 3
      }
    }
    return count
  }

  /// The first combining mark. A text with nothing from here on is in NFC (DerivedNormalizationProps.txt, NFC_Quick_Check).
  private static let latinEnd: UInt16 = 0x300
  /// By scalar.
  private static let latin = ContiguousArray((0..<latinEnd).map { UInt16(turkish(Unicode.Scalar($0)!).value) })

  private static func turkishScalars(_ text: [UInt8]) -> [Unicode.Scalar] { nfc(text).map(turkish) }

  /// The scalars of a text in normal form C.
  static func nfc(_ text: [UInt8]) -> [Unicode.Scalar] {
    // The standard library has it for whoever asks by this name, as Foundation does on Linux.
    var scalars: [Unicode.Scalar] = []
    scalars.reserveCapacity(text.count)
    for scalar in String(decoding: text, as: UTF8.self)._nfc { scalars.append(scalar) }
    return scalars
  }

  private static func turkish(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
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
