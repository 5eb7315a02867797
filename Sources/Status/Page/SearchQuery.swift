import Foundation
import Hummingbird
import Model

/// What somebody typed into the search form, as it was typed.
struct SearchQuery: Sendable {
  static let sinceIfLeftOut: Duration = .hours(24)
  private static let fieldCharactersMax = 64

  var page: PageQuery
  var text: String
  var route: String
  var state: String
  var status: String
  var since: String
  var until: String
  var before: Int64?

  init(_ request: Request) {
    page = PageQuery(request)
    let items = Self.items(of: request.uri.query ?? "")
    func field(_ name: String) -> String {
      let text = items[name].map { String($0.prefix(Self.fieldCharactersMax)) } ?? ""
      return String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
    (text, route, state, status) = (field("q"), field("route"), field("state"), field("status"))
    (since, until) = (field("since"), field("until"))
    before = items["before"].flatMap { Int64($0) }
  }

  /// A form writes a space as a plus (WHATWG URL, 5.1), and a plus as %2B.
  private static func items(of query: String) -> [String: String] {
    let pairs = query.split(separator: "&").map { item in
      item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
        $0.replacing("+", with: " ").removingPercentEncoding ?? ""
      }
    }
    return Dictionary(pairs.map { ($0[0], $0.count == 2 ? $0[1] : "") }) { first, _ in first }
  }

  /// Without anything the form alone is shown.
  var isEmpty: Bool { [text, route, state, status, since, until].allSatisfy(\.isEmpty) }

  /// The address of the same search.
  func address(language: Language? = nil, before: Int64? = nil) -> String {
    let fields = [("q", text), ("route", route), ("state", state), ("status", status), ("since", since), ("until", until)]
    let items = fields.filter { !$0.1.isEmpty } + (before.map { [("before", String($0))] } ?? [])
    return page.elsewhere("/status/search", items, language: language)
  }

  /// A time, or an age such as `90m`, `24h`, `7d`; nil if it is neither.
  static func instant(_ text: String, at now: Instant) -> Instant? {
    if let instant = Instant(rfc3339: text) { return instant }
    guard let unit = text.last, let number = Int(text.dropLast()), (0...100_000).contains(number) else { return nil }
    switch unit {
    case "m": return now - .minutes(number)
    case "h": return now - .hours(number)
    case "d": return now - .days(number)
    default: return nil
    }
  }
}
