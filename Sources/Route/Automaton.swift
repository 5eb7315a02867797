import Model

/// Finds all patterns in one pass over a text: Aho and Corasick, "Efficient string matching", CACM 18(6), 1975.
///
/// States are numbered breadth first, with the children of a state in a row and in the order of their bytes. So a state's
/// edges need no table: child number k of s is `firstChild[s] + k`, and the byte that leads to it is `byteInto`. That is 17
/// bytes a state. The states nearest the root, where a scan spends its time, have whole rows besides.
struct Automaton: Sendable {
  struct Pattern {
    /// Not empty, and folded.
    var bytes: [UInt8]
    var owner: Int
  }

  /// Entries of whole rows: half a megabyte, however many patterns there are.
  static let rowEntriesMax = 128 * 1024
  private static let hasOutput: UInt32 = 1 << 31

  /// 0 for bytes that no pattern contains; they share a column.
  private let classOfByte: ContiguousArray<UInt8>
  /// A row has 1 << classBits columns.
  private let classBits: Int
  /// The next state, by state and class, for the first `rowCount` states; with `hasOutput` where a pattern ends at it.
  private let rows: ContiguousArray<UInt32>
  private let rowCount: UInt32
  /// By state; one more at the end.
  private let firstChild: ContiguousArray<UInt32>
  private let byteInto: ContiguousArray<UInt8>
  /// The state of the longest proper suffix. Always a smaller number.
  private let fallback: ContiguousArray<UInt32>
  /// The nearest state, from this one along `fallback`, at which a pattern ends; 0 for none.
  private let output: ContiguousArray<UInt32>
  /// Where the owners of a state begin in `owners`; one more at the end.
  private let ownersStart: ContiguousArray<UInt32>
  private let ownersFlat: ContiguousArray<UInt32>
  /// Of each byte of a text.
  private let fold: Fold

  /// - Parameter rowEntriesMax: the root has a row in any case. None besides is best for what is searched once.
  init(_ patterns: [Pattern], fold: Fold = .none, rowEntriesMax: Int = Self.rowEntriesMax) {
    precondition(patterns.allSatisfy { !$0.bytes.isEmpty }, "an empty pattern is everywhere")
    let trie = Trie(patterns)
    firstChild = trie.firstChild
    byteInto = trie.byteInto
    ownersStart = trie.ownersStart
    ownersFlat = trie.ownersFlat
    fallback = trie.fallbacks()
    output = trie.outputs(fallback)

    var classes = ContiguousArray<UInt8>(repeating: 0, count: 256)
    var count = 1
    for byte in trie.byteInto.dropFirst() where classes[Int(byte)] == 0 {
      // UTF-8 has bytes that never occur, so that 255 classes are always enough for Strings; a class too many would be shared.
      precondition(count < 256, "patterns are UTF-8")
      classes[Int(byte)] = UInt8(count)
      count += 1
    }
    classOfByte = ContiguousArray((0...UInt8.max).map { classes[Int(fold.folded($0))] })
    self.fold = fold
    classBits = (count - 1).bitWidth - (count - 1).leadingZeroBitCount
    rowCount = UInt32(min(fallback.count, max(1, rowEntriesMax >> classBits)))
    var rows = trie.rows(Int(rowCount), classes, 1 << classBits, fallback)
    for index in rows.indices where output[Int(rows[index])] != 0 { rows[index] |= Self.hasOutput }
    self.rows = rows
  }

  /// Appends the owners of every pattern in the text, in no order and perhaps repeatedly. Allocates nothing if there is none.
  func appendOwners(in text: Span<UInt8>, to owners: inout [Int]) {
    var hits: [UInt32] = []
    scan(text, &hits)
    for hit in hits {
      for index in ownersStart[Int(hit)]..<ownersStart[Int(hit) + 1] { owners.append(Int(ownersFlat[Int(index)])) }
    }
  }

  /// The owners of every pattern in the text, each once and in order. Also where very many are found in one text.
  func owners(in text: [UInt8]) -> [Int] {
    var ends: Set<UInt32> = []
    var state: UInt32 = 0
    for byte in text {
      let row = Int(state) << classBits
      state = (state < rowCount ? rows[row | Int(classOfByte[Int(byte)])] : stepFromDepth(state, fold.folded(byte))) & ~Self.hasOutput
      var end = output[Int(state)]
      while end != 0, ends.insert(end).inserted { end = output[Int(fallback[Int(end)])] }
    }
    return Set(ends.flatMap { ownersFlat[Int(ownersStart[Int($0)])..<Int(ownersStart[Int($0) + 1])].map { Int($0) } }).sorted()
  }

  /// Appends each state at which a pattern of the text ends, once.
  private func scan(_ text: Span<UInt8>, _ hits: inout [UInt32]) {
    let (rows, classOfByte) = (rows.span, classOfByte.span)
    var state: UInt32 = 0
    for index in text.indices {
      let byte = text[index]
      let next = state < rowCount ? rows[Int(state) << classBits | Int(classOfByte[Int(byte)])] : stepFromDepth(state, fold.folded(byte))
      state = next & ~Self.hasOutput
      if next != state { note(output[Int(state)], &hits) }
    }
  }

  /// Notes a state at which a pattern ends, and those of its suffixes.
  private func note(_ state: UInt32, _ hits: inout [UInt32]) {
    var hit = state
    // Short: the distinct patterns of one text. Those that end where one of them does were noted with it.
    while hit != 0, !hits.contains(hit) {
      hits.append(hit)
      hit = output[Int(fallback[Int(hit)])]
    }
  }

  /// A step from a state without a row: to the child, or to wherever the suffixes lead. As an entry of a row.
  private func stepFromDepth(_ from: UInt32, _ byte: UInt8) -> UInt32 {
    let (firstChild, byteInto, fallback) = (firstChild.span, byteInto.span, fallback.span)
    var state = from
    while state >= rowCount {
      var child = firstChild[Int(state)]
      let end = firstChild[Int(state) + 1]
      while child < end, byteInto[Int(child)] < byte { child += 1 }
      if child < end, byteInto[Int(child)] == byte { return output[Int(child)] == 0 ? child : child | Self.hasOutput }
      state = fallback[Int(state)]
    }
    return rows[Int(state) << classBits | Int(classOfByte[Int(byte)])]
  }
}

extension Automaton {
  /// As `Scrutiny` counts them.
  static func steps(toBuildOf texts: [Text]) -> Int {
    // Its tables of bytes, and then each text folded and sorted into the tree.
    texts.reduce(256) { $0 + 2 * $1.value.utf8.count + Scrutiny.stepsEach }
  }
}
