import Model

/// Finds which of many texts a text begins with, in one walk that ends where none of them goes on.
struct Prefixes: Sendable {
  // As in `Automaton`.
  private let firstChild: ContiguousArray<UInt32>
  private let byteInto: ContiguousArray<UInt8>
  private let ownersStart: ContiguousArray<UInt32>
  private let ownersFlat: ContiguousArray<UInt32>
  private let fold: Fold

  /// - Parameter patterns: folded.
  init(_ patterns: [Automaton.Pattern], fold: Fold = .none) {
    let trie = Trie(patterns)
    firstChild = trie.firstChild
    byteInto = trie.byteInto
    ownersStart = trie.ownersStart
    ownersFlat = trie.ownersFlat
    self.fold = fold
  }

  /// Appends the owners of every pattern that the text begins with.
  func appendOwners(in text: Span<UInt8>, to owners: inout [Int]) {
    var state = 0
    for index in text.indices {
      guard let child = child(of: state, by: fold.folded(text[index])) else { return }
      state = child
      for owner in ownersStart[state]..<ownersStart[state + 1] { owners.append(Int(ownersFlat[Int(owner)])) }
    }
  }

  /// The first owner of the pattern that the text is, from beginning to end.
  func owner(of text: Span<UInt8>) -> Int? {
    var state = 0
    for index in text.indices {
      guard let child = child(of: state, by: fold.folded(text[index])) else { return nil }
      state = child
    }
    return ownersStart[state] < ownersStart[state + 1] ? Int(ownersFlat[Int(ownersStart[state])]) : nil
  }

  private func child(of state: Int, by byte: UInt8) -> Int? {
    var child = Int(firstChild[state])
    let end = Int(firstChild[state + 1])
    while child < end, byteInto[child] < byte { child += 1 }
    return child < end && byteInto[child] == byte ? child : nil
  }
}
