import Model

/// What can never be true in a `match`, as far as its conditions exclude each other. Never says so of what can be true; what it takes
/// more than pairs of conditions to exclude, it lets pass.
struct Contradictions {
  /// Conditions known to hold at a place, beyond which no more are remembered: the price of each is a comparison with all of them.
  static let factsMax = 64

  struct Fact {
    var leaf: Clause.Leaf
    var isTrue: Bool
    var folded: [UInt8]

    var words: String { isTrue ? leaf.words : "not \(leaf.words)" }
  }

  struct Pair {
    var impossible: Fact
    var because: Fact
  }

  /// In the order in which they were found.
  private(set) var found: [Pair] = []
  private(set) var scrutiny: Scrutiny
  private let fold: Fold

  init(_ fold: Fold, _ scrutiny: Scrutiny) { (self.fold, self.scrutiny) = (fold, scrutiny) }

  /// - Parameter facts: what is known already.
  /// - Returns: false if it can never be true, as far as was looked.
  mutating func isPossible(_ clause: Clause, given facts: [Fact] = []) -> Bool {
    var facts = facts
    return holds(clause, true, &facts)
  }

  func fact(_ leaf: Clause.Leaf, _ isTrue: Bool) -> Fact {
    Fact(leaf: leaf, isTrue: isTrue, folded: leaf.text.map { fold.folded($0.value) } ?? [])
  }

  /// - Parameter facts: gets what the clause says.
  private mutating func holds(_ clause: Clause, _ isTrue: Bool, _ facts: inout [Fact]) -> Bool {
    guard !scrutiny.isSpent else { return true }
    switch clause {
    case .not(let part): return holds(part, !isTrue, &facts)
    case .leaf(let leaf):
      guard scrutiny.allows(Scrutiny.stepsEach + 2 * (leaf.text?.value.utf8.count ?? 0)) else { return true }
      let new = fact(leaf, isTrue)
      for because in facts {
        guard scrutiny.allows(new.steps(against: because)) else { return true }
        guard new.excludes(because) else { continue }
        found.append(Pair(impossible: new, because: because))
        return false
      }
      if facts.count < Self.factsMax { facts.append(new) }
      return true
    case .all(let parts), .block(let parts): return isTrue ? everyOne(of: parts, true, &facts) : someOne(of: parts, false, facts)
    case .any(let parts), .values(let parts): return isTrue ? someOne(of: parts, true, facts) : everyOne(of: parts, false, &facts)
    }
  }

  /// First what is simply so, then what has alternatives, which may be excluded by it.
  private mutating func everyOne(of parts: [Clause], _ isTrue: Bool, _ facts: inout [Fact]) -> Bool {
    for part in parts where !part.hasAlternatives(isTrue) {
      guard holds(part, isTrue, &facts) else { return false }
    }
    for part in parts where part.hasAlternatives(isTrue) {
      guard holds(part, isTrue, &facts) else { return false }
    }
    return true
  }

  private mutating func someOne(of parts: [Clause], _ isTrue: Bool, _ facts: [Fact]) -> Bool {
    var isPossible = false
    for part in parts {
      var known = facts
      if holds(part, isTrue, &known) { isPossible = true }
    }
    return isPossible
  }
}

extension Clause {
  fileprivate func hasAlternatives(_ isTrue: Bool) -> Bool {
    switch self {
    case .leaf: false
    case .not(let part): part.hasAlternatives(!isTrue)
    case .all, .block: !isTrue
    case .any, .values: isTrue
    }
  }
}

extension Contradictions.Fact {
  /// Of `excludes`, as `Scrutiny` counts them.
  func steps(against other: Self) -> Int {
    let pair = 4
    guard isTrue != other.isTrue, leaf.condition.isOfBody, other.leaf.condition.isOfBody else { return pair }
    return pair + folded.count + other.folded.count
  }

  /// True if no report has both.
  func excludes(_ other: Self) -> Bool {
    switch (isTrue, other.isTrue) {
    case (true, true): isApart(from: other)
    case (true, false): implies(other)
    case (false, true): other.implies(self)
    case (false, false): false
    }
  }

  private func isApart(from other: Self) -> Bool {
    switch (leaf.condition, other.leaf.condition) {
    case (.status(let a), .status(let b)): !isSameStatus(a, b)
    case (.packetPrefix(let a), .packetPrefix(let b)), (.toPrefix(let a), .toPrefix(let b)): !(a.hasBytes(b) || b.hasBytes(a))
    case (.bodyStartsWith, .bodyStartsWith): !(folded.starts(with: other.folded) || other.folded.starts(with: folded))
    default: false
    }
  }

  /// True if every report with this has the other, were both conditions not denied.
  private func implies(_ other: Self) -> Bool {
    switch (leaf.condition, other.leaf.condition) {
    case (.status(let a), .status(let b)): isSameStatus(a, b)
    case (.packetPrefix(let a), .packetPrefix(let b)), (.toPrefix(let a), .toPrefix(let b)): a.hasBytes(b)
    case (.bodyStartsWith, .bodyStartsWith): folded.starts(with: other.folded)
    case (.bodyContains, .bodyContains), (.bodyStartsWith, .bodyContains): folded.firstOffset(of: other.folded) != nil
    case (.order, .order): true
    default: false
    }
  }
}

extension String {
  fileprivate func hasBytes(_ prefix: String) -> Bool { utf8.starts(with: prefix.utf8) }
}

extension Reader {
  /// - Parameter statuses: of the route, empty for all.
  mutating func warnAboutContradictions(in match: Clause, _ statuses: [Text], _ fields: Fields, _ fold: Fold) {
    var contradictions = Contradictions(fold, scrutiny)
    defer { scrutiny = contradictions.scrutiny }
    let isPossible = contradictions.isPossible(match)
    for pair in contradictions.found {
      let (impossible, because) = (pair.impossible, pair.because)
      warning(
        impossible.leaf.id, "\(impossible.words) can never be true here in \(fields.place)",
        hint: "\(because.words) on \(line(of: because.leaf.id)) excludes it")
    }
    guard let id = fields.key(RouteKeys.match) else { return }
    guard isPossible else {
      warning(id, "the match of \(fields.place) can never be true", hint: "its conditions exclude each other")
      return
    }
    guard !statuses.isEmpty, statuses.count <= Contradictions.factsMax else { return }
    let isWanted = statuses.contains { text in
      let leaf = Clause.Leaf(condition: .status(text.value), words: "", text: text, id: text.id)
      return contradictions.isPossible(match, given: [contradictions.fact(leaf, true)])
    }
    if !isWanted {
      warning(id, "the match of \(fields.place) is true of no status among its statuses", hint: "it owns reports and gets no copy of any")
    }
  }
}
