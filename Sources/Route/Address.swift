import Model

/// An http or https URL taken apart, as far as a rule file wants to know it.
struct Address {
  struct Fault: Error, Equatable {
    var message: String
    var hint: String?
  }

  var isEncrypted: Bool
  /// As written, IPv6 in brackets.
  var host: String
  /// As written, nil if there is none.
  var port: Int?
  /// Path and query.
  var rest: String

  /// - Throws: a fault whose message follows "the url ..." and shows nothing of it.
  init(_ text: String) throws(Fault) {
    guard !text.isEmpty else { throw Fault(message: "is empty") }
    for byte in text.utf8 {
      if byte == UInt8(ascii: " ") { throw Fault(message: "contains a space", hint: "write %20, or remove it") }
      if byte.isASCIIControl { throw Fault(message: "contains a control character") }
      if byte >= 0x80 { throw Fault(message: "contains a letter outside ASCII", hint: "percent-encode it, or write the host as xn--...") }
      if byte == UInt8(ascii: "\\") { throw Fault(message: "contains a backslash") }
    }
    guard let scheme = text.firstRange(of: "://") else {
      throw Fault(message: "does not begin with http:// or https://")
    }
    switch text[..<scheme.lowerBound].lowercased() {
    case "https": isEncrypted = true
    case "http": isEncrypted = false
    default: throw Fault(message: "is neither http:// nor https://")
    }
    let afterScheme = text[scheme.upperBound...]
    let authority = afterScheme.prefix { !"/?#".contains($0) }
    rest = String(afterScheme[authority.endIndex...])
    if authority.contains("@") {
      throw Fault(message: "contains a user or a password", hint: "send them as headers: { authorization: ... }")
    }
    if rest.contains("#") {
      throw Fault(message: "contains a \"#\"", hint: "no server is sent that part; write %23 if it is part of a value")
    }
    (host, port) = try Self.hostAndPort(authority)
  }

  private static func hostAndPort(_ authority: Substring) throws(Fault) -> (String, Int?) {
    let hostEnd: Substring.Index
    if authority.hasPrefix("[") {
      guard let bracket = authority.firstIndex(of: "]") else { throw Fault(message: "has a \"[\" that is never closed") }
      hostEnd = authority.index(after: bracket)
    } else {
      hostEnd = authority.firstIndex(of: ":") ?? authority.endIndex
    }
    let host = authority[..<hostEnd]
    guard !host.isEmpty else { throw Fault(message: "has no host") }
    guard Host.isValid(host) else { throw Fault(message: "has a host that is no name and no address") }
    let portText = authority[hostEnd...]
    guard !portText.isEmpty else { return (String(host), nil) }
    guard portText.hasPrefix(":"), let port = Host.port(portText.dropFirst()), port > 0 else {
      throw Fault(message: "has a port that is not between 1 and 65535")
    }
    return (String(host), port)
  }
}

enum Host {
  /// A name, an IPv4 address, or an IPv6 address in brackets.
  static func isValid(_ host: some StringProtocol) -> Bool {
    if host.hasPrefix("[") {
      let address = host.dropFirst().dropLast()
      return host.hasSuffix("]") && address.contains(":")
        && address.utf8.allSatisfy { isHex($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") }
    }
    guard !host.isEmpty, host.utf8.count <= 253, !host.hasPrefix("."), host.firstRange(of: "..") == nil else { return false }
    return host.utf8.allSatisfy {
      $0.isASCIILetter || $0.isASCIIDigit || [UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_")].contains($0)
    }
  }

  private static func isHex(_ byte: UInt8) -> Bool { byte.isASCIIDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20) }

  /// Digits only: `Int` would take "+80" too.
  static func port(_ text: some StringProtocol) -> Int? {
    guard !text.isEmpty, text.utf8.count <= 5, text.utf8.allSatisfy(\.isASCIIDigit), let port = Int(text), port <= 65_535 else {
      return nil
    }
    return port
  }

  /// True for a host that only this machine or its own network can reach: there, http:// gives nothing away to strangers.
  static func isPrivate(_ host: String) -> Bool {
    let host = host.lowercased()
    if host.hasPrefix("[") {
      return host == "[::1]" || ["[fc", "[fd", "[fe8", "[fe9", "[fea", "[feb"].contains { host.hasPrefix($0) }
    }
    let numbers = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
    if numbers.count == 4, let a = numbers[0], let b = numbers[1], numbers[2] != nil, numbers[3] != nil {
      switch (a, b) {
      case (127, _), (10, _), (192, 168), (172, 16...31), (169, 254), (100, 64...127): return true
      default: return false
      }
    }
    return !host.contains(".") || [".local", ".internal", ".localhost"].contains { host.hasSuffix($0) }
  }
}
