import Model

/// What the reader and the schema both know of a key of the rule file.
struct Definition: Sendable {
  var name: String
  var shape: Shape
  var isRequired = false
  /// What holds where the key is left out, if that can be said in a value.
  var byDefault: JSON?
  /// One sentence or two, which editors show.
  var about: String
  /// Such a value is in no diagnostic.
  var isSecret = false
}

/// A key, and how its value is read. The one place in which a key's name, kind, bounds and default are said.
struct Key<Value: Sendable>: Sendable {
  var definition: Definition
  private let kind: Kind<Value>

  var name: String { definition.name }

  init(_ name: String, _ kind: Kind<Value>, default value: Value? = nil, isRequired: Bool = false, isSecret: Bool = false, _ about: String)
  {
    self.kind = kind
    definition = Definition(
      name: name, shape: kind.shape, isRequired: isRequired, byDefault: value.flatMap(kind.json), about: about, isSecret: isSecret)
  }

  func value(of id: Int, _ reader: inout Reader) -> Value? { kind.read(&reader, id, name) }
}

/// What may stand under a key, in the terms of a schema. Wherever a single value may stand, a reference may.
indirect enum Shape: Sendable {
  /// A single value of whatever type YAML gives it, since `99` and `true` are texts as well.
  case text(TextForm)
  case boolean
  /// Nothing but `true`.
  case yes
  case integer(ClosedRange<Int>)
  case number(ClosedRange<Double>)
  /// In bytes.
  case size(ClosedRange<Int>)
  case duration
  case word([String])
  /// With at least one item.
  case list(Shape, countMax: Int = .max)
  case oneOrList(Shape)
  case either(Shape, Shape)
  case block(Block)
  /// A block whose keys are names.
  case names(TextForm, Shape)
}

/// How a text is written, as far as a regular expression can say it.
struct TextForm: Sendable {
  /// Of the literal; nil for any text that is not empty.
  var pattern: String?
  /// For people.
  var example: String?
  /// No number and no boolean is of this form.
  var isNeverNumber = false
}

/// How a value of Swift is made from a value of the file.
struct Kind<Value: Sendable>: Sendable {
  var shape: Shape
  /// - Returns: nil if it cannot be read, which was noted.
  var read: @Sendable (_ reader: inout Reader, _ id: Int, _ what: String) -> Value?
  /// As it is written in a file.
  var json: @Sendable (Value) -> JSON? = { _ in nil }
}

extension Kind<Bool> {
  static let boolean = Kind(shape: .boolean, read: { $0.boolean($1, $2) }, json: { .boolean($0) })
}

extension Kind<Int> {
  static func integer(in bounds: ClosedRange<Int>) -> Kind {
    Kind(shape: .integer(bounds), read: { $0.integer($1, $2, in: bounds) }, json: { .integer($0) })
  }

  static func size(in bounds: ClosedRange<Int>) -> Kind {
    Kind(shape: .size(bounds), read: { $0.bytes($1, $2, in: bounds) }, json: { .integer($0) })
  }
}

extension Kind<Double> {
  static func number(in bounds: ClosedRange<Double>) -> Kind {
    Kind(shape: .number(bounds), read: { $0.number($1, $2, in: bounds) }, json: { .number($0) })
  }
}

extension Kind<Duration> {
  /// Longer than zero.
  static let duration = Kind(shape: .duration, read: { $0.duration($1, $2) }, json: { .text(DurationText.text($0)) })
  static let durationOrZero = Kind(
    shape: .duration, read: { $0.duration($1, $2, zeroIsFine: true) }, json: { .text(DurationText.text($0)) })

  static func duration(in bounds: ClosedRange<Duration>) -> Kind {
    Kind(shape: .duration, read: { $0.duration($1, $2, in: bounds) }, json: { .text(DurationText.text($0)) })
  }
}

extension Kind where Value: RawRepresentable<String> & CaseIterable {
  static var word: Kind {
    Kind(shape: .word(Value.allCases.map(\.rawValue)), read: { $0.word($1, $2) }, json: { .text($0.rawValue) })
  }
}

extension Kind<Text> {
  static func text(_ form: TextForm = TextForm()) -> Kind { Kind(shape: .text(form), read: { $0.text($1, $2) }) }
}

/// The place of a value that is read by a function of its own, because several keys have a say in it.
struct Node: Sendable {
  var id: Int
}

extension Kind<Node> {
  static func node(_ shape: Shape) -> Kind { Kind(shape: shape, read: { _, id, _ in Node(id: id) }) }
}

extension Reader {
  /// What stands under a key; nil if it is left out, or cannot be read, which was noted.
  mutating func value<Value>(_ key: Key<Value>, of fields: Fields) -> Value? {
    guard let id = fields[key.name] else { return nil }
    return key.value(of: id, &self)
  }

  /// Leaves `place` as it is if there is no value that can be read.
  mutating func take<Value>(_ key: Key<Value>, of fields: Fields, into place: inout Value) {
    if let value = value(key, of: fields) { place = value }
  }
}

extension Fields {
  subscript<Value>(_ key: Key<Value>) -> Int? { self[key.name] }
  func has<Value>(_ key: Key<Value>) -> Bool { has(key.name) }
  func key<Value>(_ key: Key<Value>) -> Int? { self.key(key.name) }
}
