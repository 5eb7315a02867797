/// A JSON value with its members in the order in which they are written.
indirect enum JSON: Sendable {
  case text(String)
  case integer(Int)
  case number(Double)
  case boolean(Bool)
  case list([JSON])
  case object([(name: String, value: JSON)])
  /// JSON already.
  case raw(String)

  /// Indented, and ending without a line break.
  var text: String { written(at: 0) }

  private func written(at depth: Int) -> String {
    switch self {
    case .text(let text): return Self.quoted(text)
    case .integer(let number): return String(number)
    case .number(let number): return number == number.rounded() && abs(number) < 1e15 ? String(Int(number)) : "\(number)"
    case .boolean(let value): return value ? "true" : "false"
    case .raw(let text): return text
    case .list(let items):
      // Lists of a schema are mostly of words; those fit into a line.
      let isFlat = items.allSatisfy { if case .object = $0 { false } else { true } }
      let parts = items.map { $0.written(at: depth + 1) }
      return isFlat ? "[" + parts.joined(separator: ", ") + "]" : Self.block("[", parts, "]", depth)
    case .object(let members):
      return Self.block("{", members.map { "\(Self.quoted($0.name)): \($0.value.written(at: depth + 1))" }, "}", depth)
    }
  }

  private static func block(_ open: String, _ parts: [String], _ close: String, _ depth: Int) -> String {
    guard !parts.isEmpty else { return open + close }
    let indent = String(repeating: "  ", count: depth)
    return open + "\n" + parts.map { "\(indent)  \($0)" }.joined(separator: ",\n") + "\n\(indent)\(close)"
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": quoted += "\\\(scalar)"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}

extension JSON: ExpressibleByStringLiteral {
  init(stringLiteral text: String) { self = .text(text) }
}

extension JSON: ExpressibleByDictionaryLiteral {
  init(dictionaryLiteral members: (String, JSON)...) { self = .object(members.map { (name: $0.0, value: $0.1) }) }
}

extension JSON: ExpressibleByArrayLiteral {
  init(arrayLiteral items: JSON...) { self = .list(items) }
}
