import Model

/// A condition with the places of its parts.
indirect enum Clause {
  case all([Clause])
  case any([Clause])
  case not(Clause)
  /// Keys side by side: all of them.
  case block([Clause])
  /// The values of one key: any of them.
  case values([Clause])
  case leaf(Leaf)

  struct Leaf {
    /// None of `all`, `any` and `not`.
    var condition: Condition
    /// As messages say it: `status "delivered"`.
    var words: String
    var text: Text?
    var id: Int
  }

  var condition: Condition {
    switch self {
    case .all(let parts): .all(parts.map(\.condition))
    case .any(let parts): .any(parts.map(\.condition))
    case .not(let part): .not(part.condition)
    case .block(let parts): .block(parts.map(\.condition))
    case .values(let parts): .values(parts.map(\.condition))
    case .leaf(let leaf): leaf.condition
    }
  }

  /// The texts of which each alone makes it true, if it asks for nothing but texts.
  var markers: [Text] {
    switch self {
    case .leaf(let leaf): if case .bodyContains = leaf.condition { [leaf.text].compactMap(\.self) } else { [] }
    case .any(let parts), .values(let parts):
      parts.allSatisfy { if case .leaf(let leaf) = $0, case .bodyContains = leaf.condition { true } else { false } }
        ? parts.flatMap(\.markers) : []
    case .all, .block, .not: []
    }
  }
}

extension Reader {
  /// Levels of `all`, `any` and `not` in each other.
  static let matchDepthMax = 16
  /// Conditions in one `match`, each value of a list counted.
  static let conditionsMax = 1_000
  /// No telephone number is longer.
  static let recipientBytesMax = 64

  private struct Tree {
    /// In words: `match of route "shop"`.
    var place: String
    var fold: Fold
    var count = 0
    var isTooLarge: Bool { count > Reader.conditionsMax }
  }

  /// - Returns: nil if there is an error in it.
  mutating func match(_ id: Int, of place: String, _ fold: Fold) -> Clause? {
    var tree = Tree(place: "match of \(place)", fold: fold)
    let errorsBefore = errorCount
    let clause = clause(id, depth: 1, &tree)
    if tree.isTooLarge {
      error(id, "\(tree.place) has more than \(Self.conditionsMax) conditions", hint: "split it into several routes")
    }
    return errorCount == errorsBefore ? clause : nil
  }

  /// A block, whose keys side by side are all to be true.
  private mutating func clause(_ id: Int, depth: Int, _ tree: inout Tree) -> Clause? {
    guard depth <= Self.matchDepthMax else {
      error(id, "\(tree.place) is nested deeper than \(Self.matchDepthMax) levels", hint: "keys side by side already mean all of them")
      return nil
    }
    let errorsBefore = errorCount
    guard let fields = fields(of: id, in: tree.place, as: .condition) else { return nil }
    // Also what merges nothing: it would be true of everything.
    if fields.isEmpty, errorCount == errorsBefore {
      error(id, "\(tree.place) has an empty condition", hint: "the keys here are \(Block.condition.names.joined(separator: ", "))")
      return nil
    }
    var parts: [Clause] = []
    for key in fields.pairs.values.map(\.key).sorted(by: { document[$0].start < document[$1].start }) {
      guard !tree.isTooLarge, case .scalar(let name, _) = document[key].content, let value = fields[name] else { continue }
      if let part = part(name, value, depth: depth, &tree) { parts.append(part) }
    }
    return parts.count == 1 ? parts[0] : .block(parts)
  }

  private mutating func part(_ name: String, _ id: Int, depth: Int, _ tree: inout Tree) -> Clause? {
    switch name {
    case ConditionKeys.every.name: clauses(name, id, depth: depth, &tree).map { .all($0) }
    case ConditionKeys.any.name: clauses(name, id, depth: depth, &tree).map { .any($0) }
    case ConditionKeys.not.name: clause(id, depth: depth + 1, &tree).map { .not($0) }
    case ConditionKeys.order.name: order(id, &tree)
    default: leaves(name, id, &tree)
    }
  }

  private mutating func clauses(_ name: String, _ id: Int, depth: Int, _ tree: inout Tree) -> [Clause]? {
    guard let items = list(id, name, example: "[{ body_contains: \"iim.to/\" }, { status: delivered }]") else { return nil }
    var clauses: [Clause] = []
    for item in items where !tree.isTooLarge {
      if let clause = clause(item, depth: depth + 1, &tree) { clauses.append(clause) }
    }
    return clauses
  }

  private mutating func order(_ id: Int, _ tree: inout Tree) -> Clause? {
    tree.count += 1
    guard let isTrue = boolean(id, ConditionKeys.order.name) else { return nil }
    guard isTrue else {
      error(id, "order is false", hint: "write not: { order: true } for what was not claimed")
      return nil
    }
    return .leaf(Clause.Leaf(condition: .order, words: "order", text: nil, id: id))
  }

  /// A value, or a list of which any is enough.
  private mutating func leaves(_ name: String, _ id: Int, _ tree: inout Tree) -> Clause? {
    let items = oneOrList(id, name, example: Self.examples[name] ?? "[\"...\"]")
    tree.count += items.count
    guard !tree.isTooLarge else { return nil }
    let isEmpty = "it would be true of every text"
    let texts: [Text]
    let condition: (String) -> Condition
    switch name {
    case ConditionKeys.bodyContains.name:
      texts = items.compactMap { searched($0, name, ifEmpty: isEmpty) }
      condition = { .bodyContains($0) }
      warnAboutRedundant(texts, of: tree.place, tree.fold)
    case ConditionKeys.bodyStartsWith.name:
      texts = items.compactMap { searched($0, name, ifEmpty: isEmpty) }
      condition = { .bodyStartsWith($0) }
    case ConditionKeys.packetPrefix.name:
      texts = items.compactMap { packetPrefix($0) }
      condition = { .packetPrefix($0) }
      warnAboutRedundant(prefixes: texts, of: tree.place)
    case ConditionKeys.status.name:
      texts = statuses(items)
      condition = { .status($0) }
    default:
      precondition(name == ConditionKeys.toPrefix.name, "every key of a condition is read")
      texts = items.compactMap { recipientPrefix($0) }
      condition = { .toPrefix($0) }
    }
    let leaves = texts.map {
      Clause.leaf(Clause.Leaf(condition: condition($0.value), words: "\(name) \(quoted($0.raw))", text: $0, id: $0.id))
    }
    return leaves.count == 1 ? leaves[0] : .values(leaves)
  }

  private mutating func recipientPrefix(_ id: Int) -> Text? {
    let name = ConditionKeys.toPrefix.name
    guard let text = text(id, name) else { return nil }
    if text.value.isEmpty {
      error(id, "a \(name) is empty", hint: "it would be true of every recipient")
    } else if text.value.utf8.count > Self.recipientBytesMax {
      error(id, "a \(name) of more than \(Self.recipientBytesMax) bytes can never match")
    } else if !text.value.utf8.contains(where: \.isASCIIDigit), text.value != "+" {
      error(id, "\(name) \(quoted(text.raw)) has no digit in it", hint: "write it like \"+90532\"")
    } else {
      return text
    }
    return nil
  }

  private static let examples = [
    ConditionKeys.bodyContains.name: "[\"iim.to/\"]", ConditionKeys.bodyStartsWith.name: "[\"Siparişiniz\"]",
    ConditionKeys.packetPrefix.name: "[\"1045\"]", ConditionKeys.status.name: "[delivered, undelivered]",
    ConditionKeys.toPrefix.name: "[\"+90532\"]",
  ]
}
