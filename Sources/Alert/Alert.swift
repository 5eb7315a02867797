import Model

/// One message to an operator, in words, with what a program wants to know besides. Holds no body, token or phone number.
package struct Alert: Sendable, Equatable {
  package enum Fact: Sendable, Equatable {
    case number(Int)
    case text(String)
  }

  package var kind: AlertKind
  package var route: String?
  /// True where something that was told is over.
  package var isOver: Bool
  /// What is wrong and what to do next.
  package var text: String
  package var at: Instant
  /// In snake case. Times in RFC 3339.
  package var facts: [String: Fact]
}

/// What one message can be about: no two of the same topic come within `Limits.alertEvery`.
struct Topic: Sendable, Hashable, Comparable {
  /// Two things can be wrong with the store, and the news of one must not wait for the other.
  enum Part: String, Sendable, CaseIterable { case commits, disk }

  var kind: AlertKind
  var route: String?
  var part: Part?

  init(_ kind: AlertKind, route: String? = nil, part: Part? = nil) {
    self.kind = kind
    self.route = route
    self.part = part
  }

  static func < (a: Topic, b: Topic) -> Bool {
    (a.kind.rawValue, a.route ?? "", a.part?.rawValue ?? "") < (b.kind.rawValue, b.route ?? "", b.part?.rawValue ?? "")
  }
}
