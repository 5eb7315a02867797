/// What a value may be: as JSON Schema (2020-12, as OpenAPI 3.1 has it) for who writes programs, and in words for who sent another.
indirect enum Schema: Sendable, Equatable {
  case text(Text = Text())
  /// Of 64 bits.
  case integer(ClosedRange<Int64>? = nil)
  case number(ClosedRange<Double>? = nil)
  case flag
  case list(Schema, counts: ClosedRange<Int>? = nil)
  /// Members of any name.
  case map(Schema)
  case object(Object)
  case nullable(Schema)
  case either([Schema])
  /// An object that is described elsewhere.
  case anything

  struct Text: Sendable, Equatable {
    /// Of JSON Schema; `date-time` is RFC 3339.
    var format: String?
    /// The only texts there are; empty: any.
    var values: [String] = []
    /// Characters.
    var lengths: ClosedRange<Int>?
    var pattern: String?
  }

  /// An object with these members and no other.
  struct Object: Sendable, Equatable {
    /// Under which it stands once for all who refer to it; nil: where it is used.
    var name: String?
    var members: [Member]
    /// What no member says by itself: which go together.
    var rules: [String: JSONTree] = [:]
  }

  struct Member: Sendable, Equatable {
    var name: String
    var schema: Schema
    var isRequired = true
    var text: String?
  }

  static var time: Schema { .text(Text(format: "date-time")) }
  static func choice(_ values: [String]) -> Schema { .text(Text(values: values)) }
  static func choice<Choice: CaseIterable & RawRepresentable<String>>(_: Choice.Type) -> Schema { choice(Choice.allCases.map(\.rawValue)) }

  /// What it must be, such as `a whole number from 1 to 100`.
  var words: String {
    switch self {
    case .text(let text) where !text.values.isEmpty: text.values.map { "\"\($0)\"" }.joined(separator: " or ")
    case .text(let text) where text.format == "date-time": "a time such as 2026-11-23T12:34:56Z or 2026-11-23T15:34:56+03:00"
    case .text(let text): text.lengths.map { "text of \($0.lowerBound) to \($0.upperBound) characters" } ?? "text"
    case .integer(let range?) where range != Int64.min...Int64.max: "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .integer: "a whole number of at most 64 bits"
    case .number(let range): range.map { "a number from \($0.lowerBound) to \($0.upperBound)" } ?? "a number"
    case .flag: "true or false"
    case .list(let element, _): "a list, each of it \(element.words)"
    case .map, .object, .anything: "an object"
    case .nullable(let schema): "\(schema.words), or null"
    case .either(let schemas): schemas.map(\.words).joined(separator: ", or ")
    }
  }
}

extension Schema {
  /// - Parameter components: gets the objects that have a name, which are referred to by it.
  func json(_ components: inout [String: JSONTree]) -> JSONTree { .object(members(&components)) }

  private func members(_ components: inout [String: JSONTree]) -> [String: JSONTree] {
    switch self {
    case .text(let text): text.json
    case .integer(let range):
      ["type": "integer", "format": "int64"].with("minimum", range.map { .integer($0.lowerBound) })
        .with("maximum", range.map { .integer($0.upperBound) })
    case .number(let range):
      ["type": "number"].with("minimum", range.map { .number($0.lowerBound) }).with("maximum", range.map { .number($0.upperBound) })
    case .flag: ["type": "boolean"]
    case .list(let element, let counts):
      ["type": "array", "items": element.json(&components)].with("minItems", counts.map { .integer(Int64($0.lowerBound)) })
        .with("maxItems", counts.map { .integer(Int64($0.upperBound)) })
    case .map(let value): ["type": "object", "additionalProperties": value.json(&components)]
    case .object(let object): object.json(&components)
    case .nullable(let schema): Self.orNull(schema.members(&components))
    case .anything: ["type": "object"]
    case .either(let schemas): ["oneOf": .list(schemas.map { $0.json(&components) })]
    }
  }

  private static func orNull(_ members: [String: JSONTree]) -> [String: JSONTree] {
    guard case .text(let type)? = members["type"] else {
      return ["anyOf": [.object(members), ["type": "null"]]]
    }
    var members = members
    members["type"] = [.text(type), "null"]
    if case .list(let values)? = members["enum"] { members["enum"] = .list(values + [.null]) }
    return members
  }
}

extension Schema.Text {
  fileprivate var json: [String: JSONTree] {
    ["type": "string"].with("format", format.map { .text($0) }).with("pattern", pattern.map { .text($0) })
      .with("enum", values.isEmpty ? nil : .list(values.map { .text($0) }))
      .with("minLength", lengths.map { .integer(Int64($0.lowerBound)) }).with("maxLength", lengths.map { .integer(Int64($0.upperBound)) })
  }
}

extension Schema.Object {
  fileprivate func json(_ components: inout [String: JSONTree]) -> [String: JSONTree] {
    guard let name else { return inPlace(&components) }
    if components[name] == nil {
      // An object may hold one of its own kind: the reference is enough then.
      components[name] = .null
      components[name] = .object(inPlace(&components))
    }
    return ["$ref": .text("#/components/schemas/\(name)")]
  }

  private func inPlace(_ components: inout [String: JSONTree]) -> [String: JSONTree] {
    var properties: [String: JSONTree] = [:]
    for member in members {
      let schema = member.schema.json(&components)
      guard case .object(let described) = schema else { preconditionFailure("a schema is an object") }
      properties[member.name] = .object(described.with("description", member.text.map { .text($0) }))
    }
    let required = members.filter(\.isRequired).map { JSONTree.text($0.name) }
    return ["type": "object", "additionalProperties": false, "properties": .object(properties)]
      .with("required", required.isEmpty ? nil : .list(required)).merging(rules) { _, rule in rule }
  }
}

extension [String: JSONTree] {
  /// The same if there is no value.
  func with(_ name: String, _ value: JSONTree?) -> Self {
    guard let value else { return self }
    return merging([name: value]) { _, new in new }
  }
}
