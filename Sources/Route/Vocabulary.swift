/// The words of a rule file: which of them may be shown with their values, and which was meant by one that is misspelt.
enum Vocabulary {
  /// The keys of each block, in the order in which a hint lists them.
  static let names = Dictionary(uniqueKeysWithValues: Block.allCases.map { ($0, $0.keys.map(\.name)) })

  /// Keys at the top that begin with this are for anchors and are read only where an alias uses them.
  static let anchorsPrefix = "x-"

  /// Keys whose values hold a secret, and are never shown.
  static let closed = Set(definitions.filter(\.isSecret).map(\.name))

  /// Keys whose values may be shown.
  static let open = Set(all).subtracting(closed)

  static func isKnown(_ key: String) -> Bool { open.contains(key) || closed.contains(key) }

  private static let definitions = Block.allCases.flatMap(\.keys)
  private static let all = Set(definitions.map(\.name)).sorted()

  /// An unknown key may be one of the closed ones misspelt. Its value is shown only where another key was clearly meant.
  static func isOpen(_ key: String) -> Bool {
    if open.contains(key) { return true }
    if closed.contains(where: { key.contains($0) }) || nearest(to: key, in: closed) != nil { return false }
    return nearest(to: key, in: all) != nil
  }

  /// The known word that was most likely meant, if one is near enough.
  static func nearest(to word: String, in known: some Sequence<String>) -> String? {
    // Nothing that long is a misspelt key, and the table is a product.
    guard word.utf8.count <= 64 else { return nil }
    let bound = max(1, word.utf8.count / 3)
    let bytes = Array(word.utf8)
    var best: (word: String, distance: Int)?
    for candidate in known where abs(candidate.utf8.count - word.utf8.count) <= bound {
      let distance = editDistance(bytes, Array(candidate.utf8))
      if distance <= bound, distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.word
  }

  /// Insertions, deletions, substitutions and swaps of neighbours that make one word the other.
  static func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var (before, last, row) = ([Int](), Array(0...b.count), [Int](repeating: 0, count: b.count + 1))
    for i in a.indices {
      row[0] = i + 1
      for j in b.indices {
        row[j + 1] = min(row[j] + 1, last[j + 1] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { row[j + 1] = min(row[j + 1], before[j - 1] + 1) }
      }
      (before, last, row) = (last, row, before.isEmpty ? row : before)
    }
    return last[b.count]
  }
}
