import Mustache

/// What a template is filled with: strings, flags, other views and lists of them, by name. A member that is nil is not there.
struct View: MustacheParent, ExpressibleByDictionaryLiteral {
  private var members: [String: Any] = [:]

  init(dictionaryLiteral elements: (String, Any?)...) {
    for (name, value) in elements { members[name] = value }
  }

  subscript(name: String) -> Any? {
    get { members[name] }
    set { members[name] = newValue }
  }

  func child(named name: String) -> Any? { members[name] }

  func adding(_ other: View) -> View {
    var both = self
    both.members.merge(other.members) { $1 }
    return both
  }
}

/// The constant words of a language, for templates: `{{w.routes}}`. One that is not there is a mistake in a template.
struct WordTable: MustacheParent, Sendable {
  private let words: [String: String]

  init(_ words: Words) {
    self.words = Dictionary(
      uniqueKeysWithValues: Mirror(reflecting: words).children.compactMap { child in
        guard let name = child.label, let word = child.value as? String else { return nil }
        return (name, word)
      })
  }

  func child(named name: String) -> Any? {
    guard let word = words[name] else { preconditionFailure("a template uses the word \(name), which is not there") }
    return word
  }
}
