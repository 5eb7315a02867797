/// The states of an `Automaton` while it is built: the tree of the patterns' prefixes, breadth first.
struct Trie {
  private(set) var firstChild: ContiguousArray<UInt32> = []
  private(set) var byteInto: ContiguousArray<UInt8> = [0]
  private(set) var ownersStart: ContiguousArray<UInt32> = []
  private(set) var ownersFlat: ContiguousArray<UInt32> = []

  private var count: Int { byteInto.count }

  init(_ patterns: [Automaton.Pattern]) {
    // Sorted, the patterns that share a prefix stand together: a state is a range of them and a depth.
    let sorted = patterns.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    var states: [(range: Range<Int>, depth: Int)] = [(sorted.indices, 0)]
    var next = 0
    while next < states.count {
      let (range, depth) = states[next]
      next += 1
      firstChild.append(UInt32(states.count))
      ownersStart.append(UInt32(ownersFlat.count))
      var low = range.lowerBound
      while low < range.upperBound, sorted[low].bytes.count == depth {
        ownersFlat.append(UInt32(sorted[low].owner))
        low += 1
      }
      while low < range.upperBound {
        let byte = sorted[low].bytes[depth]
        let high = sorted[low..<range.upperBound].firstIndex { $0.bytes[depth] != byte } ?? range.upperBound
        states.append((low..<high, depth + 1))
        byteInto.append(byte)
        low = high
      }
    }
    firstChild.append(UInt32(states.count))
    ownersStart.append(UInt32(ownersFlat.count))
  }

  private func children(of state: Int) -> Range<Int> { Int(firstChild[state])..<Int(firstChild[state + 1]) }

  private func child(of state: Int, by byte: UInt8) -> Int? { children(of: state).first { byteInto[$0] == byte } }

  /// By state: the state of its longest proper suffix that is a prefix of some pattern.
  func fallbacks() -> ContiguousArray<UInt32> {
    var fallback = ContiguousArray<UInt32>(repeating: 0, count: count)
    for state in 1..<max(1, count) {
      for child in children(of: state) {
        var suffix = Int(fallback[state])
        while true {
          if let found = self.child(of: suffix, by: byteInto[child]) {
            fallback[child] = UInt32(found)
            break
          }
          if suffix == 0 { break }
          suffix = Int(fallback[suffix])
        }
      }
    }
    return fallback
  }

  /// By state: itself if a pattern ends there, else the nearest such state along `fallback`, else 0.
  func outputs(_ fallback: ContiguousArray<UInt32>) -> ContiguousArray<UInt32> {
    var output = ContiguousArray<UInt32>(repeating: 0, count: count)
    for state in 1..<max(1, count) {
      let endsHere = ownersStart[state] < ownersStart[state + 1]
      output[state] = endsHere ? UInt32(state) : output[Int(fallback[state])]
    }
    return output
  }

  /// The next state by state and class, with suffixes followed, for the first `rowCount` states.
  func rows(
    _ rowCount: Int, _ classOfByte: ContiguousArray<UInt8>, _ classCount: Int, _ fallback: ContiguousArray<UInt32>
  ) -> ContiguousArray<UInt32> {
    var rows = ContiguousArray<UInt32>(repeating: 0, count: rowCount * classCount)
    for state in 0..<rowCount {
      let (row, suffixRow) = (state * classCount, Int(fallback[state]) * classCount)
      // A suffix is shorter, so its row is done.
      for column in 0..<classCount { rows[row + column] = rows[suffixRow + column] }
      for child in children(of: state) { rows[row + Int(classOfByte[Int(byteInto[child])])] = UInt32(child) }
    }
    return rows
  }
}
