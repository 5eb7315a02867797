/// What the page speaks. The raw value is the language's tag (BCP 47).
enum Language: String, Sendable, CaseIterable {
  case english = "en"
  case turkish = "tr"

  var words: Words {
    switch self {
    case .english: .english
    case .turkish: .turkish
    }
  }

  /// The one that a reader likes best of those there are (RFC 9110, 12.5.4); of two that are liked alike, the one named first.
  static func preferred(_ acceptLanguage: String) -> Language {
    var best: (language: Language, quality: Double) = (.english, 0)
    for range in acceptLanguage.prefix(headerCharactersMax).split(separator: ",") {
      let parts = range.split(separator: ";").map { $0.filter { !$0.isWhitespace }.lowercased() }
      guard let tag = parts.first, let language = language(tag) else { continue }
      let quality = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
      if quality > best.quality { best = (language, quality) }
    }
    return best.language
  }

  /// More of the header is not read.
  private static let headerCharactersMax = 256

  private static func language(_ tag: String) -> Language? {
    tag == "*" ? .english : tag.split(separator: "-").first.flatMap { Language(rawValue: String($0)) }
  }
}
