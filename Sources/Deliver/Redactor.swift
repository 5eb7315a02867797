import Foundation
import Model

/// Takes the secrets of one route out of what its app and libcurl say: an app may well quote the request that it refuses.
///
/// Each is replaced by `***` wherever it stands: of the URL, the values of the query, the user info and the long parts of the path, as
/// written and decoded, and what libcurl makes of the user info; the values of headers, whole, without a scheme such as Bearer, and
/// the decoded pair of Basic; and the keys of signatures. An app that quotes them may escape any of their characters (`Escape`).
struct Redactor: Sendable {
  static let mask = "***"
  /// Shorter ones would tear holes into every text, and protect nothing.
  private static let secretBytesMin = 4
  /// A shorter part of a path is a name, a longer one may be the token that hooks have there.
  private static let pathPartMin = 16

  /// The longest first, so that no part of one is left because another begins like it.
  private let secrets: [[UInt8]]

  init(_ route: RouteSettings) {
    var texts = Self.secrets(ofURL: route.url.reveal())
    for header in route.headers { texts += Self.secrets(ofHeader: header.value.reveal()) }
    for secret in route.secrets {
      let text = secret.reveal()
      texts += text.hasPrefix(Signer.prefix) ? [text, String(text.dropFirst(Signer.prefix.count))] : [text]
    }
    secrets = Set(texts.map { Array($0.utf8) }).filter { $0.count >= Self.secretBytesMin }
      .sorted { $0.count > $1.count }
  }

  /// So many bytes more than what is to be kept of an answer must be read, or the beginning of a secret that is cut off would be left:
  /// those of the longest, all of it escaped, and what the replacement of a character that is cut in two adds.
  var lookAhead: Int { (secrets.first?.count ?? 0) * Escape.bytesMax + 3 }

  /// The text without control characters and secrets.
  func redact(_ text: String) -> String { redact(Self.withoutControl(text), bytesMax: .max) }

  /// The beginning of an answer as text: bytes that are no UTF-8 replaced, control characters dropped, secrets masked.
  /// - Parameters:
  ///   - bytes: the first of the answer; `lookAhead` more of them than `bytesMax`, if there are so many.
  ///   - isWhole: true if nothing follows the bytes.
  ///   - bytesMax: of the result.
  func beginning(of bytes: [UInt8], isWhole: Bool, bytesMax: Int) -> String {
    let plain = Self.withoutControl(String(decoding: bytes, as: UTF8.self))
    let certain = isWhole ? plain.utf8.count : max(0, plain.utf8.count - lookAhead)
    return redact(plain, bytesMax: min(bytesMax, certain))
  }

  /// - Parameter bytesMax: bounds what is looked at and what comes out; no character is cut in two.
  private func redact(_ text: String, bytesMax: Int) -> String {
    let bytes = Array(text.utf8)
    var (result, index): ([UInt8], Int) = ([], 0)
    while index < min(bytes.count, bytesMax), result.count < bytesMax {
      if let end = secrets.lazy.compactMap({ Self.end(of: $0, in: bytes, from: index) }).first {
        result += Array(Self.mask.utf8)
        index = end
      } else {
        result.append(bytes[index])
        index += 1
      }
    }
    result = Array(result.prefix(bytesMax))
    while String(validating: result, as: UTF8.self) == nil { result.removeLast() }
    return String(decoding: result, as: UTF8.self)
  }

  /// - Returns: where the secret ends that begins here, any of its bytes escaped or not; nil if it does not.
  private static func end(of secret: [UInt8], in text: [UInt8], from start: Int) -> Int? {
    guard text[start] == secret[0] || Escape.read(text, at: start)?.meant.first == secret[0] else { return nil }
    // After so many bytes of the secret, so far in the text: what looks like an escape may be one of the secret's own.
    var reached = [Set<Int>](repeating: [], count: secret.count + 1)
    reached[0] = [start]
    for known in secret.indices {
      for index in reached[known] where index < text.count {
        if text[index] == secret[known] { reached[known + 1].insert(index + 1) }
        guard let escape = Escape.read(text, at: index), secret[known...].starts(with: escape.meant) else { continue }
        reached[known + escape.meant.count].insert(index + escape.count)
      }
    }
    return reached[secret.count].max()
  }

  /// To be done before secrets are looked for, or one with a control character in its midst would stand there whole afterwards.
  private static func withoutControl(_ text: String) -> String {
    var plain = String.UnicodeScalarView()
    for scalar in text.unicodeScalars where !isControl(scalar) { plain.append(scalar) }
    return String(plain)
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\t"
  }

  private static func secrets(ofURL url: String) -> [String] {
    var texts: [String] = []
    let beforeFragment = url.prefix { $0 != "#" }
    if let query = beforeFragment.firstIndex(of: "?").map({ beforeFragment[beforeFragment.index(after: $0)...] }) {
      for item in query.split(separator: "&") {
        texts.append(String(item.firstIndex(of: "=").map { item[item.index(after: $0)...] } ?? item))
      }
    }
    var pairs: [String] = []
    if let start = beforeFragment.range(of: "://")?.upperBound {
      let afterScheme = beforeFragment[start...]
      let authority = afterScheme.prefix { !"/?".contains($0) }
      if let at = authority.lastIndex(of: "@") {
        let user = authority[..<at]
        texts += pair(String(user))
        pairs = basic(String(user))
      }
      let path = afterScheme[authority.endIndex...].prefix { $0 != "?" }
      texts += path.split(separator: "/").filter { $0.utf8.count >= pathPartMin }.map(String.init)
    }
    return texts + pairs + texts.compactMap(\.removingPercentEncoding)
      + texts.compactMap { $0.replacing("+", with: " ").removingPercentEncoding }
  }

  /// What libcurl sends of a URL's user info: each part decoded, with a colon also where there is no password.
  private static func basic(_ user: String) -> [String] {
    let parts = user.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map { $0.removingPercentEncoding ?? String($0) }
    let encoded = Data("\(parts[0]):\(parts.count > 1 ? parts[1] : "")".utf8).base64EncodedString()
    return [encoded, encoded.replacing("=", with: "")]
  }

  private static func secrets(ofHeader value: String) -> [String] {
    guard let space = value.firstIndex(of: " ") else { return [value] }
    let credentials = String(value[value.index(after: space)...]).trimmingCharacters(in: .whitespaces)
    guard value[..<space].lowercased() == "basic", let data = Data(base64Encoded: credentials) else { return [value, credentials] }
    return [value, credentials, credentials.replacing("=", with: "")] + pair(String(decoding: data, as: UTF8.self))
  }

  /// `user:password`, and each of them.
  private static func pair(_ text: String) -> [String] { [text] + text.split(separator: ":", maxSplits: 1).map(String.init) }
}
