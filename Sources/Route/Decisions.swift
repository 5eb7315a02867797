import Model

/// The trees of all routes in one flat program: each step asks one thing and says where to go on, so that a tree is evaluated without
/// a stack and no further than it must.
struct Decisions: Sendable {
  private enum Question {
    case atom(Int)
    case order
  }

  private struct Step {
    var question: Question
    var ifTrue: UInt32
    var ifFalse: UInt32
  }

  /// Where a tree begins. Two are answers already.
  typealias Entry = UInt32
  static let no: Entry = 0
  static let yes: Entry = 1

  private var steps: ContiguousArray<Step> = []

  /// Adds a tree.
  /// - Parameter number: of a condition that is an atom.
  mutating func add(_ condition: Condition, number: (Condition) -> Int) -> Entry {
    add(condition, ifTrue: Self.yes, ifFalse: Self.no, number)
  }

  /// From the end to the beginning, since a step must know where those lead that come after it.
  private mutating func add(_ condition: Condition, ifTrue: Entry, ifFalse: Entry, _ number: (Condition) -> Int) -> Entry {
    switch condition {
    case .all(let parts), .block(let parts): return parts.reversed().reduce(ifTrue) { add($1, ifTrue: $0, ifFalse: ifFalse, number) }
    case .any(let parts), .values(let parts): return parts.reversed().reduce(ifFalse) { add($1, ifTrue: ifTrue, ifFalse: $0, number) }
    case .not(let part): return add(part, ifTrue: ifFalse, ifFalse: ifTrue, number)
    case .order: return add(Step(question: .order, ifTrue: ifTrue, ifFalse: ifFalse))
    case .bodyContains, .bodyStartsWith, .packetPrefix, .toPrefix, .status:
      return add(Step(question: .atom(number(condition)), ifTrue: ifTrue, ifFalse: ifFalse))
    }
  }

  private mutating func add(_ step: Step) -> Entry {
    steps.append(step)
    return Entry(steps.count - 1) + 2
  }

  /// - Parameter atoms: the numbers of those that are true, sorted.
  func isTrue(_ entry: Entry, _ atoms: [Int], isClaimed: Bool) -> Bool {
    var place = entry
    while place > Self.yes {
      let step = steps[Int(place) - 2]
      let answer =
        switch step.question {
        case .atom(let number): atoms.containsByHalving(number)
        case .order: isClaimed
        }
      place = answer ? step.ifTrue : step.ifFalse
    }
    return place == Self.yes
  }
}

/// Atoms without one of which a condition is false, whatever the rest: it need be asked only of reports of which one is true.
struct Guard {
  var atoms: [Int] = []
  private var commonness = 0

  /// - Parameter number: of a condition that is an atom, and how common that is.
  /// - Returns: nil for a condition that can be true while no atom is.
  static func of(
    _ condition: Condition, isNegated: Bool = false, number: (Condition) -> (number: Int, commonness: Int)
  ) -> Guard? {
    switch (condition, isNegated) {
    case (.order, _): return nil
    case (.not(let part), _): return of(part, isNegated: !isNegated, number: number)
    // Of all, one part suffices, the rarest; of any, each needs its own.
    case (.all(let parts), false), (.block(let parts), false), (.any(let parts), true), (.values(let parts), true):
      return parts.compactMap { of($0, isNegated: isNegated, number: number) }.min { $0.commonness < $1.commonness }
    case (.any(let parts), false), (.values(let parts), false), (.all(let parts), true), (.block(let parts), true):
      var sum = Guard()
      for part in parts {
        guard let part = of(part, isNegated: isNegated, number: number) else { return nil }
        sum.atoms += part.atoms
        sum.commonness += part.commonness
      }
      return sum
    case (.bodyContains, _), (.bodyStartsWith, _), (.packetPrefix, _), (.toPrefix, _), (.status, _):
      guard !isNegated else { return nil }
      let atom = number(condition)
      return Guard(atoms: [atom.number], commonness: atom.commonness)
    }
  }
}

extension Array where Element: Comparable {
  /// By halving; the array is sorted.
  func containsByHalving(_ element: Element) -> Bool { self[...].containsByHalving(element) }
}

extension ArraySlice where Element: Comparable {
  func containsByHalving(_ element: Element) -> Bool {
    var (low, high) = (startIndex, endIndex)
    while low < high {
      let middle = low + (high - low) / 2
      if self[middle] < element { low = middle + 1 } else { high = middle }
    }
    return low < endIndex && self[low] == element
  }
}
