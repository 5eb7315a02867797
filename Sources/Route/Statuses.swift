import Model

/// Which statuses each route wants, by number instead of by word.
struct Statuses: Sendable {
  private let words: Prefixes
  /// By route: the number of its list, since most routes have one of a few; 0 for one that wants all.
  private let listOf: ContiguousArray<Int>
  private let lists: [[Int]]

  init(_ routes: [RouteSettings]) {
    var numbers: [[UInt8]: Int] = [:]
    var lists: [[Int]] = [[]]
    var known: [[Int]: Int] = [:]
    listOf = ContiguousArray(
      routes.map { route in
        guard let statuses = route.statuses else { return 0 }
        let list = statuses.map { word in
          let word = Array(word.utf8)
          if let number = numbers[word] { return number }
          numbers[word] = numbers.count
          return numbers.count - 1
        }
        if let number = known[list] { return number }
        known[list] = lists.count
        lists.append(list)
        return lists.count - 1
      })
    self.lists = lists
    words = Prefixes(numbers.map { Automaton.Pattern(bytes: $0.key, owner: $0.value) })
  }

  /// nil for a word that no route names. Compared exactly: `==` of Strings is canonical equivalence.
  func number(of status: String) -> Int? { words.owner(of: status.utf8.span) }

  func wants(_ status: Int?, _ route: Int) -> Bool {
    let list = listOf[route]
    guard list > 0 else { return true }
    return status.map { lists[list].contains($0) } ?? false
  }
}

extension RouteSettings {
  func wants(_ status: String) -> Bool { statuses?.contains { isSameStatus($0, status) } ?? true }
}

/// `==` on Strings is canonical equivalence; the provider's words are compared exactly.
func isSameStatus(_ a: String, _ b: String) -> Bool { a == b && a.utf8.elementsEqual(b.utf8) }
