import Foundation

extension Schema {
  /// As `Response.json` writes a value of this type: the type's own decoder is run with nothing to decode, and asked what it wants.
  ///
  /// Members that are decoded if they are present are not required. Names are in snake case; an object is named after its type.
  /// - Precondition: it, and all in it, decodes the same members whatever their values are; enums are texts, and tell all their cases.
  init<Value: Decodable>(of type: Value.Type) {
    do {
      let sample: Sample<Value> = try sample(of: type)
      self = sample.schema
    } catch {
      preconditionFailure("\(type) cannot be described: \(error)")
    }
  }

  /// Times are texts; what they are shows in their names.
  fileprivate static func isTime(_ name: String) -> Bool {
    name == "at" || name.hasSuffix("_at") || ["since", "until", "not_before", "searched_back_to"].contains(name)
  }
}

private struct Sample<Value> {
  var schema: Schema
  /// Any of its kind, so that the decoder that asked can go on.
  var value: Value
}

/// Knows by itself what it is.
private protocol SelfDescribing {
  static func described() throws -> Sample<Self>
}

private func sample<Value: Decodable>(of type: Value.Type) throws -> Sample<Value> {
  if let known = type as? any SelfDescribing.Type { return try sample(ofKnown: known) }
  if let choice = type as? any (CaseIterable & RawRepresentable).Type { return sample(ofChoice: choice) }
  let probe = Probe()
  let value = try Value(from: probe)
  for (name, text) in (type as? any Explained.Type)?.explanations ?? [:] {
    guard let index = probe.members.firstIndex(where: { $0.name == name }) else { preconditionFailure("\(type) has no \(name)") }
    probe.members[index].text = text
  }
  return Sample(schema: .object(Schema.Object(name: typeName(type), members: probe.members)), value: value)
}

private func sample<Known: SelfDescribing, Value>(ofKnown type: Known.Type) throws -> Sample<Value> {
  let known = try Known.described()
  guard let value = known.value as? Value else { preconditionFailure("\(Known.self) is \(Value.self)") }
  return Sample(schema: known.schema, value: value)
}

private func sample<Choice: CaseIterable & RawRepresentable, Value>(ofChoice type: Choice.Type) -> Sample<Value> {
  let texts = Choice.allCases.compactMap { $0.rawValue as? String }
  guard let value = Choice.allCases.first as? Value, texts.count == Choice.allCases.count else {
    preconditionFailure("\(Choice.self) is a choice of texts")
  }
  return Sample(schema: .choice(texts), value: value)
}

/// `ReportAnswer.Share`, without the module, nor the file of a private one.
private func typeName(_ type: Any.Type) -> String {
  String(reflecting: type).split(separator: ".").dropFirst().filter { !$0.hasPrefix("(") }.joined(separator: ".")
}

// MARK: - What describes itself

extension String: SelfDescribing {
  fileprivate static func described() -> Sample<String> { Sample(schema: .text(), value: "") }
}

extension Bool: SelfDescribing {
  fileprivate static func described() -> Sample<Bool> { Sample(schema: .flag, value: false) }
}

extension Double: SelfDescribing {
  fileprivate static func described() -> Sample<Double> { Sample(schema: .number(), value: 0) }
}

extension Int: SelfDescribing {
  fileprivate static func described() -> Sample<Int> { Sample(schema: .integer(), value: 0) }
}

extension Int64: SelfDescribing {
  fileprivate static func described() -> Sample<Int64> { Sample(schema: .integer(), value: 0) }
}

extension Int32: SelfDescribing {
  fileprivate static func described() -> Sample<Int32> { Sample(schema: .integer(), value: 0) }
}

extension Array: SelfDescribing where Element: Decodable {
  fileprivate static func described() throws -> Sample<[Element]> {
    Sample(schema: .list(try sample(of: Element.self).schema), value: [])
  }
}

extension Dictionary: SelfDescribing where Key == String, Value: Decodable {
  fileprivate static func described() throws -> Sample<[String: Value]> {
    Sample(schema: .map(try sample(of: Value.self).schema), value: [:])
  }
}

extension OrNull: SelfDescribing {
  fileprivate static func described() throws -> Sample<OrNull<Value>> {
    Sample(schema: .nullable(try sample(of: Value.self).schema), value: OrNull(wrappedValue: nil))
  }
}

// MARK: - The decoder

/// Has nothing, and remembers what it was asked for.
private final class Probe: Decoder {
  var members: [Schema.Member] = []
  /// `decodeIfPresent` asks this first.
  var isOptional = false
  let codingPath: [any CodingKey] = []
  let userInfo: [CodingUserInfoKey: Any] = [:]

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> { KeyedDecodingContainer(Keys<Key>(probe: self)) }
  func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw Undescribed() }
  func singleValueContainer() throws -> any SingleValueDecodingContainer { throw Undescribed() }

  struct Undescribed: Error {}

  private struct Keys<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let probe: Probe
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { [] }

    func contains(_ key: Key) -> Bool { true }

    func decodeNil(forKey key: Key) -> Bool {
      probe.isOptional = true
      return false
    }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
      let found = try sample(of: type)
      let name = try snakeCase(key)
      probe.members.append(
        Schema.Member(name: name, schema: Schema.isTime(name) ? found.schema.asTime : found.schema, isRequired: !probe.isOptional))
      probe.isOptional = false
      return found.value
    }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) throws -> KeyedDecodingContainer<Nested> {
      throw Undescribed()
    }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { throw Undescribed() }
    func superDecoder() throws -> any Decoder { throw Undescribed() }
    func superDecoder(forKey key: Key) throws -> any Decoder { throw Undescribed() }
  }
}

extension Schema {
  fileprivate var asTime: Schema {
    switch self {
    case .text(let text) where text == Text(): .time
    case .nullable(let schema): .nullable(schema.asTime)
    default: self
    }
  }
}

/// As the encoder of answers has it, by asking that one.
private func snakeCase(_ key: some CodingKey) throws -> String {
  let encoded = try Answers.encoder.encode(Pair(key: key))
  guard let name = try JSONDecoder().decode([String: Bool].self, from: encoded).keys.first else { preconditionFailure("a pair has a key") }
  return name
}

private struct Pair<Key: CodingKey>: Encodable {
  var key: Key

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(true, forKey: key)
  }
}
