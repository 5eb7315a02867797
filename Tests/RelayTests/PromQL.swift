/// What an expression of Prometheus' language asks for: names of metrics, and labels that they are to have.
struct PromQL: Equatable {
  struct Matcher: Equatable {
    var label: String
    /// `=`, `!=`, `=~` or `!~`.
    var comparison: String
    var value: String
  }

  struct Metric: Equatable {
    var name: String
    var matchers: [Matcher] = []
  }

  private(set) var metrics: [Metric] = []
  /// Behind `by`, `on` and the like.
  private(set) var grouping: Set<String> = []

  struct Unreadable: Error { var rest: String }

  private static let labelLists: Set = ["by", "without", "on", "ignoring", "group_left", "group_right"]
  private static let words: Set = ["and", "or", "unless", "bool", "offset", "inf", "nan"]
  private static let aggregations: Set = ["sum", "min", "max", "avg", "count", "topk", "quantile"]

  init(_ text: String) throws {
    var rest = text[...]
    while let character = rest.first {
      if character.isLetter || character == "_" {
        try takeName(&rest)
      } else if character == "[" {
        guard let end = rest.firstIndex(of: "]") else { throw Unreadable(rest: String(rest)) }
        rest = rest[end...].dropFirst()
      } else if character.isNumber {
        // With an exponent or a unit: 1e-9, 5m.
        rest = rest.drop { $0.isNumber || $0.isLetter || $0 == "." }
      } else if character == "\"" {
        rest = try Self.string(rest).rest
      } else if " ()<>=!+-*/,\n".contains(character) {
        rest = rest.dropFirst()
      } else {
        throw Unreadable(rest: String(rest))
      }
    }
  }

  private mutating func takeName(_ rest: inout Substring) throws {
    let name = Self.name(&rest)
    rest = rest.drop(while: \.isWhitespace)
    if Self.labelLists.contains(name), rest.hasPrefix("(") {
      guard let end = rest.firstIndex(of: ")") else { throw Unreadable(rest: String(rest)) }
      grouping.formUnion(rest[..<end].dropFirst().split { $0 == "," || $0 == " " }.map(String.init))
      rest = rest[end...].dropFirst()
    } else if !rest.hasPrefix("("), !Self.words.contains(name), !Self.aggregations.contains(name), !Self.labelLists.contains(name) {
      metrics.append(Metric(name: name, matchers: rest.hasPrefix("{") ? try Self.matchers(&rest) : []))
    }
  }

  private static func matchers(_ rest: inout Substring) throws -> [Matcher] {
    var matchers: [Matcher] = []
    rest = rest.dropFirst()
    while !rest.hasPrefix("}") {
      rest = rest.drop { $0.isWhitespace || $0 == "," }
      let label = name(&rest)
      let comparison = String(rest.prefix { "=!~".contains($0) })
      guard !label.isEmpty, ["=", "!=", "=~", "!~"].contains(comparison) else { throw Unreadable(rest: String(rest)) }
      let value = try string(rest.dropFirst(comparison.count))
      matchers.append(Matcher(label: label, comparison: comparison, value: value.text))
      rest = value.rest.drop(while: \.isWhitespace)
    }
    rest = rest.dropFirst()
    return matchers
  }

  private static func name(_ rest: inout Substring) -> String {
    let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == ":" }
    rest = rest[name.endIndex...]
    return String(name)
  }

  /// Escapes are in none that is ours.
  private static func string(_ text: Substring) throws -> (text: String, rest: Substring) {
    guard text.hasPrefix("\""), let end = text.dropFirst().firstIndex(of: "\"") else { throw Unreadable(rest: String(text)) }
    return (String(text[..<end].dropFirst()), text[end...].dropFirst())
  }
}
