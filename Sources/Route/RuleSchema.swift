/// The rule file as a JSON Schema, from the same definitions as the reader has. It refuses nothing that the reader takes; what depends on
/// variables, or on several values together, the reader alone knows.
package enum RuleSchema {
  /// Draft 7, which yaml-language-server reads (its README: "JSON Schema 7 and below").
  package static var text: String {
    var schema: [(name: String, value: JSON)] = [
      (name: "$schema", value: "http://json-schema.org/draft-07/schema#"),
      (name: "title", value: "dlr-relay rule file"),
    ]
    schema += members(of: .file, keysIgnored: "^\(Vocabulary.anchorsPrefix)")
    schema.append((name: "definitions", value: [conditionName: .object(members(of: .condition))]))
    return JSON.object(schema).text
  }

  /// Of one key alone, if no block is in it.
  static func text(of key: Definition) -> String { JSON.object(schema(of: key)).text }

  /// The one block that contains itself.
  private static let conditionName = "condition"
  /// `${NAME}` may stand for any part of a value.
  private static let reference = "\\$\\{(?:file:[^}]+|credential:[A-Za-z0-9][A-Za-z0-9._-]*|[A-Za-z_][A-Za-z0-9_]*(?::-[^}]*)?)\\}"

  private static func members(of block: Block, keysIgnored: String? = nil) -> [(name: String, value: JSON)] {
    let required = block.keys.filter(\.isRequired).map { JSON.text($0.name) }
    var members: [(name: String, value: JSON)] = [
      (name: "type", value: "object"),
      (name: "properties", value: .object(block.keys.map { (name: $0.name, value: .object(schema(of: $0))) })),
      // Editors put in what a merge key brings; other validators see the key itself.
      (name: "patternProperties", value: .object((["^<<$"] + [keysIgnored].compactMap(\.self)).map { (name: $0, value: JSON.object([])) })),
      (name: "additionalProperties", value: .boolean(false)),
    ]
    if !required.isEmpty { members.append((name: "required", value: .list(required))) }
    return members + rules(of: block)
  }

  /// What the keys of a block have to do with each other.
  private static func rules(of block: Block) -> [(name: String, value: JSON)] {
    switch block {
    case .route:
      let rules: [Definition] = [
        RouteKeys.markers.definition, RouteKeys.packetPrefixes.definition, RouteKeys.match.definition, RouteKeys.orders.definition,
        RouteKeys.otherwise.definition,
      ]
      func without(_ keys: Definition...) -> JSON { ["properties": .object(keys.map { (name: $0.name, value: .boolean(false)) })] }
      let (markers, prefixes, match) = (RouteKeys.markers.definition, RouteKeys.packetPrefixes.definition, RouteKeys.match.definition)
      let otherwise = RouteKeys.otherwise.name
      let isTrue: JSON = .object([(name: otherwise, value: .object([(name: "enum", value: .list([.boolean(true), .text("true")]))]))])
      return [
        (name: "anyOf", value: .list(rules.map { JSON.object([(name: "required", value: [.text($0.name)])]) })),
        (name: "dependencies", value: .object([(name: match.name, value: without(markers, prefixes))])),
        (name: "if", value: .object([(name: "required", value: [.text(otherwise)]), (name: "properties", value: isTrue)])),
        (name: "then", value: without(markers, prefixes, match)),
      ]
    case .status:
      let (token, readToken) = (StatusKeys.token.name, StatusKeys.readToken.name)
      // A merge key may bring the token.
      let either = JSON.list([token, "<<"].map { JSON.object([(name: "required", value: [.text($0)])]) })
      return [(name: "dependencies", value: .object([(name: readToken, value: .object([(name: "anyOf", value: either)]))]))]
    case .condition: return [(name: "minProperties", value: .integer(1))]
    default: return []
    }
  }

  private static func schema(of key: Definition) -> [(name: String, value: JSON)] {
    var members: [(name: String, value: JSON)] = [(name: "description", value: .text(key.about))]
    if let value = key.byDefault { members.append((name: "default", value: value)) }
    // Beside a $ref nothing else counts in draft 7.
    if case .block(.condition) = key.shape { return members + [(name: "allOf", value: [.object(schema(of: key.shape))])] }
    return members + schema(of: key.shape)
  }

  private static func schema(of shape: Shape) -> [(name: String, value: JSON)] {
    switch shape {
    case .text(let form): text(form)
    case .boolean: either(["type": "boolean"], literal: "true|false")
    case .yes: either(["const": .boolean(true)], literal: "true")
    case .integer(let bounds):
      either(
        ["type": "integer", "minimum": .integer(bounds.lowerBound), "maximum": .integer(bounds.upperBound)], literal: "[+-]?[0-9]+")
    case .number(let bounds):
      either(
        ["type": "number", "minimum": .number(bounds.lowerBound), "maximum": .number(bounds.upperBound)],
        literal: "[0-9]+\\.?[0-9]*|\\.[0-9]+")
    case .size(let bounds):
      either(
        ["type": "integer", "minimum": .integer(bounds.lowerBound), "maximum": .integer(bounds.upperBound)],
        literal: "[+]?[0-9]+(KiB|MiB)?")
    case .duration: [(name: "type", value: "string"), (name: "pattern", value: .text(pattern(DurationText.pattern)))]
    case .word(let words):
      [(name: "anyOf", value: [["enum": .list(words.map { .text($0) })], ["type": "string", "pattern": .text(reference)]])]
    case .list(let item, let countMax):
      [(name: "type", value: "array"), (name: "items", value: .object(schema(of: item))), (name: "minItems", value: .integer(1))]
        + (countMax == .max ? [] : [(name: "maxItems", value: .integer(countMax))])
    case .oneOrList(let item): alternatives(item, .list(item))
    case .either(let one, let other): alternatives(one, other)
    case .block(.condition): [(name: "$ref", value: .text("#/definitions/\(conditionName)"))]
    case .block(let block): members(of: block)
    case .names(let names, let value):
      [
        (name: "type", value: "object"),
        (name: "propertyNames", value: ["pattern": .text("^(?:<<|\(names.pattern ?? ".+"))$")]),
        (name: "patternProperties", value: ["^<<$": [:], "^(?!<<$)": .object(schema(of: value))]),
      ]
    }
  }

  private static func text(_ form: TextForm) -> [(name: String, value: JSON)] {
    // YAML reads 99 as a number and true as a boolean, and both are texts here.
    var members: [(name: String, value: JSON)] = [(name: "type", value: form.isNeverNumber ? "string" : ["string", "number", "boolean"])]
    if let literal = form.pattern {
      members.append((name: "pattern", value: .text(pattern(literal))))
    } else {
      members.append((name: "minLength", value: .integer(1)))
    }
    if let example = form.example { members.append((name: "examples", value: [.text(example)])) }
    return members
  }

  private static func alternatives(_ one: Shape, _ other: Shape) -> [(name: String, value: JSON)] {
    [(name: "anyOf", value: [.object(schema(of: one)), .object(schema(of: other))])]
  }

  /// A value of a type of YAML's own, or the same in quotes, or a reference.
  private static func either(_ plain: JSON, literal: String) -> [(name: String, value: JSON)] {
    [(name: "anyOf", value: [plain, ["type": "string", "pattern": .text(pattern(literal))]])]
  }

  private static func pattern(_ literal: String) -> String { "^(?:\(literal))$|\(reference)" }
}
