/// One character as it may stand in a text that quotes another: escaped for JSON, HTML, a URL or a form.
enum Escape {
  /// The longest: `&quot;`, `\u0022`, `&#x22;`.
  static let bytesMax = 6

  /// - Returns: the bytes that are meant, in UTF-8, and how many stand for them; nil if there is no escape.
  static func read(_ text: [UInt8], at index: Int) -> (meant: [UInt8], count: Int)? {
    let rest = text[index...].prefix(bytesMax)
    switch rest.first {
    case UInt8(ascii: "+"): return ([UInt8(ascii: " ")], 1)
    case UInt8(ascii: "%"): return hex(rest.dropFirst().prefix(2), digits: 2).map { ([UInt8($0)], 3) }
    case UInt8(ascii: "\\"): return json(rest)
    case UInt8(ascii: "&"): return html(rest)
    default: return nil
    }
  }

  private static func json(_ rest: ArraySlice<UInt8>) -> (meant: [UInt8], count: Int)? {
    guard let mark = rest.dropFirst().first else { return nil }
    if "\"\\/".utf8.contains(mark) { return ([mark], 2) }
    guard mark == UInt8(ascii: "u") else { return nil }
    return hex(rest.dropFirst(2), digits: 4).flatMap(utf8).map { ($0, 6) }
  }

  private static let names: [String: Character] = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'"]

  private static func html(_ rest: ArraySlice<UInt8>) -> (meant: [UInt8], count: Int)? {
    guard let end = rest.firstIndex(of: UInt8(ascii: ";")) else { return nil }
    let name = String(decoding: rest[rest.startIndex..<end].dropFirst(), as: UTF8.self)
    let count = end - rest.startIndex + 1
    if let character = names[name] { return (Array(String(character).utf8), count) }
    guard name.hasPrefix("#") else { return nil }
    let digits = name.dropFirst()
    let code = digits.lowercased().hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits, radix: 10)
    return code.flatMap(utf8).map { ($0, count) }
  }

  private static func hex(_ bytes: ArraySlice<UInt8>, digits: Int) -> UInt32? {
    guard bytes.count == digits, bytes.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }) else { return nil }
    return UInt32(String(decoding: bytes, as: UTF8.self), radix: 16)
  }

  private static func utf8(_ code: UInt32) -> [UInt8]? { UnicodeScalar(code).map { Array(String($0).utf8) } }
}
