import Crypto
import Model

/// Lets in who knows a token. There is no way to make one that lets everybody in: it needs a token, and none may be empty.
package struct TokenGate: Sendable {
  enum Verdict: Equatable {
    /// Knows the token of this index.
    case knows(Int)
    case refused(Refusal)
  }

  private let digests: [SHA256Digest]

  package init(_ tokens: [Token]) {
    precondition(!tokens.isEmpty, "a door without a token was refused when the rules were read")
    precondition(tokens.allSatisfy { !$0.value.isEmpty }, "an empty token was refused when the rules were read")
    digests = tokens.map { SHA256.hash(data: Array($0.value.reveal().utf8)) }
  }

  /// Looks for the one query item `token` and compares its value with every live token, in a time that depends on neither.
  /// - Parameter query: of the request's target, without the question mark; nil if there was none.
  func check(query: Substring?) -> Verdict {
    let values = queryValues(of: "token", in: query ?? "")
    guard let value = values.first else { return .refused(.tokenMissing) }
    guard values.count == 1 else { return .refused(.tokenRepeated) }
    guard !value.isEmpty else { return .refused(.tokenEmpty) }
    let digest = SHA256.hash(data: value)
    // SHA256Digest's == takes the same time wherever they differ; no early exit over the list either.
    var verdict = Verdict.refused(.tokenWrong)
    for (index, known) in digests.enumerated() where known == digest { verdict = .knows(index) }
    return verdict
  }
}

/// The percent-decoded values of all items of that name. A name may be percent-encoded too; `+` is a plus.
func queryValues(of name: StaticString, in query: Substring) -> [[UInt8]] {
  let wanted = name.withUTF8Buffer { Array($0) }
  var values: [[UInt8]] = []
  for item in query.utf8.split(separator: UInt8(ascii: "&")) {
    let equals = item.firstIndex(of: UInt8(ascii: "=")) ?? item.endIndex
    guard percentDecoded(item[..<equals]) == wanted else { continue }
    values.append(equals < item.endIndex ? percentDecoded(item[item.index(after: equals)...]) : [])
  }
  return values
}

/// A `%` that two hexadecimal digits do not follow stands for itself.
private func percentDecoded(_ text: Substring.UTF8View.SubSequence) -> [UInt8] {
  var bytes: [UInt8] = []
  bytes.reserveCapacity(text.count)
  var rest = text
  while let byte = rest.popFirst() {
    if byte == UInt8(ascii: "%"), let high = rest.first.flatMap(hexValue), let low = rest.dropFirst().first.flatMap(hexValue) {
      bytes.append(high << 4 | low)
      rest = rest.dropFirst(2)
    } else {
      bytes.append(byte)
    }
  }
  return bytes
}

private func hexValue(_ byte: UInt8) -> UInt8? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
  default: nil
  }
}
