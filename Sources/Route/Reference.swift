/// A part of a value: `${NAME}`, `${NAME:-default}`, `${file:/path}`, `${credential:NAME}`, `$$`, or what lies between.
struct Reference {
  enum Kind: Equatable {
    case literal
    /// `$$`
    case dollar
    case variable(name: String, fallback: String?)
    case file(path: String)
    case credential(name: String)
    /// `${` that is none of the above.
    case malformed
  }

  var kind: Kind
  var text: String

  /// True if its value does not stand in the rule file.
  var comesFromOutside: Bool {
    switch kind {
    case .variable, .file, .credential: true
    case .literal, .dollar, .malformed: false
    }
  }

  /// The whole text, part after part; their `text` joined is the text again.
  static func parts(of text: String) -> [Reference] {
    var parts: [Reference] = []
    var rest = Substring(text)
    var literal = ""
    func flush() {
      if !literal.isEmpty { parts.append(Reference(kind: .literal, text: literal)) }
      literal = ""
    }
    // By scalar: as Characters, a dollar before a combining mark would not be a dollar.
    while let dollar = rest.unicodeScalars.firstIndex(of: "$") {
      literal += rest[..<dollar]
      rest = rest[dollar...]
      let following = rest.unicodeScalars.dropFirst().first
      if following == "$" {
        flush()
        parts.append(Reference(kind: .dollar, text: "$$"))
        rest.unicodeScalars.removeFirst(2)
      } else if following == "{" {
        flush()
        let end = rest.unicodeScalars.firstIndex(of: "}").map { rest.unicodeScalars.index(after: $0) }
        let whole = rest[..<(end ?? rest.endIndex)]
        parts.append(Reference(kind: end == nil ? .malformed : kind(of: whole), text: String(whole)))
        rest = rest[whole.endIndex...]
      } else {
        literal += "$"
        rest.unicodeScalars.removeFirst()
      }
    }
    literal += rest
    flush()
    return parts
  }

  private static func kind(of whole: Substring) -> Kind {
    let inside = Substring(whole.unicodeScalars.dropFirst(2).dropLast())
    if inside.hasPrefix("file:") {
      let path = inside.dropFirst(5)
      return path.isEmpty ? .malformed : .file(path: String(path))
    }
    if inside.hasPrefix("credential:") {
      let name = String(inside.dropFirst(11))
      return isCredentialName(name) ? .credential(name: name) : .malformed
    }
    let name = inside.prefix { $0.isNameScalar }
    guard let first = name.first, !first.isNumber else { return .malformed }
    let after = inside[name.endIndex...]
    if after.isEmpty { return .variable(name: String(name), fallback: nil) }
    return after.hasPrefix(":-") ? .variable(name: String(name), fallback: String(after.dropFirst(2))) : .malformed
  }

  static let credentialNameMax = 100

  /// A file's name, and never a path: letters, digits, `.`, `_` and `-`, begun by a letter or digit.
  private static func isCredentialName(_ name: String) -> Bool {
    let bytes = name.utf8
    guard let first = bytes.first, bytes.count <= credentialNameMax, first.isASCIILetter || first.isASCIIDigit else { return false }
    return bytes.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || "._-".utf8.contains($0) }
  }

  /// The text as it may be shown: references stay, everything else is `***`.
  static func masked(_ text: String) -> String {
    parts(of: text).map { part in
      switch part.kind {
      case .variable(let name, let fallback): fallback == nil ? part.text : "${\(name):-***}"
      case .file, .credential: part.text
      case .literal, .dollar, .malformed: "***"
      }
    }.joined().collapsingStars()
  }

  /// True if a literal looks as if a variable was meant: `$NAME`, `$(command)`, `env:NAME`. Such a value was once used as the
  /// password itself.
  static func isLookalike(_ literal: String) -> Bool {
    let bytes = Array(literal.utf8)
    for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "$") && index + 1 < bytes.count {
      let next = bytes[index + 1]
      if next == UInt8(ascii: "_") || next == UInt8(ascii: "(") || next.isASCIILetter { return true }
    }
    let mark = Array("env:".utf8)
    guard bytes.count > mark.count else { return false }
    for start in 0..<(bytes.count - mark.count) where bytes[start..<(start + mark.count)].elementsEqual(mark) {
      let isWord = start == 0 || !(bytes[start - 1].isASCIILetter || bytes[start - 1].isASCIIDigit)
      let next = bytes[start + mark.count]
      if isWord, next == UInt8(ascii: "_") || next.isASCIILetter { return true }
    }
    return false
  }
}

extension Character {
  fileprivate var isNameScalar: Bool { self == "_" || (isASCII && (isLetter || isNumber)) }
}

extension String {
  fileprivate func collapsingStars() -> String {
    var text = self
    while let double = text.firstRange(of: "******") { text.replaceSubrange(double, with: "***") }
    return text
  }
}

extension UInt8 {
  var isASCIIDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
  var isASCIILetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) }
  var isASCIIControl: Bool { self < 0x20 || self == 0x7F }
}
