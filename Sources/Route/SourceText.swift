/// The lines of a rule file, for showing one below a diagnostic without showing a secret.
struct SourceText {
  /// A longer line is clipped around the caret.
  static let excerptMax = 160
  /// A line of more bytes is not shown at all, so that thousands of mistakes on one line of megabytes are said quickly.
  static let shownBytesMax = 16 * 1024

  private let bytes: [UInt8]
  /// Of every line, without its line break.
  private var lines: [Range<Int>] = []
  /// Columns that may hold a secret, by line.
  private var secrets: [Int: [Range<Int>]] = [:]
  /// What the document's structure does not say, as long as there is none: see `guessSecrets`.
  private var isGuessing = true

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    var start = 0
    var index = 0
    while index < bytes.count {
      let length = Self.lineBreakLength(in: bytes, at: index)
      if length > 0 {
        lines.append(start..<index)
        start = index + length
      }
      index += max(1, length)
    }
    lines.append(start..<bytes.count)
  }

  /// Line breaks as libyaml counts them, which are those of YAML 1.1: also NEL, LS and PS.
  private static func lineBreakLength(in bytes: [UInt8], at index: Int) -> Int {
    func byte(_ offset: Int) -> UInt8? { index + offset < bytes.count ? bytes[index + offset] : nil }
    switch bytes[index] {
    case UInt8(ascii: "\n"): return 1
    case UInt8(ascii: "\r"): return byte(1) == UInt8(ascii: "\n") ? 2 : 1
    case 0xC2: return byte(1) == 0x85 ? 2 : 0
    case 0xE2: return byte(1) == 0x80 && (byte(2) == 0xA8 || byte(2) == 0xA9) ? 3 : 0
    default: return 0
    }
  }

  func line(_ number: Int) -> String {
    lines.indices.contains(number) ? String(decoding: bytes[lines[number]], as: UTF8.self) : ""
  }

  private func isShown(_ line: Int) -> Bool { !lines.indices.contains(line) || lines[line].count <= Self.shownBytesMax }

  /// The place of a byte.
  func mark(ofByte offset: Int) -> Mark {
    let line = lines.lastIndex { $0.lowerBound <= offset } ?? 0
    let before = bytes[lines[line].lowerBound..<offset]
    return Mark(line: line, column: String(decoding: before, as: UTF8.self).unicodeScalars.count)
  }

  /// Where `needle` stands in the line of `start`, at or after it; `start` if it is not there as such (escapes, folded lines).
  func mark(of needle: String, from start: Mark) -> Mark {
    guard isShown(start.line) else { return start }
    let scalars = Array(line(start.line).unicodeScalars)
    let wanted = Array(needle.unicodeScalars)
    guard start.column + wanted.count <= scalars.count else { return start }
    for column in start.column...(scalars.count - wanted.count) where scalars[column..<(column + wanted.count)].elementsEqual(wanted) {
      return Mark(line: start.line, column: column)
    }
    return start
  }

  /// The scalars between the marks are not shown.
  mutating func hide(_ start: Mark, _ end: Mark) {
    for line in start.line...max(start.line, end.line) {
      let from = line == start.line ? start.column : 0
      let to = line == end.line ? end.column : Int.max
      if from < to { secrets[line, default: []].append(from..<to) }
    }
  }

  /// From here on only what was hidden is.
  mutating func structureIsKnown() { isGuessing = false }

  /// The line at `mark`, masked and clipped, and where in it the mark is now.
  func excerpt(at mark: Mark) -> (text: String, caretOffset: Int) {
    guard isShown(mark.line) else { return ("", 0) }
    let scalars = Array(line(mark.line).unicodeScalars)
    let hidden = isGuessing ? guessSecrets(in: scalars) : (secrets[mark.line] ?? []).sorted { $0.lowerBound < $1.lowerBound }
    var shown: [Unicode.Scalar] = []
    var caret: Int?
    var column = 0
    for range in hidden where range.lowerBound >= column && range.lowerBound < scalars.count {
      let range = range.clamped(to: 0..<scalars.count)
      if (column..<range.lowerBound).contains(mark.column) { caret = shown.count + mark.column - column }
      shown += scalars[column..<range.lowerBound]
      if range.contains(mark.column) { caret = shown.count + caretOffset(of: mark.column - range.lowerBound, in: scalars[range]) }
      shown += Self.masked(scalars[range])
      column = range.upperBound
    }
    if caret == nil { caret = shown.count + max(0, min(mark.column, scalars.count) - column) }
    shown += scalars[min(column, scalars.count)...]
    return Self.clipped(shown, caret: caret ?? 0)
  }

  /// Where a caret inside of a hidden value goes: to the reference it was at, or else to the value's beginning.
  private func caretOffset(of offset: Int, in value: ArraySlice<Unicode.Scalar>) -> Int {
    let before = value.prefix(offset)
    let isAtReference = value.dropFirst(offset).starts(with: "${".unicodeScalars)
    return isAtReference && offset > 0 ? Self.masked(before, isWhole: false).count : 0
  }

  private static func masked(_ value: ArraySlice<Unicode.Scalar>, isWhole: Bool = true) -> [Unicode.Scalar] {
    var text = String.UnicodeScalarView(value)
    guard let first = text.first, first == "\"" || first == "'" else { return Array(Reference.masked(String(text)).unicodeScalars) }
    text.removeFirst()
    let isClosed = isWhole && text.last == first
    if isClosed { text.removeLast() }
    return [first] + Array(Reference.masked(String(text)).unicodeScalars) + (isClosed ? [first] : [])
  }

  /// A line that libyaml could not read may hold a secret too: all but the plainest lines are hidden from their value on.
  private func guessSecrets(in scalars: [Unicode.Scalar]) -> [Range<Int>] {
    var start = scalars.firstIndex { $0 != " " && $0 != "\t" && $0 != "-" } ?? scalars.count
    let text = String(String.UnicodeScalarView(scalars[start...]))
    let key = text.prefix { $0.isLetter || $0 == "_" }
    if text.dropFirst(key.count).first == ":" {
      let isPlain = Vocabulary.open.contains(String(key)) && !Vocabulary.closed.contains { text.contains($0) }
      if isPlain { return [] }
      start += key.unicodeScalars.count + 1
      while start < scalars.count, scalars[start] == " " { start += 1 }
    }
    return start < scalars.count ? [start..<scalars.count] : []
  }

  private static func clipped(_ scalars: [Unicode.Scalar], caret: Int) -> (text: String, caretOffset: Int) {
    func text(_ part: some Sequence<Unicode.Scalar>) -> String {
      var view = String.UnicodeScalarView()
      // A control character could move the cursor of the terminal that shows it.
      for scalar in part { view.append(scalar != "\t" && scalar.properties.generalCategory == .control ? "\u{FFFD}" : scalar) }
      return String(view)
    }
    guard scalars.count > excerptMax else { return (text(scalars), caret) }
    let start = max(0, min(caret - excerptMax / 2, scalars.count - excerptMax))
    let clip = text(scalars[start..<(start + excerptMax)])
    return start == 0 ? (clip, caret) : ("..." + clip, caret - start + 3)
  }
}
