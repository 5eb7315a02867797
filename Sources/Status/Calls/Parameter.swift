import Foundation
import Model

/// A word in a path or a query: how it is described, and how it is read.
struct Parameter: Sendable {
  enum Place: String, Sendable {
    case path
    case query
  }

  var name: String
  var place: Place
  var schema: Schema
  /// What it says, and what is meant where it is left out.
  var text: String
  /// nil for what it cannot be.
  var read: @Sendable (String) -> (any Sendable)?
}

/// What a call can have in its path or its query, whatever the value is.
protocol Parametric: Sendable {
  var parameter: Parameter { get }
}

/// Always there.
struct PathParameter<Value: Sendable>: Parametric {
  var parameter: Parameter
}

/// There or not.
struct QueryParameter<Value: Sendable>: Parametric {
  var parameter: Parameter
}

extension PathParameter where Value == Int64 {
  static func number(_ name: String, _ text: String) -> Self {
    Self(parameter: Parameter(name: name, place: .path, schema: .integer(Int64.min...Int64.max), text: text) { wholeNumber($0) })
  }
}

extension PathParameter where Value == String {
  static func text(_ name: String, _ schema: Schema.Text, _ text: String) -> Self {
    Self(parameter: Parameter(name: name, place: .path, schema: .text(schema), text: text) { $0 })
  }
}

extension QueryParameter where Value == Int64 {
  static func number(_ name: String, in range: ClosedRange<Int64> = Int64.min...Int64.max, _ text: String) -> Self {
    Self(
      parameter: Parameter(name: name, place: .query, schema: .integer(range), text: text) { value in
        wholeNumber(value).flatMap { range.contains($0) ? $0 : nil }
      })
  }
}

extension QueryParameter where Value == String {
  static func text(_ name: String, lengths: ClosedRange<Int>, _ text: String) -> Self {
    Self(
      parameter: Parameter(name: name, place: .query, schema: .text(Schema.Text(lengths: lengths)), text: text) {
        lengths.contains($0.unicodeScalars.count) ? $0 : nil
      })
  }
}

extension QueryParameter where Value == Bool {
  static func flag(_ name: String, _ text: String) -> Self {
    Self(parameter: Parameter(name: name, place: .query, schema: .flag, text: text) { Bool($0) })
  }
}

extension QueryParameter where Value == Instant {
  static func time(_ name: String, _ text: String) -> Self {
    Self(parameter: Parameter(name: name, place: .query, schema: .time, text: text) { Instant(rfc3339: $0) })
  }
}

extension QueryParameter where Value: CaseIterable & RawRepresentable<String> {
  static func choice(_ name: String, _ text: String) -> Self {
    Self(parameter: Parameter(name: name, place: .query, schema: .choice(Value.self), text: text) { Value(rawValue: $0) })
  }
}

/// Digits, with a minus before them or not: `+5` and `5 ` were meant to be something else.
private func wholeNumber(_ text: String) -> Int64? { text.hasPrefix("+") ? nil : Int64(text) }
