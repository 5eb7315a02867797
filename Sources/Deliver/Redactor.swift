import Foundation
import Model

/// Takes the secrets of one route out of what its app and libcurl say: an app may well quote the request that it refuses.
///
/// Each is replaced by `***` wherever it stands: in the URL, the values of the query and the user info, as written and decoded; the
/// values of headers, whole and without a scheme such as Bearer; and the keys of signatures.
struct Redactor: Sendable {
  static let mask = "***"
  /// Shorter ones would tear holes into every text, and protect nothing.
  private static let secretBytesMin = 4

  /// The longest first, so that no part of one is left because another begins like it.
  private let secrets: [[UInt8]]

  init(_ route: RouteSettings) {
    var texts = Self.secrets(ofURL: route.url.reveal())
    for header in route.headers { texts += Self.withoutScheme(header.value.reveal()) }
    for secret in route.secrets {
      let text = secret.reveal()
      texts += text.hasPrefix(Signer.prefix) ? [text, String(text.dropFirst(Signer.prefix.count))] : [text]
    }
    secrets = Set(texts.map { Array($0.utf8) }).filter { $0.count >= Self.secretBytesMin }
      .sorted { $0.count > $1.count }
  }

  /// So many bytes more than what is to be kept of an answer must be read, or the beginning of a secret that is cut off would be left:
  /// those of the longest, and what the replacement of a character that is cut in two adds.
  var lookAhead: Int { (secrets.first?.count ?? 0) + 3 }

  func redact(_ text: String) -> String { redact(text, bytesMax: .max) }

  /// The beginning of an answer as text: bytes that are no UTF-8 replaced, control characters dropped, secrets masked.
  /// - Parameters:
  ///   - bytes: the first of the answer; `lookAhead` more of them than `bytesMax`, if there are so many.
  ///   - isWhole: true if nothing follows the bytes.
  ///   - bytesMax: of the result.
  func beginning(of bytes: [UInt8], isWhole: Bool, bytesMax: Int) -> String {
    var text = String.UnicodeScalarView()
    // Before secrets are looked for, or one with a control character in its midst would stand there whole afterwards.
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars where !Self.isControl(scalar) { text.append(scalar) }
    let plain = String(text)
    let certain = isWhole ? plain.utf8.count : max(0, plain.utf8.count - lookAhead)
    return redact(plain, bytesMax: min(bytesMax, certain))
  }

  /// - Parameter bytesMax: bounds what is looked at and what comes out; no character is cut in two.
  private func redact(_ text: String, bytesMax: Int) -> String {
    let bytes = Array(text.utf8)
    var (result, index): ([UInt8], Int) = ([], 0)
    while index < min(bytes.count, bytesMax), result.count < bytesMax {
      if let secret = secrets.first(where: { bytes[index...].starts(with: $0) }) {
        result += Array(Self.mask.utf8)
        index += secret.count
      } else {
        result.append(bytes[index])
        index += 1
      }
    }
    result = Array(result.prefix(bytesMax))
    while String(validating: result, as: UTF8.self) == nil { result.removeLast() }
    return String(decoding: result, as: UTF8.self)
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
    if let start = url.range(of: "://")?.upperBound {
      let authority = url[start...].prefix { !"/?#".contains($0) }
      if let at = authority.lastIndex(of: "@") {
        let user = authority[..<at]
        texts.append(String(user))
        texts += user.split(separator: ":", maxSplits: 1).map { String($0) }
      }
    }
    return texts + texts.compactMap(\.removingPercentEncoding)
      + texts.compactMap { $0.replacing("+", with: " ").removingPercentEncoding }
  }

  private static func withoutScheme(_ value: String) -> [String] {
    guard let space = value.firstIndex(of: " ") else { return [value] }
    return [value, String(value[value.index(after: space)...]).trimmingCharacters(in: .whitespaces)]
  }
}
