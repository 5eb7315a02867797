import Foundation
import Model
import Observe

/// What a report's bytes say of a person, to be taken out of what its app answered: an app may well repeat what it was sent.
///
/// Phone numbers are masked, and so is whatever the answer and the message or the recipient have in common, decoded or as written
/// in JSON or HTML: `runMin` characters in a row or more, so that a part of a message is none of anybody's business either.
struct PersonalText {
  static let mask = "***"
  /// Fewer characters in a row are in every text.
  private static let runMin = 8
  /// A shorter message says nothing by itself, and would tear holes into every text.
  private static let textMin = 4

  /// By their length: every piece of it that the texts have.
  private var pieces: [Int: Set<[Unicode.Scalar]>] = [:]

  init(_ payload: Payload?) {
    guard let payload else { return }
    for text in Set(Self.texts(of: payload).flatMap(Self.spellings)) {
      let scalars = Array(text.unicodeScalars)
      guard scalars.count >= Self.textMin else { continue }
      let length = min(Self.runMin, scalars.count)
      for start in 0...(scalars.count - length) { pieces[length, default: []].insert(Array(scalars[start..<start + length])) }
    }
  }

  func masked(in text: String) -> String {
    let scalars = Array(Observe.masked(phoneGroupsIn: text).unicodeScalars)
    var isPersonal = Array(repeating: false, count: scalars.count)
    for (length, pieces) in pieces where length <= scalars.count {
      for start in 0...(scalars.count - length) where pieces.contains(Array(scalars[start..<start + length])) {
        for index in start..<start + length { isPersonal[index] = true }
      }
    }
    var shown = String.UnicodeScalarView()
    for index in scalars.indices {
      if !isPersonal[index] {
        shown.append(scalars[index])
      } else if index == 0 || !isPersonal[index - 1] {
        shown.append(contentsOf: Self.mask.unicodeScalars)
      }
    }
    return String(shown)
  }

  /// The members `to` and `body`, decoded and as written.
  private static func texts(of payload: Payload) -> [String] {
    let data = Data(payload.bytes)
    let report = try? JSONDecoder().decode(Body.self, from: data).report
    let written = String(decoding: data, as: UTF8.self).matches(of: /"(?:to|body)"\s*:\s*"((?:[^"\\]|\\.)*)"/).map { String($0.1) }
    return [report?.to, report?.body].compactMap(\.self) + written
  }

  /// As other programs write it: Swift, PHP and Python have three ways to write a JSON string.
  private static func spellings(of text: String) -> [String] {
    let plain = [false, true].map { json(text, escapesSlash: $0, escapesUnicode: false) }
    let ascii = [false, true].map { json(text, escapesSlash: $0, escapesUnicode: true) }
    let upper = ascii.map { $0.replacing(/\\u[0-9a-f]{4}/) { "\\u" + $0.0.dropFirst(2).uppercased() } }
    return [text, html(text)] + plain + ascii + upper
  }

  private static func json(_ text: String, escapesSlash: Bool, escapesUnicode: Bool) -> String {
    var written = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": written += ["\\", scalar]
      case "/" where escapesSlash: written += ["\\", scalar]
      case "\n": written += ["\\", "n"]
      case "\r": written += ["\\", "r"]
      case "\t": written += ["\\", "t"]
      case _ where escapesUnicode && !scalar.isASCII:
        for unit in String(scalar).utf16 { written += "\\u\(String(0x10000 + Int(unit), radix: 16).dropFirst())".unicodeScalars }
      default: written.append(scalar)
      }
    }
    return String(written)
  }

  private static func html(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
      .replacing("'", with: "&#39;")
  }
}

private struct Body: Decodable {
  struct Report: Decodable {
    var to: String?
    var body: String?

    private enum Key: CodingKey { case to, body }

    init(from decoder: any Decoder) throws {
      let members = try decoder.container(keyedBy: Key.self)
      to = try? members.decode(String.self, forKey: .to)
      body = try? members.decode(String.self, forKey: .body)
    }
  }

  var report: Report
}
