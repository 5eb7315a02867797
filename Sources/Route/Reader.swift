import Model

/// Walks the document of one rule file, and notes everything that is wrong on the way. What cannot be read is nil and has been
/// noted; nobody notes it again.
struct Reader {
  let document: Document
  let variables: Variables
  let readableByOthers: Bool
  private(set) var source: SourceText
  private let file: String
  private var diagnostics: [Diagnostic] = []
  /// What was noted, without the route: a mistake that two routes share by an alias is one mistake.
  private var noted: Set<Diagnostic> = []
  private(set) var errorCount = 0
  /// Of the rules, for warnings.
  var scrutiny = Scrutiny()
  /// The name, as it stands in the file, of the route that is being read.
  var route: String?
  /// Nodes of keys that may be secrets.
  private var hiddenKeys: Set<Int> = []

  init(_ file: String, _ document: Document, _ source: SourceText, _ variables: Variables, readableByOthers: Bool) {
    self.file = file
    self.document = document
    self.source = source
    self.variables = variables
    self.readableByOthers = readableByOthers
    var visited = Visited()
    hideSecrets(below: Document.root, under: nil, &visited)
    self.source.structureIsKnown()
  }

  mutating func read() -> RuleFile.Reading {
    let configuration = configuration(Document.root)
    return RuleFile.Reading(
      configuration: errorCount > 0 ? nil : configuration, diagnostics: diagnostics.sorted(), stepsCompared: scrutiny.steps)
  }

  mutating func error(_ id: Int, _ message: String, hint: String? = nil) { error(document[id].start, message, hint: hint) }

  mutating func error(_ mark: Mark, _ message: String, hint: String? = nil) {
    errorCount += 1
    note(.error, mark, message, hint)
  }

  mutating func warning(_ id: Int, _ message: String, hint: String? = nil) { note(.warning, document[id].start, message, hint) }

  private mutating func note(_ severity: Diagnostic.Severity, _ mark: Mark, _ message: String, _ hint: String?) {
    let shown = source.excerpt(at: mark)
    var diagnostic = Diagnostic(
      file: file, line: mark.line + 1, column: mark.column + 1, severity: severity, message: message, hint: hint,
      excerpt: shown.text, caretOffset: shown.caretOffset)
    // What an alias uses twice is wrong only once.
    guard noted.insert(diagnostic).inserted else { return }
    diagnostic.route = route
    diagnostics.append(diagnostic)
  }

  /// "line 12", of a place that another diagnostic refers to.
  func line(of id: Int) -> String { "line \(document[id].start.line + 1)" }

  private struct Visited {
    /// Different keys that are looked up; the values of any others are hidden, which is the safe side.
    static let keysMax = 10_000

    var nodes: Set<Int> = []
    private var isOpen: [String: Bool] = [:]

    mutating func isOpen(_ key: String) -> Bool {
      if let known = isOpen[key] { return known }
      guard isOpen.count < Self.keysMax else { return false }
      let answer = Vocabulary.isOpen(key)
      isOpen[key] = answer
      return answer
    }
  }

  /// - Parameter key: whose value this is; nil for what stands under no key.
  private mutating func hideSecrets(below id: Int, under key: String?, isEverything: Bool = false, _ visited: inout Visited) {
    let isHidden = isEverything || !(key.map { visited.isOpen($0) } ?? true)
    // A shared node may be open in one place and secret in the other.
    guard visited.nodes.insert(id * 4 + (isHidden ? 1 : 0) + (isEverything ? 2 : 0)).inserted else { return }
    switch document[id].content {
    case .scalar(let text, _):
      // A URL that was copied with its query has a token in it, whatever key it was put under.
      if isHidden || text.contains("?") && text.contains("=") { source.hide(document[id].start, document[id].end) }
    case .sequence(let items):
      for item in items { hideSecrets(below: item, under: key, isEverything: isEverything, &visited) }
    case .mapping(let pairs):
      for pair in pairs {
        guard case .scalar(let name, _) = document[pair.key].content else { continue }
        if isHidden, document[pair.value].isNull, isValue(name, isHeader: isEverything) {
          hiddenKeys.insert(pair.key)
          source.hide(document[pair.key].start, document[pair.key].end)
        }
        hideSecrets(below: pair.value, under: name, isEverything: isEverything || name == "headers", &visited)
      }
    }
  }
}

extension Reader {
  /// A key without a value, where only secrets stand, is one itself: `tokens: { tok-1 }`, `headers: { "x: abc" }`. Unless it is
  /// plainly a name.
  private func isValue(_ name: String, isHeader: Bool) -> Bool {
    isHeader ? HeaderName.fault(name) != nil : !Vocabulary.isKnown(name)
  }

  /// A key for a message.
  func shown(key id: Int, _ name: String) -> String { hiddenKeys.contains(id) ? "***" : quoted(name) }
}

/// The keys of one block, each at most once, with what merge keys brought in.
struct Fields {
  /// In words, for messages: `route "shop"`.
  let place: String
  /// The node of the block.
  let id: Int
  fileprivate(set) var pairs: [String: Document.Pair] = [:]
  fileprivate var empty: Set<String> = []

  /// The node of the value; nil also for a key without a value, which has been noted.
  subscript(_ name: String) -> Int? { empty.contains(name) ? nil : pairs[name]?.value }
  var isEmpty: Bool { pairs.isEmpty }
  func has(_ name: String) -> Bool { pairs[name] != nil }
  func key(_ name: String) -> Int? { pairs[name]?.key }
}

extension Reader {
  /// Reads a block. Keys that nobody knows, keys twice and keys without a value are noted here.
  /// - Parameter block: nil for one whose keys are names, like headers.
  mutating func fields(of id: Int, in place: String, as block: Block?) -> Fields? {
    let known = block?.names
    guard case .mapping(let pairs) = document[id].content else {
      let hint = known.map { "write a block of keys: \($0.joined(separator: ", "))" } ?? "write a block of names and values"
      error(id, "\(place) is \(document[id].kindInWords)", hint: hint)
      return nil
    }
    var fields = Fields(place: place, id: id)
    collect(pairs, into: &fields, known: known)
    return fields
  }

  private mutating func collect(_ pairs: [Document.Pair], into fields: inout Fields, known: [String]?) {
    var own: [String: Int] = [:]
    var merged: [Int] = []
    for pair in pairs {
      guard case .scalar(let name, let isPlain) = document[pair.key].content else {
        error(pair.key, "a key in \(fields.place) is \(document[pair.key].kindInWords)", hint: "a key is one word")
        continue
      }
      if let first = own[name] {
        // Where the first has no value it is hidden, and so is the second whatever it has.
        let shown = hiddenKeys.contains(first) ? "***" : shown(key: pair.key, name)
        error(pair.key, "duplicate key \(shown) in \(fields.place)", hint: "it is already on \(line(of: first))")
        continue
      }
      own[name] = pair.key
      if name == "<<", isPlain {
        merged.append(pair.value)
        continue
      }
      if let known, !known.contains(name) {
        unknown(pair.key, name, in: fields.place, known)
        continue
      }
      // What a block says itself goes before what it merges, and what it merged first before the rest.
      guard !fields.has(name) else { continue }
      fields.pairs[name] = pair
      if document[pair.value].isNull {
        fields.empty.insert(name)
        error(pair.key, "\(shown(key: pair.key, name)) has no value", hint: "give it one, or leave the key out")
      }
    }
    for id in merged { merge(id, into: &fields, known: known) }
  }

  private mutating func merge(_ id: Int, into fields: inout Fields, known: [String]?) {
    switch document[id].content {
    case .mapping(let pairs): collect(pairs, into: &fields, known: known)
    case .sequence(let items):
      for item in items { merge(item, into: &fields, known: known) }
    case .scalar: error(id, "only a block of keys can be merged by \"<<\"", hint: "write <<: *name, where &name marks a block")
    }
  }

  private mutating func unknown(_ id: Int, _ name: String, in place: String, _ known: [String]) {
    if place == Self.topPlace, name.hasPrefix(Vocabulary.anchorsPrefix) { return }
    let near = Vocabulary.nearest(to: name, in: known)
    let hint = near.map { "did you mean \(quoted($0))?" } ?? "the keys here are \(known.joined(separator: ", "))"
    error(id, "unknown key \(shown(key: id, name)) in \(place)", hint: hint)
  }

  static let topPlace = "the file"

  /// The items of a list that has at least one.
  mutating func list(_ id: Int, _ what: String, example: String) -> [Int]? {
    guard case .sequence(let items) = document[id].content else {
      error(id, "\(what) is \(document[id].kindInWords), not a list", hint: "write \(what): \(example)")
      return nil
    }
    guard !items.isEmpty else {
      error(id, "\(what) is an empty list", hint: "write \(what): \(example)")
      return nil
    }
    return items
  }
}

/// For a message: in quotes, on one line, and not for ever.
func quoted(_ text: String) -> String {
  let shown = text.unicodeScalars.prefix(80).map { $0.properties.generalCategory == .control ? "\u{FFFD}" : String($0) }.joined()
  return "\"\(shown)\(text.unicodeScalars.count > 80 ? "..." : "")\""
}
