import Model

/// Where a page of a list ended, as text that a client hands back and does not look into.
struct Cursor: Sendable, Equatable {
  /// Whose pages they are: one list's cursor says nothing to another.
  enum List: Character, Sendable {
    case reports = "r"
    case unmatched = "u"
    case quarantine = "q"
    case jobs = "j"
  }

  /// Characters of the longest: a letter, a sign, 64 bits in base 36, and the one that tells a mistyped one.
  static let lengthMax = 16
  private static let radix = 36

  var list: List
  var number: Int64

  init(_ list: List, at number: Int64) { (self.list, self.number) = (list, number) }

  /// - Throws: unless it is, to the character, what `text` was for that list.
  init(_ text: String, of list: List) throws(OperatorError) {
    let number = Int64(text.dropFirst().dropLast(), radix: Self.radix)
    let cursor = number.map { Cursor(list, at: $0) }
    guard let cursor, cursor.text == text else {
      throw .invalid("\"cursor\" is not of this list. Begin without one, and go on with the \"next\" of the answer.")
    }
    self = cursor
  }

  /// - Returns: nil for none.
  /// - Throws: as `init`.
  static func number(_ text: String?, of list: List) throws(OperatorError) -> Int64? {
    guard let text else { return nil }
    return try Cursor(text, of: list).number
  }

  var text: String {
    let written = "\(list.rawValue)\(String(number, radix: Self.radix))"
    // 5 and 36 have no common factor, so that every digit counts.
    let sum = written.reduce(0) { ($0 * 5 + (Int(String($1), radix: Self.radix) ?? 0)) % Self.radix }
    return written + String(sum, radix: Self.radix)
  }
}

/// The page of a list that is asked for: every list is read in this one way.
struct Page: Sendable {
  private let cursor: QueryParameter<String>
  private let limit: QueryParameter<Int64>
  private let limitIfLeftOut: Int

  init(limitMax: Int, limitIfLeftOut: Int? = nil, of what: String = "entries") {
    self.limitIfLeftOut = limitIfLeftOut ?? limitMax / 2
    cursor = .text("cursor", lengths: 1...Cursor.lengthMax, "The `next` of the page before; left out: the first page.")
    limit = .number("limit", in: 1...Int64(limitMax), "At most so many \(what); left out: \(self.limitIfLeftOut).")
  }

  var parameters: [any Parametric] { [cursor, limit] }

  func wanted(_ asked: Asked) -> (cursor: String?, limit: Int) { (asked[cursor], asked[limit].map { Int($0) } ?? limitIfLeftOut) }

  /// From a page to the one behind it.
  func link(to call: String) -> Call.Link { Call.Link(name: "next", call: call, parameter: "cursor", value: "$response.body#/next") }
}
