enum Base64 {
  /// How many bytes the text decodes to; nil if it is not standard base64 with its padding.
  static func decodedCount(_ text: some StringProtocol) -> Int? {
    let bytes = Array(text.utf8)
    let padding = bytes.reversed().prefix { $0 == UInt8(ascii: "=") }.count
    guard bytes.count % 4 == 0, padding <= 2 else { return nil }
    let isAlphabet = bytes.dropLast(padding).allSatisfy {
      $0.isASCIILetter || $0.isASCIIDigit || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "/")
    }
    return isAlphabet ? bytes.count / 4 * 3 - padding : nil
  }
}
