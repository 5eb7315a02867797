/// Where the simulated provider posts: an `http` URL taken apart.
///
/// Only http, because the relay's own listener speaks it: TLS belongs to the proxy before it, and to test that one is not
/// what this is for.
package struct Target: Sendable, Equatable {
  package let host: String
  package let port: Int
  /// Path and query as given. Holds the token, so it is in no error.
  package let uri: String

  /// The value of the Host header.
  var authority: String {
    let name = host.contains(":") ? "[\(host)]" : host
    return port == 80 ? name : "\(name):\(port)"
  }

  package init(_ url: String) throws(TrafficError) {
    let scheme = url.prefix { $0 != ":" }.lowercased()
    guard scheme != "https" else {
      throw .url(
        "simulate speaks http only: give the relay's own address, such as http://127.0.0.1:8080/api/iletimerkezi/webhook?token=...")
    }
    guard scheme == "http", url.dropFirst(4).hasPrefix("://") else { throw .url("the URL must begin with http://") }
    guard url.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
      throw .url("the URL has a space or a character outside ASCII: percent-encode it")
    }
    let rest = url.dropFirst(7).prefix { $0 != "#" }
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    guard !authority.contains("@") else { throw .url("the URL must not have a user name: the token goes into ?token=...") }
    let tail = rest.dropFirst(authority.count)
    uri = tail.hasPrefix("/") ? String(tail) : "/\(tail)"

    var name = authority
    var portText: Substring?
    if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
      name = authority[authority.index(after: authority.startIndex)..<end]
      let after = authority[authority.index(after: end)...]
      portText = after.isEmpty ? nil : after.dropFirst()
      guard after.isEmpty || after.hasPrefix(":") else { throw .url("the URL's port must follow a colon") }
    } else if let colon = authority.firstIndex(of: ":") {
      name = authority[..<colon]
      portText = authority[authority.index(after: colon)...]
    }
    guard !name.isEmpty else { throw .url("the URL has no host") }
    guard let port = portText.map({ Int($0) }) ?? 80, (1...65_535).contains(port) else {
      throw .url("the URL's port must be a number from 1 to 65535")
    }
    host = String(name)
    self.port = port
  }
}
