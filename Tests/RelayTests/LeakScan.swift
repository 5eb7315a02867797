import Foundation

/// Finds in a line of the log what must be in none, in the spellings in which it could come there.
struct LeakScan {
  /// So much of a message in a row is the message.
  private static let pieceLength = 10
  /// So much of a number is the number: the digits without the country's.
  private static let phoneDigits = 10

  private let pieces: [(what: String, text: String)]
  private let phones: [String]

  /// - Parameters:
  ///   - secrets: tokens, keys, passwords: found whole, by themselves or as Basic credentials.
  ///   - texts: messages: found by any piece.
  ///   - phones: found however they are grouped.
  init(secrets: [String], texts: [String], phones: [String]) {
    var pieces: [(String, String)] = []
    for secret in secrets {
      for pair in [secret, ":\(secret)", "anyone:\(secret)"] {
        // Where a group of 3 bytes begins before it, base64 looks different.
        for skipped in 0..<3 {
          let encoded = Data(pair.utf8.dropFirst(skipped)).base64EncodedString().prefix { $0 != "=" }
          pieces.append(("a secret in base64", String(encoded.dropLast())))
        }
      }
      pieces.append(("a secret", secret))
    }
    for text in texts {
      let characters = Array(text)
      for start in 0...max(0, characters.count - Self.pieceLength) {
        pieces.append(("a message", String(characters[start...].prefix(Self.pieceLength))))
      }
    }
    self.pieces = pieces.map { ($0.0, $0.1.lowercased()) }
    self.phones = phones.map { String($0.filter(\.isWholeNumber).suffix(Self.phoneDigits)) }
  }

  /// What is in the line; empty if nothing is.
  func found(in line: String) -> Set<String> {
    var found: Set<String> = []
    for view in Self.views(of: line) {
      let lower = view.lowercased()
      for piece in pieces where lower.contains(piece.text) { found.insert(piece.what) }
      let digits = view.filter { !" -().\u{A0}/".contains($0) }
      for phone in phones where digits.contains(phone) { found.insert("a phone number") }
      if view.firstMatch(of: /[?&][A-Za-z_]+=/) != nil { found.insert("a query string") }
      if view.firstMatch(of: /(?i)\b(bearer|basic) +[A-Za-z0-9._~+\/-]{6,}/) != nil { found.insert("credentials") }
    }
    return found
  }

  /// As it is, without the escapes of JSON (once, and once more for JSON within JSON), of URLs and of HTML.
  private static func views(of line: String) -> [String] {
    var views = [line]
    for _ in 1...3 {
      let last = views[views.count - 1]
      views.append(withoutJSON(last))
    }
    for view in views { views.append(withoutPercent(view)) }
    for view in views { views.append(withoutPercent(withoutHTML(view))) }
    return Array(Set(views))
  }

  private static func withoutJSON(_ text: String) -> String {
    var units: [UInt16] = []
    var rest = Array(text.utf16)[...]
    let backslash = UInt16(UInt8(ascii: "\\"))
    while let unit = rest.popFirst() {
      guard unit == backslash, let next = rest.popFirst() else {
        units.append(unit)
        continue
      }
      let digits = String(decoding: rest.prefix(4), as: UTF16.self)
      if next == UInt16(UInt8(ascii: "u")), digits.count == 4, let scalar = UInt16(digits, radix: 16) {
        units.append(scalar)
        rest = rest.dropFirst(4)
      } else {
        units.append(next)
      }
    }
    return String(decoding: units, as: UTF16.self)
  }

  private static func withoutPercent(_ text: String) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2, let decoded = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) {
        bytes.append(decoded)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func withoutHTML(_ text: String) -> String {
    let named = [("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'")]
    return named.reduce(text) { $0.replacing($1.0, with: $1.1) }
  }
}
