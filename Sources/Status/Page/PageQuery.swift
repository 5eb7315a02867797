import Hummingbird
import Model

/// What the address of /status says about how to show it. What makes no sense is passed over: a page that is asked for at night comes.
struct PageQuery: Sendable, Hashable {
  /// Chosen by the address, and so kept on all links; nil: by Accept-Language.
  var chosen: Language?
  var preferred: Language
  var span: Chart.Span = .hour
  /// From 1.
  var page = 1

  private static let pageMax = 1_000_000

  init(language: Language) { preferred = language }

  init(_ request: Request) {
    let items = request.uri.queryParameters
    chosen = items["lang"].flatMap { Language(rawValue: String($0)) }
    preferred = Language.preferred(request.headers[values: .acceptLanguage].joined(separator: ","))
    span = items["chart"].flatMap { Chart.Span(rawValue: String($0)) } ?? .hour
    page = items["routes"].flatMap { Int($0) }.map { min(max(1, $0), Self.pageMax) } ?? 1
  }

  var language: Language { chosen ?? preferred }

  /// The page's own address, with some of it changed.
  func address(
    _ path: String = "/status", language: Language? = nil, span: Chart.Span? = nil, page: Int? = nil
  ) -> String {
    var items: [String] = []
    if let language = language ?? chosen { items.append("lang=\(language.rawValue)") }
    if (span ?? self.span) != .hour { items.append("chart=\((span ?? self.span).rawValue)") }
    if (page ?? self.page) != 1 { items.append("routes=\(page ?? self.page)") }
    return items.isEmpty ? path : "\(path)?\(items.joined(separator: "&"))"
  }

  /// Of another page, on which only the language stays.
  func elsewhere(_ path: String, _ items: [(String, String)] = [], language: Language? = nil) -> String {
    let all = (language ?? chosen).map { [("lang", $0.rawValue)] + items } ?? items
    return all.isEmpty ? path : path + "?" + all.map { "\($0.0)=\(percentEncoded($0.1))" }.joined(separator: "&")
  }
}

/// For a value in a query.
func percentEncoded(_ text: String) -> String {
  text.utf8.map { byte in
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "~"):
      return String(UnicodeScalar(byte))
    default: return "%" + String(0x100 + Int(byte), radix: 16, uppercase: true).dropFirst()
    }
  }.joined()
}
